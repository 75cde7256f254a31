// Who ends, or stops for a while, a simulated process at exactly the chosen point of its work?
import type { Gate } from "./gate.ts";
import type { Life } from "./life.ts";

/** The `passing`-th time that any bridge comes to `point` since it is watched, or since the strike before. */
export interface Moment {
  readonly point: string;
  readonly passing: number;
}

export interface Assassin {
  readonly onPass: (point: string, gate: Gate) => void;
  /** Points are counted from now on. */
  watch(life: Life): void;
  /** How many moments of the plan have come. */
  strikes(): number;
  /** How often each point was passed since then, in the order of the first passing. */
  readonly trace: ReadonlyMap<string, number>;
}

/** Strikes at one moment after the other. */
export function createAssassin(plan: readonly Moment[], strike: (gate: Gate, life: Life) => void): Assassin {
  const trace = new Map<string, number>();
  let watched: Life | null = null;
  let strikes = 0;
  return {
    trace,
    strikes: () => strikes,
    watch: (life) => {
      watched = life;
    },
    onPass: (point, gate) => {
      if (watched === null) return;
      const passing = (trace.get(point) ?? 0) + 1;
      trace.set(point, passing);
      const next = plan[strikes];
      if (next?.point !== point || next.passing !== passing) return;
      strikes += 1;
      trace.clear();
      strike(gate, watched);
    },
  };
}

/** A crashed bridge is back after this long. */
const downMs = 7_000;

/** SIGKILL, and a new bridge a little later. */
export function killAndReplace(gate: Gate, life: Life): void {
  gate.kill();
  void life.clock.sleep(downMs).then(() => life.start());
}
