// Is a proposed price the lowest one that covers the cost with its margin, and is a margin never told too high?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isBelow, type Money, marginOf, priceFor } from "../../src/catalogue/margin.ts";
import type { Currency } from "../../src/whmcs/facts.ts";

const usd: Currency = { id: 1, code: "USD", rate: "1.00000" };
const eur: Currency = { id: 2, code: "EUR", rate: "0.92000" };
const inUsd: Money = { currency: usd, currencies: [usd, eur] };

/** `units / 10 ** places` as text. */
function decimal(units: number, places: number): string {
  const digits = units.toString().padStart(places + 1, "0");
  return `${digits.slice(0, -places)}.${digits.slice(-places)}`;
}

/** The number of ten-thousandths, hundred-thousandths … in a plain decimal. */
function unitsOf(text: string, places: number): bigint {
  const [whole = "", decimals = ""] = text.split(".");
  return BigInt(whole + decimals.padEnd(places, "0"));
}

describe("a proposed price", () => {
  /** Cost in 1/10000, both rates in 1/100000, margin in 1/100 per cent. */
  const cases = fc.record({
    cost: fc.nat({ max: 100_000_000 }),
    rates: fc.tuple(fc.integer({ min: 1, max: 30_000_000 }), fc.integer({ min: 1, max: 30_000_000 })),
    margin: fc.nat({ max: 50_000 }),
    ending: fc.nat({ max: 99 }),
  });

  const given = ({ cost, rates, margin }: { cost: number; rates: [number, number]; margin: number }) => {
    const from = { id: 1, code: "AAA", rate: decimal(rates[0], 5) };
    const to = { id: 2, code: "BBB", rate: decimal(rates[1], 5) };
    return {
      period: { cost: decimal(cost, 4), currency: "BBB" },
      money: { currency: from, currencies: [from, to] },
      margin: decimal(margin, 2),
      /** `price >= cost * (1 + margin)`, in whole numbers: both sides times 10^8 and the rate of the cost. */
      covers: (cents: bigint) =>
        cents * BigInt(rates[1]) * 1_000_000n >= BigInt(cost) * BigInt(rates[0]) * BigInt(10_000 + margin),
    };
  };

  test("ends as wanted, covers cost and margin, and the next lower one does not", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { period, money, margin, covers } = given(drawn);
        const price = priceFor(period, { margin, ending: decimal(drawn.ending, 2) }, money) ?? "";
        expect(price).toMatch(/^\d+\.\d\d$/);
        const cents = unitsOf(price, 2);
        expect(cents % 100n).toBe(BigInt(drawn.ending));
        expect(cents > 0n && covers(cents)).toBe(true);
        expect(cents - 100n <= 0n || !covers(cents - 100n)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("without an ending it is right to the cent", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { period, money, margin, covers } = given(drawn);
        const cents = unitsOf(priceFor(period, { margin, ending: null }, money) ?? "", 2);
        expect(cents > 0n && covers(cents)).toBe(true);
        expect(cents === 1n || !covers(cents - 1n)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("is never below what it has to cover, by the same rule that finds prices to raise", () => {
    fc.assert(
      fc.property(cases, (drawn) => {
        const { period, money, margin } = given(drawn);
        const price = priceFor(period, { margin, ending: "0.99" }, money) ?? "";
        expect(isBelow(price, period, { margin, money })).toBe(false);
        expect(marginOf(price, period, money)?.amount.startsWith("-")).toBe(false);
      }),
    );
  });

  test.each([
    // 10.00 EUR are 10.8695… USD, with 30 % 14.1304…
    ["10.00", "30", "0.99", "14.99"],
    ["10.00", "30", null, "14.14"],
    ["10.00", "0", "0.00", "11.00"],
    ["0.00", "30", "0.99", "0.99"],
    ["0.00", "30", "0.00", "1.00"],
    ["0.00", "30", null, "0.01"],
  ])("%s EUR with %s %% ending in %s is %s USD", (cost, margin, ending, price) => {
    expect(priceFor({ cost, currency: "EUR" }, { margin, ending }, inUsd)).toBe(price);
  });

  test("that is hit exactly is not raised by a whole unit", () => {
    expect(priceFor({ cost: "9.99", currency: "USD" }, { margin: "0", ending: "0.99" }, inUsd)).toBe("9.99");
  });
});

describe("a margin", () => {
  test.each([
    ["15.00", "10.00", "EUR", "4.1304", "38.00"],
    ["10.86", "10.00", "EUR", "-0.0096", "-0.09"],
    ["13.00", "10.00", "usd", "3.0000", "30.00"],
    ["0.00", "10.00", "USD", "-10.0000", "-100.00"],
    ["5.00", "0.00", "EUR", "5.0000", null],
  ])("of %s USD over %s %s is %s", (price, cost, currency, amount, percent) => {
    expect(marginOf(price, { cost, currency }, inUsd)).toEqual({ amount, percent });
  });

  test("is not known where WHMCS has no rate, and nothing is proposed", () => {
    const rub = { cost: "900.00", currency: "RUB" };
    expect(marginOf("15.00", rub, inUsd)).toBeNull();
    expect(isBelow("15.00", rub, { margin: "0", money: inUsd })).toBeNull();
    expect(priceFor(rub, { margin: "30", ending: null }, inUsd)).toBeNull();
    const worthless = { ...usd, rate: "0.00000" };
    expect(
      marginOf("15.00", { cost: "10.00", currency: "EUR" }, { currency: worthless, currencies: [eur] }),
    ).toBeNull();
  });
});
