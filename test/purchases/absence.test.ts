import fc, { boolean, constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { CartItem } from "../../src/ispmanager/account.ts";
import { isAbsenceProven, mayBeInCart } from "../../src/purchases/evidence.ts";
import { order, renewal } from "./attempts.ts";

describe("absence", () => {
  const times = { settleMs: 600_000, lookIntervalMs: 300_000 };
  /** Looks at these moments, in milliseconds after the deadline, judged at the moment of the last. */
  const proven = (...looks: readonly (readonly [string, number])[]) => {
    const now = looks.at(-1)?.[1] ?? 0;
    return isAbsenceProven(
      { sinceDeadlineMs: now },
      looks.map(([verdict, at]) => ({ verdict, ageMs: now - at })),
      times,
    );
  };

  it("is proven by two looks an interval apart, both after the account had its time", () => {
    expect(proven(["absent", 600_000], ["absent", 900_000])).toBe(true);
  });
  it.each([
    [
      "the first came a millisecond too early",
      [
        ["absent", 599_999],
        ["absent", 900_000],
      ],
    ],
    [
      "the second came a millisecond too early",
      [
        ["absent", 600_000],
        ["absent", 899_999],
      ],
    ],
    ["there was one look", [["absent", 900_000]]],
    ["there was none", []],
    [
      "the newest saw it",
      [
        ["absent", 600_000],
        ["absent", 900_000],
        ["found", 900_001],
      ],
    ],
    [
      "the newest was unreadable",
      [
        ["absent", 600_000],
        ["absent", 900_000],
        ["unreadable", 900_001],
      ],
    ],
    [
      "the newest saw it in the cart",
      [
        ["absent", 600_000],
        ["absent", 900_000],
        ["in-cart", 900_001],
      ],
    ],
    [
      "it stood in the cart between them",
      [
        ["absent", 600_000],
        ["in-cart", 700_000],
        ["absent", 900_000],
      ],
    ],
    [
      "a look between them was odd",
      [
        ["absent", 600_000],
        ["conflict", 700_000],
        ["absent", 900_000],
      ],
    ],
    [
      "both were unreadable",
      [
        ["unreadable", 600_000],
        ["unreadable", 900_000],
      ],
    ],
  ] as [string, [string, number][]][])("is not proven when %s", (_what, looks) => {
    expect(proven(...looks)).toBe(false);
  });
  it("an unreadable look between them takes nothing away, early looks and old carts neither", () => {
    expect(proven(["absent", 600_000], ["unreadable", 700_000], ["absent", 900_000])).toBe(true);
    expect(proven(["absent", 1], ["in-cart", 2], ["absent", 600_000], ["absent", 900_000])).toBe(true);
  });
  it("two looks an interval apart after it left the cart prove it again", () => {
    expect(proven(["absent", 600_000], ["in-cart", 700_000], ["absent", 800_000], ["absent", 1_100_000])).toBe(true);
  });

  it("the interval lies between the looks, however long ago they were", () => {
    const looks = [...["absent", "absent"].entries()].map(([n, verdict]) => ({ verdict, ageMs: 900_000 - n }));
    expect(isAbsenceProven({ sinceDeadlineMs: 2_000_000 }, looks, times)).toBe(false);
  });

  it("holds exactly when the newest look and an earlier one of its run meet both waits", () => {
    const step = integer({ min: 0, max: 4 });
    const verdict = constantFrom("absent", "absent", "absent", "unreadable", "in-cart");
    fc.assert(
      property(step, step, step, verdict, verdict, boolean(), (a, b, c, first, second, isSettled) => {
        const base = isSettled ? 600_000 : 300_000;
        const moments = [base + a * 150_000, base + (a + b) * 150_000, base + (a + b + c) * 150_000];
        const [x = 0, y = 0, z = 0] = moments;
        const counts = (at: number, seen: string) => seen === "absent" && at >= 600_000 && z - at >= 300_000;
        const isBroken = second === "in-cart";
        const expected = z >= 600_000 && (counts(y, second) || (counts(x, first) && !isBroken));
        return proven([first, x], [second, y], ["absent", z]) === expected;
      }),
    );
  });
});

describe("a position of the cart", () => {
  const position = (fields: Record<string, string>): CartItem => ({ id: "1", fields: new Map(Object.entries(fields)) });
  const other = { "item.id": "900", "item.type": "addition", "item.period": "12" };

  it.each([
    ["names the marker", { ...other, note: order.marker }],
    ["names licence and tariff", { ...other, item: "1234567", pricelist: "23221" }],
    [
      "is a module of the same period that was not there before",
      { "item.id": "901", "item.type": "addition", "item.period": "1" },
    ],
    ["says nothing of itself", {}],
  ])("may be an order's when it %s", (_what, fields) => {
    expect(mayBeInCart(order, [position(other), position(fields)])).toBe(true);
  });
  it.each([
    ["is of another period", { "item.id": "901", "item.period": "12" }],
    ["was there before", { "item.id": "900", "item.period": "1" }],
    ["is no module", { "item.id": "901", "item.type": "soft", "item.period": "1" }],
    ["names the licence alone", { ...other, item: "1234567" }],
  ])("is not an order's when it %s", (_what, fields) => {
    expect(mayBeInCart(order, [position(fields)])).toBe(false);
  });
  it("is a renewal's when it names its module", () => {
    expect(mayBeInCart(renewal, [position({ "item.id": "900" })])).toBe(true);
    expect(mayBeInCart(renewal, [position({ "item.id": "901", "item.period": "1" })])).toBe(false);
  });
  it("an empty cart holds nothing", () => {
    expect(mayBeInCart(order, [])).toBe(false);
  });
});
