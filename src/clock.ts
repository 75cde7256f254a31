// What time is it, and how do we wait? The only place that asks the machine.

/** Time as everything else sees it, so that tests and simulations can own it. */
export interface Clock {
  /** Wall clock, for dates that people and other systems see. */
  now(): Date;
  /** Milliseconds on a clock that never jumps; only differences mean something. */
  monotonicMs(): number;
  /** Resolves after `ms`, or at once when `signal` aborts (it never rejects). */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Resolves when the work has ended, or after `ms`; the work then goes on unwatched. Rejects when the work does in time. */
export async function waitAtMost(work: Promise<unknown>, ms: number, clock: Clock): Promise<void> {
  const timer = new AbortController();
  try {
    await Promise.race([work, clock.sleep(ms, timer.signal)]);
  } finally {
    timer.abort();
  }
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", finish);
        resolve();
      };
      const timer = setTimeout(finish, ms);
      signal?.addEventListener("abort", finish);
    }),
};
