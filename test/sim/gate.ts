// Where can a simulated process be stopped, for a while or for good? At every point where it waits for anything.
import type { Clock } from "../../src/clock.ts";
import type { VirtualClock } from "./clock.ts";

export interface Gate {
  isDead(): boolean;
  /** It stands still and will go on; its timers run out meanwhile. */
  isPaused(): boolean;
  /** A named point that takes no time; the process may end there. */
  note(point: string): void;
  /** Resolves when the process runs: at once, unless it stands still; never in a dead one. */
  wake(): Promise<void>;
  /** Passes a named point: takes its time, waits while paused, and never comes back in a dead process. */
  pass(point: string): Promise<void>;
  /** As SIGKILL: whatever waits inside never goes on. */
  kill(): void;
  /** As SIGSTOP for so long. */
  pause(ms: number): void;
  /** The process's own clock: its wall may be wrong, its sleepers die with it. */
  readonly clock: Clock;
}

export interface GateOptions {
  readonly clock: VirtualClock;
  /** How long a point takes. */
  readonly delayMs: (point: string) => number;
  /** How far the process's wall clock is ahead of the truth. */
  readonly skewMs: () => number;
  /** Told of every point before it is passed; may kill or pause. */
  readonly onPass?: ((point: string, gate: Gate) => void) | undefined;
}

/** What a dead process waits for; one for each, so that what waits can be forgotten. */
const never = () => new Promise<never>(() => {});

const passed = Promise.resolve();

export function createGate({ clock, delayMs, skewMs, onPass }: GateOptions): Gate {
  let dead = false;
  let pausedUntilMs = 0;
  const isPaused = () => pausedUntilMs > clock.nowMs();
  const comeBack = async () => {
    while (!dead && isPaused()) await clock.sleep(pausedUntilMs - clock.nowMs());
    if (dead) await never();
  };
  const goOnIn = async (ms: number) => {
    if (ms > 0) await clock.sleep(ms);
    if (dead || isPaused()) await comeBack();
  };
  const gate: Gate = {
    isDead: () => dead,
    isPaused,
    note: (point) => {
      if (!dead) onPass?.(point, gate);
    },
    wake: comeBack,
    pass: (point) => {
      if (dead) return never();
      onPass?.(point, gate);
      const ms = delayMs(point);
      return ms === 0 && !dead && !isPaused() ? passed : goOnIn(ms);
    },
    kill: () => {
      dead = true;
    },
    pause: (ms) => {
      pausedUntilMs = Math.max(pausedUntilMs, clock.nowMs() + ms);
    },
    clock: {
      now: () => new Date(clock.nowMs() + skewMs()),
      monotonicMs: clock.monotonicMs,
      sleep: async (ms, signal) => {
        if (dead) return await never();
        await clock.sleep(ms, signal);
        if (dead || isPaused()) await comeBack();
      },
    },
  };
  return gate;
}
