// What did the account say lately, and how do many ask for it without asking the account as many times?
import { type Clock, waitAtMost } from "../clock.ts";
import type { Read } from "../ispmanager/account.ts";

/** A reading not older than `freshForMs` is given at once; else a new one is waited for, `waitMs` at most. */
export interface Patience {
  readonly freshForMs: number;
  readonly waitMs: number;
  /** When the new one does not come, an older one is given up to this age. */
  readonly staleForMs: number;
}

export interface AccountCopyParts<T> {
  readonly read: () => Promise<Read<T>>;
  /** False while the account must be left alone; a rejection counts as no. */
  readonly mayAsk: () => Promise<boolean>;
  readonly clock: Clock;
}

/** After a failure the account is left alone this long. */
const pauseAfterFailureMs = 5_000;

/** A copy of one of the account's lists; null when nobody can say. Never rejects, never has two readings under way. */
export function createAccountCopy<T>({ read, mayAsk, clock }: AccountCopyParts<T>) {
  let copy: { readonly value: T; readonly startedMs: number } | null = null;
  let reading: Promise<void> | null = null;
  let failedMs = Number.NEGATIVE_INFINITY;

  const refresh = async (): Promise<void> => {
    const startedMs = clock.monotonicMs();
    const isAllowed = await mayAsk().catch(() => false);
    const answer = isAllowed ? await read() : null;
    if (answer?.kind === "ok") copy = { value: answer.value, startedMs };
    else if (answer !== null) failedMs = clock.monotonicMs();
  };
  const within = (maximumMs: number): T | null =>
    copy !== null && clock.monotonicMs() - copy.startedMs <= maximumMs ? copy.value : null;

  return async ({ freshForMs, waitMs, staleForMs }: Patience): Promise<T | null> => {
    const fresh = within(freshForMs);
    if (fresh !== null) return fresh;
    if (reading === null && clock.monotonicMs() - failedMs < pauseAfterFailureMs) return within(staleForMs);
    reading ??= refresh().finally(() => {
      reading = null;
    });
    await waitAtMost(reading, waitMs, clock);
    return within(Math.max(freshForMs, staleForMs));
  };
}
