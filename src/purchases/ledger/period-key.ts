// Which of a service's purchases may buy a period? The one that holds its key.
import { and, eq, isNotNull, ne } from "drizzle-orm";
import type { Queries } from "../../database/connection.ts";
import { purchases, switches } from "../../database/schema.ts";
import { overlaps } from "../period.ts";
import type { PurchaseFacts } from "../purchase.ts";

/**
 * The key of the period when this row may have it, `covered` when another row of the service holds part of it, null
 * without a period. Holds the intake's lock until the transaction ends, so that two rows cannot both find it free.
 */
export async function takePeriod(
  query: Queries,
  purchaseId: string,
  facts: PurchaseFacts,
): Promise<string | "covered" | null> {
  const period = facts.period;
  if (period === null) return null;
  await query.select({ name: switches.name }).from(switches).where(eq(switches.name, "paid_since")).for("update");
  const others = await query
    .select({ start: purchases.periodStart, months: purchases.periodMonths })
    .from(purchases)
    .where(
      and(eq(purchases.serviceRef, facts.serviceRef), ne(purchases.id, purchaseId), isNotNull(purchases.periodKey)),
    );
  const isCovered = others.some(
    ({ start, months }) => start !== null && months !== null && overlaps(period, { start, months }),
  );
  return isCovered ? "covered" : `${facts.serviceRef}:${period.start}`;
}
