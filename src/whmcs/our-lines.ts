// Which invoice lines belong to services of our products, or to our addons?
import { and, asc, eq, inArray, ne, type SQL, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { OptionalColumns } from "./columns.ts";
import type { LineStatus, LineType } from "./facts.ts";
import { addons, invoiceLines, invoices, orders, products, serviceAddons, services, upgrades } from "./schema.ts";
import { refOfAddon, refOfService, type ServiceRef, splitRefs } from "./service-ref.ts";
import { serverType } from "./values.ts";

/**
 * The service a line is about: its own for `Hosting`, through `tblupgrades.relid` for `Upgrade`, none for other types. An
 * upgrade of an addon points at an addon.
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

/** The same of an addon that a client has, which stands on a service of whatever product. */
export const isAddonUpgradeOfLine = and(
  eq(invoiceLines.type, "Upgrade"),
  eq(upgrades.id, invoiceLines.relid),
  eq(upgrades.type, "addon"),
) as SQL;
export const isAddonOfLine = eq(
  serviceAddons.id,
  sql`CASE ${invoiceLines.type} WHEN 'Addon' THEN ${invoiceLines.relid} ELSE ${upgrades.relid} END`,
);
export const isOurAddon = and(eq(addons.id, serviceAddons.addonId), eq(addons.module, serverType)) as SQL;
export const isServiceOfAddon = eq(services.id, serviceAddons.serviceId);

/** The type whatever the letters' case, because WHMCS's collations compare without it. */
export function lineType(stored: string): LineType {
  const type = stored.trimEnd().toLowerCase();
  return type === "upgrade" ? "Upgrade" : type === "addon" ? "Addon" : "Hosting";
}

/** Ids of our lines of an invoice and of the invoices that its lines of type `Invoice` pay. */
export async function listLinesOfInvoice(
  db: MySql2Database,
  invoiceId: number,
  { hasAddons }: OptionalColumns,
): Promise<number[]> {
  const children = await db
    .select({ invoiceId: invoiceLines.relid })
    .from(invoiceLines)
    .where(and(eq(invoiceLines.invoiceId, invoiceId), eq(invoiceLines.type, "Invoice")));
  const invoiceIds = [...new Set([invoiceId, ...children.map((child) => child.invoiceId)])];
  const isWanted = inArray(invoiceLines.invoiceId, invoiceIds);
  const [ofServices, ofAddons] = await Promise.all([
    db
      .select({ id: invoiceLines.id })
      .from(invoiceLines)
      .leftJoin(upgrades, isUpgradeOfLine)
      .innerJoin(services, isServiceOfLine)
      .innerJoin(products, isOurProduct)
      .where(isWanted)
      .orderBy(asc(invoiceLines.id)),
    hasAddons
      ? db
          .select({ id: invoiceLines.id })
          .from(invoiceLines)
          .leftJoin(upgrades, isAddonUpgradeOfLine)
          .innerJoin(serviceAddons, isAddonOfLine)
          .innerJoin(addons, isOurAddon)
          .innerJoin(services, isServiceOfAddon)
          .where(isWanted)
          .orderBy(asc(invoiceLines.id))
      : [],
  ]);
  return [...ofServices, ...ofAddons].map((row) => row.id).sort((a, b) => a - b);
}

const lineStatus = { lineId: invoiceLines.id, invoiceId: invoices.id, invoiceStatus: invoices.status };

/**
 * The lines of the given services, billed to their client or to the one who ordered them, found by the index (`userid`, `type`,
 * `relid`), oldest first.
 */
export async function listLinesOfServices(
  db: MySql2Database,
  refs: readonly ServiceRef[],
  { hasAddons }: OptionalColumns,
): Promise<LineStatus[]> {
  const { serviceIds, addonIds } = splitRefs(refs);
  const lines = await Promise.all([
    serviceIds.length === 0 ? [] : listLinesOfHosting(db, serviceIds),
    addonIds.length === 0 || !hasAddons ? [] : listLinesOfAddons(db, addonIds),
  ]);
  const byId = new Map(lines.flat().map((line) => [line.lineId, line]));
  return [...byId.values()].sort((a, b) => a.lineId - b.lineId);
}

async function listLinesOfHosting(db: MySql2Database, serviceIds: readonly number[]): Promise<LineStatus[]> {
  const chosen = inArray(services.id, [...serviceIds]);
  const asked = { ...lineStatus, id: services.id };
  const lines = await Promise.all([
    db
      .select(asked)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(upgrades, and(eq(upgrades.relid, services.id), ne(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(orders, eq(orders.id, services.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(invoiceLines, isLineOf("Hosting", services.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(services)
      .innerJoin(products, isOurProduct)
      .innerJoin(orders, eq(orders.id, services.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(upgrades, and(eq(upgrades.relid, services.id), ne(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
  ]);
  return lines.flat().map(({ id, ...line }) => ({ ...line, serviceRef: refOfService(id) }));
}

async function listLinesOfAddons(db: MySql2Database, addonIds: readonly number[]): Promise<LineStatus[]> {
  const chosen = inArray(serviceAddons.id, [...addonIds]);
  const asked = { ...lineStatus, id: serviceAddons.id };
  const lines = await Promise.all([
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(addons, isOurAddon)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(invoiceLines, isLineOf("Addon", serviceAddons.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(addons, isOurAddon)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(upgrades, and(eq(upgrades.relid, serviceAddons.id), eq(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(addons, isOurAddon)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(orders, eq(orders.id, serviceAddons.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(invoiceLines, isLineOf("Addon", serviceAddons.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
    db
      .select(asked)
      .from(serviceAddons)
      .innerJoin(addons, isOurAddon)
      .innerJoin(services, isServiceOfAddon)
      .innerJoin(orders, eq(orders.id, serviceAddons.orderId))
      .innerJoin(orderInvoices, isOrderOfAnother)
      .innerJoin(upgrades, and(eq(upgrades.relid, serviceAddons.id), eq(upgrades.type, "addon")))
      .innerJoin(invoiceLines, isLineOf("Upgrade", upgrades.id, orderInvoices.clientId))
      .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
      .where(chosen),
  ]);
  return lines.flat().map(({ id, ...line }) => ({ ...line, serviceRef: refOfAddon(id) }));
}

/** The invoice by which a service was ordered; it stays with the client who was billed when staff move the service to another. */
export const orderInvoices = alias(invoices, "order_invoices");

/** Joins that invoice where it was billed to another client than the service's own. */
export const isOrderOfAnother = and(
  eq(orderInvoices.id, orders.invoiceId),
  ne(orderInvoices.clientId, services.clientId),
) as SQL;

/** The condition that a line of the service's client, or of another, points at `subject`; an addon has the client of its service. */
export function isLineOf(
  type: LineType,
  subject: typeof services.id | typeof upgrades.id | typeof serviceAddons.id,
  client: typeof services.clientId | typeof orderInvoices.clientId = services.clientId,
): SQL {
  return and(eq(invoiceLines.clientId, client), eq(invoiceLines.type, type), eq(invoiceLines.relid, subject)) as SQL;
}
