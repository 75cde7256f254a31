// What came of each paid line while buying only looked on, and what would have been sent for it?
import { and, asc, eq, inArray, ne, sql } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { purchases, transitions } from "../../database/schema.ts";
import type { Decimal } from "../../money.ts";
import { nowPlus } from "./rows.ts";

/** One purchase of which nothing was sent, as it stands now. */
export interface Shadowed {
  readonly purchaseId: string;
  readonly lineId: number;
  readonly serviceRef: string;
  readonly licence: string | null;
  readonly tariff: string | null;
  readonly periodStart: string | null;
  readonly periodMonths: number | null;
  /** WHMCS local date and time. */
  readonly paidAt: string | null;
  readonly state: string;
  readonly reason: string | null;
  readonly remoteServiceId: string | null;
  /** The newest request that shadow has kept back; null where there was none. */
  readonly wouldSend: { readonly func: string; readonly cost: Decimal | null; readonly currency: string | null } | null;
}

/** Purchases of the last `days`, by line: without those that were sent, and those from before buying began. */
export async function listShadowed(database: Database, days: number): Promise<Shadowed[]> {
  const since = nowPlus(-days * 86_400_000);
  return await database.snapshot(async (query) => {
    const rows = await query
      .select({
        purchaseId: purchases.id,
        lineId: purchases.lineId,
        serviceRef: purchases.serviceRef,
        licence: purchases.licence,
        tariff: purchases.tariff,
        periodStart: purchases.periodStart,
        periodMonths: purchases.periodMonths,
        paidAt: purchases.paidAt,
        state: purchases.state,
        reason: purchases.reason,
        remoteServiceId: purchases.remoteServiceId,
      })
      .from(purchases)
      .where(and(sql`${purchases.createdAt} > ${since}`, eq(purchases.attempts, 0), ne(purchases.state, "Ignored")))
      .orderBy(asc(purchases.lineId));
    const ids = rows.map(({ purchaseId }) => purchaseId);
    const kept = new Map<string, Shadowed["wouldSend"]>();
    for (let from = 0; from < ids.length; from += idsPerQuery) {
      const steps = await query
        .select({ purchaseId: transitions.purchaseId, changes: transitions.changes })
        .from(transitions)
        .where(
          and(inArray(transitions.purchaseId, ids.slice(from, from + idsPerQuery)), eq(transitions.reason, "shadow")),
        )
        .orderBy(asc(transitions.purchaseId), asc(transitions.version));
      for (const { purchaseId, changes } of steps)
        kept.set(purchaseId, readRequest(changes) ?? kept.get(purchaseId) ?? null);
    }
    return rows.map((row) => ({ ...row, wouldSend: kept.get(row.purchaseId) ?? null }));
  });
}

const idsPerQuery = 500;

/** A transition keeps the detail as the row does: as text. */
function readRequest(changes: string): Shadowed["wouldSend"] {
  const { detail } = JSON.parse(changes) as { detail?: string | null };
  if (typeof detail !== "string") return null;
  const {
    would_send: request,
    cost = null,
    currency = null,
  } = JSON.parse(detail) as {
    readonly would_send?: Readonly<Record<string, string>>;
    readonly cost?: Decimal | null;
    readonly currency?: string | null;
  };
  return request === undefined ? null : { func: request.func ?? "", cost, currency };
}
