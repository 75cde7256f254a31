// Did each purchase change only as listed, and does its history rebuild it? I16 and I17 over the books. Pure.
import type { BookedPurchase } from "../ledger/books.ts";
import { isListedTransition, isReasonOf, needsDecision, type Reason, type State } from "../state.ts";
import type { Breach } from "./breach.ts";
import type { File, Step } from "./file.ts";

export function checkHistory(file: File): Breach[] {
  const { id } = file.purchase;
  const unlisted = checkChanges(file);
  const untrue = checkRecord(file);
  return [
    ...(unlisted === null ? [] : [{ id: "I16" as const, key: `I16:${id}`, what: `purchase ${id} ${unlisted}` }]),
    ...(untrue === null ? [] : [{ id: "I17" as const, key: `I17:${id}`, what: `purchase ${id} ${untrue}` }]),
  ];
}

/** What is wrong with the order of its states; null when nothing is. */
function checkChanges({ steps, decisions }: File): string | null {
  let before: State | null = null;
  let sends = 0;
  for (const step of steps) {
    const to = step.toState as State;
    if (step.fromState !== before) return `was ${before} and is told to have left ${step.fromState}`;
    if (!isListedTransition(before, to)) return `went from ${before} to ${to}, which is not listed`;
    if (!isReasonOf(to, step.reason as Reason | null)) return `was ${to} for the reason ${step.reason}`;
    const isDecided = decisions.some(({ version }) => version === step.version - 1);
    if (isForPerson(step, sends) && !isDecided) return `left NeedsOperator for ${to} without a decision`;
    if (typeof step.told?.sends === "number") sends = step.told.sends;
    before = to;
  }
  return null;
}

/** A person's own changes are decisions, but for the date that ignores what was paid before it. */
function isForPerson({ fromState, toState, reason, actor }: Step, sends: number): boolean {
  if (fromState !== "NeedsOperator") return false;
  const isByPerson = actor.startsWith("cli:") || actor.startsWith("console:");
  if (isByPerson) return toState !== "Ignored";
  return needsDecision({ state: fromState, sends }, { to: toState as State, reason: reason as Reason | null });
}

/** Columns that say what the purchase is; those that say when a loop looks, or stamp a time, are not part of its history. */
const rebuilt = [
  ...["lineId", "lineType", "invoiceId", "serviceRef", "productId", "periodStart", "periodMonths", "periodKey"],
  ...["tariff", "licence", "firstPaidSeenAt", "paidAt", "state", "reason", "detail", "action", "inflightKey"],
  ...["remoteServiceId", "expectedExpiry", "attempts", "sends", "refusals", "isReversed", "hasAutoRenewal"],
] as (keyof BookedPurchase)[];

const fresh: Readonly<Record<string, unknown>> = {
  attempts: 0,
  sends: 0,
  refusals: 0,
  isReversed: false,
  hasAutoRenewal: 0,
};

/** What is wrong with the record; null when nothing is. */
function checkRecord({ purchase, attempts, outcomes, decisions, steps }: File): string | null {
  const isWhole = steps.length === purchase.version && steps.every(({ version }, at) => version === at + 1);
  if (!isWhole) return `has version ${purchase.version} and a history of ${steps.length} changes`;
  const illegible = steps.find(({ told }) => told === null);
  if (illegible !== undefined) return `has an unreadable change ${illegible.version}`;
  const untrue = rebuilt.filter((name) => valueTold(steps, name) !== purchase[name]);
  if (untrue.length > 0) return `is not what its history says: ${untrue.join(", ")}`;
  const isNumbered = attempts.length === purchase.attempts && attempts.every(({ n }, at) => n === at + 1);
  if (!isNumbered) return `counts ${purchase.attempts} attempts and has ${attempts.length}`;
  const strange = [...outcomes.keys()].find((n) => n > attempts.length);
  if (strange !== undefined) return `has an outcome of attempt ${strange}, which was never made`;
  const isMade = (version: number) => steps.some((step) => step.version === version + 1);
  const unmade = decisions.find(({ version }) => !isMade(version));
  return unmade === undefined ? null : `has a decision about version ${unmade.version} that changed nothing`;
}

/** What the newest of these steps that names the column says. */
function valueTold(steps: readonly Step[], name: string): unknown {
  const told = steps.findLast((step) => step.told !== null && name in step.told)?.told ?? fresh;
  return told[name] ?? null;
}
