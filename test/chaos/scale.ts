// How much chaos is wanted? The one place that reads it from the environment.

function readNumber(name: string, fallback: number): number {
  const number = Number(process.env[name] ?? fallback);
  if (!Number.isSafeInteger(number) || number < 0) throw new RangeError(`${name} must be a whole number`);
  return number;
}

export const scale = {
  /** Cases of F15: 24 purchases, then 27 changes of modules; beyond 51 each point is played again with another moment of death. */
  kills: readNumber("CHAOS_KILLS", 30),
  /** Purchases of F16; 0 leaves it out. */
  soakPurchases: readNumber("CHAOS_SOAK_PURCHASES", 0),
  seed: readNumber("CHAOS_SEED", 1),
} as const;

/** The command that plays one case again. */
export function replayCommand(file: string, test: string): string {
  const { kills, soakPurchases, seed } = scale;
  const settings = `CHAOS_SEED=${seed} CHAOS_KILLS=${kills} CHAOS_SOAK_PURCHASES=${soakPurchases}`;
  return `${settings} npx vitest run test/chaos/${file} -t '${test}$'`;
}
