// What is left of a line, by the formula that revenue.ts states, and is a cent too little noticed?
import { describe, expect, it } from "vitest";
import type { Tariff } from "../../src/ispmanager/account.ts";
import { divideMoney } from "../../src/money.ts";
import { costOf } from "../../src/purchases/cost.ts";
import { isConvertible, lossOf, revenueOf } from "../../src/purchases/revenue.ts";
import { type Judgement, judgeLine } from "../../src/purchases/rules.ts";
import { type ChangedLine, type Changes, lineFacts, merge, options } from "./line-facts.ts";

const inclusive = { isInclusive: true, isCompound: false };
const compound = { isInclusive: true, isCompound: true };
const exclusive = { isInclusive: false, isCompound: true };

const open = { paidSince: null, newClientSince: null, firstPaidSeenAt: null };

/** A taxed line of 15.00 USD unless said otherwise. */
function taxed(rates: readonly [string, string], tax: typeof inclusive, amount = "15.00"): Changes {
  return { line: { amount, isTaxed: true }, invoice: { taxRates: rates }, rest: { tax } };
}

/** In the client's currency, cut off after six decimals. */
function netOf(changes: Changes): string {
  const revenue = revenueOf(lineFacts(changes));
  return revenue === null ? "no limit" : divideMoney(revenue.amount, revenue.per, 6);
}

describe("tax", () => {
  it.each([
    ["is nothing of an untaxed line", { ...taxed(["20.000", "10.000"], inclusive), line: {} }, "15.000000"],
    ["is on top of exclusive prices", taxed(["20.000", "10.000"], exclusive), "15.000000"],
    ["is inside inclusive prices", taxed(["20.000", "0.000"], inclusive), "12.500000"],
    ["has a second rate", taxed(["20.000", "5.000"], inclusive), "12.000000"],
    ["has a second rate alone", taxed(["0.000", "25.000"], inclusive), "12.000000"],
    ["has a second rate on top of the first", taxed(["20.000", "25.000"], compound), "10.000000"],
    ["has rates of three decimals", taxed(["9.975", "5.000"], inclusive, "114.975"), "100.000000"],
    ["is never negative", taxed(["-50.000", "-1.000"], inclusive), "15.000000"],
  ] as [string, Changes, string][])("%s", (_what, changes, net) => {
    expect(netOf(changes)).toBe(net);
  });
});

describe("discounts", () => {
  const hosting = (amount: string, relid = 41, isTaxed = false) => ({ type: "Hosting", relid, amount, isTaxed });
  const promo = (amount: string, relid = 41, isTaxed = false) => ({ type: "PromoHosting", relid, amount, isTaxed });
  const group = (amount: string, relid = 0, isTaxed = false) => ({ type: "GroupDiscount", relid, amount, isTaxed });
  const other = (type: string, amount: string, relid = 41) => ({ type, relid, amount });

  it.each([
    ["a promotion of the service", [hosting("15.00"), promo("-4.00")], "11.000000"],
    ["a group discount of the service", [hosting("15.00"), group("-4.00", 41)], "11.000000"],
    ["both", [hosting("15.00"), promo("-4.00"), group("-3.00", 41)], "8.000000"],
    ["in whatever case WHMCS compares them", [hosting("15.00"), other("promohosting", "-4.00")], "11.000000"],
    ["a group discount of nothing in particular", [hosting("15.00"), group("-3.00")], "12.000000"],
    ["its share of a group discount", [hosting("15.00"), hosting("45.00", 42), group("-6.00")], "13.500000"],
    [
      "none of it to lines that are no services",
      [hosting("15.00"), other("Domain", "45.00", 7), group("-6.00")],
      "9.000000",
    ],
    ["all that name it, though it has two lines", [hosting("15.00"), hosting("15.00"), promo("-4.00")], "11.000000"],
    [
      "none that name another service",
      [hosting("15.00"), hosting("15.00", 42), promo("-4.00", 42), group("-4.00", 42)],
      "15.000000",
    ],
    ["none of another kind", [hosting("15.00"), other("PromoDomain", "-4.00"), other("Item", "-4.00", 0)], "15.000000"],
    ["no fee of its own line", [hosting("15.00"), other("Setup", "5.00"), other("LateFee", "5.00", 61)], "15.000000"],
  ] as [string, ChangedLine[], string][])("%s", (_what, invoiceLines, net) => {
    expect(netOf({ rest: { invoiceLines } })).toBe(net);
  });

  describe("of an addon, whose own number is 9 and whose server's is 41", () => {
    const addon = (amount: string, relid = 9) => other("Addon", amount, relid);
    const netOfAddon = (...invoiceLines: ChangedLine[]) =>
      netOf({ line: { type: "Addon" }, service: { id: 9, parentId: 41 }, rest: { invoiceLines } });

    it.each<[string, ChangedLine[], string]>([
      ["none", [hosting("50.00"), addon("15.00")], "15.000000"],
      ["a promotion of the server in full", [hosting("50.00"), addon("15.00"), promo("-4.00")], "11.000000"],
      ["one that has its own number", [addon("15.00"), promo("-4.00", 9)], "11.000000"],
      ["none of a service that has its number", [hosting("5.00", 9), addon("15.00"), promo("-4.00", 9)], "15.000000"],
      ["a group discount of the server in full", [hosting("50.00"), addon("15.00"), group("-6.00", 41)], "9.000000"],
      ["its share of a group discount", [hosting("45.00"), addon("15.00"), group("-6.00")], "13.500000"],
      [
        "all of a group discount that nothing else bears",
        [addon("15.00"), other("Domain", "45.00"), group("-6.00")],
        "9.000000",
      ],
      ["nothing of another addon's", [addon("15.00"), addon("15.00", 8), promo("-4.00", 8)], "15.000000"],
    ])("%s", (_what, lines, net) => expect(netOfAddon(...lines)).toBe(net));

    it("may leave nothing, which a person then sees", () => {
      const judged = (...invoiceLines: ChangedLine[]) =>
        judgeLine(
          lineFacts({ line: { type: "Addon" }, service: { id: 9, parentId: 41 }, rest: { invoiceLines } }),
          open,
        );
      expect(judged(addon("15.00"), promo("-15.00", 9))).toEqual({ kind: "person", reason: "nothing_paid" });
      expect(judged(hosting("50.00"), addon("15.00"), promo("-5.00")).kind).toBe("go");
    });
  });

  it("change nothing for a service on whose invoice an addon stands", () => {
    const lines = [hosting("15.00"), other("Addon", "45.00", 9), group("-6.00")];
    expect(netOf({ rest: { invoiceLines: lines } })).toBe("9.000000");
  });

  it("contain tax where they are taxed", () => {
    const with20 = (...lines: ChangedLine[]) =>
      netOf(
        merge(taxed(["20.000", "0.000"], inclusive), {
          rest: { invoiceLines: [hosting("15.00", 41, true), ...lines] },
        }),
      );
    expect(with20(promo("-3.00", 41, true))).toBe("10.000000");
    expect(with20(promo("-3.00"))).toBe("9.500000");
    expect(with20(hosting("45.00", 42, true), group("-6.00", 0, true))).toBe("11.250000");
    expect(with20(hosting("45.00", 42), group("-6.00"))).toBe("11.000000");
  });
});

describe("a cost of 10.00 EUR, where 0.92 EUR are one USD,", () => {
  const tariffs = [
    { id: "23221", name: "DDoS-GUARD", additionintname: null, currency: "EUR", costs: new Map([[1, "10.00"]]) },
  ];
  const costFor = (changes: Changes) => {
    const judgement = judgeLine(lineFacts(changes), open);
    if (judgement.kind !== "go") throw new Error("the line is not bought at all");
    return costOf(judgement.obligation, tariffs);
  };
  const paid = (amount: string) => ({ line: { amount } });
  const inEuros = { invoice: { currencyId: 2 } };

  it.each([
    ["11.00 USD are 10.12 EUR", paid("11.00"), "known"],
    ["10.86 USD are 9.9912 EUR", paid("10.86"), "loss"],
    ["10.87 USD are 10.0004 EUR", paid("10.87"), "known"],
    ["10.00 EUR are as much", merge(paid("10.00"), inEuros), "known"],
    ["9.99 EUR are too little", merge(paid("9.99"), inEuros), "loss"],
    ["12.00 EUR with 20 % are as much", merge(taxed(["20.000", "0.000"], inclusive, "12.00"), inEuros), "known"],
    ["11.99 EUR with 20 % are too little", merge(taxed(["20.000", "0.000"], inclusive, "11.99"), inEuros), "loss"],
    ["12.00 EUR without tax in it are more", merge(taxed(["20.000", "0.000"], exclusive, "12.00"), inEuros), "known"],
    // 19 % leave 8.40336…, no finite decimal, and the rate makes it 10 again, or a hundred-thousandth less.
    [
      "a quotient without an end is not rounded",
      rated("1.19000", taxed(["19.000", "0.000"], inclusive, "10.00")),
      "known",
    ],
    ["nor by a hundred-thousandth", rated("1.18999", taxed(["19.000", "0.000"], inclusive, "10.00")), "loss"],
  ] as [string, Changes, string][])("%s: %s", (_what, changes, kind) => {
    expect(costFor(changes).kind).toBe(kind);
  });

  it("tells people what the purchase would lose", () => {
    expect(costFor(merge(paid("10.86"), {}))).toEqual({
      kind: "loss",
      cost: "10.00",
      currency: "EUR",
      loss: { revenue: "9.9912", paid_in: "USD", rate: "0.92" },
    });
  });

  it.each([
    ["allows a loss", { 7: "allow" }],
    ["allows it in capitals", { 7: "Allow" }],
    ["is given away", { 5: "free" }],
  ])("may be more than was paid where the product %s", (_what, changed) => {
    expect(costFor({ ...paid("0.01"), product: { options: options(changed) } }).kind).toBe("known");
  });
  it.each(["yes", "on", "1", "deny"])("may not be more where configoption7 is %j", (text) => {
    expect(costFor({ ...paid("0.01"), product: { options: options({ 7: text }) } }).kind).toBe("loss");
  });

  it("is above the product's own limit first, whatever was paid", () => {
    expect(costFor({ ...paid("0.01"), product: { options: options({ 4: "9.99" }) } }).kind).toBe("above-cap");
    expect(costFor({ ...paid("99.00"), product: { options: options({ 4: "9.99", 7: "allow" }) } }).kind).toBe(
      "above-cap",
    );
  });

  it.each([
    ["no EUR", [{ id: 1, code: "USD", rate: "1.00000" }]],
    [
      "no rate for EUR",
      [
        { id: 1, code: "USD", rate: "1.00000" },
        { id: 2, code: "EUR", rate: "0.00000" },
      ],
    ],
    [
      "no rate for the client's currency",
      [
        { id: 1, code: "USD", rate: "0.00000" },
        { id: 2, code: "EUR", rate: "1.00000" },
      ],
    ],
    ["no such currency as the client's", [{ id: 2, code: "EUR", rate: "1.00000" }]],
  ])("cannot be compared where WHMCS has %s", (_what, currencies) => {
    expect(costFor({ ...paid("0.01"), rest: { currencies } }).kind).toBe("known");
  });

  it("is no loss in any of several currencies that may be debited", () => {
    const dollars = (cost: string) => ({ ...tariffs[0], currency: "USD", costs: new Map([[1, cost]]) }) as Tariff;
    const { obligation } = judgeLine(lineFacts(), open) as Extract<Judgement, { kind: "go" }>;
    expect(costOf(obligation, [...tariffs, dollars("15.01")])).toMatchObject({ kind: "loss", currency: "USD" });
    expect(costOf(obligation, [...tariffs, dollars("15.00")])).toEqual({ kind: "unknown" });
  });

  it("cannot be compared without a client", () => {
    expect(costFor({ ...paid("0.01"), invoice: { currencyId: null } }).kind).toBe("known");
  });

  function rated(rate: string, changes: Changes): Changes {
    const currencies = [
      { id: 1, code: "USD", rate: "1.00000" },
      { id: 2, code: "EUR", rate },
    ];
    return merge(changes, { rest: { currencies } });
  }
});

describe("a rate", () => {
  const usd = { id: 1, code: "USD", rate: "1.00000" };
  const lossIn = (code: string, rate: string, further: { id: number; code: string; rate: string }[] = []) => {
    const currency = { id: 3, code, rate };
    return lossOf(
      { amount: "10.00", per: "1", currency, currencies: [usd, currency, ...further] },
      { cost: "5.00", currency: "usd" },
    );
  };

  it("goes through the default currency", () => {
    expect(lossIn("PLN", "4.00000")).toEqual({ revenue: "2.5000", paid_in: "PLN", rate: "0.25" });
    expect(lossIn("PLN", "2.00000")).toBeNull();
  });
  it("of which there are two is the one that gives less", () => {
    expect(lossIn("PLN", "2.00000", [{ id: 4, code: "USD", rate: "0.99999" }])).toMatchObject({ revenue: "4.9999" });
  });
  it("does not matter within one currency", () => {
    expect(lossIn("usd", "0.00000")).toBeNull();
  });
  it("is found whatever the letters' case", () => {
    expect(isConvertible("usd", [usd])).toBe(true);
    expect(isConvertible("EUR", [usd, { id: 2, code: "EUR", rate: "0.00000" }])).toBe(false);
  });
});
