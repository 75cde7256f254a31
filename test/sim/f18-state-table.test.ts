// Does the ledger allow exactly the changes that the rules list, from wherever a purchase stands or has wandered? (F18)
import { it } from "vitest";
import { InvariantError } from "../../src/errors.ts";
import type { Change } from "../../src/purchases/ledger/change.ts";
import type { Ledger } from "../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { type Reason, type State, states } from "../../src/purchases/state.ts";
import { createDice } from "../dice.ts";
import { decided, find, recorded, type Standing, standing, startBuying, term } from "../purchases/ledger/given.ts";
import { allowed } from "../purchases/listed.ts";
import { type Case, type Played, playFamily } from "./family.ts";
import { createSimulatedLedger } from "./ledger/ledger.ts";
import { plainLine } from "./ledger/line.ts";
import { createStore } from "./ledger/store.ts";
import { longestMs, seedsOf } from "./scale.ts";

const standings: readonly Standing[] = [
  ...(["Pending", "Pending again", "Sending", "Unknown", "Ordered", "Purchased"] as const),
  ...(["NeedsOperator", "NeedsOperator sent", "Refunded", "Ignored"] as const),
];
/** One reason that belongs to each state, and one that does not. */
const reasons: Readonly<Record<State, readonly [Reason | null, Reason]>> = {
  Pending: ["unpaid", "absent"],
  Sending: [null, "unpaid"],
  Unknown: [null, "absent"],
  Ordered: ["manual", "unpaid"],
  Purchased: [null, "not_active"],
  NeedsOperator: ["absent", "unpaid"],
  Refunded: ["before_send", "manual"],
  Ignored: [null, "before_send"],
};

async function openLedger(): Promise<Ledger> {
  const ledger = createSimulatedLedger(
    createStore(),
    plainLine(() => Date.parse("2026-11-26T10:00:00Z")),
  );
  await startBuying(ledger);
  return ledger;
}

/** Whether the ledger took it; what it took must show in the row, and what it refused must not. */
async function attempt(
  ledger: Ledger,
  before: Purchase,
  change: Change,
): Promise<{ isTaken: boolean; isTrue: boolean }> {
  const isTaken = await ledger.change(before, change).then(
    ({ kind }) => kind === "changed",
    (error: unknown) => {
      if (error instanceof InvariantError) return false;
      throw error;
    },
  );
  const after = await find(ledger, before);
  const isTrue = isTaken
    ? after.state === change.to && after.version === before.version + 1
    : after.state === before.state && after.version === before.version;
  return { isTaken, isTrue };
}

/** What only a person may do comes with a decision; what a person need not do, without. */
function changeTo(before: Purchase, to: State, reason: Reason | null): Change {
  const isForPerson = before.state === "NeedsOperator" && to !== "NeedsOperator";
  return {
    to,
    reason,
    actor: "walk",
    ...(isForPerson ? { decision: decided("bind") } : {}),
    ...(to === "Ordered" || to === "Purchased" ? { binding: term(before, "901"), remoteServiceId: "901" } : {}),
  };
}

function caseOf(where: Standing, to: State, isFitting: boolean): Case {
  const [fitting, strange] = reasons[to];
  const reason = isFitting ? fitting : strange;
  return {
    name: `${where} → ${to}(${reason})`,
    play: async () => {
      const ledger = await openLedger();
      const before = await standing(ledger, 1, where);
      const { isTaken, isTrue } = await attempt(ledger, before, changeTo(before, to, reason));
      const isRight = isTrue && isTaken === (isFitting && allowed[before.state].includes(to));
      const what = `I16: ${where} → ${to}(${reason}) was ${isTaken ? "taken" : "refused"}`;
      return { fired: 1, findings: isRight ? [] : [{ kind: "broken", what }] };
    },
  };
}

const longestWalk = 30;

/** Any change after any other: only listed ones are taken, versions only grow, and the end of a life stays its end. */
async function walk(seed: number): Promise<Played> {
  const dice = createDice(seed);
  const ledger = await openLedger();
  const findings: Played["findings"][number][] = [];
  let before = await recorded(ledger, 1);
  for (let steps = 0; steps < longestWalk; steps++) {
    const to = dice.oneOf(states);
    const { isTaken, isTrue } = await attempt(ledger, before, changeTo(before, to, dice.oneOf(reasons[to])));
    const isListed = allowed[before.state].includes(to);
    if (!isTrue || (isTaken && !isListed)) findings.push({ kind: "broken", what: `I16: ${before.state} → ${to}` });
    before = await find(ledger, before);
  }
  const { transitions } = await ledger.readHistory(before.id);
  if (transitions.length !== before.version) findings.push({ kind: "broken", what: "I17: the history has gaps" });
  return { fired: longestWalk, findings };
}

it(
  "F18: the table of states",
  async () => {
    const table = standings.flatMap((where) =>
      states.flatMap((to) => [true, false].map((fits) => caseOf(where, to, fits))),
    );
    const walks = seedsOf(1_000, 50_000).map((seed) => ({ name: `walk ${seed}`, play: () => walk(seed) }));
    await playFamily("F18", [...table, ...walks]);
  },
  longestMs,
);
