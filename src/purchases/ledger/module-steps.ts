// What was done to modules besides buying them, which modules pay for what, and what stands in the way of changing one?
import { and, asc, count, eq, gte, inArray, isNull, or, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import { type Database, databaseErrorCode, type Queries } from "../../database/connection.ts";
import { bindings, moduleSteps, purchases, switches } from "../../database/schema.ts";
import type { ModuleChange } from "../../ispmanager/account.ts";
import type { Purchase } from "../purchase.ts";
import { now, purchaseColumns, toPurchase } from "./rows.ts";

/**
 * `asked` stands before the request is sent; `accepted`, `refused`, `not-sent` or `unknown` is its answer. `seen`: the account
 * showed it done. `found`: it was so already, and not by us. `withdrawn`: it is not wished any more and had no effect.
 * `kept`: it is not asked to be deleted, because its term is not the one we know; said once of each term.
 */
export type StepKind =
  | "asked"
  | "accepted"
  | "refused"
  | "not-sent"
  | "unknown"
  | "seen"
  | "found"
  | "withdrawn"
  | "kept";

export interface NewModuleStep {
  readonly account: string;
  readonly moduleId: string;
  /** One above the module's newest step, from 1. */
  readonly n: number;
  readonly serviceRef: string;
  readonly change: ModuleChange;
  readonly step: StepKind;
  /** The type of the account's error, or a word of ours; of `kept` the last day of the term that is shown, if any; else empty. */
  readonly detail: string;
}

export interface ModuleStep extends NewModuleStep {
  /** UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  /** `YYYY-MM-DD HH:MM:SS.ffffff`, UTC. */
  readonly takenAt: string;
  /** Milliseconds since it was taken, by the ledger's clock. */
  readonly ageMs: number;
}

/**
 * False when the module's steps have gone on, another process was faster, or `asked` meets buying that is not on. Nothing was
 * written then. `asked` is taken under the lock of all claims: a claim that came before it is seen behind it, and one that
 * comes after it sees it.
 */
export async function takeModuleStep(database: Database, step: NewModuleStep): Promise<boolean> {
  try {
    if (step.step !== "asked") return await insertStep(database.query, step);
    return await database.transaction(async (query) => {
      const [buying] = await query.select().from(switches).where(eq(switches.name, "buying")).for("update");
      return buying?.value === "on" && (await insertStep(query, step));
    });
  } catch (error) {
    if (lostRaces.includes(databaseErrorCode(error) ?? "")) return false;
    throw error;
  }
}

const lostRaces = ["ER_DUP_ENTRY", "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"];

async function insertStep(query: Queries, { moduleId, ...step }: NewModuleStep): Promise<true> {
  const detail = step.detail.slice(0, 64);
  await query.insert(moduleSteps).values({ ...step, detail, remoteServiceId: moduleId, createdAt: now });
  return true;
}

/** The steps of these modules, each module's oldest first. */
export async function listModuleSteps(
  database: Database,
  account: string,
  moduleIds: readonly string[],
): Promise<ModuleStep[]> {
  if (moduleIds.length === 0) return [];
  const ageMs = sql<number>`CAST(TIMESTAMPDIFF(MICROSECOND, ${moduleSteps.createdAt}, UTC_TIMESTAMP(6)) DIV 1000 AS SIGNED)`;
  const rows = await database.query
    .select({ row: moduleSteps, ageMs })
    .from(moduleSteps)
    .where(and(eq(moduleSteps.account, account), inArray(moduleSteps.remoteServiceId, [...moduleIds])))
    .orderBy(asc(moduleSteps.remoteServiceId), asc(moduleSteps.n));
  return rows.map(({ row, ageMs: age }) => toModuleStep(row, Number(age)));
}

export interface RefusedChange {
  readonly change: ModuleChange;
  /** The type of the account's error. */
  readonly detail: string;
  readonly modules: number;
}

/** Which changes the account refuses: of how many modules that is the newest that was heard. */
export async function listRefusedChanges(database: Database, account: string): Promise<RefusedChange[]> {
  const later = alias(moduleSteps, "later");
  const isNextStep = and(
    eq(later.account, moduleSteps.account),
    eq(later.remoteServiceId, moduleSteps.remoteServiceId),
    sql`${later.n} > ${moduleSteps.n}`,
  );
  const rows = await database.query
    .select({ change: moduleSteps.change, detail: moduleSteps.detail, modules: count() })
    .from(moduleSteps)
    .leftJoin(later, isNextStep)
    .where(and(eq(moduleSteps.account, account), eq(moduleSteps.step, "refused"), isNull(later.n)))
    .groupBy(moduleSteps.change, moduleSteps.detail)
    .orderBy(asc(moduleSteps.change), asc(moduleSteps.detail));
  return rows.map((row) => ({ ...row, change: row.change as ModuleChange, modules: Number(row.modules) }));
}

export function toModuleStep(row: typeof moduleSteps.$inferSelect, ageMs: number): ModuleStep {
  return {
    account: row.account,
    moduleId: row.remoteServiceId,
    n: row.n,
    serviceRef: row.serviceRef,
    change: row.change as ModuleChange,
    step: row.step as StepKind,
    detail: row.detail,
    day: row.createdAt.slice(0, 10),
    takenAt: row.createdAt,
    ageMs,
  };
}

/** A module whose newest paid term has not ended. */
export interface OwnedModule {
  readonly moduleId: string;
  /** Whom the newest term pays for. */
  readonly serviceRef: string;
  /** Everyone whom a term of it has paid for. */
  readonly serviceRefs: readonly string[];
  readonly licence: string;
  readonly tariff: string;
  readonly paidUntil: string;
  /** When that term was bound, as `takenAt`. */
  readonly boundAt: string;
}

/** The modules whose newest bound term ends on `day` or later, by id. */
export async function listOwnedModules(database: Database, account: string, day: string): Promise<OwnedModule[]> {
  const { query } = database;
  const lasting = query
    .selectDistinct({ id: bindings.remoteServiceId })
    .from(bindings)
    .where(and(eq(bindings.account, account), gte(bindings.expiryAfter, day)));
  const rows = await query
    .select()
    .from(bindings)
    .where(and(eq(bindings.account, account), inArray(bindings.remoteServiceId, lasting)))
    .orderBy(asc(bindings.remoteServiceId), asc(bindings.expiryAfter));
  return toOwnedModules(rows);
}

/** `rows` in the order of their terms. */
export function toOwnedModules(rows: readonly (typeof bindings.$inferSelect)[]): OwnedModule[] {
  const owned = new Map<string, OwnedModule>();
  for (const { remoteServiceId: moduleId, createdAt: boundAt, ...term } of rows) {
    const { serviceRef, licence, tariff, expiryAfter: paidUntil } = term;
    const before = owned.get(moduleId)?.serviceRefs ?? [];
    const serviceRefs = before.includes(serviceRef) ? before : [...before, serviceRef];
    owned.set(moduleId, { moduleId, serviceRef, serviceRefs, licence, tariff, paidUntil, boundAt });
  }
  return [...owned.values()];
}

const unfinished = ["Pending", "Sending", "Unknown", "Ordered", "NeedsOperator"];

/** Purchases not done that may want this module: bound to it, of its services, or of its licence and tariff. */
export async function listWanting(database: Database, module: OwnedModule): Promise<Purchase[]> {
  const rows = await database.query
    .select(purchaseColumns)
    .from(purchases)
    .where(
      and(
        inArray(purchases.state, unfinished),
        or(
          eq(purchases.remoteServiceId, module.moduleId),
          inArray(purchases.serviceRef, [...module.serviceRefs]),
          and(eq(purchases.licence, module.licence), eq(purchases.tariff, module.tariff)),
        ),
      ),
    )
    .orderBy(asc(purchases.lineId));
  return rows.map(toPurchase);
}

export function wantsModule(
  row: Pick<Purchase, "state" | "remoteServiceId" | "serviceRef" | "licence" | "tariff">,
  module: OwnedModule,
): boolean {
  const isOfIt =
    row.remoteServiceId === module.moduleId ||
    module.serviceRefs.includes(row.serviceRef) ||
    (row.licence === module.licence && row.tariff === module.tariff);
  return isOfIt && unfinished.includes(row.state);
}
