// Which signed events have arrived, and which are still to be looked into?
import { asc, eq, max, sql } from "drizzle-orm";
import { type Database, databaseErrorCode } from "../../database/connection.ts";
import { inbox } from "../../database/schema.ts";
import { DatabaseError } from "../../errors.ts";
import { now, nowPlus } from "./rows.ts";

export interface StoredEvent {
  readonly webhookId: string;
  readonly type: string;
  readonly body: string;
}

/**
 * Stores an event durably before it resolves; `duplicate` when its id was stored before.
 * @throws DatabaseError when the ledger cannot be written: nothing was accepted.
 */
export async function storeEvent(database: Database, event: StoredEvent): Promise<"accepted" | "duplicate"> {
  try {
    await database.query.insert(inbox).values({ ...event, receivedAt: now, notBefore: now });
    return "accepted";
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return "duplicate";
    throw new DatabaseError("inbox_unwritable", "the ledger cannot store the event", { cause: error });
  }
}

/** The oldest events that are due, at most `limit`. */
export async function listOpenEvents(database: Database, limit: number): Promise<StoredEvent[]> {
  return await database.query
    .select({ webhookId: inbox.webhookId, type: inbox.type, body: inbox.body })
    .from(inbox)
    .where(sql`${inbox.notBefore} <= ${now}`)
    .orderBy(asc(inbox.notBefore))
    .limit(limit);
}

export async function closeEvent(database: Database, webhookId: string): Promise<void> {
  await database.query.update(inbox).set({ doneAt: now, notBefore: null }).where(eq(inbox.webhookId, webhookId));
}

export async function postponeEvent(database: Database, webhookId: string, ms: number): Promise<void> {
  await database.query
    .update(inbox)
    .set({ notBefore: nowPlus(ms) })
    .where(eq(inbox.webhookId, webhookId));
}

/** Seconds since the newest event of a type arrived, by the ledger's clock; null when none ever did. */
export async function newestEventAgeSeconds(database: Database, type: string): Promise<number | null> {
  const [row] = await database.query
    .select({ age: sql<number | null>`TIMESTAMPDIFF(SECOND, ${max(inbox.receivedAt)}, UTC_TIMESTAMP(6))` })
    .from(inbox)
    .where(eq(inbox.type, type));
  return row?.age ?? null;
}
