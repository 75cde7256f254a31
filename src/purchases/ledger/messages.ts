// What have people been told of a purchase that is not done, and what not yet?
import { and, asc, desc, eq, exists, inArray, notExists, type SQL, type SQLWrapper, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { Database } from "../../database/connection.ts";
import { messages, purchases, transitions } from "../../database/schema.ts";
import type { Purchase } from "../purchase.ts";
import type { State, WaitingReason } from "../state.ts";
import { isHeld, now, nowPlus, purchaseColumns, toPurchase } from "./rows.ts";

/** Key of what staff are told when a purchase comes to rest with a person for this reason. */
export function causeMessage(reason: string): string {
  return `${causePrefix}${reason}`;
}

const causePrefix = "needs_operator:";

/** Purchases that rest with a person for a cause that nobody was told of, the newest first; none that is put off. */
export async function listUntoldCauses(database: Database, limit: number): Promise<Purchase[]> {
  const rests = and(eq(purchases.state, "NeedsOperator"), sql`NOT ${isHeld}`);
  return await listUntold(database, {
    condition: rests,
    message: sql`CONCAT(${causePrefix}, ${purchases.reason})`,
    limit,
  });
}

/** Key of what staff are told when purchases wait long for this reason. */
export function waitMessage(reason: string): string {
  return `${waitPrefix}${reason}`;
}

const waitPrefix = "waiting:";

export interface LongWaits {
  /** Purchases that have waited for these, one after the other, and for nothing else since. */
  readonly reasons: readonly WaitingReason[];
  readonly olderThanMs: number;
  readonly limit: number;
}

export interface LongWait {
  readonly purchase: Purchase;
  /** Staff were told that it waits so. */
  readonly isTold: boolean;
}

/** Purchases that wait so for longer, the oldest first. */
export async function listLongWaits(database: Database, wanted: LongWaits): Promise<LongWait[]> {
  const { query } = database;
  const isSo = (row: { toState: SQLWrapper; reason: SQLWrapper }) =>
    sql`(${row.toState} = 'Pending' AND COALESCE(${row.reason}, '') IN ${wanted.reasons})`;
  const other = alias(transitions, "other");
  // Whatever else became of it before, as that its invoice was not paid, is no part of the wait.
  const before = query
    .select({ version: sql`COALESCE(MAX(${other.version}), -1)` })
    .from(other)
    .where(and(eq(other.purchaseId, purchases.id), sql`NOT ${isSo(other)}`));
  const since = query
    .select({ at: sql`MIN(${transitions.createdAt})` })
    .from(transitions)
    .where(and(eq(transitions.purchaseId, purchases.id), sql`${transitions.version} > (${before})`));
  const told = listTold(database, sql`CONCAT(${waitPrefix}, ${purchases.reason})`);
  const rows = await query
    .select({ ...purchaseColumns, isTold: sql<number>`${exists(told)}` })
    .from(purchases)
    .where(
      and(
        eq(purchases.state, "Pending"),
        inArray(purchases.reason, [...wanted.reasons]),
        sql`${purchases.stateSince} <= ${nowPlus(-wanted.olderThanMs)}`,
        sql`(${since}) <= ${nowPlus(-wanted.olderThanMs)}`,
      ),
    )
    .orderBy(asc(purchases.stateSince), asc(purchases.lineId))
    .limit(wanted.limit);
  return rows.map(({ isTold, ...row }) => ({ purchase: toPurchase(row), isTold: Number(isTold) > 0 }));
}

const unfinished: readonly State[] = ["Pending", "Sending", "Unknown", "Ordered", "NeedsOperator"];

export interface Unfinished {
  /** WHMCS local `YYYY-MM-DD HH:MM:SS`, both included. */
  readonly paidFrom: string;
  readonly paidUntil: string;
  readonly message: string;
  readonly limit: number;
}

/** Purchases paid between two moments that are not done and of which this message is to be sent, the newest first. */
export async function listUnfinished(database: Database, wanted: Unfinished): Promise<Purchase[]> {
  const paidAt = sql`COALESCE(${purchases.paidAt}, ${purchases.firstPaidSeenAt})`;
  const condition = and(
    inArray(purchases.state, [...unfinished]),
    sql`${paidAt} BETWEEN ${wanted.paidFrom} AND ${wanted.paidUntil}`,
  );
  return await listUntold(database, { condition, message: sql`${wanted.message}`, limit: wanted.limit });
}

/** A row where this message of a purchase was sent and is not to be tried again. */
function listTold({ query }: Database, message: SQL) {
  return query
    .select({ one: sql`1` })
    .from(messages)
    .where(and(eq(messages.purchaseId, purchases.id), eq(messages.message, message), sql`NOT ${isDue}`));
}

async function listUntold(
  database: Database,
  wanted: { condition: SQL | undefined; message: SQL; limit: number },
): Promise<Purchase[]> {
  const rows = await database.query
    .select(purchaseColumns)
    .from(purchases)
    .where(and(wanted.condition, notExists(listTold(database, wanted.message))))
    .orderBy(desc(purchases.stateSince))
    .limit(wanted.limit);
  return rows.map(toPurchase);
}

/**
 * Notes a message before it is sent, so that a process that ends in between cannot have it sent twice: with `againInMs` null
 * this is its only try, else one more may follow then. How often WHMCS has refused it so far; null when it is not due.
 */
export async function beginMessage(
  database: Database,
  { purchaseId, message }: MessageKey,
  againInMs: number | null,
): Promise<number | null> {
  const dueAt = laterOrNever(againInMs);
  const { query } = database;
  const [begun] = await query.insert(messages).ignore().values({ purchaseId, message, createdAt: now, dueAt });
  if (begun.affectedRows > 0) return 0;
  const isIt = and(eq(messages.purchaseId, purchaseId), eq(messages.message, message));
  const [repeated] = await query.update(messages).set({ dueAt }).where(and(isIt, isDue));
  if (repeated.affectedRows === 0) return null;
  const [row] = await query.select({ refusals: messages.refusals }).from(messages).where(isIt);
  return row?.refusals ?? null;
}

/** What became of a message that was begun: whether it is tried again, and how often it was refused. */
export async function endMessage(
  database: Database,
  { purchaseId, message }: MessageKey,
  { againInMs, refusals }: { readonly againInMs: number | null; readonly refusals: number },
): Promise<void> {
  await database.query
    .update(messages)
    .set({ dueAt: laterOrNever(againInMs), refusals })
    .where(and(eq(messages.purchaseId, purchaseId), eq(messages.message, message)));
}

export interface MessageKey {
  readonly purchaseId: string;
  readonly message: string;
}

/** 1 for a message that may be tried again now, else 0. */
const isDue = sql`COALESCE(${messages.dueAt} <= ${now}, 0)`;

function laterOrNever(ms: number | null): SQL | null {
  return ms === null ? null : nowPlus(ms);
}
