// How do many ask for the same fresh reading without asking the other side as many times?

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
