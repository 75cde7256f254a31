// What does a process do that stood still in the middle of a purchase and finds that the world has gone on? (F12)
import { it } from "vitest";
import { createAssassin } from "./assassin.ts";
import { type Case, playFamily } from "./family.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { periodStory, tellStory } from "./stories.ts";

/** Within the time to send; beyond it; beyond the lease; beyond the time to settle. */
const pausesMs = [5_000, 11_000, 300_000, 720_000];

const standstills = [false, true].flatMap((isRenewal) => {
  const request = `${isRenewal ? "service.prolong" : "addition.order.param"} with sok`;
  const points = ["claim:acknowledged", `${request}:connected`, `${request}:written`];
  return points.map((point) => ({ isRenewal, point }));
});

function caseOf({ isRenewal, point }: (typeof standstills)[number], pauseMs: number, seed: number): Case {
  const story = periodStory(isRenewal, {
    // The other bridge is awake all the time.
    meanwhile: (life) => void life.start(),
    ends: [
      { state: "Purchased", charges: 1 },
      { state: "NeedsOperator", charges: 0 },
    ],
  });
  return {
    name: `${story.name}/${point}/${pauseMs / 1000} s/${seed}`,
    play: async () => {
      const zombie = createAssassin([{ point, passing: 1 }], (gate) => gate.pause(pauseMs));
      const { life } = await tellStory(story, { seed, onPass: zombie.onPass }, (begun) => zombie.watch(begun));
      return { fired: zombie.strikes(), findings: life.witness.findings };
    },
  };
}

it(
  "F12: processes that stood still",
  async () => {
    const seeds = Array.from({ length: countOf(1, 20) }, (_, at) => firstSeed + at);
    const cases = seeds.flatMap((seed) =>
      standstills.flatMap((standstill) => pausesMs.map((ms) => caseOf(standstill, ms, seed))),
    );
    await playFamily("F12", cases);
  },
  longestMs,
);
