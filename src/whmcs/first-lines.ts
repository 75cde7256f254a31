// Which line of each of these services came first?
import { eq, inArray, min } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { LineRow } from "./line-rows.ts";
import { isLineOf, isOrderOfAnother, isServiceOfAddon, orderInvoices } from "./our-lines.ts";
import { invoiceLines, orders, serviceAddons, services } from "./schema.ts";
import type { OnSale } from "./values.ts";

/**
 * By `product` or `addon` and the id of the service; billed to the client of the service or to the one who ordered it, and the lowest
 * of a service comes last.
 */
export async function readFirstLines(db: MySql2Database, rows: readonly LineRow[]): Promise<[string, number | null][]> {
  const idsOf = (kind: OnSale["kind"]) => [
    ...new Set(rows.filter(({ soldAs }) => soldAs.kind === kind).map(({ service }) => service.id)),
  ];
  const found = await Promise.all([readFirstOfHosting(db, idsOf("product")), readFirstOfAddons(db, idsOf("addon"))]);
  return found.flat().sort(([, a], [, b]) => (b ?? 0) - (a ?? 0));
}

async function readFirstOfHosting(db: MySql2Database, ids: readonly number[]): Promise<[string, number | null][]> {
  if (ids.length === 0) return [];
  const asked = { id: services.id, first: min(invoiceLines.id) };
  const found = await Promise.all([
    db
      .select(asked)
      .from(services)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
      .where(inArray(services.id, [...ids]))
      .groupBy(services.id),
    db
      .select(asked)
      .from(services)
      .innerJoin(orders, eq(orders.id, services.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id, orderInvoices.clientId))
      .where(inArray(services.id, [...ids]))
      .groupBy(services.id),
  ]);
  return found.flat().map(({ id, first }) => [`product ${id}`, first]);
}

async function readFirstOfAddons(db: MySql2Database, ids: readonly number[]): Promise<[string, number | null][]> {
  if (ids.length === 0) return [];
  const asked = { id: serviceAddons.id, first: min(invoiceLines.id) };
  const found = await Promise.all([
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(invoiceLines, isLineOf("Addon", serviceAddons.id))
      .where(inArray(serviceAddons.id, [...ids]))
      .groupBy(serviceAddons.id),
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(orders, eq(orders.id, serviceAddons.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(invoiceLines, isLineOf("Addon", serviceAddons.id, orderInvoices.clientId))
      .where(inArray(serviceAddons.id, [...ids]))
      .groupBy(serviceAddons.id),
  ]);
  return found.flat().map(({ id, first }) => [`addon ${id}`, first]);
}
