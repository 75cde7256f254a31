// What if the account's list is old, cut, doubled, shuffled, or shows what somebody else bought? (F6)
import { it } from "vitest";
import { buyByHand } from "./by-hand.ts";
import type { Sold } from "./deeds.ts";
import { type Case, playFamily } from "./family.ts";
import type { Life } from "./life.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import { countOf, firstSeed, longestMs } from "./scale.ts";
import { periodStory, tellStory } from "./stories.ts";

/** A lie in one answer, or something odd that has truly happened by then. */
type Lie = NetworkFault | ((life: Life, sold: Sold) => void);

const dayMs = 86_400_000;

function shiftExpiries(days: number): Lie {
  return ({ model }) => {
    for (const module of model.state.modules) {
      module.expiredate = new Date(Date.parse(module.expiredate) + days * dayMs).toISOString().slice(0, 10);
    }
  };
}

const lies: Readonly<Record<string, Lie>> = {
  "stale by one change": { kind: "stale-list" },
  "rows missing": { kind: "missing-rows" },
  "a row twice": { kind: "duplicate-rows" },
  "another order": { kind: "reordered-rows" },
  "a new module of others": (life) => buyByHand(life, life.newLicence()),
  "an expiry a day off": shiftExpiries(-1),
  "two new modules": (life, { licence }) => buyByHand(life, licence),
};

interface Moment {
  readonly name: string;
  readonly isRenewal: boolean;
  /** The answer of the request that moves money is lost, so that the list decides. */
  readonly isLost: boolean;
}

const moments: readonly Moment[] = [
  { name: "before an order", isRenewal: false, isLost: false },
  { name: "after an order whose answer was lost", isRenewal: false, isLost: true },
  { name: "after a renewal whose answer was lost", isRenewal: true, isLost: true },
];

const isList = ({ func }: NetworkCall) => func === "addition";

function caseOf(moment: Moment, [what, lie]: [string, Lie], seed: number): Case {
  const ends = [
    { state: "Purchased", charges: 1 },
    { state: "NeedsOperator", charges: moment.isLost ? 1 : 0 },
    // Bought by hand before the order: that module pays for it.
    ...(moment.isLost ? [] : [{ state: "Purchased", charges: 0 }]),
  ];
  return {
    name: `${moment.name}/${what}/${seed}`,
    play: async () => {
      let isSent = !moment.isLost;
      let isTold = false;
      let oddities = 0;
      let scene: { life: Life; sold: Sold } | undefined;
      const story = periodStory(moment.isRenewal, {
        ends,
        meanwhile: (life, sold) => {
          scene = { life, sold };
        },
        fault: (call) => {
          if (call.isCommit && !isSent) {
            isSent = true;
            return { kind: "reset-after-done" };
          }
          if (!isSent || isTold || !isList(call) || scene === undefined) return null;
          isTold = true;
          if (typeof lie !== "function") return lie;
          lie(scene.life, scene.sold);
          oddities += 1;
          return null;
        },
      });
      const remoteid = seed % 2 === 0 ? "both" : "none";
      const { life } = await tellStory(story, { seed, variants: { remoteid } });
      const { faults, findings } = life.witness;
      return { fired: typeof lie === "function" ? oddities : (faults.get(lie.kind) ?? 0), findings };
    },
  };
}

it(
  "F6: lists that lie",
  async () => {
    const seeds = Array.from({ length: countOf(2, 100) }, (_, at) => firstSeed + at);
    const cases = moments.flatMap((moment) =>
      Object.entries(lies).flatMap((lie) => seeds.map((seed) => caseOf(moment, lie, seed))),
    );
    await playFamily("F6", cases);
  },
  longestMs,
);
