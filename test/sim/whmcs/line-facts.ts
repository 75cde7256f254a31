// What would production's query answer about these lines, asked of the simulated tables?
import { readCurrency, readOptions } from "../../../src/whmcs/catalog-rows.ts";
import type { LineFacts } from "../../../src/whmcs/facts.ts";
import { findFields, pickValue } from "../../../src/whmcs/fields.ts";
import { lineType } from "../../../src/whmcs/our-lines.ts";
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

/** One row of the query that joins a line with its invoice, service, product, order and client: copies, as read. */
export interface LineRow {
  readonly line: Line;
  readonly invoice: RowOf<"invoices">;
  readonly service: RowOf<"services">;
  readonly product: RowOf<"products">;
  readonly order: RowOf<"orders"> | null;
  readonly client: RowOf<"clients"> | null;
  readonly payer: RowOf<"clients"> | null;
}

/** The service that a line is about, if it exists and its product is ours. */
export function serviceOfLine(tables: Tables, line: Line): RowOf<"services"> | null {
  const service = tables.rows.services.get(serviceIdOfLine(tables, line) ?? 0);
  return service !== undefined && isOurs(tables, service) ? service : null;
}

function serviceIdOfLine({ rows }: Tables, { type, relid }: Line): number | null {
  if (isSameText(type, "Hosting")) return relid;
  const upgrade = isSameText(type, "Upgrade") ? rows.upgrades.get(relid) : undefined;
  return upgrade === undefined || isSameText(upgrade.type, "addon") ? null : upgrade.relid;
}

export function isOurs({ rows }: Tables, service: RowOf<"services">): boolean {
  const product = rows.products.get(service.productId);
  return product !== undefined && isSameText(product.serverType, serverType);
}

export function readLineRow(tables: Tables, lineId: number): LineRow[] {
  const { rows } = tables;
  const line = rows.invoiceLines.get(lineId);
  const service = line === undefined ? null : serviceOfLine(tables, line);
  if (line === undefined || service === null) return [];
  const invoice = rows.invoices.get(line.invoiceId);
  const product = rows.products.get(service.productId);
  if (invoice === undefined || product === undefined) return [];
  const [order, client] = [rows.orders.get(service.orderId), rows.clients.get(service.clientId)];
  const payer = rows.clients.get(line.clientId);
  return [
    {
      line: { ...line },
      invoice: { ...invoice },
      service: { ...service },
      product: { ...product },
      order: order === undefined ? null : { ...order },
      client: client === undefined ? null : { ...client },
      payer: payer === undefined ? null : { ...payer },
    },
  ];
}

/** The row with what stands around it now. */
export function toFacts(tables: Tables, { line, invoice, service, product, order, client, payer }: LineRow): LineFacts {
  const currencyId = payer?.currencyId ?? client?.currencyId ?? null;
  const fields = findFields(
    rowsWhere(tables, "customFields", (row) => row.relid === product.id && isSameText(row.type, "product")),
  );
  const values = rowsWhere(tables, "customFieldValues", (row) => row.relid === service.id);
  const prices = rowsWhere(tables, "pricing", (row) => isSameText(row.type, "product"));
  return {
    line: {
      ...{ id: line.id, invoiceId: line.invoiceId, type: lineType(line.type), amount: line.amount },
      isTaxed: line.taxed !== 0,
      dueDate: readDate(line.dueDate),
      isFirstOfService: !hasEarlierLine(tables, service, line.id),
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
    service: {
      ...{ id: service.id, clientId: service.clientId, status: service.status, billingCycle: service.billingCycle },
      ...{ amount: service.amount, firstPaymentAmount: service.firstPaymentAmount, quantity: service.quantity },
    },
    product: {
      ...{ id: product.id, options: readOptions(product), isProrated: product.prorata !== 0 },
      autoSetup: product.autoSetup,
    },
    order: order === null ? null : { id: order.id, status: order.status },
    client: client === null ? null : toClient(tables, client, service.id),
    licence: pickValue(fields.licence, values),
    ip: pickValue(fields.ip, values),
    prices: currencyId === null ? null : pickPrices(prices, product.id, currencyId),
    provisionsExistingClientsOnly: tables.settings.get("AutoProvisionExistingOnly") === "on",
    tax: readTaxRules(tables.settings),
    cancellations: rowsWhere(tables, "cancelRequests", (row) => row.serviceId === service.id).map(readCancellation),
    currencies: rowsWhere(tables, "currencies", () => true).map(readCurrency),
  };
}

function hasEarlierLine(tables: Tables, service: RowOf<"services">, lineId: number): boolean {
  for (const { id, relid, type, clientId } of tables.rows.invoiceLines.values()) {
    const isHostingLine = relid === service.id && isSameText(type, "Hosting");
    if (id < lineId && isHostingLine && isBilledFor(tables, service, clientId)) return true;
  }
  return false;
}

/** The service's client, or the one whom the invoice was billed to by which it was ordered. */
export function isBilledFor({ rows }: Tables, service: RowOf<"services">, clientId: number): boolean {
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

function toClient(tables: Tables, client: RowOf<"clients">, serviceId: number): LineFacts["client"] {
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
