// Which purchases are there? Reading them by line, by invoice, by id, and their history.
import { asc, desc, eq, inArray, type SQL, sql } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { attempts, decisions, observations, outcomes, purchases, transitions } from "../../database/schema.ts";
import type { Purchase } from "../purchase.ts";
import type { State } from "../state.ts";
import { isHeld, purchaseColumns, toPurchase } from "./rows.ts";

async function findWhere(database: Database, condition: SQL | undefined): Promise<Purchase[]> {
  const rows = await database.query
    .select(purchaseColumns)
    .from(purchases)
    .where(condition)
    .orderBy(asc(purchases.createdAt), asc(purchases.lineId));
  return rows.map(toPurchase);
}

export async function findByLines(database: Database, lineIds: readonly number[]): Promise<Purchase[]> {
  return lineIds.length === 0 ? [] : await findWhere(database, inArray(purchases.lineId, [...lineIds]));
}

export async function findByInvoice(database: Database, invoiceId: number): Promise<Purchase[]> {
  return await findWhere(database, eq(purchases.invoiceId, invoiceId));
}

/** The purchases of one service or addon, oldest first. */
export async function findByService(database: Database, serviceRef: string): Promise<Purchase[]> {
  return await findWhere(database, eq(purchases.serviceRef, serviceRef));
}

/** All purchases, oldest first, or those in one state. */
export async function listPurchases(database: Database, filter: { state?: State } = {}): Promise<Purchase[]> {
  return await findWhere(database, filter.state === undefined ? undefined : eq(purchases.state, filter.state));
}

export async function findPurchase(database: Database, id: string): Promise<Purchase | null> {
  return (await findWhere(database, eq(purchases.id, id)))[0] ?? null;
}

/** How many purchases rest in each state for each reason. */
export interface StateCount {
  readonly state: string;
  readonly reason: string | null;
  readonly count: number;
  /** How many of them a person has put off to a time that has not come. */
  readonly held: number;
  /** Age of the oldest of the others; 0 where there is none. */
  readonly oldestSeconds: number;
}

export async function countByState(database: Database): Promise<StateCount[]> {
  const rows = await database.query
    .select({
      state: purchases.state,
      reason: purchases.reason,
      count: sql<number>`COUNT(*)`,
      held: sql<number>`COALESCE(SUM(${isHeld}), 0)`,
      oldestSeconds: sql<number>`COALESCE(
        TIMESTAMPDIFF(SECOND, MIN(IF(${isHeld}, NULL, ${purchases.stateSince})), UTC_TIMESTAMP(6)), 0)`,
    })
    .from(purchases)
    .groupBy(purchases.state, purchases.reason);
  return rows.map(({ state, reason, count, held, oldestSeconds }) => ({
    state,
    reason,
    count: Number(count),
    held: Number(held),
    oldestSeconds: Number(oldestSeconds),
  }));
}

/** Everything the ledger has recorded of one purchase, oldest first. */
export async function readHistory(database: Database, id: string) {
  const [changes, sent, answers, decided, looks] = await Promise.all([
    database.query.select().from(transitions).where(eq(transitions.purchaseId, id)).orderBy(asc(transitions.version)),
    database.query.select().from(attempts).where(eq(attempts.purchaseId, id)).orderBy(asc(attempts.n)),
    database.query.select().from(outcomes).where(eq(outcomes.purchaseId, id)).orderBy(asc(outcomes.n)),
    database.query.select().from(decisions).where(eq(decisions.purchaseId, id)).orderBy(asc(decisions.version)),
    database.query
      .select()
      .from(observations)
      .where(eq(observations.purchaseId, id))
      .orderBy(desc(observations.id))
      .limit(100),
  ]);
  return {
    transitions: changes,
    attempts: sent,
    outcomes: answers,
    decisions: decided,
    observations: looks.reverse(),
  };
}

/** What time the ledger's server has: the one clock that several processes can compare. */
export async function readClock(database: Database): Promise<Date> {
  const [rows] = (await database.query.execute(sql`SELECT UTC_TIMESTAMP(3) AS now`)) as unknown as [{ now: string }[]];
  return new Date(`${rows[0]?.now.replace(" ", "T")}Z`);
}
