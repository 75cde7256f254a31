import fc, { constantFrom, date, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  addDays,
  addMonths,
  daysBetween,
  endOf,
  isDate,
  monthsOfCycle,
  overlaps,
  type Period,
} from "../../src/purchases/period.ts";

const anyDay = date({
  min: new Date("1970-01-01T00:00:00Z"),
  max: new Date("2199-12-31T00:00:00Z"),
  noInvalidDate: true,
}).map((day) => day.toISOString().slice(0, 10));
const anyMonths = constantFrom(1, 6, 12);

/** The calendar by hand, without the machine's. */
const isLeap = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
const lengthOf = (year: number, month: number) =>
  month === 2 ? (isLeap(year) ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
const write = (year: number, month: number, day: number) =>
  `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
function nextDay(text: string): string {
  const [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  if (day < lengthOf(year, month)) return write(year, month, day + 1);
  return month < 12 ? write(year, month + 1, 1) : write(year + 1, 1, 1);
}
function nextMonths(text: string, months: number): string {
  let [year = 0, month = 0, day = 0] = text.split("-").map(Number);
  for (let step = 0; step < months; step++) {
    month += 1;
    if (month === 13) [year, month] = [year + 1, 1];
  }
  return write(year, month, Math.min(day, lengthOf(year, month)));
}
function daysOf({ start, months }: Period): Set<string> {
  const days = new Set<string>();
  for (let day = start; day !== nextMonths(start, months); day = nextDay(day)) days.add(day);
  return days;
}

describe("the months of a cycle", () => {
  it.each([
    ["Monthly", 1],
    ["Semi-Annually", 6],
    ["Annually", 12],
    ["Quarterly", null],
    ["Biennially", null],
    ["Triennially", null],
    ["One Time", null],
    ["Free Account", null],
    ["monthly", null],
    ["", null],
    ["constructor", null],
    ["toString", null],
  ])("%s → %s", (cycle, months) => {
    expect(monthsOfCycle(cycle)).toBe(months);
  });
});

describe("adding months", () => {
  it.each([
    ["2026-01-31", 1, "2026-02-28"],
    ["2028-01-31", 1, "2028-02-29"],
    ["2027-12-31", 2, "2028-02-29"],
    ["2028-02-29", 12, "2029-02-28"],
    ["2028-02-29", 48, "2032-02-29"],
    ["2100-01-30", 1, "2100-02-28"],
    ["2026-08-31", 6, "2027-02-28"],
    ["2026-11-30", 1, "2026-12-30"],
    ["2026-12-15", 1, "2027-01-15"],
    ["2026-03-31", 1, "2026-04-30"],
    ["2026-02-28", 1, "2026-03-28"],
    ["2026-03-31", -1, "2026-02-28"],
  ])("%s and %d months are %s", (start, months, end) => {
    expect(addMonths(start, months)).toBe(end);
  });

  it("agrees with a calendar counted by hand", () => {
    fc.assert(
      property(
        anyDay,
        integer({ min: 0, max: 40 }),
        (day, months) => addMonths(day, months) === nextMonths(day, months),
      ),
    );
  });

  it("a date that never ends stays comparable", () => {
    expect(addMonths("9999-12-31", 12)).toBe("9999-12-31");
    expect(addDays("9999-12-31", 1)).toBe("9999-12-31");
  });
});

describe("adding days", () => {
  it("agrees with a calendar counted by hand", () => {
    fc.assert(
      property(anyDay, integer({ min: 0, max: 400 }), (day, days) => {
        let expected = day;
        for (let step = 0; step < days; step++) expected = nextDay(expected);
        return (
          addDays(day, days) === expected && addDays(expected, -days) === day && daysBetween(day, expected) === days
        );
      }),
      { numRuns: 200 },
    );
  });
});

describe("a date", () => {
  it.each(["2026-02-28", "2028-02-29", "2026-12-31", "1970-01-01"])("%s is one", (text) => {
    expect(isDate(text)).toBe(true);
  });
  it.each([
    ...["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "0000-00-00", "0001-01-01"],
    ...["2026-1-1", "26-01-01", "2026-01-01 00:00:00", "", "2026/01/01", "20260101", "2026-01-01\n"],
    ...["x2026-01-01", "12026-01-01", "0000-01-01"],
  ])("%j is none", (text) => {
    expect(isDate(text)).toBe(false);
  });
});

describe("periods", () => {
  it("end on the first day that is no longer covered", () => {
    expect(endOf({ start: "2026-01-31", months: 1 })).toBe("2026-02-28");
    expect(endOf({ start: "2026-11-23", months: 12 })).toBe("2027-11-23");
  });

  it("that follow each other do not overlap, at a month's end neither", () => {
    expect(overlaps({ start: "2026-01-31", months: 1 }, { start: "2026-02-28", months: 1 })).toBe(false);
    expect(overlaps({ start: "2026-02-28", months: 1 }, { start: "2026-01-31", months: 1 })).toBe(false);
    expect(overlaps({ start: "2026-11-23", months: 1 }, { start: "2026-12-23", months: 6 })).toBe(false);
  });

  it("one day in common is an overlap", () => {
    expect(overlaps({ start: "2026-11-23", months: 1 }, { start: "2026-12-22", months: 1 })).toBe(true);
    expect(overlaps({ start: "2026-01-01", months: 12 }, { start: "2026-06-01", months: 1 })).toBe(true);
  });

  it("overlap exactly when they share a day", () => {
    const nearby = integer({ min: 0, max: 450 }).map((days) => addDays("2027-09-01", days));
    fc.assert(
      property(nearby, anyMonths, nearby, anyMonths, (startA, monthsA, startB, monthsB) => {
        const [a, b] = [
          { start: startA, months: monthsA },
          { start: startB, months: monthsB },
        ];
        const other = daysOf(b);
        const share = [...daysOf(a)].some((day) => other.has(day));
        return overlaps(a, b) === share && overlaps(b, a) === share;
      }),
      { numRuns: 300 },
    );
  });
});
