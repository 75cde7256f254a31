// How is an amount of money read from text, and calculated with?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  addMoney,
  compareMoney,
  divideMoneyUp,
  formatMoney,
  isDecimal,
  multiplyMoney,
  parseAmount,
} from "../src/money.ts";

describe("an amount is read", () => {
  test.each([
    ["12.50", "12.50", null],
    ["12", "12", null],
    ["0.0000", "0.0000", null],
    ["-3.50 EUR", "-3.50", "EUR"],
    ["12.50 EUR", "12.50", "EUR"],
    ["12.50EUR", "12.50", "EUR"],
    ["12.50 eur", "12.50", "EUR"],
    ["EUR 12.50", "12.50", "EUR"],
    ["120,50 RUB", "120.50", "RUB"],
    ["1 120,50 EUR", "1120.50", "EUR"],
    ["1\u00a0120,50\u00a0EUR", "1120.50", "EUR"],
    ["1\u202f120\u202f000.5", "1120000.5", null],
    ["1'120.50 CHF", "1120.50", "CHF"],
    ["1,120.50 USD", "1120.50", "USD"],
    ["1.120.500,25 EUR", "1120500.25", "EUR"],
    ["19.9000", "19.9000", null],
    ["  7.10  ", "7.10", null],
    ["  7.10 EUR  ", "7.10", "EUR"],
    ["\n EUR 7.10", "7.10", "EUR"],
  ])("%j as %s in %s", (text, amount, currency) => {
    expect(parseAmount(text)).toEqual({ amount, currency });
  });

  test.each([
    "",
    "free",
    "EUR",
    "1.2.3",
    "12.50 EUR / Month",
    "EUR 12.50 USD",
    "12.50 €",
    "12 50",
    "1,120,50",
    "--1",
    "1e3",
    "0x10",
    "12.",
    ".5",
    "1".repeat(21),
  ])("not from %j", (text) => {
    expect(parseAmount(text)).toBeNull();
  });

  test("back from every way this program writes one", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n }), fc.nat(9999), (whole, fraction) => {
        const text = `${whole}.${String(fraction).padStart(4, "0")}`;
        expect(parseAmount(`${text} EUR`)).toEqual({ amount: text, currency: "EUR" });
      }),
    );
  });

  test("in time whatever the text", () => {
    const started = performance.now();
    for (const part of ["1 111 ", "1,111,", "1.111.", "1", " ", "EUR "]) parseAmount(`${part.repeat(50_000)}!`);
    expect(performance.now() - started).toBeLessThan(500);
  });
});

test.each(["0", "-1.00", "15.0000", "9".repeat(20), `0.${"1".repeat(10)}`])("%j is a decimal number", (text) => {
  expect(isDecimal(text)).toBe(true);
});

test.each(["", "x1", "1x", "1.", ".5", "1.2.3", "+1", "1e3", " 1", "1\n", "9".repeat(21), `0.${"1".repeat(11)}`])(
  "%j is no decimal number",
  (text) => {
    expect(isDecimal(text)).toBe(false);
  },
);

test("sums and products are exact", () => {
  expect(addMoney("0.1", "0.2")).toBe("0.3");
  expect(multiplyMoney("19.99", 12)).toBe("239.88");
  expect(compareMoney("5.10", "5.1")).toBe(0);
  expect(compareMoney("9.99", "10")).toBeLessThan(0);
});

test("an amount is never rounded to be shown", () => {
  expect(formatMoney("5.1", 2)).toBe("5.10");
  expect(() => formatMoney("5.101", 2)).toThrow(new RangeError("the amount has more decimals than may be shown"));
});

describe("a quotient rounded up", () => {
  /** `units / 10 ** places` as text. */
  const decimal = (units: bigint, places: number) => {
    const digits = (units < 0n ? -units : units).toString().padStart(places + 1, "0");
    return `${units < 0n ? "-" : ""}${digits.slice(0, -places)}.${digits.slice(-places)}`;
  };
  const ceiling = (a: bigint, by: bigint) => a / by + (a % by > 0n ? 1n : 0n);

  test("is the lowest number that is not below it", () => {
    const amounts = fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n });
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 10n ** 9n }), (a, by) => {
        expect(divideMoneyUp(decimal(a, 4), decimal(by, 4), 2)).toBe(decimal(ceiling(a * 100n, by), 2));
      }),
    );
  });

  test.each([
    ["1.00", "3", 2, "0.34"],
    ["-1.00", "3", 2, "-0.33"],
    ["-0.001", "1", 2, "0.00"],
    ["2.00", "1", 0, "2"],
    // Only the thirtieth decimal tells: rounded after twenty it would be one.
    ["1000000000000000.0000000001", "1000000000000000", 0, "2"],
    ["10000000000000000000.0000000001", "10000000000000000000", 0, "2"],
  ])("%s by %s with %i places is %s", (a, by, places, result) => {
    expect(divideMoneyUp(a, by, places)).toBe(result);
  });
});
