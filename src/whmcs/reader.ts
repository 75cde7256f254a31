// How are the purchase engine's questions answered from the WHMCS database? Read only, one function per question.
import { and, asc, between, eq, gt, inArray, notInArray } from "drizzle-orm";
import { unionAll } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { readOptions } from "./catalog-rows.ts";
import { createColumnLookup, type OptionalColumns } from "./columns.ts";
import type { LineFacts, PurchaseReader, ServiceStatus, Upcoming, UpcomingPage } from "./facts.ts";
import { readLineFacts } from "./line-facts.ts";
import { isOurProduct, listLinesOfInvoice, listLinesOfServices } from "./our-lines.ts";
import { readProperties } from "./properties.ts";
import { domains, orders, products, serviceAddons, services } from "./schema.ts";
import { listEndedStatuses } from "./service-status.ts";
import { readFromWhmcs, serverType } from "./values.ts";

const idsPerQuery = 500;

/** The port of the purchase engine on a WHMCS database; the connection must give dates and decimals as text. */
export function createPurchaseReader(db: MySql2Database): PurchaseReader {
  const lookUpColumns = createColumnLookup(db);
  return {
    readLines: (lineIds) =>
      readFromWhmcs("lines", async () => {
        const has = await lookUpColumns();
        const facts: LineFacts[] = [];
        for (const ids of inChunks(lineIds)) facts.push(...(await readLineFacts(db, ids, has)));
        return facts;
      }),
    listLinesOfInvoice: (invoiceId) => readFromWhmcs("lines_of_invoice", () => listLinesOfInvoice(db, invoiceId)),
    listServicesOfOrder: (orderId) => readFromWhmcs("services_of_order", () => listServicesOfOrder(db, orderId)),
    listServices: (page) => readFromWhmcs("services", () => listServices(db, page)),
    listUpcoming: (page) => readFromWhmcs("upcoming", () => listUpcoming(db, page)),
    listLinesOfServices: (serviceIds) =>
      readFromWhmcs("lines_of_services", async () => {
        const pages = [];
        for (const ids of inChunks(serviceIds)) pages.push(...(await listLinesOfServices(db, ids)));
        return pages;
      }),
    readService: (serviceId) => readFromWhmcs("service", async () => readService(db, serviceId, await lookUpColumns())),
    readServiceStatuses: (serviceIds) =>
      readFromWhmcs("service_statuses", async () => {
        const rows = [];
        for (const ids of inChunks(serviceIds)) rows.push(...(await listServiceStatuses(db, ids)));
        return new Map(rows.map(({ id, status }) => [id, status]));
      }),
    readServiceFates: (serviceIds) =>
      readFromWhmcs("service_fates", async () => {
        const rows = [];
        for (const ids of inChunks(serviceIds)) rows.push(...(await listServiceFates(db, ids)));
        return new Map(rows.map(({ id, status, atEnd }) => [id, { status, atEnd: atEnd.trim() }]));
      }),
    readProperties: (serviceId) => readFromWhmcs("properties", () => readProperties(db, serviceId)),
  };
}

function inChunks(ids: readonly number[]): number[][] {
  const chunks: number[][] = [];
  for (let from = 0; from < ids.length; from += idsPerQuery) chunks.push(ids.slice(from, from + idsPerQuery));
  return chunks;
}

async function listServicesOfOrder(db: MySql2Database, orderId: number): Promise<number[]> {
  if (orderId <= 0) return [];
  const rows = await db
    .select({ id: services.id })
    .from(services)
    .innerJoin(products, isOurProduct)
    .where(eq(services.orderId, orderId))
    .orderBy(asc(services.id));
  return rows.map((row) => row.id);
}

/** Product by product along the index on `packageid`, as `listServices`. */
async function listUpcoming(db: MySql2Database, { from, until, afterId, limit }: UpcomingPage): Promise<Upcoming[]> {
  const ours = await db.select().from(products).where(eq(products.serverType, serverType));
  const pages: Upcoming[][] = [];
  for (const product of ours) {
    const { id, nextDueDate, billingCycle } = services;
    const isOf = and(eq(services.productId, product.id), eq(services.status, "Active"), gt(id, afterId));
    const rows = await db
      .select({ id, dueOn: nextDueDate, billingCycle })
      .from(services)
      .where(and(isOf, between(nextDueDate, from, until)))
      .orderBy(asc(id))
      .limit(limit);
    pages.push(rows.map((row) => ({ ...row, dueOn: row.dueOn ?? from, options: readOptions(product) })));
  }
  return pages
    .flat()
    .sort((a, b) => a.id - b.id)
    .slice(0, limit);
}

/**
 * One page of our services. One SELECT per product, united by the server: each walks the index on `packageid` in the
 * order of `id` and stops at the limit, where a single `packageid IN (…) ORDER BY id` may walk the whole table.
 */
async function listServices(
  db: MySql2Database,
  page: { afterId: number; limit: number; openOnly: boolean },
): Promise<number[]> {
  const ours = await db.select({ id: products.id }).from(products).where(eq(products.serverType, serverType));
  const selects = ours.map(({ id: productId }) =>
    db
      .select({ id: services.id })
      .from(services)
      .where(
        and(
          eq(services.productId, productId),
          gt(services.id, page.afterId),
          page.openOnly ? notInArray(services.status, listEndedStatuses()) : undefined,
        ),
      )
      .orderBy(asc(services.id))
      .limit(page.limit),
  );
  const [first, second, ...rest] = selects;
  if (first === undefined) return [];
  const rows = second === undefined ? await first : await unionAll(first, second, ...rest);
  return rows
    .map((row) => row.id)
    .sort((a, b) => a - b)
    .slice(0, page.limit);
}

async function readService(db: MySql2Database, serviceId: number, has: OptionalColumns): Promise<ServiceStatus | null> {
  const [row] = await db
    .select({ id: services.id, clientId: services.clientId, status: services.status, order: orders })
    .from(services)
    .leftJoin(orders, eq(orders.id, services.orderId))
    .where(eq(services.id, serviceId));
  if (row === undefined) return null;
  const { order, ...service } = row;
  return {
    ...service,
    orderId: order?.id ?? null,
    orderStatus: order?.status ?? null,
    isWholeOrderActive: order !== null && (await isWholeOrderActive(db, order.id, has)),
  };
}

async function listServiceStatuses(db: MySql2Database, serviceIds: readonly number[]) {
  return await db
    .select({ id: services.id, status: services.status })
    .from(services)
    .where(inArray(services.id, [...serviceIds]));
}

async function listServiceFates(db: MySql2Database, serviceIds: readonly number[]) {
  return await db
    .select({ id: services.id, status: services.status, atEnd: products.option8 })
    .from(services)
    .innerJoin(products, isOurProduct)
    .where(inArray(services.id, [...serviceIds]));
}

async function isWholeOrderActive(db: MySql2Database, orderId: number, has: OptionalColumns): Promise<boolean> {
  const items = await Promise.all([
    db.select({ status: services.status }).from(services).where(eq(services.orderId, orderId)),
    db.select({ status: serviceAddons.status }).from(serviceAddons).where(eq(serviceAddons.orderId, orderId)),
    has.hasDomains ? db.select({ status: domains.status }).from(domains).where(eq(domains.orderId, orderId)) : [],
  ]);
  return items.flat().every((item) => item.status === "Active");
}
