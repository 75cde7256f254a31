// How do many ask for the same fresh reading without asking the other side as many times?
import type { Clock } from "../clock.ts";

/**
 * One reading at a time. Whoever asks while one is under way gets the next, which starts after they asked: a reading
 * is never older than the question.
 */
export function createFreshRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null;
  let next: Promise<T> | null = null;
  const start = (): Promise<T> => {
    next = null;
    const reading = read().finally(() => {
      if (running === reading) running = null;
    });
    running = reading;
    return reading;
  };
  return () => {
    if (next !== null) return next;
    if (running === null) return start();
    next = running.then(start, start);
    return next;
  };
}

/** An unreadable answer is given again for `forMs` instead of asking once more; any other is never kept. */
export function repeatFailure<T extends { readonly kind: string }>(
  read: () => Promise<T>,
  { clock, forMs }: { clock: Clock; forMs: number },
): () => Promise<T> {
  let failed: { readonly answer: T; readonly atMs: number } | null = null;
  return async () => {
    if (failed !== null && clock.monotonicMs() - failed.atMs < forMs) return failed.answer;
    const answer = await read();
    failed = answer.kind === "unreadable" ? { answer, atMs: clock.monotonicMs() } : null;
    return answer;
  };
}
