// How are the purchase engine's questions answered from the WHMCS database? Read only, one function per question.
import { eq } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { DatabaseError } from "../errors.ts";
import { createColumnLookup, type OptionalColumns } from "./columns.ts";
import type { LineFacts, PurchaseReader, ServiceFate, ServiceStatus } from "./facts.ts";
import { readLineFacts } from "./line-facts.ts";
import { isServiceOfAddon, listLinesOfInvoice, listLinesOfServices } from "./our-lines.ts";
import { listServices, listServicesOfOrder } from "./our-services.ts";
import { readProperties } from "./properties.ts";
import { domains, orders, serviceAddons, services } from "./schema.ts";
import { listAddonsOfService, listServiceFates, listServiceStatuses } from "./service-fates.ts";
import { listServicesFor } from "./service-modules.ts";
import { readRef, type ServiceRef } from "./service-ref.ts";
import { statusOfAddon } from "./service-status.ts";
import { listUpcoming } from "./upcoming.ts";
import { readFromWhmcs } from "./values.ts";

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
    listLinesOfInvoice: (invoiceId) =>
      readFromWhmcs("lines_of_invoice", async () => listLinesOfInvoice(db, invoiceId, await lookUpColumns())),
    listServicesOfOrder: (orderId) =>
      readFromWhmcs("services_of_order", async () => listServicesOfOrder(db, orderId, await lookUpColumns())),
    listAddonsOfService: (serviceId) =>
      readFromWhmcs("addons_of_service", async () => listAddonsOfService(db, serviceId, await lookUpColumns())),
    listServices: (page) => readFromWhmcs("services", async () => listServices(db, page, await lookUpColumns())),
    listUpcoming: (page) => readFromWhmcs("upcoming", async () => listUpcoming(db, page, await lookUpColumns())),
    listServicesFor: (module) =>
      readFromWhmcs("services_for", async () => listServicesFor(db, module, await lookUpColumns())),
    listLinesOfServices: (refs) =>
      readFromWhmcs("lines_of_services", async () => {
        const has = await lookUpColumns();
        const pages = [];
        for (const chunk of inChunks(refs)) pages.push(...(await listLinesOfServices(db, chunk, has)));
        return pages;
      }),
    readService: (ref) => readFromWhmcs("service", async () => readService(db, ref, await lookUpColumns())),
    readServiceStatuses: (refs) =>
      readFromWhmcs("service_statuses", async () => {
        const has = await lookUpColumns();
        const statuses: [ServiceRef, string][] = [];
        for (const chunk of inChunks(refs)) statuses.push(...(await listServiceStatuses(db, chunk, has)));
        return new Map(statuses);
      }),
    readServiceFates: (refs) =>
      readFromWhmcs("service_fates", async () => {
        const has = await lookUpColumns();
        const fates: [ServiceRef, ServiceFate][] = [];
        for (const chunk of inChunks(refs)) fates.push(...(await listServiceFates(db, chunk, has)));
        return new Map(fates);
      }),
    readProperties: (ref) => readFromWhmcs("properties", () => readProperties(db, ref)),
  };
}

function inChunks<T>(ids: readonly T[]): T[][] {
  const chunks: T[][] = [];
  for (let from = 0; from < ids.length; from += idsPerQuery) chunks.push(ids.slice(from, from + idsPerQuery));
  return chunks;
}

async function readService(db: MySql2Database, ref: ServiceRef, has: OptionalColumns): Promise<ServiceStatus | null> {
  const { isAddon, id } = readRef(ref);
  const row = isAddon ? await readAddonRow(db, id, has) : await readServiceRow(db, id);
  if (row === undefined) return null;
  const { order, ...service } = row;
  return {
    ...service,
    orderId: order?.id ?? null,
    orderStatus: order?.status ?? null,
    isWholeOrderActive: order !== null && (await isWholeOrderActive(db, order.id, has)),
  };
}

async function readServiceRow(db: MySql2Database, serviceId: number) {
  const [row] = await db
    .select({ id: services.id, clientId: services.clientId, status: services.status, order: orders })
    .from(services)
    .leftJoin(orders, eq(orders.id, services.orderId))
    .where(eq(services.id, serviceId));
  return row;
}

/** One that is out of sight is not gone: whoever asks has to wait until it can be read. */
async function readAddonRow(db: MySql2Database, addonId: number, { hasAddons }: OptionalColumns) {
  if (!hasAddons) throw new DatabaseError("whmcs_columns_missing", "columns of product addons are out of sight");
  const [row] = await db
    .select({
      ...{ id: serviceAddons.id, clientId: services.clientId, order: orders },
      ...{ own: serviceAddons.status, ofService: services.status },
    })
    .from(serviceAddons)
    .innerJoin(services, isServiceOfAddon)
    .leftJoin(orders, eq(orders.id, serviceAddons.orderId))
    .where(eq(serviceAddons.id, addonId));
  if (row === undefined) return undefined;
  const { own, ofService, ...rest } = row;
  return { ...rest, status: statusOfAddon(own, ofService) };
}

async function isWholeOrderActive(db: MySql2Database, orderId: number, has: OptionalColumns): Promise<boolean> {
  const items = await Promise.all([
    db.select({ status: services.status }).from(services).where(eq(services.orderId, orderId)),
    db.select({ status: serviceAddons.status }).from(serviceAddons).where(eq(serviceAddons.orderId, orderId)),
    has.hasDomains ? db.select({ status: domains.status }).from(domains).where(eq(domains.orderId, orderId)) : [],
  ]);
  return items.flat().every((item) => item.status === "Active");
}
