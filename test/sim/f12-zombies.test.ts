// What does a process do that stood still in the middle of a purchase and finds that the world has gone on? (F12)
import { it } from "vitest";
import { createAssassin } from "./assassin.ts";
import { pay, renewPaid, sell } from "./deeds.ts";
import { type Case, playFamily } from "./family.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { owning, type Story, tellStory } from "./stories.ts";

/** Within the time to send; beyond it; beyond the lease; beyond the time to settle. */
const pausesMs = [5_000, 11_000, 300_000, 720_000];

const orderPoints = [
  "claim:acknowledged",
  "addition.order.param with sok:connected",
  "addition.order.param with sok:written",
];
const renewalPoints = ["claim:acknowledged", "service.prolong with sok:connected", "service.prolong with sok:written"];

function caseOf(point: string, pauseMs: number, seed: number): Case {
  const isRenewal = renewalPoints.includes(point) && !orderPoints.includes(point);
  const story: Story = {
    name: isRenewal ? "renewal" : "order",
    before: isRenewal ? owning : async (life) => sell(life),
    happen: (life, sold) => {
      // The other bridge is awake all the time.
      life.start();
      if (isRenewal) renewPaid(life, sold.serviceId);
      else pay(life, sold.invoiceId);
    },
    ends: [
      { state: "Purchased", charges: 1 },
      { state: "NeedsOperator", charges: 0 },
    ],
  };
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
    const points = [...new Set([...orderPoints, ...renewalPoints])];
    const cases = seeds.flatMap((seed) => points.flatMap((point) => pausesMs.map((ms) => caseOf(point, ms, seed))));
    await playFamily("F12", cases);
  },
  longestMs,
);
