// What does each purchase want of the account, what term does it hold there, and what has it asked for?
import { and, asc, eq } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { attempts, bindings, purchases } from "../../database/schema.ts";
import type { State } from "../state.ts";

/** One purchase as far as the account matters. */
export interface Holding {
  readonly purchaseId: string;
  readonly lineId: number;
  readonly state: State;
  readonly reason: string | null;
  readonly sends: number;
  readonly licence: string | null;
  readonly tariff: string | null;
  readonly hasAutoRenewal: boolean;
  /** The term at the account that pays for it; null until there is one. */
  readonly term: { readonly moduleId: string; readonly expiryAfter: string } | null;
  /** What its attempts sent as `remoteid`, in their order. */
  readonly markers: readonly string[];
}

/** All purchases and the terms they hold at one account, in the order of their lines, as of one moment. */
export async function listHoldings(database: Database, account: string): Promise<Holding[]> {
  return await database.snapshot(async (query) => {
    const rows = await query
      .select({
        purchaseId: purchases.id,
        lineId: purchases.lineId,
        state: purchases.state,
        reason: purchases.reason,
        sends: purchases.sends,
        licence: purchases.licence,
        tariff: purchases.tariff,
        hasAutoRenewal: purchases.hasAutoRenewal,
        moduleId: bindings.remoteServiceId,
        expiryAfter: bindings.expiryAfter,
      })
      .from(purchases)
      .leftJoin(bindings, and(eq(bindings.purchaseId, purchases.id), eq(bindings.account, account)))
      .orderBy(asc(purchases.lineId));
    const sent = await query
      .select({ purchaseId: attempts.purchaseId, marker: attempts.marker })
      .from(attempts)
      .where(eq(attempts.account, account))
      .orderBy(asc(attempts.purchaseId), asc(attempts.n));
    const markers = new Map<string, string[]>();
    for (const { purchaseId, marker } of sent) markers.set(purchaseId, [...(markers.get(purchaseId) ?? []), marker]);
    return rows.map(({ moduleId, expiryAfter, hasAutoRenewal, ...row }) => ({
      ...row,
      state: row.state as State,
      hasAutoRenewal: hasAutoRenewal !== 0,
      term: moduleId === null || expiryAfter === null ? null : { moduleId, expiryAfter },
      markers: markers.get(row.purchaseId) ?? [],
    }));
  });
}
