// What else in the ledger forbids sending now? Other attempts for the same thing, earlier periods, spending caps.
import { and, eq, inArray, isNull, lt, ne, notInArray, or, sql } from "drizzle-orm";
import type { Queries } from "../../database/connection.ts";
import { adoptions, attempts, bindings, moduleSteps, outcomes, purchases } from "../../database/schema.ts";
import { addMoney, compareMoney, type Decimal } from "../../money.ts";
import type { Fence } from "../fence.ts";
import type { Purchase } from "../purchase.ts";
import { isUnresolved, type State, states } from "../state.ts";
import { nowPlus } from "./rows.ts";

/** Most that may be spent at one account in the last 24 hours and 30 days, in its currency; null lifts a cap. */
export interface SpendingCaps {
  readonly capDay: Decimal | null;
  readonly capMonth: Decimal | null;
}

/** What is known of this licence and tariff; read it before the account's list, and again when claiming. */
export async function readFence(
  query: Queries,
  key: { purchase: Pick<Purchase, "id">; licence: string; tariff: string },
): Promise<Fence> {
  const isKey = and(eq(attempts.licence, key.licence), eq(attempts.tariff, key.tariff));
  const [known] = await query
    .select({
      attempts: sql<number>`COUNT(*)`,
      busy: sql<number>`COALESCE(SUM(${purchases.inflightKey} IS NOT NULL AND ${purchases.id} <> ${key.purchase.id}), 0)`,
    })
    .from(attempts)
    .innerJoin(purchases, eq(purchases.id, attempts.purchaseId))
    .where(isKey);
  const [bound] = await query
    .select({ bindings: sql<number>`COUNT(*)` })
    .from(bindings)
    .where(and(eq(bindings.licence, key.licence), eq(bindings.tariff, key.tariff)));
  const [adopted] = await query
    .select({ modules: sql<number>`COUNT(*)` })
    .from(adoptions)
    .where(and(eq(adoptions.licence, key.licence), eq(adoptions.tariff, key.tariff)));
  const ofKey = query
    .select({ id: bindings.remoteServiceId })
    .from(bindings)
    .where(and(eq(bindings.licence, key.licence), eq(bindings.tariff, key.tariff)));
  const [done] = await query
    .select({ steps: sql<number>`COUNT(*)` })
    .from(moduleSteps)
    .where(inArray(moduleSteps.remoteServiceId, ofKey));
  return {
    attempts: Number(known?.attempts ?? 0),
    bindings: Number(bound?.bindings ?? 0) + Number(adopted?.modules ?? 0),
    steps: Number(done?.steps ?? 0),
    isBusy: Number(known?.busy ?? 0) > 0,
  };
}

/** True when an earlier period of the same service may still be bought or is unresolved (1.3a, check 6). */
export async function hasEarlierUnsettled(query: Queries, purchase: Purchase): Promise<boolean> {
  if (purchase.period === null) return false;
  const unresolved = states.filter((state: State) => isUnresolved(state, 0));
  const rows = await query
    .select({ id: purchases.id })
    .from(purchases)
    .where(
      and(
        eq(purchases.serviceRef, purchase.serviceRef),
        ne(purchases.id, purchase.id),
        lt(purchases.periodStart, purchase.period.start),
        or(
          and(eq(purchases.state, "Pending"), or(isNull(purchases.reason), ne(purchases.reason, "unpaid"))),
          sql`${purchases.state} IN ${unresolved}`,
          and(eq(purchases.state, "NeedsOperator"), sql`${purchases.sends} > 0`),
        ),
      ),
    )
    .limit(1);
  return rows.length > 0;
}

/** The account's accepted and unresolved attempts of the last day and thirty days, plus this one, against the caps. */
export async function exceedsCaps(
  query: Queries,
  { account, cost, limits }: { account: string; cost: Decimal | null; limits: SpendingCaps },
): Promise<boolean> {
  if (cost === null) return false;
  for (const [cap, hours] of [
    [limits.capDay, 24],
    [limits.capMonth, 30 * 24],
  ] as const) {
    if (cap !== null && compareMoney(addMoney(await spentWithin(query, account, hours), cost), cap) > 0) return true;
  }
  return false;
}

async function spentWithin(query: Queries, account: string, hours: number): Promise<Decimal> {
  const [row] = await query
    .select({ sum: sql<string>`COALESCE(SUM(${attempts.cost}), 0)` })
    .from(attempts)
    .leftJoin(outcomes, and(eq(outcomes.purchaseId, attempts.purchaseId), eq(outcomes.n, attempts.n)))
    .where(
      and(
        eq(attempts.account, account),
        sql`${attempts.createdAt} > ${nowPlus(-hours * 3_600_000)}`,
        or(isNull(outcomes.kind), notInArray(outcomes.kind, ["refused", "not-sent"])),
      ),
    );
  return row?.sum ?? "0";
}
