// What does the ledger know of attempts: their outcomes, the looks for them, the terms already bound?
import { and, asc, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { attempts, bindings, observations, outcomes } from "../../database/schema.ts";
import type { Outcome } from "../../ispmanager/account.ts";
import type { Attempt, Detail } from "../purchase.ts";
import { now, toAttempt } from "./rows.ts";

/** Two readable looks that miss what was ordered may become proof of absence; nothing else does. */
export type Verdict = "absent" | "found" | "many" | "conflict" | "in-cart" | "unreadable" | "not-active";

export interface Observation {
  readonly verdict: Verdict;
  /** sha256 of the rows seen, hexadecimal. */
  readonly digest: string;
  readonly detail: Detail;
}

export interface PastObservation {
  readonly verdict: Verdict;
  /** Milliseconds since it was made, by the ledger's clock. */
  readonly ageMs: number;
}

export async function newestAttempt(database: Database, purchaseId: string): Promise<Attempt | null> {
  const [row] = await database.query
    .select()
    .from(attempts)
    .where(eq(attempts.purchaseId, purchaseId))
    .orderBy(desc(attempts.n))
    .limit(1);
  if (row === undefined) return null;
  const [clock] = await database.query
    .select({
      sinceDeadlineMs: sql<number>`CAST(TIMESTAMPDIFF(MICROSECOND, ${attempts.deadlineAt}, UTC_TIMESTAMP(6)) DIV 1000 AS SIGNED)`,
    })
    .from(attempts)
    .where(and(eq(attempts.purchaseId, purchaseId), eq(attempts.n, row.n)));
  return toAttempt({ ...row, sinceDeadlineMs: clock?.sinceDeadlineMs ?? 0 });
}

export async function readOutcome(database: Database, attempt: Attempt): Promise<Outcome | null> {
  const [row] = await database.query
    .select({ outcome: outcomes.outcome })
    .from(outcomes)
    .where(and(eq(outcomes.purchaseId, attempt.purchaseId), eq(outcomes.n, attempt.n)));
  return row === undefined ? null : (JSON.parse(row.outcome) as Outcome);
}

/** Of the newest attempt that has one; null while none of the purchase's attempts has. */
export async function newestOutcome(database: Database, purchaseId: string): Promise<Outcome | null> {
  const [row] = await database.query
    .select({ outcome: outcomes.outcome })
    .from(outcomes)
    .where(eq(outcomes.purchaseId, purchaseId))
    .orderBy(desc(outcomes.n))
    .limit(1);
  return row === undefined ? null : (JSON.parse(row.outcome) as Outcome);
}

export async function recordObservation(database: Database, attempt: Attempt, seen: Observation): Promise<void> {
  await insertObservation(database.query, attempt, seen);
}

/** The same within a transaction. */
export async function insertObservation(
  query: Queries,
  attempt: Pick<Attempt, "purchaseId" | "n">,
  seen: Observation,
): Promise<void> {
  await query.insert(observations).values({
    purchaseId: attempt.purchaseId,
    n: attempt.n,
    verdict: seen.verdict,
    digest: seen.digest,
    detail: JSON.stringify(seen.detail),
    createdAt: now,
  });
}

/** The looks for an attempt, oldest first. */
export async function listObservations(database: Database, attempt: Attempt): Promise<PastObservation[]> {
  const rows = await database.query
    .select({
      verdict: observations.verdict,
      ageMs: sql<number>`CAST(TIMESTAMPDIFF(MICROSECOND, ${observations.createdAt}, UTC_TIMESTAMP(6)) DIV 1000 AS SIGNED)`,
    })
    .from(observations)
    .where(and(eq(observations.purchaseId, attempt.purchaseId), eq(observations.n, attempt.n)))
    .orderBy(asc(observations.id));
  return rows.map((row) => ({ verdict: row.verdict as Verdict, ageMs: Number(row.ageMs) }));
}

/** Who is paid by terms of these modules; `newestExpiry` is the furthest date bound so far. */
export interface BoundModule {
  readonly moduleId: string;
  readonly serviceRef: string;
  readonly purchaseId: string;
  readonly newestExpiry: string;
}

/** For each module the newest binding, but for those of the purchase `except`; modules without one are left out. */
export async function listBindings(
  database: Database,
  account: string,
  ids: readonly string[],
  except?: string,
): Promise<BoundModule[]> {
  if (ids.length === 0) return [];
  const rows = await database.query
    .select()
    .from(bindings)
    .where(
      and(
        eq(bindings.account, account),
        inArray(bindings.remoteServiceId, [...ids]),
        except === undefined ? undefined : ne(bindings.purchaseId, except),
      ),
    )
    .orderBy(asc(bindings.expiryAfter));
  const newest = new Map<string, BoundModule>();
  for (const row of rows) {
    newest.set(row.remoteServiceId, {
      moduleId: row.remoteServiceId,
      serviceRef: row.serviceRef,
      purchaseId: row.purchaseId,
      newestExpiry: row.expiryAfter,
    });
  }
  return [...newest.values()];
}

/** Modules bound for this licence and tariff whose paid term has not ended on `day`: the account must show them. */
export async function listModulesStillPaid(
  database: Database,
  key: { account: string; licence: string; tariff: string; day: string },
): Promise<string[]> {
  const rows = await database.query
    .selectDistinct({ id: bindings.remoteServiceId })
    .from(bindings)
    .where(
      and(
        eq(bindings.account, key.account),
        eq(bindings.licence, key.licence),
        eq(bindings.tariff, key.tariff),
        sql`${bindings.expiryAfter} > ${key.day}`,
      ),
    );
  return rows.map((row) => row.id);
}
