// Which account holds what, as far as the ledger knows?
import { and, asc, eq, inArray, isNotNull, sql } from "drizzle-orm";
import type { MySqlColumn } from "drizzle-orm/mysql-core";
import type { Database } from "../../database/connection.ts";
import { adoptions, attempts, bindings, purchases } from "../../database/schema.ts";

/** How long an account keeps a module that has run out, as it does licences; then it cannot be renewed any more. */
const daysKept = 31;

function mayBeThere(paidUntil: MySqlColumn) {
  return sql`${paidUntil} >= UTC_DATE() - INTERVAL ${sql.raw(String(daysKept))} DAY`;
}

const isHeld = mayBeThere(bindings.expiryAfter);
const isAdopted = mayBeThere(adoptions.expiresOn);

/** Where modules of this licence are held that may still be there, bought or adopted; each once, sorted. */
export async function listHoldingAccounts(
  { query }: Database,
  licence: string,
): Promise<{ account: string; tariff: string }[]> {
  const [bought, adopted] = await Promise.all([
    query
      .selectDistinct({ account: bindings.account, tariff: bindings.tariff })
      .from(bindings)
      .where(and(eq(bindings.licence, licence), isHeld)),
    query
      .selectDistinct({ account: adoptions.account, tariff: adoptions.tariff })
      .from(adoptions)
      .where(and(eq(adoptions.licence, licence), isAdopted)),
  ]);
  const each = new Map([...bought, ...adopted].map((row) => [`${row.account}:${row.tariff}`, row]));
  return [...each].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
}

/** Services (`h12`) whose modules are held at this account and may still be there; sorted. */
export async function listServicesAt({ query }: Database, account: string): Promise<string[]> {
  const [bought, adopted] = await Promise.all([
    query
      .selectDistinct({ ref: bindings.serviceRef })
      .from(bindings)
      .where(and(eq(bindings.account, account), isHeld)),
    query
      .selectDistinct({ ref: adoptions.serviceRef })
      .from(adoptions)
      .where(and(eq(adoptions.account, account), isAdopted)),
  ]);
  return [...new Set([...bought, ...adopted].map(({ ref }) => ref))].sort();
}

/** Accounts that may hold a module of ours, or have an unresolved attempt; sorted. */
export async function listAccountsInUse({ query }: Database): Promise<string[]> {
  const each = await Promise.all([
    query.selectDistinct({ account: bindings.account }).from(bindings).where(isHeld),
    query.selectDistinct({ account: adoptions.account }).from(adoptions).where(isAdopted),
    query
      .selectDistinct({ account: attempts.account })
      .from(purchases)
      .innerJoin(attempts, and(eq(attempts.purchaseId, purchases.id), eq(attempts.n, purchases.attempts)))
      .where(isNotNull(purchases.inflightKey)),
  ]);
  return [...new Set(each.flat().map(({ account }) => account))].sort();
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
