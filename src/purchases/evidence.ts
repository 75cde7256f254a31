// Did the request take effect? Pure: what was before, what a look shows now, in; a verdict out.
import type { CartItem } from "../ispmanager/account.ts";
import { isLive, partOf, type SeenModule } from "./action.ts";
import { addDays, addMonths, daysBetween } from "./period.ts";
import type { Attempt } from "./purchase.ts";

/** What one readable look says about one attempt. `absent` is not yet proof: see `isAbsenceProven`. */
export type LookVerdict =
  | { readonly kind: "found"; readonly module: SeenModule }
  | { readonly kind: "many"; readonly ids: readonly string[] }
  | { readonly kind: "conflict"; readonly ids: readonly string[] }
  | { readonly kind: "absent" };

export interface Look {
  /** Rows of the attempt's licence and tariff; for a renewal the row of its module is among them when it exists. */
  readonly modules: readonly SeenModule[];
  /** Rows that may be of this licence and tariff and could not be told apart. */
  readonly unresolved: readonly string[];
  /** Ids that other purchases are bound to. */
  readonly boundElsewhere: ReadonlySet<string>;
}

export function judgeLook(attempt: Attempt, look: Look): LookVerdict {
  return attempt.action === "order" ? judgeOrder(attempt, look) : judgeRenewal(attempt, look);
}

/**
 * Ours is a row of the same licence and tariff that was not there before, is nobody's, and is not older than the
 * attempt. A marker shown back decides alone.
 */
function judgeOrder(attempt: Attempt, look: Look): LookVerdict {
  const before = new Set(attempt.listBefore.map((row) => row.id));
  const marked = look.modules.filter((module) => module.remoteid === attempt.marker);
  const isCandidate = (module: SeenModule) =>
    !before.has(module.id) &&
    !look.boundElsewhere.has(module.id) &&
    (module.remoteid === null || module.remoteid === "") &&
    (module.createdOn === null || module.createdOn >= addDays(attempt.madeOn, -1));
  const found = marked.length > 0 ? marked : look.modules.filter(isCandidate);
  const [only, ...more] = found;
  if (more.length > 0) return { kind: "many", ids: found.map((module) => module.id) };
  if (only !== undefined) {
    return look.boundElsewhere.has(only.id) ? { kind: "conflict", ids: [only.id] } : { kind: "found", module: only };
  }
  const unknown = look.unresolved.filter((id) => !before.has(id));
  return unknown.length > 0 ? { kind: "conflict", ids: unknown } : { kind: "absent" };
}

const announcedToleranceDays = 1;
const computedToleranceDays = 3;

/** A renewal proves itself by the expiry: near the expected one it happened, where it was before it did not. */
function judgeRenewal(attempt: Attempt, look: Look): LookVerdict {
  const module = look.modules.find((row) => row.id === attempt.remoteServiceId);
  const before = attempt.listBefore.find((row) => row.id === attempt.remoteServiceId)?.expiresOn ?? null;
  if (module === undefined || !isLive(module) || module.expiresOn === null || before === null) {
    return { kind: "conflict", ids: module === undefined ? [] : [module.id] };
  }
  const tolerance = attempt.isAnnounced ? announcedToleranceDays : computedToleranceDays;
  const isNear = (date: string) => Math.abs(daysBetween(date, module.expiresOn ?? date)) <= tolerance;
  if (isNear(attempt.expectedExpiry)) return { kind: "found", module };
  // A module that had run out may count its new term from the day it was renewed.
  if (!attempt.isAnnounced && before < attempt.madeOn && isNear(addMonths(attempt.madeOn, attempt.periodMonths))) {
    return { kind: "found", module };
  }
  if (module.expiresOn === before) return { kind: "absent" };
  const isBeyond = module.expiresOn >= addDays(addMonths(attempt.expectedExpiry, attempt.periodMonths), -tolerance);
  return { kind: isBeyond ? "many" : "conflict", ids: [module.id] };
}

/**
 * A module whose term ends no later than one that pays for another purchase holds no term of its own for this one: the
 * account may count the same term a few days longer than was computed when it was bound.
 */
export function isTermBound(expiresOn: string, newestBoundExpiry: string): boolean {
  return expiresOn <= addDays(newestBoundExpiry, computedToleranceDays);
}

/** Days an order's first term may be shorter than computed: the account's day may end at another hour than ours. */
const orderToleranceDays = 3;

type Expected = Pick<Attempt, "action" | "expectedExpiry" | "isAnnounced">;

const active = 2;
const suspended = 3;

/**
 * T8: active, and paid through the expected date. What was paid for so late that the term has run out again by `today` is
 * suspended for that, and will not be active before the next period is bought.
 */
export function isSeenThrough(attempt: Expected, module: SeenModule, today: string): boolean {
  const isOver = module.status === suspended && module.expiresOn !== null && module.expiresOn <= today;
  return (module.status === active || isOver) && reachesExpected(attempt, module);
}

/** Paid through the expected date, whether active or not. */
export function reachesExpected(attempt: Expected, module: SeenModule): boolean {
  const renewalTolerance = attempt.isAnnounced ? announcedToleranceDays : computedToleranceDays;
  const tolerance = attempt.action === "order" ? orderToleranceDays : renewalTolerance;
  return module.expiresOn !== null && module.expiresOn >= addDays(attempt.expectedExpiry, -tolerance);
}

/**
 * Up to which day what was seen of a module pays for this purchase. Further terms, which somebody has bought since or a
 * restored ledger has forgotten, are left to the periods that they pay for: else those would be bought a second time.
 */
export function paidUntil(
  { expectedExpiry, expiresOn }: { readonly expectedExpiry: string; readonly expiresOn: string },
  attempt: Attempt,
): string {
  const before = attempt.listBefore.find((row) => row.id === attempt.remoteServiceId)?.expiresOn ?? null;
  const fromThatDay = addMonths(attempt.madeOn, attempt.periodMonths);
  const isCountedFromThatDay =
    before !== null &&
    before < attempt.madeOn &&
    Math.abs(daysBetween(fromThatDay, expiresOn)) <= computedToleranceDays;
  return isCountedFromThatDay
    ? expiresOn
    : partOf({ expiresOn, createdOn: null }, expectedExpiry, { months: attempt.periodMonths });
}

export interface AbsenceTimes {
  readonly settleMs: number;
  readonly lookIntervalMs: number;
}

/**
 * Absence may be believed after two readable looks that missed it, an interval apart and both after the account had
 * its time to settle; the newest look must be one of them, and none between them may have seen anything else, because
 * what stood in the cart may have been paid since. `looks` are ages in milliseconds, oldest first.
 */
export function isAbsenceProven(
  attempt: Pick<Attempt, "sinceDeadlineMs">,
  looks: readonly { readonly verdict: string; readonly ageMs: number }[],
  times: AbsenceTimes,
): boolean {
  const newest = looks.at(-1);
  if (newest?.verdict !== "absent") return false;
  const other = looks.findLastIndex((look) => look.verdict !== "absent" && look.verdict !== "unreadable");
  const isSettled = (ageMs: number) => attempt.sinceDeadlineMs - ageMs >= times.settleMs;
  const isSecond = (look: { verdict: string; ageMs: number }) =>
    look.verdict === "absent" && isSettled(look.ageMs) && look.ageMs - newest.ageMs >= times.lookIntervalMs;
  return isSettled(newest.ageMs) && looks.slice(other + 1).some(isSecond);
}

/**
 * True when a position of the cart may be what the attempt asked for: it names the licence and tariff, or the module to
 * renew; or it is a module of the same period that was not there before, because positions name little else.
 */
export function mayBeInCart(attempt: Attempt, positions: readonly CartItem[]): boolean {
  const before = new Set(attempt.listBefore.map((row) => row.id));
  return positions.some(({ fields }) => {
    const values = new Set(fields.values());
    if (values.has(attempt.marker) || (values.has(attempt.licence) && values.has(attempt.tariff))) return true;
    const moduleId = fields.get("item.id");
    if (attempt.action === "renew") return moduleId === attempt.remoteServiceId;
    const isModule = (fields.get("item.type") ?? "addition") === "addition";
    const period = fields.get("item.period");
    const isSamePeriod = period === undefined || period === String(attempt.periodMonths);
    return isModule && isSamePeriod && (moduleId === undefined || !before.has(moduleId));
  });
}
