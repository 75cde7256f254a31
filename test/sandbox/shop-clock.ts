// Which time is it in a test shop? Noon of one fixed day.
import type { Clock } from "../../src/clock.ts";

export const shopClock: Clock = {
  now: () => new Date("2026-11-23T12:00:00Z"),
  monotonicMs: () => 0,
  sleep: () => Promise.resolve(),
};
