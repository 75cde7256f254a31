// Which purchases does a loop look at next, and when again?
import { and, asc, eq, inArray, isNotNull, not, sql } from "drizzle-orm";
import { type Database, databaseErrorCode } from "../../database/connection.ts";
import { purchases, turns } from "../../database/schema.ts";
import type { Purchase } from "../purchase.ts";
import type { Queue } from "../state.ts";
import { isHeld, now, nowOrHold, nowPlus, purchaseColumns, toPurchase } from "./rows.ts";

/** How long taken rows stay away from other processes; a crash only delays them this long. */
const attentionMs = 30_000;

/**
 * Takes up to `limit` due rows of a queue for this process. It only spreads the work: correctness rests on versions.
 * The rows come in the index's order and are not sorted, else every candidate would be locked. `queue` must not stand in
 * `ORDER BY`: under the connection's collation it is no constant for the server, which would sort.
 */
export async function takeDue(database: Database, queue: Queue, limit: number): Promise<Purchase[]> {
  const isDue = and(eq(purchases.queue, queue), sql`${purchases.notBefore} <= ${now}`);
  const peek = await database.query.select({ id: purchases.id }).from(purchases).where(isDue).limit(1);
  if (peek.length === 0) return [];
  return await database.transaction(async (query) => {
    const rows = await query
      .select(purchaseColumns)
      .from(purchases)
      .where(isDue)
      .orderBy(asc(purchases.notBefore))
      .limit(limit)
      .for("update", { skipLocked: true });
    if (rows.length === 0) return [];
    const ids = rows.map((row) => row.id);
    await query
      .update(purchases)
      .set({ notBefore: nowPlus(attentionMs) })
      .where(inArray(purchases.id, ids));
    return rows.map(toPurchase);
  });
}

/** The row's loop looks at it again in `ms`; its state and version stay. */
export async function postpone(database: Database, purchase: Purchase, ms: number): Promise<void> {
  await database.query
    .update(purchases)
    .set({ notBefore: nowPlus(ms), waits: sql`LEAST(${purchases.waits} + 1, 1000)` })
    .where(and(eq(purchases.id, purchase.id), eq(purchases.version, purchase.version)));
}

/**
 * The rows' loops look at them at once: something has changed in WHMCS, or a person has said so. One that a person put
 * off waits to the end of that time.
 */
export async function wake(database: Database, purchaseIds: readonly string[]): Promise<void> {
  if (purchaseIds.length === 0) return;
  const wakeAll = async (tries: number): Promise<void> => {
    try {
      await database.query
        .update(purchases)
        .set({ notBefore: nowOrHold })
        .where(and(inArray(purchases.id, [...purchaseIds]), eq(purchases.queue, "buy")));
    } catch (error) {
      // Whoever takes the same rows takes them in another order; nothing was changed.
      if (tries === 0 || databaseErrorCode(error) !== "ER_LOCK_DEADLOCK") throw error;
      await wakeAll(tries - 1);
    }
  };
  await wakeAll(wakeTries);
}

const wakeTries = 3;

/** Of purchases that wait for the balance, the one whose turn is first. */
export interface First {
  readonly id: string;
  readonly periodStart: string;
  readonly lineId: number;
}

/** The purchase of the oldest period that waits for the balance, unless a person has put it off; null when none does. */
export async function firstAwaitingBalance(database: Database, account: string): Promise<First | null> {
  // What waits for the account `main` does not name it.
  const isOfAccount = sql`COALESCE(JSON_VALUE(${purchases.detail}, '$.account'), 'main') = ${account}`;
  const [row] = await database.query
    .select({ id: purchases.id, periodStart: purchases.periodStart, lineId: purchases.lineId })
    .from(purchases)
    .where(
      and(
        eq(purchases.queue, "buy"),
        eq(purchases.state, "Pending"),
        eq(purchases.reason, "awaiting_balance"),
        not(isHeld),
        isOfAccount,
      ),
    )
    .orderBy(asc(purchases.periodStart), asc(purchases.lineId))
    .limit(1);
  return row === undefined ? null : { ...row, periodStart: row.periodStart ?? "" };
}

/** True for the one process that may run the loop `name` now; the next turn comes after `everyMs`. */
export async function takeTurn(database: Database, name: string, everyMs: number): Promise<boolean> {
  const [result] = await database.query
    .update(turns)
    .set({ dueAt: nowPlus(everyMs) })
    .where(and(eq(turns.name, name), sql`${turns.dueAt} <= ${now}`));
  return result.affectedRows > 0;
}

/** The turn was not used to its end: it comes again in `inMs`. */
export async function giveTurnBack(database: Database, name: string, inMs: number): Promise<void> {
  await database.query
    .update(turns)
    .set({ dueAt: nowPlus(inMs) })
    .where(eq(turns.name, name));
}

const writeBackLeaseMs = 60_000;

/** Takes one bought purchase that WHMCS has not been told of; others leave it alone for a minute. */
export async function takeWriteBack(database: Database): Promise<Purchase | null> {
  const isDue = and(isNotNull(purchases.writeBackDueAt), sql`${purchases.writeBackDueAt} <= ${now}`);
  const [row] = await database.query
    .select({ ...purchaseColumns, dueAt: purchases.writeBackDueAt })
    .from(purchases)
    .where(isDue)
    .orderBy(asc(purchases.writeBackDueAt))
    .limit(1);
  if (row === undefined) return null;
  const [taken] = await database.query
    .update(purchases)
    .set({ writeBackDueAt: nowPlus(writeBackLeaseMs) })
    .where(and(eq(purchases.id, row.id), eq(purchases.writeBackDueAt, row.dueAt ?? "")));
  return taken.affectedRows > 0 ? toPurchase(row) : null;
}

export async function finishWriteBack(database: Database, purchaseId: string): Promise<void> {
  await database.query
    .update(purchases)
    .set({ writeBackDueAt: null, writtenBackAt: now })
    .where(eq(purchases.id, purchaseId));
}

export async function postponeWriteBack(database: Database, purchaseId: string, ms: number): Promise<void> {
  await database.query
    .update(purchases)
    .set({ writeBackDueAt: nowPlus(ms) })
    .where(eq(purchases.id, purchaseId));
}
