// Which moments can be written for `wait UNTIL`, and when are they?
import { expect, test } from "vitest";
import { readUntil } from "../../src/cli/wait-until.ts";
import { createLocalTime } from "../../src/purchases/engine.ts";

test.each([
  ["Europe/Berlin", "2026-12-01", "2026-11-30T23:00:00.000Z"],
  ["Europe/Berlin", "2026-07-01T09:30", "2026-07-01T07:30:00.000Z"],
  ["Europe/Berlin", "2026-12-01T09:30:15", "2026-12-01T08:30:15.000Z"],
  ["Europe/Berlin", "2026-12-01T09:30:00Z", "2026-12-01T09:30:00.000Z"],
  ["Europe/Berlin", "2026-12-01T09:30:00+05:30", "2026-12-01T04:00:00.000Z"],
  // An hour after and before the clocks change.
  ["Europe/Berlin", "2027-03-28T04:00", "2027-03-28T02:00:00.000Z"],
  ["Europe/Berlin", "2027-03-28T01:00", "2027-03-28T00:00:00.000Z"],
  ["America/New_York", "2026-11-01T03:00", "2026-11-01T08:00:00.000Z"],
  ["Pacific/Kiritimati", "2027-01-01", "2026-12-31T10:00:00.000Z"],
  ["UTC", "2026-12-01", "2026-12-01T00:00:00.000Z"],
])("in %s, %s is %s", (zone, text, instant) => {
  expect(readUntil(text, createLocalTime(zone))?.toISOString()).toBe(instant);
});

test.each(["", "now", "tomorrow", "2026-02-30", "2026-12-01T25:00", "2026-12"])("%j is refused", (text) => {
  expect(readUntil(text, createLocalTime("UTC"))).toBeNull();
});
