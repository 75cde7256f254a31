// How does a purchase change? One versioned update, its history and what belongs to it, in one transaction.
import { and, eq, type SQL, sql } from "drizzle-orm";
import { type Database, databaseErrorCode, type Queries } from "../../database/connection.ts";
import { bindings, outcomes, purchases, switches, transitions } from "../../database/schema.ts";
import { InvariantError } from "../../errors.ts";
import type { Outcome } from "../../ispmanager/account.ts";
import { type Fence, isSameFence } from "../fence.ts";
import type { Action, Detail, Purchase, PurchaseFacts } from "../purchase.ts";
import {
  givesUpPeriod,
  isListedTransition,
  isReasonOf,
  isUnresolved,
  mayBePutOff,
  needsDecision,
  queueOf,
  type Reason,
  type State,
} from "../state.ts";
import { type Announced, insertAnnouncements } from "./announcements.ts";
import { type Decided, insertDecision } from "./decided.ts";
import { readFence } from "./guards.ts";
import { takePeriod } from "./period-key.ts";
import { factColumns, fromInstant, now, nowPlus } from "./rows.ts";

/** What a change sets; what it leaves out stays as it is. */
export interface Change {
  readonly to: State;
  readonly reason: Reason | null;
  /** Which loop or person did it. */
  readonly actor: string;
  /** Renewed facts; with them the right to the period is taken, or found to be another row's. */
  readonly facts?: PurchaseFacts;
  readonly detail?: Detail | null;
  readonly action?: Action | null;
  readonly remoteServiceId?: string;
  readonly expectedExpiry?: string;
  readonly sends?: number;
  readonly refusals?: number;
  readonly isReversed?: boolean;
  readonly hasAutoRenewal?: boolean;
  /** Until when the row is put off, where `mayBePutOff`; a change to anything else ends it. */
  readonly holdUntil?: Date;
  /** When the row's loop looks at it next. */
  readonly againInMs?: number;
  /** The term at the account that pays for this purchase; replaces an earlier one of the same purchase. */
  readonly binding?: Binding;
  /** With a binding found by looking: what the ledger knew before the look; when it knows more, nothing is changed. */
  readonly fence?: { readonly licence: string; readonly tariff: string; readonly known: Fence };
  /** Stored even when somebody else has moved the row meanwhile. */
  readonly outcome?: { readonly n: number; readonly outcome: Outcome };
  /** What the host's own automation is told of it. */
  readonly announce?: Announced;
  /** Who decided is the change's actor; stored with the change or not at all. */
  readonly decision?: Decided;
}

export interface Binding {
  readonly account: string;
  readonly moduleId: string;
  readonly expiryAfter: string;
  readonly licence: string;
  readonly tariff: string;
}

/**
 * `moved`: the version had grown, nothing but the outcome was stored. `covered`: another row holds (part of) the period.
 * `bound-elsewhere`: another purchase is already paid by that term. In the last two nothing was stored.
 */
export type ChangeResult = { readonly kind: "changed" | "moved" | "covered" | "bound-elsewhere" };

/** Under the lock of all claims, so that none of them can come between the question and the binding. */
async function isOutdated(query: Queries, purchase: Purchase, fence: NonNullable<Change["fence"]>): Promise<boolean> {
  await query.select({ name: switches.name }).from(switches).where(eq(switches.name, "buying")).for("update");
  const now = await readFence(query, { purchase, ...fence });
  return now.isBusy || !isSameFence(fence.known, now);
}

/** Leaves the transaction without storing anything. */
class Refused extends Error {
  readonly kind: "covered" | "bound-elsewhere";
  constructor(kind: "covered" | "bound-elsewhere") {
    super(kind);
    this.kind = kind;
  }
}

/** @throws InvariantError when the change is not in the table of transitions. */
export async function changePurchase(database: Database, before: Purchase, change: Change): Promise<ChangeResult> {
  assertListed(before, change);
  try {
    const kind = await database.transaction((query) => apply(query, before, change));
    if (kind === "changed" && settlesPeriod(change)) await wakeWaiting(database, before);
    return { kind };
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind };
    throw error;
  }
}

function assertListed(before: Purchase, change: Change): void {
  const isListed = isListedTransition(before.state, change.to) && isReasonOf(change.to, change.reason);
  const isHeldAtRest = change.holdUntil === undefined || mayBePutOff(change.to, change.reason);
  if (isListed && isHeldAtRest && isDecidedAsListed(before, change)) return;
  throw new InvariantError("a change that the table of transitions does not list", {
    purchase: before.id,
    from: before.state,
    to: change.to,
    reason: change.reason,
  });
}

/** A decision is about a row at rest or puts one off, and what only a person may do comes with one. */
function isDecidedAsListed(before: Purchase, change: Change): boolean {
  if (change.decision === undefined) return !needsDecision(before, change);
  const isPutOff = change.holdUntil !== undefined && mayBePutOff(before.state, before.reason);
  return before.state === "NeedsOperator" || isPutOff;
}

async function apply(query: Queries, before: Purchase, change: Change): Promise<"changed" | "moved"> {
  if (change.outcome !== undefined) await insertOutcome(query, before.id, change.outcome);
  if (change.fence !== undefined && (await isOutdated(query, before, change.fence))) return "moved";
  const columns = { ...stateColumns(before, change), ...(await periodColumn(query, before, change)) };
  const scheduling = scheduleColumns(before, change);
  const [result] = await query
    .update(purchases)
    .set({ ...columns, ...scheduling, version: sql`${purchases.version} + 1` })
    .where(and(eq(purchases.id, before.id), eq(purchases.version, before.version)));
  if (result.affectedRows === 0) return "moved";
  if (change.binding !== undefined) await bind(query, before, change.binding);
  if (change.decision !== undefined) await insertDecision(query, before, { ...change.decision, actor: change.actor });
  if (change.announce !== undefined) {
    const expiresOn = change.binding?.expiryAfter ?? before.expectedExpiry;
    await insertAnnouncements(query, [{ purchaseId: before.id, type: change.announce, expiresOn }]);
  }
  // Of the reversal the row keeps its moment and the history the fact.
  const { isReversed } = change;
  const told = isReversed === undefined ? columns : { ...columns, isReversed };
  await insertTransition(query, { before, change, columns: told });
  return "changed";
}

function stateColumns(before: Purchase, change: Change) {
  const sends = change.sends ?? before.sends;
  return {
    state: change.to,
    reason: change.reason,
    sends,
    ...(change.facts === undefined ? {} : factColumns(change.facts)),
    ...(change.detail === undefined ? {} : { detail: change.detail === null ? null : JSON.stringify(change.detail) }),
    ...(change.action === undefined ? {} : { action: change.action }),
    ...(change.remoteServiceId === undefined ? {} : { remoteServiceId: change.remoteServiceId }),
    ...(change.expectedExpiry === undefined ? {} : { expectedExpiry: change.expectedExpiry }),
    ...(change.refusals === undefined ? {} : { refusals: change.refusals }),
    ...(change.hasAutoRenewal === undefined ? {} : { hasAutoRenewal: change.hasAutoRenewal ? 1 : 0 }),
    ...(isUnresolved(change.to, sends) ? {} : { inflightKey: null }),
    ...holdColumn(before, change),
  };
}

function holdColumn(before: Purchase, change: Change): { holdUntil?: string | null } {
  if (change.holdUntil !== undefined) return { holdUntil: fromInstant(change.holdUntil) };
  return before.holdUntil !== null && !mayBePutOff(change.to, change.reason) ? { holdUntil: null } : {};
}

/** Columns that say when a loop looks next or who may send, or stamp a time: no part of the history that rebuilds the row. */
function scheduleColumns(before: Purchase, change: Change): Record<string, SQL | number | string | null> {
  const isNew = before.state !== change.to;
  const isSameWait = !isNew && before.reason === change.reason;
  const isDone = change.to === "Purchased" && isNew;
  return {
    queue: queueOf(change.to, change.reason, change.sends ?? before.sends),
    // While a request is under way only the end of its lease matters.
    ...(change.to === "Sending" ? {} : { notBefore: dueAt(before, change) }),
    ...(change.to === "Sending" ? {} : { accountSlot: null, leaseOwner: null, leaseUntil: null, sendBy: null }),
    waits: isSameWait ? before.waits + 1 : 0,
    ...(isNew ? { stateSince: now } : {}),
    ...(isDone ? { writeBackDueAt: now } : {}),
    ...(change.isReversed === undefined ? {} : { reversedAt: change.isReversed ? now : null }),
  };
}

function dueAt(before: Purchase, change: Change): SQL | string {
  const hold = mayBePutOff(change.to, change.reason) ? (change.holdUntil ?? before.holdUntil) : null;
  return hold === null ? nowPlus(change.againInMs ?? 0) : fromInstant(hold);
}

async function periodColumn(query: Queries, before: Purchase, change: Change): Promise<{ periodKey?: string | null }> {
  if (givesUpPeriod(change.to, change.reason)) return { periodKey: null };
  if (change.facts === undefined) return {};
  const periodKey = await takePeriod(query, before.id, change.facts);
  if (periodKey === "covered") {
    if (change.to !== "NeedsOperator") throw new Refused("covered");
    return { periodKey: null };
  }
  return { periodKey };
}

async function insertOutcome(query: Queries, purchaseId: string, { n, outcome }: NonNullable<Change["outcome"]>) {
  try {
    await query
      .insert(outcomes)
      .values({ purchaseId, n, kind: outcome.kind, outcome: JSON.stringify(outcome), createdAt: now });
  } catch (error) {
    // The first outcome of an attempt stands; the row's own change is fenced by its version.
    if (databaseErrorCode(error) !== "ER_DUP_ENTRY") throw error;
  }
}

async function bind(query: Queries, before: Purchase, binding: Binding): Promise<void> {
  const row = {
    account: binding.account,
    remoteServiceId: binding.moduleId,
    expiryAfter: binding.expiryAfter,
    serviceRef: before.serviceRef,
    licence: binding.licence,
    tariff: binding.tariff,
  };
  try {
    const [updated] = await query.update(bindings).set(row).where(eq(bindings.purchaseId, before.id));
    if (updated.affectedRows > 0) return;
    await query.insert(bindings).values({ purchaseId: before.id, ...row, createdAt: now });
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") throw new Refused("bound-elsewhere");
    throw error;
  }
}

async function insertTransition(
  query: Queries,
  { before, change, columns }: { before: Purchase; change: Change; columns: Record<string, unknown> },
): Promise<void> {
  await query.insert(transitions).values({
    purchaseId: before.id,
    version: before.version + 1,
    fromState: before.state,
    toState: change.to,
    reason: change.reason,
    actor: change.actor,
    changes: JSON.stringify(columns),
    createdAt: now,
  });
}

function settlesPeriod({ to, reason }: Change): boolean {
  return to === "Purchased" || to === "NeedsOperator" || givesUpPeriod(to, reason);
}

/** Whoever waited for an earlier period of this service, or for the same licence, looks again at once. */
async function wakeWaiting(database: Database, settled: Purchase): Promise<void> {
  await database.query
    .update(purchases)
    .set({ notBefore: now })
    .where(
      and(
        eq(purchases.queue, "buy"),
        eq(purchases.reason, "earlier_period"),
        sql`(${purchases.serviceRef} = ${settled.serviceRef} OR ${purchases.licence} = ${settled.licence ?? ""})`,
      ),
    );
}
