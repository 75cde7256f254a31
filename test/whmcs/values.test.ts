// Do stored dates mean what they say, and zero dates nothing?
import { describe, expect, test } from "vitest";
import { DatabaseError } from "../../src/errors.ts";
import { describeError } from "../../src/log.ts";
import { readDate, readDateTime, readFromWhmcs } from "../../src/whmcs/values.ts";

describe("a date", () => {
  test.each([
    ["2026-11-23", "2026-11-23"],
    ["2026-11-23 10:20:30", "2026-11-23"],
    ["2024-02-29", "2024-02-29"],
    ["0000-00-00", null],
    ["0000-00-00 00:00:00", null],
    ["2026-00-00", null],
    ["2026-02-30", null],
    ["", null],
    ["23.11.2026", null],
    [null, null],
  ])("%j reads as %j", (text, date) => expect(readDate(text)).toBe(date));
});

describe("a date and time", () => {
  test.each([
    ["2026-11-23 10:20:30", "2026-11-23 10:20:30"],
    ["2026-11-23 10:20:30.000000", "2026-11-23 10:20:30"],
    ["0000-00-00 00:00:00", null],
    ["2026-11-23", null],
    [null, null],
  ])("%j reads as %j", (text, time) => expect(readDateTime(text)).toBe(time));
});

test("a failed read names the question and keeps SQL and values to itself", async () => {
  const cause = Object.assign(new Error("Failed query: SELECT secret FROM tblclients"), { code: "ER_BAD_FIELD_ERROR" });
  const failed = await readFromWhmcs("lines", () => Promise.reject(cause)).catch((error: unknown) => error);
  expect(failed).toBeInstanceOf(DatabaseError);
  expect(describeError(failed)).toEqual({
    code: "whmcs_unreadable",
    message: "the WHMCS database could not be read",
    database: "whmcs",
    question: "lines",
    cause: "ER_BAD_FIELD_ERROR",
  });
});
