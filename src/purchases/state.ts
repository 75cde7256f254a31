// Which states can a purchase be in, and which changes between them exist? Pure data and its check.

export const states = [
  "Pending",
  "Sending",
  "Unknown",
  "Ordered",
  "Purchased",
  "NeedsOperator",
  "Refunded",
  "Ignored",
] as const;
export type State = (typeof states)[number];

/** Why a `Pending` purchase waits. */
export const waitingReasons = [
  "whmcs_unreachable",
  "unpaid",
  "awaiting_acceptance",
  "new_client_hold",
  "earlier_period",
  "buying_off",
  "shadow",
  "account_unreachable",
  "account_paused",
  "awaiting_balance",
  "spend_cap",
  "remote_date",
] as const;
export type WaitingReason = (typeof waitingReasons)[number];

/** Why a person decides: a closed list. */
export const operatorReasons = [
  "line_gone",
  "service_ended",
  "upgrade_line",
  "unknown_product",
  "no_due_date",
  "odd_period",
  "quantity",
  "missing_licence",
  "bad_licence",
  "prorated",
  "period_unclear",
  "nothing_paid",
  "period_already_covered",
  "licence_not_ours",
  "licence_inactive",
  "licence_ip",
  "licence_edition",
  "already_owned",
  "price_above_cap",
  "price_unknown",
  "absent",
  "many",
  "evidence_conflict",
  "no_view",
  "not_active",
  "refused",
  "reversed_after_send",
  "invariant",
] as const;
export type OperatorReason = (typeof operatorReasons)[number];

/**
 * `before_send`: money reversed before anything was sent; a `Refunded` row without it was settled by a person. `manual`:
 * bound to what staff had bought by hand.
 */
export type Reason = WaitingReason | OperatorReason | "before_send" | "manual";

interface Transition {
  readonly rule: string;
  /** Null: the row is new. */
  readonly from: State | null;
  readonly to: readonly State[];
}

/** The whole table; a change from a state to itself renews its reason, facts or flags. */
export const transitions: readonly Transition[] = [
  { rule: "T1", from: null, to: ["Pending", "NeedsOperator", "Ignored"] },
  { rule: "T2", from: "Pending", to: ["Pending", "NeedsOperator", "Ordered", "Refunded", "Ignored"] },
  { rule: "T3", from: "Pending", to: ["Sending"] },
  { rule: "T5", from: "Sending", to: ["Ordered", "Pending", "NeedsOperator", "Unknown"] },
  { rule: "T6", from: "Sending", to: ["Unknown"] },
  { rule: "T6", from: "Unknown", to: ["Pending"] },
  { rule: "T7", from: "Unknown", to: ["Ordered", "NeedsOperator"] },
  { rule: "T8", from: "Ordered", to: ["Purchased", "NeedsOperator"] },
  { rule: "T9", from: "Sending", to: ["Sending"] },
  { rule: "T9", from: "Unknown", to: ["Unknown"] },
  { rule: "T9", from: "Ordered", to: ["Ordered"] },
  { rule: "T9", from: "Purchased", to: ["Purchased"] },
  { rule: "T9", from: "Refunded", to: ["Refunded", "Pending", "NeedsOperator"] },
  { rule: "T10", from: "NeedsOperator", to: ["NeedsOperator", "Pending", "Ordered", "Refunded", "Ignored"] },
];

/** True when the table lists the change. */
export function isListedTransition(from: State | null, to: State): boolean {
  return transitions.some((row) => row.from === from && row.to.includes(to));
}

/**
 * True when only a person may change a row so: what may have been sent rests until somebody decides, and nothing but a
 * decision binds a row at rest, or settles it without the money having gone back before the send.
 */
export function needsDecision(
  before: { readonly state: State; readonly sends: number },
  change: { readonly to: State; readonly reason: Reason | null },
): boolean {
  if (before.state !== "NeedsOperator" || change.to === "NeedsOperator") return false;
  return before.sends > 0 || change.to === "Ordered" || (change.to === "Refunded" && change.reason === null);
}

/** Staff may put off what they were asked about, and what keeps others from a balance that is short. */
export function mayBePutOff(state: State, reason: Reason | null): boolean {
  return state === "NeedsOperator" || (state === "Pending" && reason === "awaiting_balance");
}

/** True when `reason` may stand beside `state`. */
export function isReasonOf(state: State, reason: Reason | null): boolean {
  const oneOf = (list: readonly (Reason | null)[]) => list.includes(reason);
  switch (state) {
    case "Pending":
      return reason === null || oneOf(waitingReasons);
    case "NeedsOperator":
      return oneOf(operatorReasons);
    case "Refunded":
      return reason === null || reason === "before_send";
    case "Ordered":
    case "Purchased":
      return reason === null || reason === "manual";
    case "Sending":
    case "Unknown":
    case "Ignored":
      return reason === null;
  }
}

/** Which loop looks after a purchase in this state: the buyer, the verifier, or none (it rests). */
export type Queue = "buy" | "look";

/**
 * What was never sent is checked again until its cause is gone; after a refusal repeated three times that means until
 * what would be asked has changed. Nothing that may have been sent is.
 */
export function queueOf(state: State, reason: Reason | null, sends: number): Queue | null {
  if (state === "Pending") return "buy";
  if (state === "Sending" || state === "Unknown" || state === "Ordered") return "look";
  return state === "NeedsOperator" && sends === 0 && reason !== "invariant" ? "buy" : null;
}

/** An attempt of the row may still take effect, or has not yet been seen to: nobody else may buy the same thing. */
export function isUnresolved(state: State, sends: number): boolean {
  return state === "Sending" || state === "Unknown" || state === "Ordered" || (state === "NeedsOperator" && sends > 0);
}

/**
 * What holds no right to its period: what will never be bought, and a prorated line, which pays for a part of it only; the next
 * line begins within the rest.
 */
export function givesUpPeriod(state: State, reason: Reason | null): boolean {
  return state === "Refunded" || state === "Ignored" || reason === "prorated";
}

/** The order of the checks before a claim; reasons of one check stand together. */
const stages: readonly (readonly Reason[])[] = [
  ["whmcs_unreachable", "line_gone", "before_send", "unpaid"],
  ["service_ended"],
  [
    ...["upgrade_line", "unknown_product", "no_due_date", "odd_period", "quantity", "missing_licence", "bad_licence"],
    ...["prorated", "period_unclear", "nothing_paid", "period_already_covered"],
  ] as readonly Reason[],
  ["awaiting_acceptance", "new_client_hold"],
  ["earlier_period"],
  ["buying_off"],
  ["account_unreachable", "account_paused"],
  ["licence_not_ours", "licence_inactive", "licence_ip", "licence_edition"],
  ["already_owned", "evidence_conflict"],
  ["price_above_cap", "price_unknown"],
  ["spend_cap", "awaiting_balance"],
  ["remote_date", "shadow", "refused"],
];

/** How far the checks have come when this reason is found; reasons found only after sending come last. */
export function stageOf(reason: Reason): number {
  const stage = stages.findIndex((reasons) => reasons.includes(reason));
  return stage === -1 ? stages.length : stage;
}
