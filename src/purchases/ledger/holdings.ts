// What does each purchase want of the account, what term does it hold there, and what has it asked for?
import { asc, eq } from "drizzle-orm";
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
  /** The other account whose term pays for it; null while there is none. */
  readonly heldAt: string | null;
  /** What its attempts at this account sent as `remoteid`, in their order. */
  readonly markers: readonly string[];
  /** The same of its attempts at other accounts. */
  readonly markersElsewhere: readonly string[];
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
        boundAt: bindings.account,
        moduleId: bindings.remoteServiceId,
        expiryAfter: bindings.expiryAfter,
      })
      .from(purchases)
      .leftJoin(bindings, eq(bindings.purchaseId, purchases.id))
      .orderBy(asc(purchases.lineId));
    const sent = await query
      .select({ purchaseId: attempts.purchaseId, marker: attempts.marker, account: attempts.account })
      .from(attempts)
      .orderBy(asc(attempts.purchaseId), asc(attempts.n));
    const markersOf = (isAtThis: boolean) =>
      groupMarkers(sent.filter((each) => (each.account === account) === isAtThis));
    const [here, elsewhere] = [markersOf(true), markersOf(false)];
    return rows.map(({ boundAt, moduleId, expiryAfter, hasAutoRenewal, ...row }) => ({
      ...row,
      state: row.state as State,
      hasAutoRenewal: hasAutoRenewal !== 0,
      term: boundAt !== account || moduleId === null || expiryAfter === null ? null : { moduleId, expiryAfter },
      heldAt: boundAt === account ? null : boundAt,
      markers: here.get(row.purchaseId) ?? [],
      markersElsewhere: elsewhere.get(row.purchaseId) ?? [],
    }));
  });
}

function groupMarkers(
  sent: readonly { readonly purchaseId: string; readonly marker: string }[],
): Map<string, string[]> {
  const markers = new Map<string, string[]>();
  for (const { purchaseId, marker } of sent) {
    const own = markers.get(purchaseId);
    if (own === undefined) markers.set(purchaseId, [marker]);
    else own.push(marker);
  }
  return markers;
}
