import { describe, expect, it } from "vitest";
import { factsOf, type Judgement, judgeLine, paidAtOf, type RuleSettings } from "../../src/purchases/rules.ts";
import type { LineFacts } from "../../src/whmcs/facts.ts";
import { type Changes, lineFacts, merge, options } from "./line-facts.ts";

const open: RuleSettings = { paidSince: "2026-11-01 00:00:00", newClientSince: null, firstPaidSeenAt: null };

function judge(changes: Changes = {}, settings: Partial<RuleSettings> = {}): Judgement {
  return judgeLine(lineFacts(changes), { ...open, ...settings });
}
const ignored = { kind: "ignored" };
const refunded = { kind: "refunded" };
const wait = (reason: string) => ({ kind: "wait", reason });
const person = (reason: string) => ({ kind: "person", reason });

/** One change for each judgement, in the order of the checks. */
const inOrder: readonly (readonly [string, Changes, object])[] = [
  ["paid before the date", { invoice: { paidAt: "2026-10-31 23:59:59" } }, ignored],
  ["ended", { service: { status: "Terminated" } }, person("service_ended")],
  ["no licence", { rest: { licence: null } }, person("missing_licence")],
  [
    "a pending order",
    { rest: { order: { id: 51, status: "Pending" } }, product: { autoSetup: "on" } },
    wait("awaiting_acceptance"),
  ],
];

describe("a paid line about which nothing is odd", () => {
  it("obliges us to its licence, tariff and period", () => {
    expect(judge()).toEqual({
      kind: "go",
      obligation: {
        licence: "1234567",
        tariff: "23221",
        period: { start: "2026-11-23", months: 1 },
        extra: {},
        cap: null,
        revenue: expect.objectContaining({ amount: "15", per: "1" }),
      },
    });
  });

  it.each([
    ["Monthly", 1, "15.00"],
    ["Semi-Annually", 6, "80.00"],
    ["Annually", 12, "150.00"],
  ])("a cycle of %s is a period of %d months", (billingCycle, months, amount) => {
    const changes = { service: { billingCycle, amount, firstPaymentAmount: amount }, line: { amount } };
    expect(judge(changes)).toMatchObject({ kind: "go", obligation: { period: { months } } });
  });

  it.each([
    ["the line's due date", {}, "2026-11-23"],
    ["the invoice's", { line: { dueDate: null } }, "2026-11-24"],
    ["the invoice's date", { line: { dueDate: null }, invoice: { dueDate: null } }, "2026-11-20"],
    ["not a day that does not exist", { line: { dueDate: "2026-02-30" } }, "2026-11-24"],
  ])("starts on %s", (_what, changes, start) => {
    expect(judge(changes)).toMatchObject({ kind: "go", obligation: { period: { start } } });
  });
});

describe("the order of the checks", () => {
  it.each(inOrder.map(([name], index) => [name, index] as const))("%s comes before all that follows", (_name, from) => {
    const changes = inOrder.slice(from).reduce<Changes>((all, [, more]) => merge(all, more), {});
    expect(judge(changes)).toEqual(inOrder[from]?.[2]);
  });

  it("the invoice's status comes after the date and before the service", () => {
    const ended: Changes = { service: { status: "Terminated" }, rest: { licence: null } };
    expect(judge(merge(ended, { invoice: { status: "Unpaid" } }))).toEqual(wait("unpaid"));
    expect(judge(merge(ended, { invoice: { status: "Refunded" } }))).toEqual(refunded);
    const old: Changes = { invoice: { status: "Refunded", paidAt: "2026-10-31 23:59:59" } };
    expect(judge(merge(ended, old))).toEqual(ignored);
  });
});

describe("the moment of payment", () => {
  const paidAt = (invoice: Partial<LineFacts["invoice"]>, seen: string | null = null) =>
    paidAtOf(lineFacts({ invoice }), seen);
  const seen = "2026-11-25 08:00:00";

  it("is datepaid, else the newest transaction, else when we first saw it, else the invoice's date", () => {
    expect(paidAt({}, seen)).toBe("2026-11-21 12:00:00");
    expect(paidAt({ paidAt: null }, seen)).toBe("2026-11-21 11:59:00");
    expect(paidAt({ paidAt: null, newestTransactionAt: null }, seen)).toBe(seen);
    expect(paidAt({ paidAt: null, newestTransactionAt: null })).toBe("2026-11-20 00:00:00");
    expect(paidAt({ paidAt: null, newestTransactionAt: null, date: null })).toBeNull();
  });

  it.each(["Unpaid", "Draft", "Collections", "Payment Pending"])("an invoice that is %s has none", (status) => {
    expect(paidAt({ status }, seen)).toBeNull();
    expect(factsOf(lineFacts({ invoice: { status } }), seen).paidAt).toBeNull();
  });

  it("a reversed invoice without a trace of money has none", () => {
    expect(paidAt({ status: "Cancelled", paidAt: null, newestTransactionAt: null })).toBeNull();
    expect(
      judge({ invoice: { status: "Cancelled", paidAt: null, newestTransactionAt: null, date: "2020-01-01" } }),
    ).toEqual(refunded);
  });

  it.each([
    ["2026-11-21 12:00:00", "go"],
    ["2026-11-21 12:00:01", "ignored"],
    ["2026-11-20 23:59:59", "go"],
  ])("buying since %s: %s", (paidSince, kind) => {
    expect(judge({}, { paidSince }).kind).toBe(kind);
  });

  it("is not asked while nobody has said since when to buy", () => {
    expect(judge({ invoice: { paidAt: "1999-01-01 00:00:00" } }, { paidSince: null }).kind).toBe("go");
  });

  it("an invoice set back to Unpaid waits for its money, however old it is", () => {
    const invoice = { status: "Unpaid", paidAt: null, newestTransactionAt: null, date: "2026-10-01" };
    expect(judge({ invoice })).toEqual(wait("unpaid"));
    expect(judge({ invoice: { ...invoice, newestTransactionAt: "2026-10-02 00:00:00" } })).toEqual(wait("unpaid"));
  });
});

describe("the invoice", () => {
  it.each(["Unpaid", "Draft", "Collections", "Payment Pending", "", "paid", "Partially Paid"])(
    "%j is not Paid",
    (status) => {
      expect(judge({ invoice: { status } })).toEqual(wait("unpaid"));
    },
  );
  it.each(["Refunded", "Cancelled"])("%s gives the customer's money back", (status) => {
    expect(judge({ invoice: { status } })).toEqual(refunded);
  });
});

describe("what has ended", () => {
  it.each(["Terminated", "Cancelled", "Fraud", "Completed"])("a service that is %s", (status) => {
    expect(judge({ service: { status } })).toEqual(person("service_ended"));
  });
  it.each(["Pending", "Active", "Suspended"])("not a service that is %s", (status) => {
    expect(judge({ service: { status } }).kind).toBe("go");
  });
  it.each(["Cancelled", "Fraud"])("an order that is %s", (status) => {
    expect(judge({ rest: { order: { id: 51, status } } })).toEqual(person("service_ended"));
  });
  it("a client that is Closed, not one that is Inactive", () => {
    expect(judge({ client: { status: "Closed" } })).toEqual(person("service_ended"));
    expect(judge({ client: { status: "Inactive" } }).kind).toBe("go");
  });
  it("not a service without order or client row", () => {
    expect(judge({ rest: { order: null }, client: null }).kind).toBe("go");
  });
});

describe("what only a person decides", () => {
  const cases: readonly (readonly [string, Changes, string])[] = [
    ["an upgrade", { line: { type: "Upgrade" } }, "upgrade_line"],
    ["no tariff", { product: { options: options({ 1: "" }) } }, "unknown_product"],
    ["letters as tariff", { product: { options: options({ 1: "DDoS" }) } }, "unknown_product"],
    ["a tariff with a leading zero", { product: { options: options({ 1: "023221" }) } }, "unknown_product"],
    ["a tariff of eleven digits", { product: { options: options({ 1: "12345678901" }) } }, "unknown_product"],
    ["an unreadable cap", { product: { options: options({ 4: "about 5" }) } }, "unknown_product"],
    ["no date at all", { line: { dueDate: null }, invoice: { dueDate: null, date: null } }, "no_due_date"],
    ["a quarter", { service: { billingCycle: "Quarterly" } }, "odd_period"],
    ["one time", { service: { billingCycle: "One Time" } }, "odd_period"],
    ["two of it", { service: { quantity: 2 } }, "quantity"],
    ["no licence", { rest: { licence: null } }, "missing_licence"],
    ["an empty licence", { rest: { licence: "" } }, "missing_licence"],
    ["letters in the licence", { rest: { licence: "12345a" } }, "bad_licence"],
    ["a licence with a leading zero", { rest: { licence: "0123" } }, "bad_licence"],
    ["a licence of eleven digits", { rest: { licence: "12345678901" } }, "bad_licence"],
    ["a licence with a line break", { rest: { licence: "1234567\n" } }, "bad_licence"],
    ["a first line of a prorated product", { product: { isProrated: true } }, "prorated"],
    ["another cycle's price", { line: { amount: "150.00" } }, "period_unclear"],
    ["another cycle's price with setup fee", { line: { amount: "85.00" } }, "period_unclear"],
    ["another cycle's price, written longer", { line: { amount: "42.0000" } }, "period_unclear"],
    ["nothing", { line: { amount: "0.00" } }, "nothing_paid"],
  ];
  it.each(cases)("%s", (_what, changes, reason) => {
    expect(judge(changes)).toEqual(person(reason));
  });

  it("a later line of a prorated product is bought", () => {
    expect(judge({ product: { isProrated: true }, line: { isFirstOfService: false } }).kind).toBe("go");
  });

  it.each([
    ["the service's amount", { line: { amount: "150.00" }, service: { amount: "150.00" } }],
    ["its first payment", { line: { amount: "85.00" }, service: { firstPaymentAmount: "85.00" } }],
    ["the present cycle's price with setup fee", { line: { amount: "18.00" } }],
    ["no cycle's price: staff wrote it", { line: { amount: "99.99" } }],
    ["a price in a currency without prices", { line: { amount: "150.00" }, rest: { prices: null } }],
  ] as [string, Changes][])("an amount that is %s is clear", (_what, changes) => {
    expect(judge(changes).kind).toBe("go");
  });
});

describe("what nothing was paid for", () => {
  const hosting = (amount: string, relid = 41) => ({ type: "Hosting", relid, amount });
  const promo = (amount: string, relid = 41) => ({ type: "PromoHosting", relid, amount });
  const group = (amount: string, relid = 0) => ({ type: "GroupDiscount", relid, amount });
  const paid = (...invoiceLines: { type: string; relid: number; amount: string }[]) =>
    judge({ rest: { invoiceLines } });

  it.each([
    ["a promotion over the whole line", [hosting("15.00"), promo("-15.00")]],
    ["a promotion beyond the line", [hosting("15.00"), promo("-20.00")]],
    ["promotion and group discount together", [hosting("15.00"), promo("-10.00"), group("-5.00", 41)]],
    ["a group discount over the whole invoice", [hosting("15.00"), hosting("15.00", 42), group("-30.00")]],
    ["one of two periods, and it is not said which", [hosting("15.00"), hosting("15.00"), promo("-15.00")]],
    ["two periods, each by its own promotion", [hosting("15.00"), hosting("15.00"), promo("-15.00"), promo("-15.00")]],
  ])("%s", (_what, lines) => {
    expect(paid(...lines)).toEqual(person("nothing_paid"));
  });

  it("a line of nothing beside a paid period", () => {
    const rest = { invoiceLines: [hosting("0.00"), hosting("15.00")] };
    expect(judge({ line: { amount: "0.00" }, rest })).toEqual(person("nothing_paid"));
  });

  it.each([
    ["half of it remains", [hosting("15.00"), promo("-7.50")]],
    ["a cent remains", [hosting("15.00"), promo("-14.99")]],
    ["the promotion is another service's", [hosting("15.00"), hosting("15.00", 42), promo("-15.00", 42)]],
    ["the group discount leaves something of the invoice", [hosting("15.00"), hosting("15.00", 42), group("-15.00")]],
    ["half of each of two periods remains", [hosting("15.00"), hosting("15.00"), promo("-7.50"), promo("-7.50")]],
  ])("not when %s", (_what, lines) => {
    expect(paid(...lines).kind).toBe("go");
  });

  it.each(["free", "Free", "FREE"])("unless the product is sold as %s", (option) => {
    const changes = { line: { amount: "0.00" }, product: { options: options({ 5: option }) } };
    expect(judge(changes).kind).toBe("go");
  });
  it.each(["", "yes", "no"])("not when the product is sold as %j", (option) => {
    expect(judge({ line: { amount: "0.00" }, product: { options: options({ 5: option }) } })).toEqual(
      person("nothing_paid"),
    );
  });
});

describe("an order that is not accepted", () => {
  const pending = { order: { id: 51, status: "Pending" } };
  it("waits when the product is set up after acceptance", () => {
    expect(judge({ rest: pending, product: { autoSetup: "on" } })).toEqual(wait("awaiting_acceptance"));
  });
  it.each(["", "order", "payment"])("goes on when the product is set up on %j", (autoSetup) => {
    expect(judge({ rest: pending, product: { autoSetup } }).kind).toBe("go");
  });
  it("waits for a client without another active service when only existing clients are provisioned", () => {
    const rest = { ...pending, provisionsExistingClientsOnly: true };
    expect(judge({ rest, product: { autoSetup: "payment" } })).toEqual(wait("awaiting_acceptance"));
    expect(judge({ rest, client: { hasOtherActiveService: true } }).kind).toBe("go");
    expect(judge({ rest: { ...rest, order: { id: 51, status: "Active" } } }).kind).toBe("go");
  });
});

describe("a young client", () => {
  it("waits with a first purchase only", () => {
    const client = { createdOn: "2026-11-22" };
    const settings = { newClientSince: "2026-11-22" };
    expect(judge({ client }, settings)).toEqual(wait("new_client_hold"));
    expect(judge({ client, line: { isFirstOfService: false } }, settings).kind).toBe("go");
    expect(judge({ client: { createdOn: "2026-11-21" } }, settings).kind).toBe("go");
    expect(judge({ client }).kind).toBe("go");
  });
});
