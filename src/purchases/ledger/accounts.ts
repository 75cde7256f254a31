// Which account holds what, as far as the ledger knows?
import { and, asc, eq, inArray, isNotNull, max, notInArray, sql } from "drizzle-orm";
import type { MySqlColumn } from "drizzle-orm/mysql-core";
import type { Database } from "../../database/connection.ts";
import { adoptions, attempts, bindings, purchases } from "../../database/schema.ts";
import { daysKept } from "../period.ts";

function mayBeThere(paidUntil: MySqlColumn) {
  return sql<number>`MAX(${paidUntil} >= UTC_DATE() - INTERVAL ${sql.raw(String(daysKept))} DAY)`;
}

/** What a service has had at one account. */
interface Held {
  readonly account: string;
  readonly serviceRef: string;
  /** When the newest of it came to be known. */
  readonly since: string | null;
  /** 0 when all of it has been over for so long that the account has certainly deleted it. */
  readonly mayBeThere: number;
}

const bought = { account: bindings.account, serviceRef: bindings.serviceRef, since: max(bindings.createdAt) };
const adopted = { account: adoptions.account, serviceRef: adoptions.serviceRef, since: max(adoptions.createdAt) };

/**
 * What may still be there. The module of a service is where its newest term or adoption is: whoever moved it there has ended
 * what it had at other accounts.
 */
export function keepHeld<H extends Held>(rows: readonly H[]): H[] {
  const newest = new Map<string, H>();
  for (const row of rows) {
    if ((row.since ?? "") > (newest.get(row.serviceRef)?.since ?? "")) newest.set(row.serviceRef, row);
  }
  return rows.filter((row) => Number(row.mayBeThere) > 0 && row.account === newest.get(row.serviceRef)?.account);
}

/** A module of one tariff that a service has at an account. */
export interface HeldModule {
  readonly account: string;
  readonly tariff: string;
  readonly serviceRef: string;
}

/**
 * Where modules of this licence are held that may still be there, bought or adopted, and by whom; each once, sorted. What a
 * service has under another licence says nothing of this one.
 */
export async function listHeldOfLicence({ query }: Database, licence: string): Promise<HeldModule[]> {
  const each = await Promise.all([
    query
      .select({ ...bought, tariff: bindings.tariff, mayBeThere: mayBeThere(bindings.expiryAfter) })
      .from(bindings)
      .where(eq(bindings.licence, licence))
      .groupBy(bindings.account, bindings.serviceRef, bindings.tariff),
    query
      .select({ ...adopted, tariff: adoptions.tariff, mayBeThere: mayBeThere(adoptions.expiresOn) })
      .from(adoptions)
      .where(eq(adoptions.licence, licence))
      .groupBy(adoptions.account, adoptions.serviceRef, adoptions.tariff),
  ]);
  return distinctModules(keepHeld(each.flat()));
}

export function distinctModules(held: readonly HeldModule[]): HeldModule[] {
  const rows = held.map(({ account, tariff, serviceRef }) => ({ account, tariff, serviceRef }));
  const distinct = new Map(rows.map((row) => [Object.values(row).join(":"), row]));
  return [...distinct].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

/** Of every service, of whatever licence. */
async function listHeld({ query }: Database): Promise<Held[]> {
  const each = await Promise.all([
    query
      .select({ ...bought, mayBeThere: mayBeThere(bindings.expiryAfter) })
      .from(bindings)
      .groupBy(bindings.account, bindings.serviceRef),
    query
      .select({ ...adopted, mayBeThere: mayBeThere(adoptions.expiresOn) })
      .from(adoptions)
      .groupBy(adoptions.account, adoptions.serviceRef),
  ]);
  return keepHeld(each.flat());
}

/** Services (`h12`) whose modules are held at this account and may still be there; sorted. */
export async function listServicesAt(database: Database, account: string): Promise<string[]> {
  const held = (await listHeld(database)).filter((row) => row.account === account);
  return [...new Set(held.map(({ serviceRef }) => serviceRef))].sort();
}

/** What may be at one account. */
export interface AccountUse {
  readonly account: string;
  /** Services (`h12`) whose modules are held there; sorted. */
  readonly services: readonly string[];
  /** A request that was sent there may yet take effect. */
  readonly isAsked: boolean;
}

/**
 * Accounts besides these that may hold a module of ours, or have an unresolved attempt; by their names. What services hold is
 * read only where there ever was another account.
 */
export async function listAccountsBeside(database: Database, known: readonly string[]): Promise<AccountUse[]> {
  const { query } = database;
  const isOther = (account: MySqlColumn) => notInArray(account, [...known]);
  const [[bought], [adopted], asked] = await Promise.all([
    query.select({ account: bindings.account }).from(bindings).where(isOther(bindings.account)).limit(1),
    query.select({ account: adoptions.account }).from(adoptions).where(isOther(adoptions.account)).limit(1),
    query
      .selectDistinct({ account: attempts.account })
      .from(purchases)
      .innerJoin(attempts, and(eq(attempts.purchaseId, purchases.id), eq(attempts.n, purchases.attempts)))
      .where(and(isNotNull(purchases.inflightKey), isOther(attempts.account))),
  ]);
  const held = bought === undefined && adopted === undefined ? [] : await listHeld(database);
  return sumUp(
    held.filter(({ account }) => !known.includes(account)),
    asked,
  );
}

export function sumUp(
  held: readonly Pick<Held, "account" | "serviceRef">[],
  asked: readonly { readonly account: string }[],
): AccountUse[] {
  const names = [...new Set([...held, ...asked].map(({ account }) => account))].sort();
  return names.map((account) => {
    const services = held.filter((row) => row.account === account).map(({ serviceRef }) => serviceRef);
    return { account, services: [...new Set(services)].sort(), isAsked: asked.some((row) => row.account === account) };
  });
}

/** The account of each of these purchases: that of its term, else of its newest attempt; those without are left out. */
export async function listAccountsOf(database: Database, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const sent = await database.query
    .select({ id: attempts.purchaseId, account: attempts.account })
    .from(attempts)
    .where(inArray(attempts.purchaseId, [...ids]))
    .orderBy(asc(attempts.purchaseId), asc(attempts.n));
  const bound = await database.query
    .select({ id: bindings.purchaseId, account: bindings.account })
    .from(bindings)
    .where(inArray(bindings.purchaseId, [...ids]));
  return new Map([...sent, ...bound].map(({ id, account }) => [id, account]));
}
