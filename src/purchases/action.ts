// Order, renew, take over what staff bought, or ask a person? Pure: the account's rows in, the action out (check 10).
import { addDays, addMonths, endOf, monthsBetween, type Period } from "./period.ts";
import { isMarkerOf } from "./purchase.ts";
import type { OperatorReason } from "./state.ts";

/** A module of the account that stands, or may stand, for the wanted licence and tariff. */
export interface SeenModule {
  readonly id: string;
  readonly createdOn: string | null;
  readonly expiresOn: string | null;
  /** Numeric status; 4 is deleted. */
  readonly status: number | null;
  readonly hasAutoRenewal: boolean | null;
  readonly remoteid: string | null;
}

/** A module that was bought before us: terms up to this day are paid for; `on` is the day on which it was linked. */
export interface AdoptedTerm {
  readonly expiresOn: string;
  readonly on: string;
}

/** Whom a module belongs to, as far as our ledger knows. */
export type Owner =
  | { readonly kind: "nobody" }
  | { readonly kind: "this-service" | "ended-service"; readonly newestExpiry: string; readonly adopted?: AdoptedTerm }
  | { readonly kind: "another-service" };

export interface AccountSituation {
  /** Rows of the wanted licence and tariff. */
  readonly modules: readonly SeenModule[];
  /** True when a row that may be of this licence and tariff could not be told apart. */
  readonly hasUnresolved: boolean;
  readonly ownerOf: (moduleId: string) => Owner;
  readonly purchaseId: string;
  readonly period: Period;
  /** The invoice's date, `YYYY-MM-DD`. */
  readonly invoicedOn: string | null;
  /** The day on which it was paid; null where nobody knows. */
  readonly paidOn?: string | null;
}

export type Decision =
  | { readonly kind: "order" }
  | { readonly kind: "renew"; readonly module: SeenModule & { readonly expiresOn: string } }
  | {
      readonly kind: "bind";
      readonly module: SeenModule & { readonly expiresOn: string };
      /** The part of the module's term that pays for this period; the rest pays for the periods behind it. */
      readonly paidUntil: string;
    }
  | { readonly kind: "person"; readonly reason: OperatorReason };

const deleted = 4;

export function isLive(module: Pick<SeenModule, "status">): boolean {
  return module.status !== deleted;
}

/** Decides from the account's own list, never from memory. */
export function decideAction(situation: AccountSituation): Decision {
  const live = situation.modules.filter(isLive);
  const boundTo = (kind: Owner["kind"]) =>
    newestOf(live.filter((module) => situation.ownerOf(module.id).kind === kind));
  const bound = boundTo("this-service") ?? boundTo("ended-service");
  if (bound !== null) return decideForBound(bound, situation);
  if (situation.hasUnresolved) return { kind: "person", reason: "evidence_conflict" };
  if (live.length === 0) return { kind: "order" };
  const [only, ...more] = live;
  if (only === undefined || more.length > 0) return { kind: "person", reason: "already_owned" };
  return decideForUnbound(only, situation);
}

function decideForBound(module: SeenModule, situation: AccountSituation): Decision {
  const { period } = situation;
  const owner = situation.ownerOf(module.id);
  if (module.expiresOn === null || !("newestExpiry" in owner)) return { kind: "person", reason: "evidence_conflict" };
  const seen = { ...module, expiresOn: module.expiresOn };
  const adopted =
    owner.adopted === undefined ? null : decideForAdopted(seen, { ...owner.adopted, kind: owner.kind }, situation);
  if (adopted !== null) return adopted;
  // The account may count a term's last day one day off; that is not a renewal.
  if (seen.expiresOn <= addDays(owner.newestExpiry, 1)) return { kind: "renew", module: seen };
  const next = addMonths(owner.newestExpiry, period.months);
  // A term that is passed over may pay for an earlier period that is still owed, which would then be bought a second time.
  const isNext = endOfNext(owner.newestExpiry, period) === next;
  if (owner.kind === "this-service" && isNext && reachesDay(seen.expiresOn, next)) {
    // A module that was created long ago says nothing of the terms since.
    return { kind: "bind", module: seen, paidUntil: partOf({ ...seen, createdOn: null }, next, period) };
  }
  return { kind: "person", reason: "already_owned" };
}

/**
 * A period that ends within the terms that were paid for before the module was linked is bought: it takes its part of them.
 * Where such a term ends within the period, it may have been bought for it, weeks before it was due: if the customer had
 * paid by the day of the link, a person knows. Null: the period begins where those terms end, and is bought like any other.
 */
function decideForAdopted(
  module: SeenModule & { readonly expiresOn: string },
  adopted: AdoptedTerm & { readonly kind: Owner["kind"] },
  { period, paidOn = null }: AccountSituation,
): Decision | null {
  const { expiresOn } = adopted;
  if (!reachesDay(module.expiresOn, expiresOn)) return { kind: "person", reason: "evidence_conflict" };
  if (reaches(expiresOn, period)) {
    if (adopted.kind !== "this-service") return { kind: "person", reason: "already_owned" };
    return { kind: "bind", module, paidUntil: partOf({ expiresOn, createdOn: null }, endOf(period), period) };
  }
  const mayBeFor = monthsBetween(expiresOn, endOf(period)) <= slackMonths;
  // WHMCS's zone may be a day ahead of the ledger's.
  const wasPaid = paidOn === null || paidOn <= addDays(adopted.on, 1);
  return mayBeFor && wasPaid ? { kind: "person", reason: "already_owned" } : null;
}

function decideForUnbound(module: SeenModule, situation: AccountSituation): Decision {
  const { createdOn, expiresOn } = module;
  const isNobodys = situation.ownerOf(module.id).kind === "nobody" && !isMarkedForAnother(module, situation);
  const isSinceInvoice =
    createdOn !== null && situation.invoicedOn !== null && createdOn >= addDays(situation.invoicedOn, -1);
  if (isNobodys && isSinceInvoice && expiresOn !== null && reaches(expiresOn, situation.period)) {
    const seen = { ...module, expiresOn };
    return { kind: "bind", module: seen, paidUntil: partOf(seen, endOf(situation.period), situation.period) };
  }
  return { kind: "person", reason: "already_owned" };
}

/** A module that carries the marker of another purchase is that one's, even while the ledger does not know it yet. */
function isMarkedForAnother({ remoteid }: SeenModule, { purchaseId }: AccountSituation): boolean {
  return remoteid !== null && /^im-[a-z2-7]{16}-/.test(remoteid) && !isMarkerOf(purchaseId, remoteid);
}

/** True when a term that ends on `expiry` pays for the whole period. */
export function reaches(expiry: string, period: Period): boolean {
  return reachesDay(expiry, endOf(period));
}

/** True but for a day, by which accounts count a term differently. */
export function reachesDay(expiry: string, day: string): boolean {
  return expiry >= addDays(day, -1);
}

/**
 * Where the term ends that follows a bound one and pays for this period. Whole terms between the two, which pay for periods
 * that nobody has bound yet or for none, are passed over.
 */
export function endOfNext(newestExpiry: string, period: Period): string {
  let months = period.months;
  while (monthsBetween(addMonths(newestExpiry, months), endOf(period)) > slackMonths) months += period.months;
  return addMonths(newestExpiry, months);
}

/**
 * A term that also pays for later periods, bought by hand or forgotten by a restored ledger, is bound to each of them in turn:
 * whoever took it whole would have the next period bought a second time. `ends` is when the first of them should end; the
 * module has no more of them than fit since it was created.
 */
export function partOf(
  { expiresOn, createdOn }: { readonly expiresOn: string; readonly createdOn: string | null },
  ends: string,
  { months }: Pick<Period, "months">,
): string {
  const further = periodsBetween(ends, expiresOn, months);
  const most = createdOn === null ? further : periodsBetween(createdOn, expiresOn, months) - 1;
  return addMonths(expiresOn, -Math.max(0, Math.min(further, most)) * months);
}

/** A period may be this much shorter: modules are bought weeks before they are due. */
const slackMonths = 2 / 3;

function periodsBetween(from: string, to: string, months: number): number {
  return Math.floor((monthsBetween(from, to) + slackMonths) / months);
}

function newestOf(modules: readonly SeenModule[]): SeenModule | null {
  return modules.reduce<SeenModule | null>(
    (newest, module) => (newest === null || (module.expiresOn ?? "") > (newest.expiresOn ?? "") ? module : newest),
    null,
  );
}
