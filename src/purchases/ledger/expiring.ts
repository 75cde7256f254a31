// Which modules that we have paid for end soon?
import { and, eq, max, sql } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { bindings } from "../../database/schema.ts";

export interface ExpiringModule {
  readonly moduleId: string;
  readonly serviceRef: string;
  readonly licence: string;
  readonly tariff: string;
  /** `YYYY-MM-DD`, of its newest term. */
  readonly expiresOn: string;
}

/** The modules of an account whose newest term ends on one of these days, the earliest first. */
export async function listExpiring(
  database: Database,
  { account, from, until }: { readonly account: string; readonly from: string; readonly until: string },
): Promise<ExpiringModule[]> {
  const expiresOn = max(bindings.expiryAfter);
  // Of one module all terms are of one licence and tariff; the service may have changed, and the newest term is its.
  const serviceRef = sql<string>`SUBSTRING(MAX(CONCAT(${bindings.expiryAfter}, ${bindings.serviceRef})), 11)`;
  const rows = await database.query
    .select({
      moduleId: bindings.remoteServiceId,
      serviceRef,
      licence: max(bindings.licence),
      tariff: max(bindings.tariff),
      expiresOn,
    })
    .from(bindings)
    .where(eq(bindings.account, account))
    .groupBy(bindings.remoteServiceId)
    .having(and(sql`MAX(${bindings.expiryAfter}) BETWEEN ${from} AND ${until}`))
    .orderBy(expiresOn, bindings.remoteServiceId);
  return rows.map(({ licence, tariff, expiresOn: day, ...row }) => {
    return { ...row, licence: licence ?? "", tariff: tariff ?? "", expiresOn: day ?? "" };
  });
}
