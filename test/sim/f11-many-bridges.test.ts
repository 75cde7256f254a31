// Do two, four or sixteen bridges on one ledger buy everything, and nothing twice? (F11)
import { it } from "vitest";
import { createDice } from "../dice.ts";
import { createAddonLife } from "./addon-deeds.ts";
import { playFamily } from "./family.ts";
import { longestMs, seedsOf } from "./scale.ts";
import { playStorm, type Storm } from "./storm.ts";

/** Many bridges look less often, so that a life of sixteen takes no longer to play. */
const paces: Readonly<Record<number, number>> = { 2: 5_000, 4: 10_000, 16: 40_000 };

function stormOf(seed: number): Storm {
  const dice = createDice(seed * 104_729);
  const bridges = dice.oneOf([2, 2, 2, 4, 4, 16]);
  const pace = paces[bridges] ?? 5_000;
  const settings = { buyerIntervalMs: pace, sweepIntervalMs: pace * 12, ordersInFlight: dice.oneOf([1, 4, 16]) };
  const chances = { network: dice.oneOf([0.05, 0.2]), money: dice.oneOf([0.1, 0.4]), ledger: 0.02, whmcs: 0.01 };
  return { seed, bridges, crashes: dice.between(1, 3), deeds: dice.between(3, 12), chances, options: { settings } };
}

it(
  "F11: many bridges on one ledger",
  async () => {
    const cases = seedsOf(500, 20_000).map((seed) => ({ name: String(seed), play: () => playStorm(stormOf(seed)) }));
    const withAddons = seedsOf(50, 2_000).map((seed) => ({
      name: `addons ${seed}`,
      play: () => playStorm({ ...stormOf(seed), meanwhile: createAddonLife() }),
    }));
    await playFamily("F11", [...cases, ...withAddons]);
  },
  longestMs,
);
