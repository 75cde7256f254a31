// Does a whole life under crashes, faults and changed minds lose nothing and buy nothing twice? (F3)
import { it } from "vitest";
import { createDice } from "../dice.ts";
import { createAddonLife } from "./addon-deeds.ts";
import { playFamily } from "./family.ts";
import { longestMs, seedsOf } from "./scale.ts";
import { playStorm, type Storm } from "./storm.ts";

function stormOf(seed: number): Storm {
  const dice = createDice(seed * 7_919);
  const chances = {
    network: dice.oneOf([0, 0.05, 0.3]),
    money: dice.oneOf([0, 0.1, 0.4]),
    ledger: dice.oneOf([0, 0.02]),
    whmcs: dice.oneOf([0, 0.02]),
  };
  return { seed, bridges: dice.between(1, 2), crashes: dice.between(1, 12), deeds: dice.between(3, 28), chances };
}

it(
  "F3: crash storms",
  async () => {
    const cases = seedsOf(500, 20_000).map((seed) => ({ name: String(seed), play: () => playStorm(stormOf(seed)) }));
    const withAddons = seedsOf(100, 4_000).map((seed) => ({
      name: `addons ${seed}`,
      play: () => playStorm({ ...stormOf(seed), meanwhile: createAddonLife() }),
    }));
    await playFamily("F3", [...cases, ...withAddons]);
  },
  longestMs,
);
