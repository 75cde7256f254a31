import { describe, expect, it } from "vitest";
import type { BuyingSettings } from "../../src/config.ts";
import { backOffMs, createLocalTime } from "../../src/purchases/engine.ts";

describe("backing off", () => {
  const settings = { retryMs: 60_000 } as BuyingSettings;
  it("begins with the first step, doubles, and ends at fifteen times it", () => {
    expect([0, 1, 2, 3, 4, 5, 100, 65_535].map((step) => backOffMs(settings, step) / 60_000)).toEqual([
      1, 2, 4, 8, 15, 15, 15, 15,
    ]);
  });
  it("knows fractions of a second", () => {
    expect(backOffMs({ ...settings, retryMs: 50 }, 1)).toBe(100);
  });
});

describe("the local time of WHMCS", () => {
  it.each([
    ["UTC", "2026-11-23T00:00:00Z", "2026-11-23 00:00:00"],
    ["UTC", "2026-01-02T03:04:05.999Z", "2026-01-02 03:04:05"],
    ["Europe/Moscow", "2026-11-23T21:00:00Z", "2026-11-24 00:00:00"],
    ["Asia/Kolkata", "2026-12-31T18:30:00Z", "2027-01-01 00:00:00"],
    ["America/New_York", "2026-11-01T05:59:59Z", "2026-11-01 01:59:59"],
    ["America/New_York", "2026-11-01T06:00:00Z", "2026-11-01 01:00:00"],
  ])("in %s, %s is %s", (zone, instant, local) => {
    expect(createLocalTime(zone)(new Date(instant))).toBe(local);
  });
});
