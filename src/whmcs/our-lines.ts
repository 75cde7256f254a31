// Which invoice lines belong to services of our products?
import { and, asc, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { LineStatus } from "./facts.ts";
import { invoiceLines, invoices, orders, products, services, upgrades } from "./schema.ts";
import { serverType } from "./values.ts";

/**
 * The service a line is about: its own for `Hosting`, through `tblupgrades.relid` for `Upgrade`, none for other types. An
 * upgrade of an addon points at an addon and is none of ours.
 */
export const isUpgradeOfLine = and(
  eq(invoiceLines.type, "Upgrade"),
  eq(upgrades.id, invoiceLines.relid),
  ne(upgrades.type, "addon"),
) as SQL;
export const isServiceOfLine = eq(
  services.id,
  sql`CASE ${invoiceLines.type} WHEN 'Hosting' THEN ${invoiceLines.relid} ELSE ${upgrades.relid} END`,
);
export const isOurProduct = and(eq(products.id, services.productId), eq(products.serverType, serverType)) as SQL;

/** `Hosting` or `Upgrade` whatever the letters' case, because WHMCS's collations compare without it. */
export function lineType(stored: string): "Hosting" | "Upgrade" {
  return stored.toLowerCase() === "upgrade" ? "Upgrade" : "Hosting";
}

/** Ids of our lines of an invoice and of the invoices that its lines of type `Invoice` pay. */
export async function listLinesOfInvoice(db: MySql2Database, invoiceId: number): Promise<number[]> {
  const children = await db
    .select({ invoiceId: invoiceLines.relid })
    .from(invoiceLines)
    .where(and(eq(invoiceLines.invoiceId, invoiceId), eq(invoiceLines.type, "Invoice")));
  const invoiceIds = [...new Set([invoiceId, ...children.map((child) => child.invoiceId)])];
  const rows = await db
    .select({ id: invoiceLines.id })
    .from(invoiceLines)
    .leftJoin(upgrades, isUpgradeOfLine)
    .innerJoin(services, isServiceOfLine)
    .innerJoin(products, isOurProduct)
    .where(inArray(invoiceLines.invoiceId, invoiceIds))
    .orderBy(asc(invoiceLines.id));
  return rows.map((row) => row.id);
}

const lineStatus = {
  lineId: invoiceLines.id,
  serviceId: services.id,
  invoiceId: invoices.id,
  invoiceStatus: invoices.status,
};

/**
 * The `Hosting` and `Upgrade` lines of the given services, billed to their client or to the one who ordered them, found by the
 * index (`userid`, `type`, `relid`), oldest first.
 */
export async function listLinesOfServices(db: MySql2Database, serviceIds: readonly number[]): Promise<LineStatus[]> {
  if (serviceIds.length === 0) return [];
  const chosen = inArray(services.id, [...serviceIds]);
  const lines = await Promise.all([
    db
      .select(lineStatus)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(lineStatus)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(upgrades, and(eq(upgrades.relid, services.id), ne(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(lineStatus)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(orders, eq(orders.id, services.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(lineStatus)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(orders, eq(orders.id, services.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(upgrades, and(eq(upgrades.relid, services.id), ne(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
  ]);
  const byId = new Map(lines.flat().map((line) => [line.lineId, line]));
  return [...byId.values()].sort((a, b) => a.lineId - b.lineId);
}

/** The invoice by which a service was ordered; it stays with the client who was billed when staff move the service to another. */
export const orderInvoices = alias(invoices, "order_invoices");

/** Joins that invoice where it was billed to another client than the service's own. */
export const isOrderOfAnother = and(
  eq(orderInvoices.id, orders.invoiceId),
  ne(orderInvoices.clientId, services.clientId),
) as SQL;

/** The condition that a line of the service's client, or of another, points at `subject`. */
export function isLineOf(
  type: "Hosting" | "Upgrade",
  subject: typeof services.id | typeof upgrades.id,
  client: typeof services.clientId | typeof orderInvoices.clientId = services.clientId,
): SQL {
  return and(eq(invoiceLines.clientId, client), eq(invoiceLines.type, type), eq(invoiceLines.relid, subject)) as SQL;
}
