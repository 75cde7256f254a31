// What stands in the books of some services at one moment, with everything that the rules of `invariants` need?
import { and, asc, gt, inArray, or, type SQL, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { attempts, bindings, decisions, outcomes, purchases, transitions } from "../../database/schema.ts";
import type { Decimal } from "../../money.ts";
import type { State } from "../state.ts";
import { nowPlus, purchaseColumns } from "./rows.ts";

/** A purchase as it is stored; names and values are those that its history uses. */
export interface BookedPurchase {
  readonly id: string;
  readonly lineId: number;
  readonly lineType: string;
  readonly invoiceId: number;
  readonly serviceRef: string;
  readonly productId: number;
  readonly periodStart: string | null;
  readonly periodMonths: number | null;
  readonly periodKey: string | null;
  readonly tariff: string | null;
  readonly licence: string | null;
  readonly firstPaidSeenAt: string | null;
  readonly paidAt: string | null;
  readonly state: string;
  readonly reason: string | null;
  /** JSON as stored. */
  readonly detail: string | null;
  readonly action: string | null;
  readonly version: number;
  readonly inflightKey: string | null;
  readonly remoteServiceId: string | null;
  readonly expectedExpiry: string | null;
  readonly attempts: number;
  readonly sends: number;
  readonly refusals: number;
  readonly isReversed: boolean;
  readonly hasAutoRenewal: number;
  /** Milliseconds, by the ledger's clock. */
  readonly stateAgeMs: number;
  /** Milliseconds until the lease ends, negative behind it; null outside Sending. */
  readonly leaseLeftMs: number | null;
}

export interface BookedAttempt {
  readonly purchaseId: string;
  readonly n: number;
  readonly marker: string;
  readonly action: string;
  readonly cost: Decimal | null;
  readonly currency: string | null;
}

export interface BookedOutcome {
  readonly purchaseId: string;
  readonly n: number;
  readonly kind: string;
}

export interface BookedBinding {
  readonly purchaseId: string;
  readonly account: string;
  readonly remoteServiceId: string;
  readonly expiryAfter: string;
}

export interface BookedDecision {
  readonly purchaseId: string;
  /** The version of the purchase that was decided about. */
  readonly version: number;
  readonly decision: string;
  readonly actor: string;
}

export interface BookedTransition {
  readonly purchaseId: string;
  readonly version: number;
  readonly fromState: string | null;
  readonly toState: string;
  readonly reason: string | null;
  readonly actor: string;
  /** JSON as stored. */
  readonly changes: string;
}

/** All rows of some services; attempts by number, transitions and decisions by version, purchases by service and line. */
export interface Books {
  readonly purchases: readonly BookedPurchase[];
  readonly attempts: readonly BookedAttempt[];
  readonly outcomes: readonly BookedOutcome[];
  readonly bindings: readonly BookedBinding[];
  readonly decisions: readonly BookedDecision[];
  readonly transitions: readonly BookedTransition[];
  /** Where the next page begins; null when this was the last one. */
  readonly nextAfter: string | null;
}

export interface BooksPage {
  /** Only services whose reference sorts behind this one; empty for the first page. */
  readonly afterServiceRef: string;
  /** How many services at most. */
  readonly limit: number;
  /** Only services with a purchase that is not at rest, or whose newest change is younger than this. */
  readonly changedWithinMs?: number;
}

/** One page of the books, service by service in the order of their references, all of it as of one moment. */
export async function readBooks(database: Database, page: BooksPage): Promise<Books> {
  return await database.snapshot(async (query) => {
    const services = await listServiceRefs(query, page);
    const booked = services.length === 0 ? [] : await readPurchases(query, services);
    const ids = booked.map(({ id }) => id);
    const last = services.length < page.limit ? null : (services.at(-1) ?? null);
    return { purchases: booked, ...(await readRecords(query, ids)), nextAfter: last };
  });
}

async function listServiceRefs(query: Queries, { afterServiceRef, limit, changedWithinMs }: BooksPage) {
  const rows = await query
    .selectDistinct({ ref: purchases.serviceRef })
    .from(purchases)
    .where(
      and(
        gt(purchases.serviceRef, afterServiceRef),
        changedWithinMs === undefined ? undefined : isAlive(changedWithinMs),
      ),
    )
    .orderBy(asc(purchases.serviceRef))
    .limit(limit);
  return rows.map(({ ref }) => ref);
}

/** States that a purchase leaves by itself. */
const moving: State[] = ["Pending", "Sending", "Unknown", "Ordered"];

function isAlive(changedWithinMs: number): SQL | undefined {
  return or(
    inArray(purchases.state, moving),
    sql`EXISTS (SELECT 1 FROM ${transitions} WHERE ${transitions.purchaseId} = ${purchases.id}
      AND ${transitions.version} = ${purchases.version} AND ${transitions.createdAt} > ${nowPlus(-changedWithinMs)})`,
  );
}

const leaseLeftMs = sql<
  number | null
>`CAST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), ${purchases.leaseUntil}) DIV 1000 AS SIGNED)`;

/** What only says when a loop looks next, or at what, is no part of the books. */
const { waits: _waits, leaseOwner: _leaseOwner, holdUntil: _holdUntil, ...lasting } = purchaseColumns;
const bookedColumns = { ...lasting, inflightKey: purchases.inflightKey, leaseLeftMs };

async function readPurchases(query: Queries, services: readonly string[]): Promise<BookedPurchase[]> {
  const rows = await query
    .select(bookedColumns)
    .from(purchases)
    .where(inArray(purchases.serviceRef, [...services]))
    .orderBy(asc(purchases.serviceRef), asc(purchases.lineId));
  return rows.map(({ reversedAt, ...row }) => ({
    ...row,
    isReversed: reversedAt !== null,
    stateAgeMs: Number(row.stateAgeMs),
    leaseLeftMs: row.leaseLeftMs === null ? null : Number(row.leaseLeftMs),
  }));
}

/** Everything recorded of these purchases. */
async function readRecords(query: Queries, ids: string[]): Promise<Omit<Books, "purchases" | "nextAfter">> {
  if (ids.length === 0) return { attempts: [], outcomes: [], bindings: [], decisions: [], transitions: [] };
  return {
    attempts: await query
      .select({
        purchaseId: attempts.purchaseId,
        n: attempts.n,
        marker: attempts.marker,
        action: attempts.action,
        cost: attempts.cost,
        currency: attempts.currency,
      })
      .from(attempts)
      .where(inArray(attempts.purchaseId, ids))
      .orderBy(asc(attempts.purchaseId), asc(attempts.n)),
    outcomes: await query
      .select({ purchaseId: outcomes.purchaseId, n: outcomes.n, kind: outcomes.kind })
      .from(outcomes)
      .where(inArray(outcomes.purchaseId, ids))
      .orderBy(asc(outcomes.purchaseId), asc(outcomes.n)),
    bindings: await query
      .select({
        purchaseId: bindings.purchaseId,
        account: bindings.account,
        remoteServiceId: bindings.remoteServiceId,
        expiryAfter: bindings.expiryAfter,
      })
      .from(bindings)
      .where(inArray(bindings.purchaseId, ids))
      .orderBy(asc(bindings.purchaseId)),
    decisions: await query
      .select({
        purchaseId: decisions.purchaseId,
        version: decisions.version,
        decision: decisions.decision,
        actor: decisions.actor,
      })
      .from(decisions)
      .where(inArray(decisions.purchaseId, ids))
      .orderBy(asc(decisions.purchaseId), asc(decisions.version)),
    transitions: await query
      .select({
        purchaseId: transitions.purchaseId,
        version: transitions.version,
        fromState: transitions.fromState,
        toState: transitions.toState,
        reason: transitions.reason,
        actor: transitions.actor,
        changes: transitions.changes,
      })
      .from(transitions)
      .where(inArray(transitions.purchaseId, ids))
      .orderBy(asc(transitions.purchaseId), asc(transitions.version)),
  };
}
