// How are the purchase engine's questions answered from the simulated WHMCS?
import { optionsOfAddon } from "../../../src/whmcs/addon-settings.ts";
import { readOptions } from "../../../src/whmcs/catalog-rows.ts";
import type {
  LineStatus,
  PurchaseReader,
  ServiceFate,
  ServiceOfModule,
  ServiceProperties,
  ServiceStatus,
  Upcoming,
  UpcomingPage,
} from "../../../src/whmcs/facts.ts";
import { findFields } from "../../../src/whmcs/fields.ts";
import { toProperty } from "../../../src/whmcs/properties.ts";
import { readRef } from "../../../src/whmcs/service-ref.ts";
import { isServiceEnded } from "../../../src/whmcs/service-status.ts";
import { serverType } from "../../../src/whmcs/values.ts";
import {
  addonSubject,
  isBilledFor,
  moduleOf,
  readLineRow,
  refOf,
  serviceSubject,
  subjectOfLine,
  toFacts,
} from "./line-facts.ts";
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
        orderId <= 0 ? [] : listOurServices(tables, (row) => row.orderId === orderId),
      ),
    listAddonsOfService: (serviceId) =>
      line.run("listAddonsOfService", () =>
        rowsWhere(tables, "serviceAddons", (row) => row.serviceId === serviceId && isOurAddon(tables, row)).map(
          ({ id }) => `a${id}`,
        ),
      ),
    listServices: ({ after, limit, openOnly }) =>
      line.run("listServices", () => {
        const ours = listOurServices(tables, ({ status }) => !(openOnly && isServiceEnded(status)));
        return ours.filter((ref) => after === null || isBehind(ref, after)).slice(0, limit);
      }),
    listUpcoming: (page) => line.run("listUpcoming", () => listUpcoming(tables, page)),
    listServicesFor: (module) => line.run("listServicesFor", () => listServicesFor(tables, module)),
    listLinesOfServices: (refs) => line.run("listLinesOfServices", () => listLinesOfServices(tables, new Set(refs))),
    readService: async (ref) => {
      const service = await line.run("readService", () => readService(tables, ref));
      if (service === null || service.orderId === null) return service;
      const { orderId } = service;
      return await line.run("readService", () => ({ ...service, isWholeOrderActive: isWholeActive(tables, orderId) }));
    },
    readServiceStatuses: async (refs) =>
      refs.length === 0
        ? new Map()
        : await line.run("readServiceStatuses", () => listServiceStatuses(tables, new Set(refs))),
    readServiceFates: async (refs) =>
      refs.length === 0 ? new Map() : await line.run("readServiceFates", () => listServiceFates(tables, new Set(refs))),
    readProperties: (ref) => line.run("readProperties", () => readProperties(tables, ref)),
  };
}

function listUpcoming(tables: Tables, { from, until, after, limit }: UpcomingPage): Upcoming[] {
  const settings = rowsWhere(tables, "moduleSettings", ({ entity }) => isSameText(entity, "addon"));
  const ofServices = rowsWhere(tables, "services", ({ status }) => isSameText(status, "Active")).flatMap((row) => {
    if (serviceSubject(tables, row.id) === null) return [];
    const options = readOptions(rowOf(tables, "products", row.productId));
    return [{ ref: `h${row.id}`, dueOn: row.nextDueDate, billingCycle: row.billingCycle, options }];
  });
  const ofAddons = rowsWhere(
    tables,
    "serviceAddons",
    ({ id }) => findService(tables, `a${id}`)?.status === "Active",
  ).flatMap((row) => {
    const subject = addonSubject(tables, row.id);
    if (subject?.kind !== "addon") return [];
    const options = optionsOfAddon(subject.sold.id, settings);
    return [{ ref: `a${row.id}`, dueOn: row.nextDueDate, billingCycle: row.billingCycle, options }];
  });
  return [...ofServices, ...ofAddons]
    .flatMap(({ dueOn, ...row }) => {
      const isWithin = dueOn !== null && dueOn >= from && dueOn <= until;
      return isWithin && (after === null || isBehind(row.ref, after)) ? [{ ...row, dueOn }] : [];
    })
    .slice(0, limit);
}

/** Services before addons, each by their numbers. */
function isBehind(ref: string, after: string): boolean {
  const [one, other] = [readRef(ref), readRef(after)];
  return one.isAddon === other.isAddon ? one.id > other.id : one.isAddon;
}

function readProperties(tables: Tables, ref: string): ServiceProperties {
  const { isAddon, id: serviceId } = readRef(ref);
  if (isAddon) return { paidUntil: null, moduleId: null };
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
    invoiceIds.has(row.invoiceId) && subjectOfLine(tables, row) !== null;
  return rowsWhere(tables, "invoiceLines", isOurLine).map((row) => row.id);
}

function isOurAddon({ rows }: Tables, { addonId }: RowOf<"serviceAddons">): boolean {
  return isSameText(rows.addons.get(addonId)?.module ?? "", serverType);
}

/** What is wanted is asked of the rows' own status and order, and an addon is listed whether its service exists or not. */
function listOurServices(
  tables: Tables,
  isWanted: (row: { readonly status: string; readonly orderId: number }) => boolean,
): string[] {
  return [
    ...rowsWhere(tables, "services", (row) => isWanted(row) && serviceSubject(tables, row.id) !== null).map(
      ({ id }) => `h${id}`,
    ),
    ...rowsWhere(tables, "serviceAddons", (row) => isWanted(row) && isOurAddon(tables, row)).map(({ id }) => `a${id}`),
  ];
}

export function listServicesFor(tables: Tables, wanted: { licence: string; tariff: string }): ServiceOfModule[] {
  return listOurServices(tables, () => true).flatMap((ref) => {
    const { isAddon, id } = readRef(ref);
    const subject = isAddon ? addonSubject(tables, id) : serviceSubject(tables, id);
    const status = findService(tables, ref)?.status ?? "Terminated";
    if (subject === null || isServiceEnded(status)) return [];
    const { licence, tariff } = moduleOf(tables, subject);
    return licence === wanted.licence && tariff === wanted.tariff ? [{ ref, status }] : [];
  });
}

/** Only lines of the service's own client, and of the one who ordered it, count here. */
function listLinesOfServices(tables: Tables, refs: ReadonlySet<string>): LineStatus[] {
  return rowsWhere(tables, "invoiceLines", () => true).flatMap((line) => {
    const subject = subjectOfLine(tables, line);
    const invoice = tables.rows.invoices.get(line.invoiceId);
    const orderId = subject?.kind === "addon" ? subject.addon.orderId : subject?.service.orderId;
    const isWanted = subject !== null && refs.has(refOf(subject));
    if (!isWanted || invoice === undefined) return [];
    const billed = { clientId: subject.service.clientId, orderId: orderId ?? 0 };
    if (!isBilledFor(tables, billed, line.clientId)) return [];
    return [{ lineId: line.id, serviceRef: refOf(subject), invoiceId: invoice.id, invoiceStatus: invoice.status }];
  });
}

/** Whether ours or not. An addon has the client of its service, and ends with it. */
export function findService({ rows }: Tables, ref: string) {
  const { isAddon, id } = readRef(ref);
  if (!isAddon) return rows.services.get(id);
  const addon = rows.serviceAddons.get(id);
  const service = rows.services.get(addon?.serviceId ?? 0);
  if (addon === undefined || service === undefined) return undefined;
  const status = isServiceEnded(addon.status) || !isServiceEnded(service.status) ? addon.status : service.status;
  return { id, clientId: service.clientId, orderId: addon.orderId, status };
}

function readService(tables: Tables, ref: string): ServiceStatus | null {
  const service = findService(tables, ref);
  if (service === undefined) return null;
  const { id, clientId, status } = service;
  const order = tables.rows.orders.get(service.orderId);
  return {
    id,
    clientId,
    status,
    orderId: order?.id ?? null,
    orderStatus: order?.status ?? null,
    isWholeOrderActive: false,
  };
}

function listServiceStatuses(tables: Tables, refs: ReadonlySet<string>): Map<string, string> {
  const found = [...refs].map((ref) => [ref, findService(tables, ref)] as const);
  return new Map(found.flatMap(([ref, service]) => (service === undefined ? [] : [[ref, service.status] as const])));
}

function listServiceFates(tables: Tables, refs: ReadonlySet<string>): Map<string, ServiceFate> {
  const atEndOf = (ref: string): string | null => {
    const { isAddon, id } = readRef(ref);
    const subject = isAddon ? addonSubject(tables, id) : serviceSubject(tables, id);
    if (subject === null) return null;
    if (subject.kind === "service") return subject.product.option8.trim();
    const settings = rowsWhere(tables, "moduleSettings", ({ entity }) => isSameText(entity, "addon"));
    return optionsOfAddon(subject.sold.id, settings)[7] ?? "";
  };
  const fates = [...refs].flatMap((ref): [string, ServiceFate][] => {
    const [atEnd, service] = [atEndOf(ref), findService(tables, ref)];
    return atEnd === null || service === undefined ? [] : [[ref, { status: service.status, atEnd }]];
  });
  return new Map(fates);
}

function isWholeActive(tables: Tables, orderId: number): boolean {
  const isInactive = (row: { orderId: number; status: string }) => row.orderId === orderId && row.status !== "Active";
  return (["services", "serviceAddons", "domains"] as const).every(
    (table) => rowsWhere(tables, table, isInactive).length === 0,
  );
}
