// How does a test choose at random and yet the same again for the same seed?

/** Repeatable numbers from 0 up to 1 (xorshift). */
export function createDice(seed: number) {
  let state = seed * 2_654_435_761 + 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return {
    oneOf: <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T,
    /** A whole number from 0, below `limit`. */
    below: (limit: number) => Math.floor(next() * limit),
    happens: (chance: number) => next() < chance,
  };
}

export type Dice = ReturnType<typeof createDice>;
