// How does a case of chaos wait for something that it cannot be told of?
import { systemClock } from "../../src/clock.ts";

const longestMs = 30_000;
const pollMs = 20;

/** Resolves when it is so; rejects after half a minute. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = systemClock.monotonicMs() + longestMs;
  while (!(await isSo())) {
    if (systemClock.monotonicMs() > deadlineMs) throw new Error(`never: ${what}`);
    await systemClock.sleep(pollMs);
  }
}
