// Of which events does the host's own automation still have to be told, and what became of the others?
import { and, asc, eq, isNotNull, isNull, ne, or, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { announcements, purchases, switches } from "../../database/schema.ts";
import type { Purchase } from "../purchase.ts";
import { now, nowPlus, purchaseColumns, toInstant, toPurchase } from "./rows.ts";

/** What happened to the module of a purchase; each at most once for one purchase. */
export type Announced = "purchased" | "renewed" | "expired";

export interface Announcement {
  readonly type: Announced;
  readonly purchase: Purchase;
  /** The last day that the purchase paid for. */
  readonly expiresOn: string | null;
  /** When it was written down. */
  readonly at: Date;
  readonly ageMs: number;
  /** How many tries have failed. */
  readonly tries: number;
}

/** The newest term of a module is over. */
export interface EndedTerm {
  /** Whose term it is. */
  readonly purchaseId: string;
  readonly expiresOn: string;
}

type NewAnnouncement = { readonly purchaseId: string; readonly type: Announced; readonly expiresOn: string | null };

/** Within the transaction of what is told, so that neither is without the other. */
export async function insertAnnouncements(query: Queries, rows: readonly NewAnnouncement[]): Promise<void> {
  await query
    .insert(announcements)
    .ignore()
    .values(rows.map((row) => ({ ...row, createdAt: now, dueAt: now })));
}

const rowsTogether = 500;

/** Terms that have been told of before are left alone. */
export async function announceExpired({ query }: Database, ended: readonly EndedTerm[]): Promise<void> {
  for (let start = 0; start < ended.length; start += rowsTogether) {
    const some = ended.slice(start, start + rowsTogether);
    await insertAnnouncements(
      query,
      some.map((term) => ({ ...term, type: "expired" as const })),
    );
  }
}

/**
 * The day from which on ended terms are told of, by the ledger's clock: that of the first call while events are wanted. Null
 * while they are not, which forgets the day: what ends meanwhile is never told.
 */
export async function announcesSince({ query }: Database, isWanted: boolean): Promise<string | null> {
  const { name, value } = switches;
  const isIt = eq(name, "events_since");
  const why = isWanted ? "EVENTS_URL is set" : "EVENTS_URL is not set";
  await query
    .update(switches)
    .set({ value: isWanted ? sql`CAST(UTC_DATE() AS CHAR)` : "", actor: "machine", why, at: now })
    .where(and(isIt, isWanted ? eq(value, "") : ne(value, "")));
  if (!isWanted) return null;
  const [row] = await query.select({ value }).from(switches).where(isIt);
  return row === undefined || row.value === "" ? null : row.value;
}

const leaseMs = 60_000;

/** Takes one event that is due; others leave it alone for a minute. */
export async function takeAnnouncement({ query }: Database): Promise<Announcement | null> {
  const { purchaseId, type, expiresOn, createdAt, dueAt, tries } = announcements;
  const [row] = await query
    .select({
      ...purchaseColumns,
      announcement: { type, expiresOn, createdAt, dueAt, tries },
      ageMs: sql<number>`CAST(TIMESTAMPDIFF(MICROSECOND, ${createdAt}, UTC_TIMESTAMP(6)) DIV 1000 AS SIGNED)`,
    })
    .from(announcements)
    .innerJoin(purchases, eq(purchases.id, purchaseId))
    .where(and(isNotNull(dueAt), sql`${dueAt} <= ${now}`))
    .orderBy(asc(dueAt))
    .limit(1);
  if (row === undefined) return null;
  const { announcement, ageMs, ...purchase } = row;
  const key = { purchaseId: purchase.id, type: announcement.type as Announced };
  const [taken] = await query
    .update(announcements)
    .set({ dueAt: nowPlus(leaseMs) })
    .where(and(isOf(key), eq(dueAt, announcement.dueAt ?? "")));
  if (taken.affectedRows === 0) return null;
  return {
    type: key.type,
    purchase: toPurchase(purchase),
    expiresOn: announcement.expiresOn,
    at: toInstant(announcement.createdAt),
    ageMs: Number(ageMs),
    tries: announcement.tries,
  };
}

export interface AnnouncementKey {
  readonly purchaseId: string;
  readonly type: Announced;
}

function isOf({ purchaseId, type }: AnnouncementKey) {
  return and(eq(announcements.purchaseId, purchaseId), eq(announcements.type, type));
}

export async function finishAnnouncement({ query }: Database, key: AnnouncementKey): Promise<void> {
  await query.update(announcements).set({ dueAt: null, doneAt: now }).where(isOf(key));
}

/** One more try has failed; the next is in `againInMs`, or never when that is null. */
export async function postponeAnnouncement(
  { query }: Database,
  key: AnnouncementKey,
  { failure, againInMs }: { readonly failure: string; readonly againInMs: number | null },
): Promise<void> {
  await query
    .update(announcements)
    .set({ failure, tries: sql`${announcements.tries} + 1`, dueAt: againInMs === null ? null : nowPlus(againInMs) })
    .where(isOf(key));
}

/** Events that have not arrived, by why not. */
export interface Unheard {
  readonly failure: string;
  /** To be sent again. */
  readonly waiting: number;
  /** Never to be sent again. */
  readonly givenUp: number;
  readonly oldestSeconds: number;
}

/** Those that failed and wait, and those given up of the last week. */
export async function listUnheard({ query }: Database): Promise<Unheard[]> {
  const { failure, dueAt, doneAt, createdAt } = announcements;
  const isRecent = sql`${createdAt} > UTC_TIMESTAMP(6) - INTERVAL 7 DAY`;
  const rows = await query
    .select({
      failure: sql<string>`${failure}`,
      waiting: sql<number>`SUM(${dueAt} IS NOT NULL)`,
      givenUp: sql<number>`SUM(${dueAt} IS NULL)`,
      oldestSeconds: sql<number>`TIMESTAMPDIFF(SECOND, MIN(${createdAt}), UTC_TIMESTAMP(6))`,
    })
    .from(announcements)
    .where(and(isNull(doneAt), isNotNull(failure), or(isNotNull(dueAt), isRecent)))
    .groupBy(failure)
    .orderBy(asc(failure));
  return rows.map((row) => ({
    failure: row.failure,
    waiting: Number(row.waiting),
    givenUp: Number(row.givenUp),
    oldestSeconds: Number(row.oldestSeconds),
  }));
}
