// Is every way in which the network can fail survived, for an order, for a renewal, for a list? (F4)
import { it } from "vitest";
import { buyByHand } from "./by-hand.ts";
import type { Case } from "./family.ts";
import { playFamily } from "./family.ts";
import type { NetworkCall } from "./network/network.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { periodStory, tellStory } from "./stories.ts";

const kinds = [
  ...["name", "refuse", "connect-timeout", "tls", "reset-before-request", "reset-mid-request", "reset-after-undone"],
  ...["reset-after-done", "slow-headers", "trickle", "truncated", "server-error", "too-many", "redirect", "bad-xml"],
  "without-id",
] as const;

/** The request surely never arrived, or nothing was asked that moves money: it is done in the end. */
const surelyHarmless = new Set(["name", "refuse", "connect-timeout", "tls", "reset-before-request"]);
const bought = { state: "Purchased", charges: 1 };
const absent = { state: "NeedsOperator", charges: 0 };

interface Target {
  readonly name: string;
  readonly isHit: (call: NetworkCall) => boolean;
  readonly isRenewal?: boolean;
  /** Staff had bought it by hand: a list that hides it would have it bought again. */
  readonly isThere?: boolean;
}

const isList = ({ func }: NetworkCall) => func === "addition" || func === "soft";
const targets: readonly Target[] = [
  { name: "order", isHit: ({ func, isCommit }) => isCommit && func === "addition.order.param" },
  { name: "renewal", isHit: ({ func, isCommit }) => isCommit && func === "service.prolong", isRenewal: true },
  { name: "list", isHit: isList },
  { name: "list that shows it", isHit: isList, isThere: true },
];

function endsOf({ isHit, isThere }: Target, kind: (typeof kinds)[number]) {
  if (isThere) return [{ state: "Purchased", charges: 0 }];
  return isHit === isList || surelyHarmless.has(kind) ? [bought] : [bought, absent];
}

function caseOf(target: Target, kind: (typeof kinds)[number], seed: number): Case {
  return {
    name: `${target.name}/${kind}/${seed}`,
    play: async () => {
      let isLeft = true;
      const story = periodStory(target.isRenewal ?? false, {
        ends: endsOf(target, kind),
        meanwhile: (life, { licence }) => {
          if (target.isThere) buyByHand(life, licence);
        },
        fault: (call) => {
          if (!isLeft || !target.isHit(call)) return null;
          isLeft = false;
          return { kind };
        },
      });
      const { life } = await tellStory(story, { seed });
      return { fired: life.witness.faults.get(kind) ?? 0, findings: life.witness.findings };
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
