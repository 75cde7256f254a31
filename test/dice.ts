// Which of many things happens next? Repeatable chance: the same seed always throws the same.

export interface Dice {
  /** From 0 up to 1. */
  next(): number;
  /** A whole number from `least` to `most`, both included. */
  between(least: number, most: number): number;
  happens(chance: number): boolean;
  oneOf<T>(list: readonly T[]): T;
  /** A new list of the same things in another order. */
  shuffle<T>(list: readonly T[]): T[];
  /** Dice of their own, so that throwing them does not change what these throw. */
  fork(): Dice;
}

/** splitmix32: every seed, 0 included, gives another well mixed sequence. */
export function createDice(seed: number): Dice {
  let state = seed | 0;
  const next = () => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
  const between = (least: number, most: number) => least + Math.floor(next() * (most - least + 1));
  return {
    next,
    between,
    happens: (chance) => next() < chance,
    oneOf: (list) => {
      if (list.length === 0) throw new RangeError("nothing to choose from");
      return list[between(0, list.length - 1)] as (typeof list)[number];
    },
    shuffle: (list) => {
      const rest = [...list];
      return list.map(() => rest.splice(between(0, rest.length - 1), 1)[0] as (typeof list)[number]);
    },
    fork: () => createDice(between(0, 2 ** 31)),
  };
}
