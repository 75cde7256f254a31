// Is every way in which the network can fail survived, for an order, for a renewal, for a list? (F4)
import { it } from "vitest";
import { pay, renewPaid, sell } from "./deeds.ts";
import type { Case } from "./family.ts";
import { playFamily } from "./family.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { owning, type Story, tellStory } from "./stories.ts";

const kinds = [
  ...["name", "refuse", "connect-timeout", "tls", "reset-before-request", "reset-mid-request", "reset-after-undone"],
  ...["reset-after-done", "slow-headers", "trickle", "truncated", "server-error", "too-many", "redirect", "bad-xml"],
  "without-id",
] as const;

const ends = [
  { state: "Purchased", charges: 1 },
  { state: "NeedsOperator", charges: 0 },
];

interface Target {
  readonly name: string;
  readonly isHit: (call: NetworkCall) => boolean;
  readonly isRenewal: boolean;
}

const targets: readonly Target[] = [
  { name: "order", isHit: ({ func, isCommit }) => isCommit && func === "addition.order.param", isRenewal: false },
  { name: "renewal", isHit: ({ func, isCommit }) => isCommit && func === "service.prolong", isRenewal: true },
  { name: "list", isHit: ({ func }) => func === "addition" || func === "soft", isRenewal: false },
];

function storyOf({ name, isHit, isRenewal }: Target, fault: NetworkFault, onFired: () => void): Story {
  let isLeft = true;
  return {
    name,
    before: isRenewal ? owning : async (life) => sell(life),
    happen: (life, sold) => {
      if (isRenewal) renewPaid(life, sold.serviceId);
      else pay(life, sold.invoiceId);
    },
    fault: (call) => {
      if (!isLeft || !isHit(call)) return null;
      isLeft = false;
      onFired();
      return fault;
    },
    ends,
  };
}

function caseOf(target: Target, kind: (typeof kinds)[number], seed: number): Case {
  return {
    name: `${target.name}/${kind}/${seed}`,
    play: async () => {
      let fired = 0;
      const story = storyOf(target, { kind }, () => {
        fired += 1;
      });
      const { life } = await tellStory(story, { seed });
      return { fired, findings: life.witness.findings };
    },
  };
}

it(
  "F4: sixteen failures of the network",
  async () => {
    const timings = Array.from({ length: countOf(1, 20) }, (_, at) => firstSeed + at);
    const cases = targets.flatMap((target) =>
      kinds.flatMap((kind) => timings.map((seed) => caseOf(target, kind, seed))),
    );
    await playFamily("F4", cases);
  },
  longestMs,
);
