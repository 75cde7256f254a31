// How many lives does a run play? A few thousand with every commit, as many as asked for in a storm.

/** Seeds asked for by `npm run test:storm -- --seeds N`; null for the run of every commit. */
export const stormSeeds = process.env.STORM_SEEDS === undefined ? null : Number(process.env.STORM_SEEDS);

/** Where the first seed of a run stands; a storm takes others than the run of every commit. */
export const firstSeed = Number(process.env.STORM_FIRST_SEED ?? 1);

/** The only case to play, e.g. `F3/17`. */
export const onlyCase = process.env.SIM_CASE ?? null;

/** The cases of most families cost little before they are played; those of F1 and F2 are found by playing. */
export const isAskedFor = (family: string): boolean => onlyCase === null || onlyCase.startsWith(`${family}/`);

/** A storm of 20,000 seeds plays `nightly` cases of a family, a smaller or larger one in proportion. */
export function countOf(perCommit: number, nightly: number): number {
  return stormSeeds === null ? perCommit : Math.max(perCommit, Math.round((nightly * stormSeeds) / 20_000));
}

/** The seeds of a family, one after another. */
export function seedsOf(perCommit: number, nightly: number): number[] {
  return Array.from({ length: countOf(perCommit, nightly) }, (_, at) => firstSeed + at);
}

/** A storm takes its time; only what hangs for ever is cut off. */
export const longestMs = stormSeeds === null ? 240_000 : 4 * 3_600_000;
