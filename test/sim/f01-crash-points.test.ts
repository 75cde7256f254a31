// Does a process killed at any point of its work leave anything lost or bought twice? (F1; F2: and killed once more)
import { expect, it } from "vitest";
import { createDice } from "../dice.ts";
import { createAssassin, killAndReplace, type Moment } from "./assassin.ts";
import { type Case, type Played, playFamily } from "./family.ts";
import { countOf, firstSeed, isAskedFor, longestMs, stormSeeds } from "./scale.ts";
import { stories, tellStory } from "./stories.ts";

type MakeStory = (typeof stories)[number];

async function play(
  make: MakeStory,
  plan: readonly Moment[],
): Promise<Played & { trace: ReadonlyMap<string, number>; end: number }> {
  const assassin = createAssassin(plan, killAndReplace);
  const options = { seed: firstSeed, onPass: assassin.onPass };
  const { life, end } = await tellStory(make(), options, (begun) => assassin.watch(begun));
  const { findings } = life.witness;
  if (assassin.strikes() < plan.length) {
    life.witness.find("broken", `only ${assassin.strikes()} of ${plan.length} kills happened`);
  }
  return { fired: assassin.strikes(), findings, trace: assassin.trace, end };
}

/** Every point that the story passes: the first time, and the last time where it is another. */
async function momentsOf(make: MakeStory): Promise<Moment[]> {
  const { trace, findings, end } = await play(make, []);
  expect([findings, end], `${make().name}, undisturbed`).toEqual([[], 0]);
  return [...trace].flatMap(([point, times]) =>
    [...new Set([1, ...(isMoneyPoint(point) ? [times] : [])])].map((passing) => ({ point, passing })),
  );
}

/** Where the ledger changes or a request moves money; elsewhere the first time stands for all. */
function isMoneyPoint(point: string): boolean {
  return /^(claim|change|record|addition\.order\.param|service\.prolong|recordObservation):/.test(point);
}

it.runIf(isAskedFor("F1"))(
  "F1: a process killed at any one point of its work",
  async () => {
    const cases: Case[] = [];
    for (const make of stories) {
      for (const moment of await momentsOf(make)) {
        const name = `${make().name}/${moment.point} ${moment.passing}`;
        cases.push({ name, play: () => play(make, [moment]) });
      }
    }
    await playFamily("F1", cases);
  },
  longestMs,
);

it.runIf(stormSeeds !== null && isAskedFor("F2"))(
  "F2: and killed once more before it rests",
  async () => {
    const dice = createDice(firstSeed);
    const pairs: Case[] = [];
    for (const make of stories) {
      for (const first of await momentsOf(make)) {
        const { trace } = await play(make, [first]);
        for (const point of trace.keys()) {
          const second = { point, passing: 1 };
          const name = `${make().name}/${first.point} ${first.passing}, ${point}`;
          pairs.push({ name, play: () => play(make, [first, second]) });
        }
      }
    }
    await playFamily("F2", dice.shuffle(pairs).slice(0, countOf(0, 1_352)));
  },
  longestMs,
);
