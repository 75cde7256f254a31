// How are the purchase engine's questions answered from the simulated WHMCS?
import { readOptions } from "../../../src/whmcs/catalog-rows.ts";
import type {
  LineStatus,
  PurchaseReader,
  ServiceFate,
  ServiceProperties,
  ServiceStatus,
  Upcoming,
  UpcomingPage,
} from "../../../src/whmcs/facts.ts";
import { findFields } from "../../../src/whmcs/fields.ts";
import { toProperty } from "../../../src/whmcs/properties.ts";
import { isServiceEnded } from "../../../src/whmcs/service-status.ts";
import { isBilledFor, isOurs, readLineRow, serviceOfLine, toFacts } from "./line-facts.ts";
import { isSameText, type RowOf, rowOf, rowsWhere, type Tables } from "./tables.ts";
import type { SimulatedWhmcs } from "./whmcs.ts";

/** The way to WHMCS, which may delay a call, fail it, or end the process that waits for it. */
export interface ReadLine {
  /**
   * Runs `body` once, or not at all, and gives its result. `name` is the reader's question or the API's action. Rejects
   * with `DatabaseError` where the call fails; a process that died never hears again.
   */
  run<T>(name: string, body: () => T): Promise<T>;
}

/**
 * The port of the purchase engine. Where production asks several queries one after another, WHMCS may change in between
 * here too: each goes over the line by itself.
 */
export function readerOf({ tables }: SimulatedWhmcs, line: ReadLine): PurchaseReader {
  return {
    readLines: async (lineIds) => {
      const wanted = [...new Set(lineIds)].sort((a, b) => a - b);
      const rows = await line.run("readLines", () => wanted.flatMap((id) => readLineRow(tables, id)));
      if (rows.length === 0) return [];
      return await line.run("readLines", () => rows.map((row) => toFacts(tables, row)));
    },
    listLinesOfInvoice: async (invoiceId) => {
      const invoiceIds = await line.run(
        "listLinesOfInvoice",
        () => new Set([invoiceId, ...paidWith(tables, invoiceId)]),
      );
      return await line.run("listLinesOfInvoice", () => listLinesOf(tables, invoiceIds));
    },
    listServicesOfOrder: (orderId) =>
      line.run("listServicesOfOrder", () =>
        orderId <= 0 ? [] : listOurServices(tables, (service) => service.orderId === orderId),
      ),
    listServices: ({ afterId, limit, openOnly }) =>
      line.run("listServices", () =>
        listOurServices(tables, ({ id, status }) => id > afterId && !(openOnly && isServiceEnded(status))).slice(
          0,
          limit,
        ),
      ),
    listUpcoming: (page) => line.run("listUpcoming", () => listUpcoming(tables, page)),
    listLinesOfServices: (serviceIds) =>
      line.run("listLinesOfServices", () => listLinesOfServices(tables, new Set(serviceIds))),
    readService: async (serviceId) => {
      const service = await line.run("readService", () => readService(tables, serviceId));
      if (service === null || service.orderId === null) return service;
      const { orderId } = service;
      return await line.run("readService", () => ({ ...service, isWholeOrderActive: isWholeActive(tables, orderId) }));
    },
    readServiceStatuses: async (serviceIds) =>
      serviceIds.length === 0
        ? new Map()
        : await line.run("readServiceStatuses", () => listServiceStatuses(tables, new Set(serviceIds))),
    readServiceFates: async (serviceIds) =>
      serviceIds.length === 0
        ? new Map()
        : await line.run("readServiceFates", () => listServiceFates(tables, new Set(serviceIds))),
    readProperties: (serviceId) => line.run("readProperties", () => readProperties(tables, serviceId)),
  };
}

function listUpcoming(tables: Tables, { from, until, afterId, limit }: UpcomingPage): Upcoming[] {
  return listOurServices(tables, ({ id, status }) => id > afterId && isSameText(status, "Active"))
    .map((id) => rowOf(tables, "services", id))
    .flatMap(({ id, nextDueDate, billingCycle, productId }) => {
      const options = readOptions(rowOf(tables, "products", productId));
      const isWithin = nextDueDate !== null && nextDueDate >= from && nextDueDate <= until;
      return isWithin ? [{ id, dueOn: nextDueDate, billingCycle, options }] : [];
    })
    .slice(0, limit);
}

function readProperties(tables: Tables, serviceId: number): ServiceProperties {
  const productId = tables.rows.services.get(serviceId)?.productId;
  const isField = (row: RowOf<"customFields">) => row.relid === productId && isSameText(row.type, "product");
  const { paidUntil, moduleId } = findFields(rowsWhere(tables, "customFields", isField));
  const values = rowsWhere(tables, "customFieldValues", (row) => row.relid === serviceId);
  return { paidUntil: toProperty(paidUntil, values), moduleId: toProperty(moduleId, values) };
}

/** The invoices that this one pays in a mass payment. */
function paidWith(tables: Tables, invoiceId: number): number[] {
  const isChild = (row: RowOf<"invoiceLines">) => row.invoiceId === invoiceId && isSameText(row.type, "Invoice");
  return rowsWhere(tables, "invoiceLines", isChild).map((row) => row.relid);
}

function listLinesOf(tables: Tables, invoiceIds: ReadonlySet<number>): number[] {
  const isOurLine = (row: RowOf<"invoiceLines">) =>
    invoiceIds.has(row.invoiceId) && serviceOfLine(tables, row) !== null;
  return rowsWhere(tables, "invoiceLines", isOurLine).map((row) => row.id);
}

function listOurServices(tables: Tables, isWanted: (service: RowOf<"services">) => boolean): number[] {
  return rowsWhere(tables, "services", (row) => isWanted(row) && isOurs(tables, row)).map((row) => row.id);
}

/** Only lines of the service's own client, and of the one who ordered it, count here. */
function listLinesOfServices(tables: Tables, serviceIds: ReadonlySet<number>): LineStatus[] {
  return rowsWhere(tables, "invoiceLines", () => true).flatMap((line) => {
    const service = serviceOfLine(tables, line);
    const invoice = tables.rows.invoices.get(line.invoiceId);
    const isWanted = service !== null && serviceIds.has(service.id) && isBilledFor(tables, service, line.clientId);
    if (!isWanted || invoice === undefined) return [];
    return [{ lineId: line.id, serviceId: service.id, invoiceId: invoice.id, invoiceStatus: invoice.status }];
  });
}

function readService({ rows }: Tables, serviceId: number): ServiceStatus | null {
  const service = rows.services.get(serviceId);
  if (service === undefined) return null;
  const { id, clientId, status } = service;
  const order = rows.orders.get(service.orderId);
  return {
    id,
    clientId,
    status,
    orderId: order?.id ?? null,
    orderStatus: order?.status ?? null,
    isWholeOrderActive: false,
  };
}

function listServiceStatuses(tables: Tables, serviceIds: ReadonlySet<number>): Map<number, string> {
  return new Map(rowsWhere(tables, "services", ({ id }) => serviceIds.has(id)).map(({ id, status }) => [id, status]));
}

function listServiceFates(tables: Tables, serviceIds: ReadonlySet<number>): Map<number, ServiceFate> {
  const ours = rowsWhere(tables, "services", (row) => serviceIds.has(row.id) && isOurs(tables, row));
  const atEnd = ({ productId }: RowOf<"services">) => tables.rows.products.get(productId)?.option8.trim() ?? "";
  return new Map(ours.map((row) => [row.id, { status: row.status, atEnd: atEnd(row) }]));
}

function isWholeActive(tables: Tables, orderId: number): boolean {
  const isInactive = (row: { orderId: number; status: string }) => row.orderId === orderId && row.status !== "Active";
  return (["services", "serviceAddons", "domains"] as const).every(
    (table) => rowsWhere(tables, table, isInactive).length === 0,
  );
}
