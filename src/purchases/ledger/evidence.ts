// What does the ledger know of attempts: their outcomes, the looks for them, the terms already bound?
import { and, asc, desc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { adoptions, attempts, bindings, observations, outcomes } from "../../database/schema.ts";
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
/** Whose a module is: of the purchases that its terms pay for, or of the service that adopted it, or both. */
export interface BoundModule {
  readonly moduleId: string;
  /** Of the newest term that pays for a purchase, else of the adoption. */
  readonly serviceRef: string;
  /** Null while none of its terms pays for a purchase. */
  readonly purchaseId: string | null;
  /** Where the newest term of a purchase ends. */
  readonly boundExpiry: string | null;
  /** Up to where its terms have found their service, by purchase or adoption. */
  readonly newestExpiry: string;
  readonly adopted: { readonly serviceRef: string; readonly expiresOn: string; readonly on: string } | null;
}

/** For each module the newest binding, but for those of the purchase `except`, and its adoption; modules without are left out. */
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
  const adopted = await database.query
    .select()
    .from(adoptions)
    .where(and(eq(adoptions.account, account), inArray(adoptions.remoteServiceId, [...ids])));
  return joinBound(rows, adopted);
}

type BindingRow = typeof bindings.$inferSelect;
type AdoptionRow = typeof adoptions.$inferSelect;

/** One entry per module; bindings in the order of their ends. */
export function joinBound(bound: readonly BindingRow[], adopted: readonly AdoptionRow[]): BoundModule[] {
  const newest = new Map(bound.map((row) => [row.remoteServiceId, row]));
  const taken = new Map(adopted.map((row) => [row.remoteServiceId, row]));
  return [...new Set([...newest.keys(), ...taken.keys()])].map((moduleId) => {
    const binding = newest.get(moduleId) ?? null;
    const adoption = taken.get(moduleId) ?? null;
    const ends = [binding?.expiryAfter ?? "", adoption?.expiresOn ?? ""];
    return {
      moduleId,
      serviceRef: (binding ?? adoption)?.serviceRef ?? "",
      purchaseId: binding?.purchaseId ?? null,
      boundExpiry: binding?.expiryAfter ?? null,
      newestExpiry: ends.reduce((one, other) => (one > other ? one : other)),
      adopted: adoption === null ? null : pickAdopted(adoption),
    };
  });
}

function pickAdopted({ serviceRef, expiresOn, createdAt }: AdoptionRow): NonNullable<BoundModule["adopted"]> {
  return { serviceRef, expiresOn, on: createdAt.slice(0, 10) };
}

/** Modules bound or adopted for this licence and tariff whose paid term has not ended on `day`: the account must show them. */
export async function listModulesStillPaid(
  database: Database,
  key: { account: string; licence: string; tariff: string; day: string },
): Promise<string[]> {
  const [bound, adopted] = await Promise.all([
    database.query
      .selectDistinct({ id: bindings.remoteServiceId })
      .from(bindings)
      .where(
        and(
          eq(bindings.account, key.account),
          eq(bindings.licence, key.licence),
          eq(bindings.tariff, key.tariff),
          sql`${bindings.expiryAfter} > ${key.day}`,
        ),
      ),
    database.query
      .select({ id: adoptions.remoteServiceId })
      .from(adoptions)
      .where(
        and(
          eq(adoptions.account, key.account),
          eq(adoptions.licence, key.licence),
          eq(adoptions.tariff, key.tariff),
          sql`${adoptions.expiresOn} > ${key.day}`,
        ),
      ),
  ]);
  return [...new Set([...bound, ...adopted].map((row) => row.id))];
}
