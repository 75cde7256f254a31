// How does time pass when nobody waits for it? One clock for a whole simulated world; it moves only when told to.
import type { Clock } from "../../src/clock.ts";

/** Wall time and monotonic time are one here; skew and jumps are put around it. Times are milliseconds since 1970. */
export interface VirtualClock extends Clock {
  readonly nowMs: () => number;
  /** A sleep that may be called off: `over` never comes then. For what happens at every call; a signal costs more. */
  timer(ms: number): Timer;
  /** Runs everything due up to then, one after another in order of time (ties in order of asking); ends at `ms`. */
  runUntil(ms: number): Promise<void>;
  /** Advances to the next due sleeper; false when nobody sleeps. */
  step(): Promise<boolean>;
}

export interface Timer {
  readonly over: Promise<void>;
  callOff(): void;
}

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  /** Null once it was woken by its signal, or called off. */
  wake: (() => void) | null;
}

/** A clock that stands at `startMs`. Before and after each waking all that can run without waiting has run. */
export function createVirtualClock(startMs: number): VirtualClock {
  const sleepers: Sleeper[] = [];
  let nowMs = startMs;
  let asked = 0;

  function wakeNext(limitMs: number): boolean {
    dropAwake(sleepers);
    const next = sleepers[0];
    if (next === undefined || next.dueMs > limitMs) return false;
    removeFirst(sleepers);
    nowMs = Math.max(nowMs, next.dueMs);
    next.wake?.();
    return true;
  }

  return {
    nowMs: () => nowMs,
    now: () => new Date(nowMs),
    monotonicMs: () => nowMs - startMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        const others = signal === undefined ? null : sleepersUnder(signal);
        const finish = () => {
          sleeper.wake = null;
          others?.delete(finish);
          resolve();
        };
        const sleeper: Sleeper = { dueMs: nowMs + Math.max(0, ms), order: asked++, wake: finish };
        add(sleepers, sleeper);
        others?.add(finish);
      }),
    timer: (ms) => {
      const sleeper: Sleeper = { dueMs: nowMs + Math.max(0, ms), order: asked++, wake: null };
      const over = new Promise<void>((resolve) => {
        sleeper.wake = resolve;
      });
      add(sleepers, sleeper);
      return {
        over,
        callOff: () => {
          sleeper.wake = null;
        },
      };
    },
    async runUntil(ms) {
      await drain();
      while (wakeNext(ms)) await drain();
      nowMs = Math.max(nowMs, ms);
    },
    async step() {
      await drain();
      if (!wakeNext(Number.POSITIVE_INFINITY)) return false;
      await drain();
      return true;
    },
  };
}

const underSignals = new WeakMap<AbortSignal, Set<() => void>>();

/** Who sleeps under a signal: it is listened to once for all of them, as a loop sleeps under one signal thousands of times. */
function sleepersUnder(signal: AbortSignal): Set<() => void> {
  const known = underSignals.get(signal);
  if (known !== undefined) return known;
  const sleeping = new Set<() => void>();
  underSignals.set(signal, sleeping);
  signal.addEventListener("abort", () => {
    for (const finish of sleeping) finish();
  });
  return sleeping;
}

const turnsTogether = 64;
const waiting: (() => void)[] = [];
let turnsAhead = 0;

/**
 * One turn of the event loop: every promise that could go on has gone on, and a rejection that nobody handles was reported.
 * Node does both between two immediates as well, so many are asked for at once: the system need not be asked between them.
 */
function drain(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve);
    if (turnsAhead > 0) return;
    turnsAhead = turnsTogether;
    for (let turn = 0; turn < turnsTogether; turn++) setImmediate(takeTurn);
  });
}

function takeTurn(): void {
  turnsAhead -= 1;
  waiting.shift()?.();
}

function dropAwake(heap: Sleeper[]): void {
  while (heap[0]?.wake === null) removeFirst(heap);
}

function isEarlier(a: Sleeper, b: Sleeper): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

function add(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.push(sleeper) - 1;
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Sleeper;
    if (!isEarlier(sleeper, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = sleeper;
}

function removeFirst(heap: Sleeper[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = 2 * at + 1;
    const right = left + 1;
    const [a, b] = [heap[left], heap[right]];
    if (a === undefined) break;
    const isRight = b !== undefined && isEarlier(b, a);
    const child = isRight ? b : a;
    if (!isEarlier(child, last)) break;
    heap[at] = child;
    at = isRight ? right : left;
  }
  heap[at] = last;
}
