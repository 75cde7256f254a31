import { describe, expect, it } from "vitest";
import type { Tariff } from "../../src/ispmanager/account.ts";
import { costOf, isShort } from "../../src/purchases/cost.ts";
import type { Obligation } from "../../src/purchases/rules.ts";

function offer(currency: string, costs: Record<number, string>, id = "23221"): Tariff {
  return {
    id,
    name: "DDoS-GUARD",
    additionintname: null,
    currency,
    costs: new Map(Object.entries(costs).map(([n, cost]) => [Number(n), cost])),
  };
}

function obligation(cap: Obligation["cap"], months = 1): Obligation {
  return {
    licence: "1234567",
    tariff: "23221",
    period: { start: "2026-11-23", months },
    extra: {},
    cap,
    revenue: null,
  };
}

const cap = (amount: string, currency: string | null = null) => ({ amount, currency });

describe("the cost", () => {
  it("is the account's price for tariff and period", () => {
    const tariffs = [offer("USD", { 1: "99" }, "1"), offer("USD", { 1: "10.00", 6: "55.5", 12: "100" })];
    expect(costOf(obligation(null, 6), tariffs)).toEqual({ kind: "known", cost: "55.5", currency: "USD" });
  });

  it.each([
    ["without a price list", null],
    ["without the tariff", [offer("USD", { 1: "10" }, "9")]],
    ["without the period", [offer("USD", { 12: "10" })]],
    ["with an empty list", []],
  ])("is unknown %s", (_what, tariffs) => {
    expect(costOf(obligation(cap("50")), tariffs)).toEqual({ kind: "unknown" });
    expect(costOf(obligation(null), tariffs)).toEqual({ kind: "unknown" });
  });

  it.each([
    ["12.50", 1, "12.50", "known"],
    ["12.50", 1, "12.500000", "known"],
    ["12.50", 1, "12.51", "above-cap"],
    ["12.50", 1, "12.5000000001", "above-cap"],
    ["0.1", 12, "1.2", "known"],
    ["0.1", 12, "1.2000000001", "above-cap"],
    ["10", 6, "60", "known"],
    ["10", 6, "60.01", "above-cap"],
    ["0", 1, "0", "known"],
    ["0", 1, "0.01", "above-cap"],
    ["9007199254740993", 1, "9007199254740993.01", "above-cap"],
  ])("a cap of %s a month for %d months and a price of %s: %s", (amount, months, cost, kind) => {
    expect(costOf(obligation(cap(amount), months), [offer("USD", { [months]: cost })])).toEqual({
      kind,
      cost,
      currency: "USD",
    });
  });

  it("without a cap may be any amount", () => {
    expect(costOf(obligation(null), [offer("USD", { 1: "1000000" })])).toMatchObject({ kind: "known" });
  });
});

describe("currencies", () => {
  const both = [offer("USD", { 1: "10" }), offer("EUR", { 1: "9" })];

  it("a cap with another code than the account's stops the purchase, however low the price", () => {
    expect(costOf(obligation(cap("100", "EUR")), [offer("USD", { 1: "1" })])).toMatchObject({ kind: "above-cap" });
    expect(costOf(obligation(cap("100", "RUB")), both)).toMatchObject({ kind: "above-cap" });
  });

  it("a cap with a code picks the price in it", () => {
    expect(costOf(obligation(cap("9", "EUR")), both)).toEqual({ kind: "known", cost: "9", currency: "EUR" });
    expect(costOf(obligation(cap("9", "USD")), both)).toEqual({ kind: "above-cap", cost: "10", currency: "USD" });
  });

  it("prices in several currencies say nothing when no code is asked for", () => {
    expect(costOf(obligation(null), both)).toEqual({ kind: "unknown" });
    expect(costOf(obligation(cap("100")), both)).toEqual({ kind: "unknown" });
  });

  it("a currency that has no price for the period does not count", () => {
    const tariffs = [offer("USD", { 1: "10" }), offer("EUR", { 12: "9" })];
    expect(costOf(obligation(cap("100")), tariffs)).toEqual({ kind: "known", cost: "10", currency: "USD" });
  });

  it("of several prices in one currency the highest is held against the cap, whatever their order", () => {
    const tariffs = [offer("USD", { 1: "9.00" }), offer("USD", { 1: "100.00" })];
    for (const order of [tariffs, tariffs.toReversed()]) {
      expect(costOf(obligation(cap("50")), order)).toEqual({ kind: "above-cap", cost: "100.00", currency: "USD" });
      expect(costOf(obligation(cap("50", "USD")), order)).toMatchObject({ kind: "above-cap" });
      expect(costOf(obligation(null), order)).toEqual({ kind: "known", cost: "100.00", currency: "USD" });
    }
  });
});

describe("a balance", () => {
  it.each([
    ["14.99", "USD", true],
    ["15", "USD", false],
    ["15.00", null, false],
    ["14.9999", null, true],
    ["-20", "USD", true],
    ["1", "EUR", false],
  ])("of %s %s for 15.00 USD is short: %s", (amount, currency, isIt) => {
    expect(isShort({ amount, currency }, "15.00", "USD")).toBe(isIt);
  });
});
