// Which time is it for a receiver under test? The test's own: it stands still until the test moves it.
import type { Clock } from "../../src/clock.ts";

export interface TestClock extends Clock {
  /** Lets `ms` pass: whoever sleeps no longer than that wakes up. */
  pass(ms: number): void;
  /** How many are asleep now. */
  sleepers(): number;
}

export function createTestClock(startIso: string): TestClock {
  let elapsedMs = 0;
  const asleep = new Set<{ readonly untilMs: number; readonly wake: () => void }>();

  return {
    now: () => new Date(Date.parse(startIso) + elapsedMs),
    monotonicMs: () => elapsedMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        const sleeper = { untilMs: elapsedMs + ms, wake };
        function wake() {
          asleep.delete(sleeper);
          resolve();
        }
        asleep.add(sleeper);
        signal?.addEventListener("abort", wake);
      }),
    pass: (ms) => {
      elapsedMs += ms;
      for (const sleeper of asleep) if (sleeper.untilMs <= elapsedMs) sleeper.wake();
    },
    sleepers: () => asleep.size,
  };
}
