// What would production's query answer about these lines, asked of the simulated tables?
import { optionsOfAddon } from "../../../src/whmcs/addon-settings.ts";
import { readCurrency } from "../../../src/whmcs/catalog-rows.ts";
import type { LineFacts } from "../../../src/whmcs/facts.ts";
import { findFields, pickValue } from "../../../src/whmcs/fields.ts";
import { type LineRow, ofAddon, ofService } from "../../../src/whmcs/line-rows.ts";
import { lineType } from "../../../src/whmcs/our-lines.ts";
import type { FieldPlaces } from "../../../src/whmcs/typed-fields.ts";
import {
  pickPrices,
  readCancellation,
  readDate,
  readDateTime,
  readTaxRules,
  serverType,
} from "../../../src/whmcs/values.ts";
import { isSameText, type RowOf, rowsWhere, type Tables } from "./tables.ts";

type Line = RowOf<"invoiceLines">;

/** What a line is about, if it exists and is ours: a service of our product, or an addon of ours with the service it stands on. */
export type Subject =
  | { readonly kind: "service"; readonly service: RowOf<"services">; readonly product: RowOf<"products"> }
  | {
      readonly kind: "addon";
      readonly addon: RowOf<"serviceAddons">;
      readonly sold: RowOf<"addons">;
      readonly service: RowOf<"services">;
    };

export function subjectOfLine(tables: Tables, line: Line): Subject | null {
  if (isSameText(line.type, "Hosting")) return serviceSubject(tables, line.relid);
  if (isSameText(line.type, "Addon")) return addonSubject(tables, line.relid);
  const upgrade = isSameText(line.type, "Upgrade") ? tables.rows.upgrades.get(line.relid) : undefined;
  if (upgrade === undefined) return null;
  return isSameText(upgrade.type, "addon")
    ? addonSubject(tables, upgrade.relid)
    : serviceSubject(tables, upgrade.relid);
}

export function serviceSubject({ rows }: Tables, id: number): Subject | null {
  const service = rows.services.get(id);
  const product = rows.products.get(service?.productId ?? 0);
  const isOurs = service !== undefined && product !== undefined && isSameText(product.serverType, serverType);
  return isOurs ? { kind: "service", service, product } : null;
}

export function addonSubject({ rows }: Tables, id: number): Subject | null {
  const addon = rows.serviceAddons.get(id);
  const sold = rows.addons.get(addon?.addonId ?? 0);
  const service = rows.services.get(addon?.serviceId ?? 0);
  const isOurs =
    addon !== undefined && sold !== undefined && service !== undefined && isSameText(sold.module, serverType);
  return isOurs ? { kind: "addon", addon, sold, service } : null;
}

export function refOf(subject: Subject): string {
  return subject.kind === "addon" ? `a${subject.addon.id}` : `h${subject.service.id}`;
}

/** The row of production's query: copies, as read. */
export function readLineRow(tables: Tables, lineId: number): LineRow[] {
  const { rows } = tables;
  const line = rows.invoiceLines.get(lineId);
  const subject = line === undefined ? null : subjectOfLine(tables, line);
  const invoice = rows.invoices.get(line?.invoiceId ?? 0);
  if (line === undefined || subject === null || invoice === undefined) return [];
  const { service } = subject;
  const order = rows.orders.get(subject.kind === "addon" ? subject.addon.orderId : service.orderId);
  const client = rows.clients.get(service.clientId);
  const payer = rows.clients.get(line.clientId);
  const around = {
    line: { ...line },
    invoice: { ...invoice },
    order: order === undefined ? null : { id: order.id, status: order.status },
    client: client === undefined ? null : { ...client },
    payer: payer === undefined ? null : { ...payer },
  };
  if (subject.kind === "service") return [ofService({ ...around, service, product: subject.product })];
  const settings = rowsWhere(tables, "moduleSettings", ({ entity }) => isSameText(entity, "addon"));
  return [ofAddon({ ...around, service: subject.addon, product: subject.sold, parent: service }, settings)];
}

/** The row with what stands around it now. */
export function toFacts(tables: Tables, row: LineRow): LineFacts {
  const { line, invoice, service, product, soldAs, order, client } = row;
  const currencyId = row.payer?.currencyId ?? client?.currencyId ?? null;
  const prices = rowsWhere(tables, "pricing", () => true);
  return {
    line: {
      ...{ id: line.id, invoiceId: line.invoiceId, type: lineType(line.type), amount: line.amount },
      isTaxed: line.taxed !== 0,
      dueDate: readDate(line.dueDate),
      isFirstOfService: !hasEarlierLine(tables, row),
    },
    invoice: {
      ...{ id: invoice.id, status: invoice.status, date: readDate(invoice.date), dueDate: readDate(invoice.dueDate) },
      paidAt: readDateTime(invoice.paidAt),
      taxRates: [invoice.taxRate, invoice.taxRate2],
      newestTransactionAt: readDateTime(newestTransaction(tables, invoice.id)),
      currencyId,
    },
    invoiceLines: rowsWhere(tables, "invoiceLines", (row) => row.invoiceId === invoice.id).map(
      ({ type, relid, amount, taxed }) => ({ type, relid, amount, isTaxed: taxed !== 0 }),
    ),
    service,
    product,
    order,
    client: client === null ? null : toClient(tables, client, service.parentId === null ? service.id : null),
    licence: typedIn(tables, row, "licence"),
    ip: typedIn(tables, row, "ip") ?? row.dedicatedIp,
    prices: currencyId === null ? null : pickPrices(prices, soldAs, currencyId),
    provisionsExistingClientsOnly: tables.settings.get("AutoProvisionExistingOnly") === "on",
    tax: readTaxRules(tables.settings),
    cancellations: rowsWhere(tables, "cancelRequests", (row) => row.serviceId === (service.parentId ?? service.id)).map(
      readCancellation,
    ),
    currencies: rowsWhere(tables, "currencies", () => true).map(readCurrency),
  };
}

/** Licence and tariff that a service or addon stands for now. */
export function moduleOf(tables: Tables, subject: Subject): { licence: string | null; tariff: string } {
  const { service } = subject;
  const ofService = { sale: { kind: "product", id: service.productId }, serviceId: service.id } as const;
  if (subject.kind === "service") {
    return { licence: typedIn(tables, { fieldsOf: [ofService] }, "licence"), tariff: subject.product.option1.trim() };
  }
  const { addon, sold } = subject;
  const ofAddon = { sale: { kind: "addon", id: sold.id }, serviceId: addon.id } as const;
  const settings = rowsWhere(tables, "moduleSettings", ({ entity }) => isSameText(entity, "addon"));
  return {
    licence: typedIn(tables, { fieldsOf: [ofAddon, ofService] }, "licence"),
    tariff: optionsOfAddon(sold.id, settings)[0] ?? "",
  };
}

/** An addon has what stands in its own field, or else what stands in that of its service. */
function typedIn(tables: Tables, { fieldsOf }: FieldPlaces, role: "licence" | "ip"): string | null {
  const typed = fieldsOf.map(({ sale, serviceId }) => {
    const isOwn = (field: RowOf<"customFields">) => field.relid === sale.id && isSameText(field.type, sale.kind);
    const fieldId = findFields(rowsWhere(tables, "customFields", isOwn))[role];
    return pickValue(
      fieldId,
      rowsWhere(tables, "customFieldValues", ({ relid }) => relid === serviceId),
    );
  });
  return typed.find((value) => value !== null) ?? null;
}

function hasEarlierLine(tables: Tables, { line, service, order }: LineRow): boolean {
  const type = service.parentId === null ? "Hosting" : "Addon";
  const billed = { clientId: service.clientId, orderId: order?.id ?? 0 };
  for (const other of tables.rows.invoiceLines.values()) {
    const isEarlier = other.relid === service.id && other.id < line.id && isSameText(other.type, type);
    if (isEarlier && isBilledFor(tables, billed, other.clientId)) return true;
  }
  return false;
}

/** The service's client, or the one whom the invoice was billed to by which it was ordered. */
export function isBilledFor(
  { rows }: Tables,
  service: { readonly clientId: number; readonly orderId: number },
  clientId: number,
): boolean {
  const ordered = rows.invoices.get(rows.orders.get(service.orderId)?.invoiceId ?? 0);
  return service.clientId === clientId || ordered?.clientId === clientId;
}

function newestTransaction(tables: Tables, invoiceId: number): string | null {
  let newest: string | null = null;
  for (const { date } of rowsWhere(tables, "transactions", (row) => row.invoiceId === invoiceId)) {
    if (date !== null && (newest === null || date > newest)) newest = date;
  }
  return newest;
}

function toClient(
  tables: Tables,
  client: NonNullable<LineRow["client"]>,
  serviceId: number | null,
): LineFacts["client"] {
  const isOtherActive = (row: RowOf<"services">) =>
    row.clientId === client.id && row.status === "Active" && row.id !== serviceId;
  return {
    ...{
      id: client.id,
      status: client.status,
      email: client.email,
      createdOn: readDate(client.createdOn),
    },
    hasOtherActiveService: rowsWhere(tables, "services", isOtherActive).length > 0,
  };
}
