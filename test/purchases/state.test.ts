import fc, { constantFrom, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import {
  givesUpPeriod,
  isListedTransition,
  isReasonOf,
  isUnresolved,
  mayBePutOff,
  needsDecision,
  operatorReasons,
  queueOf,
  type Reason,
  type State,
  stageOf,
  states,
  transitions,
  waitingReasons,
} from "../../src/purchases/state.ts";
import { allowed } from "./listed.ts";

const everyState: readonly State[] = [
  ...(["Pending", "Sending", "Unknown", "Ordered", "Purchased"] as const),
  ...(["NeedsOperator", "Refunded", "Ignored"] as const),
];
const waiting = [
  ...["unpaid", "awaiting_acceptance", "new_client_hold", "earlier_period", "whmcs_unreachable", "account_unreachable"],
  ...["account_paused", "awaiting_balance", "spend_cap", "remote_date", "buying_off", "shadow"],
] as Reason[];
const forPeople = [
  ...["missing_licence", "bad_licence", "licence_not_ours", "licence_inactive", "licence_ip", "licence_edition"],
  ...["unknown_product", "odd_period", "quantity"],
  ...["upgrade_line", "no_due_date", "prorated", "period_unclear", "period_already_covered", "already_owned"],
  ...["price_above_cap", "price_unknown", "nothing_paid", "absent", "many", "evidence_conflict", "no_view"],
  ...["not_active", "refused", "service_ended", "line_gone", "reversed_after_send", "invariant"],
] as Reason[];

describe("the table of transitions", () => {
  it("knows exactly the states of the rules", () => {
    expect([...states].sort()).toEqual([...everyState].sort());
  });

  it.each(everyState.map((to) => [to]))("a new row may begin in %s only when the rules say so", (to) => {
    expect(isListedTransition(null, to)).toBe(allowed.new.includes(to));
  });

  it.each(everyState.flatMap((from) => everyState.map((to) => [from, to] as const)))("%s → %s", (from, to) => {
    expect(isListedTransition(from, to)).toBe(allowed[from].includes(to));
  });

  it("names a rule for each row", () => {
    expect([...new Set(transitions.map(({ rule }) => rule))].sort()).toEqual(
      ["T1", "T10", "T2", "T3", "T5", "T6", "T7", "T8", "T9"].sort(),
    );
  });

  it("lists an unclear answer and a lease that ran out as two ways to Unknown", () => {
    const ways = transitions.filter(({ from, to }) => from === "Sending" && to.includes("Unknown"));
    expect(ways.map(({ rule }) => rule)).toEqual(["T5", "T6"]);
  });

  it("never lets a walk leave Ignored, or leave Purchased", () => {
    fc.assert(
      property(
        constantFrom(...everyState),
        integer({ min: 1, max: 40 }),
        integer({ min: 0, max: 2 ** 30 }),
        (start, steps, seed) => {
          let state = start;
          for (let step = 0; step < steps; step++) {
            const next = everyState.filter((to) => isListedTransition(state, to));
            const chosen = next[(seed >> (step % 16)) % Math.max(next.length, 1)];
            if (state === "Ignored") return chosen === undefined;
            if (state === "Purchased" && chosen !== "Purchased") return false;
            // Only a row at rest or one that was never sent may be sent.
            if (chosen === "Sending" && state !== "Pending" && state !== "Sending") return false;
            if (chosen === "Purchased" && state !== "Ordered" && state !== "Purchased") return false;
            if (chosen === undefined) return false;
            state = chosen;
          }
          return true;
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe("a decision", () => {
  const reasonIn: Partial<Record<State, Reason>> = { NeedsOperator: "absent" };
  const wanted = (sends: number, reasons: Partial<Record<State, Reason>> = reasonIn) =>
    everyState.flatMap((state) =>
      everyState
        .filter((to) => needsDecision({ state, sends }, { to, reason: reasons[to] ?? null }))
        .map((to) => `${state} → ${to}`),
    );

  it("alone lets a row that may have been sent leave NeedsOperator", () => {
    const leaving = everyState.filter((to) => to !== "NeedsOperator").map((to) => `NeedsOperator → ${to}`);
    expect(wanted(1)).toEqual(leaving);
    expect(wanted(2)).toEqual(leaving);
  });

  it("alone binds or settles one that was never sent", () => {
    expect(wanted(0)).toEqual(["NeedsOperator → Ordered", "NeedsOperator → Refunded"]);
    expect(wanted(0, { ...reasonIn, Refunded: "before_send" })).toEqual(["NeedsOperator → Ordered"]);
  });
});

it("what a person has, and what waits for the balance, may be put off, and nothing else", () => {
  const may = everyState.flatMap((state) => {
    const reasons = state === "NeedsOperator" ? forPeople : state === "Pending" ? waiting : [];
    return [null, ...reasons].filter((reason) => mayBePutOff(state, reason)).map((reason) => `${state} ${reason}`);
  });
  const kept = [null, ...forPeople].map((reason) => `NeedsOperator ${reason}`);
  expect(may).toEqual(["Pending awaiting_balance", ...kept]);
  expect(mayBePutOff("Ordered", "awaiting_balance")).toBe(false);
});

describe("reasons", () => {
  it("are exactly those of the rules", () => {
    expect([...waitingReasons].sort()).toEqual([...waiting].sort());
    expect([...operatorReasons].sort()).toEqual([...forPeople].sort());
  });

  const all: readonly (Reason | null)[] = [null, "before_send", "manual", ...waiting, ...forPeople];
  const own: Readonly<Record<State, readonly (Reason | null)[]>> = {
    Pending: [null, ...waiting],
    Sending: [null],
    Unknown: [null],
    Ordered: [null, "manual"],
    Purchased: [null, "manual"],
    NeedsOperator: forPeople,
    Refunded: [null, "before_send"],
    Ignored: [null],
  };
  it.each(everyState.map((state) => [state]))("of %s are its own and no others", (state) => {
    expect(all.filter((reason) => isReasonOf(state, reason))).toEqual(
      all.filter((reason) => own[state].includes(reason)),
    );
  });

  it("stand in the order of the checks", () => {
    const inOrder = [
      ...["whmcs_unreachable", "service_ended", "missing_licence", "awaiting_acceptance", "earlier_period"],
      ...["buying_off", "account_unreachable", "licence_not_ours", "already_owned", "price_above_cap", "spend_cap"],
      ...["shadow", "absent"],
    ] as Reason[];
    const stages = inOrder.map(stageOf);
    expect(stages).toEqual([...new Set(stages)].sort((a, b) => a - b));
  });

  it("of one check are told at the same stage", () => {
    const sameCheck: Reason[][] = [
      ["whmcs_unreachable", "line_gone", "before_send", "unpaid"],
      ["missing_licence", "bad_licence", "quantity", "odd_period", "prorated", "nothing_paid", "unknown_product"],
      ["awaiting_acceptance", "new_client_hold"],
      ["account_unreachable", "account_paused"],
      ["already_owned", "evidence_conflict"],
      ["price_above_cap", "price_unknown"],
      ["spend_cap", "awaiting_balance"],
      ["remote_date", "shadow", "refused"],
    ];
    for (const reasons of sameCheck) expect(new Set(reasons.map(stageOf)).size).toBe(1);
  });
});

describe("who looks after a purchase", () => {
  it("is the buyer while nothing was sent, the verifier after, and nobody once it rests", () => {
    expect(
      everyState.map((state) => [state, queueOf(state, state === "NeedsOperator" ? "bad_licence" : null, 0)]),
    ).toEqual([
      ["Pending", "buy"],
      ["Sending", "look"],
      ["Unknown", "look"],
      ["Ordered", "look"],
      ["Purchased", null],
      ["NeedsOperator", "buy"],
      ["Refunded", null],
      ["Ignored", null],
    ]);
  });

  it("is nobody when a person decides over something that may have been sent", () => {
    expect(queueOf("NeedsOperator", "absent", 1)).toBeNull();
    expect(queueOf("NeedsOperator", "absent", 2)).toBeNull();
    expect(queueOf("NeedsOperator", "invariant", 0)).toBeNull();
  });

  it("nobody else may buy the same while an attempt may still take effect", () => {
    const unresolved = everyState.flatMap((state) =>
      [0, 1].filter((sends) => isUnresolved(state, sends)).map((n) => `${state} ${n}`),
    );
    expect(unresolved).toEqual([
      ...["Sending 0", "Sending 1", "Unknown 0", "Unknown 1", "Ordered 0", "Ordered 1", "NeedsOperator 1"],
    ]);
  });

  it("a period is given up by what will never be bought, and never held by what pays for a part of it", () => {
    expect(everyState.filter((state) => givesUpPeriod(state, null))).toEqual(["Refunded", "Ignored"]);
    expect(operatorReasons.filter((reason) => givesUpPeriod("NeedsOperator", reason))).toEqual(["prorated"]);
  });
});
