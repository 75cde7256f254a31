// What does WHMCS say about these invoice lines, with everything around them?
import { and, count, eq, getTableColumns, inArray, max, min, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { readCurrency, readOptions } from "./catalog-rows.ts";
import type { OptionalColumns } from "./columns.ts";
import type { Currency, LineFacts } from "./facts.ts";
import { type FieldRow, type FieldValueRow, findFields, pickValue } from "./fields.ts";
import {
  isLineOf,
  isOrderOfAnother,
  isOurProduct,
  isServiceOfLine,
  isUpgradeOfLine,
  lineType,
  orderInvoices,
} from "./our-lines.ts";
import {
  cancelRequests,
  clients,
  configuration,
  currencies,
  customFields,
  customFieldValues,
  invoiceLines,
  invoices,
  orders,
  pricing,
  products,
  readSettings,
  services,
  transactions,
  upgrades,
} from "./schema.ts";
import { type PriceRow, pickPrices, readCancellation, readDate, readDateTime, readTaxRules } from "./values.ts";

const { quantity, ...serviceColumns } = getTableColumns(services);
/** Whom the line was billed to: another than the service's client where the service was moved since. */
const payers = alias(clients, "payers");

/**
 * Facts of the given lines in a fixed number of queries, however many lines. A line that is gone, or whose invoice,
 * service or product is gone or not ours, is left out.
 */
export async function readLineFacts(
  db: MySql2Database,
  lineIds: readonly number[],
  has: OptionalColumns,
): Promise<LineFacts[]> {
  if (lineIds.length === 0) return [];
  const rows = await readLineRows(db, lineIds, has);
  if (rows.length === 0) return [];
  const around = await readSurroundings(db, rows);
  return rows.map((row) => toFacts(row, around));
}

function readLineRows(db: MySql2Database, lineIds: readonly number[], has: OptionalColumns) {
  return db
    .select({
      line: getTableColumns(invoiceLines),
      invoice: getTableColumns(invoices),
      service: { ...serviceColumns, quantity: has.hasServiceQuantity ? quantity : sql<number>`1` },
      product: getTableColumns(products),
      order: { id: orders.id, status: orders.status },
      client: getTableColumns(clients),
      payer: { currencyId: payers.currencyId },
    })
    .from(invoiceLines)
    .innerJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
    .leftJoin(upgrades, isUpgradeOfLine)
    .innerJoin(services, isServiceOfLine)
    .innerJoin(products, isOurProduct)
    .leftJoin(orders, eq(orders.id, services.orderId))
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(payers, eq(payers.id, invoiceLines.clientId))
    .where(inArray(invoiceLines.id, [...lineIds]))
    .orderBy(invoiceLines.id);
}

type LineRow = Awaited<ReturnType<typeof readLineRows>>[number];

interface Surroundings {
  readonly linesOfInvoices: readonly {
    invoiceId: number;
    type: string;
    relid: number;
    amount: string;
    taxed: number;
  }[];
  readonly newestTransactions: ReadonlyMap<number, string | null>;
  readonly firstLines: ReadonlyMap<number, number | null>;
  /** Active services of a client: how many, and the lowest id. */
  readonly activeServices: ReadonlyMap<number, { services: number; lowestId: number | null }>;
  readonly prices: readonly PriceRow[];
  readonly fields: readonly (FieldRow & { productId: number })[];
  readonly values: readonly (FieldValueRow & { serviceId: number })[];
  readonly settings: ReadonlyMap<string, string>;
  readonly currencies: readonly Currency[];
  readonly cancellations: readonly (typeof cancelRequests.$inferSelect)[];
}

const settingsWanted = [readSettings.provisionsExistingOnly, readSettings.taxType, readSettings.taxCompound];

async function readSurroundings(db: MySql2Database, rows: readonly LineRow[]): Promise<Surroundings> {
  const invoiceIds = distinct(rows.map((row) => row.invoice.id));
  const serviceIds = distinct(rows.map((row) => row.service.id));
  const productIds = distinct(rows.map((row) => row.product.id));
  const clientIds = distinct(rows.map((row) => row.service.clientId));
  const [linesOfInvoices, newest, first, ordered, active, prices, custom, settings, currencyRows, cancellations] =
    await Promise.all([
      db
        .select({
          invoiceId: invoiceLines.invoiceId,
          type: invoiceLines.type,
          relid: invoiceLines.relid,
          amount: invoiceLines.amount,
          taxed: invoiceLines.taxed,
        })
        .from(invoiceLines)
        .where(inArray(invoiceLines.invoiceId, invoiceIds))
        .orderBy(invoiceLines.id),
      db
        .select({ invoiceId: transactions.invoiceId, date: max(transactions.date) })
        .from(transactions)
        .where(inArray(transactions.invoiceId, invoiceIds))
        .groupBy(transactions.invoiceId),
      db
        .select({ serviceId: services.id, lineId: min(invoiceLines.id) })
        .from(services)
        .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
        .where(inArray(services.id, serviceIds))
        .groupBy(services.id),
      db
        .select({ serviceId: services.id, lineId: min(invoiceLines.id) })
        .from(services)
        .innerJoin(orders, eq(orders.id, services.orderId))
        .innerJoin(orderInvoices, isOrderOfAnother)
        .innerJoin(invoiceLines, isLineOf("Hosting", services.id, orderInvoices.clientId))
        .where(inArray(services.id, serviceIds))
        .groupBy(services.id),
      db
        .select({ clientId: services.clientId, services: count(), lowestId: min(services.id) })
        .from(services)
        .where(and(inArray(services.clientId, clientIds), eq(services.status, "Active")))
        .groupBy(services.clientId),
      db
        .select()
        .from(pricing)
        .where(and(eq(pricing.type, "product"), inArray(pricing.relid, productIds))),
      readCustomFields(db, productIds, serviceIds),
      db.select().from(configuration).where(inArray(configuration.setting, settingsWanted)),
      db.select().from(currencies).orderBy(currencies.id),
      db.select().from(cancelRequests).where(inArray(cancelRequests.serviceId, serviceIds)).orderBy(cancelRequests.id),
    ]);
  return {
    linesOfInvoices,
    newestTransactions: new Map(newest.map((row) => [row.invoiceId, row.date])),
    firstLines: new Map(
      [...first, ...ordered]
        .sort((a, b) => (b.lineId ?? 0) - (a.lineId ?? 0))
        .map((row) => [row.serviceId, row.lineId]),
    ),
    activeServices: new Map(active.map((row) => [row.clientId, row])),
    prices,
    ...custom,
    settings: new Map(settings.map(({ setting, value }) => [setting, value])),
    currencies: currencyRows.map(readCurrency),
    cancellations,
  };
}

async function readCustomFields(db: MySql2Database, productIds: number[], serviceIds: number[]) {
  const fields = await db
    .select({ id: customFields.id, name: customFields.name, productId: customFields.relid })
    .from(customFields)
    .where(and(eq(customFields.type, "product"), inArray(customFields.relid, productIds)));
  const wanted = productIds
    .map((productId) => fieldsOf(fields, productId))
    .flatMap(({ licence, ip }) => [licence, ip])
    .filter((id) => id !== null);
  if (wanted.length === 0) return { fields, values: [] };
  const values = await db
    .select({
      id: customFieldValues.id,
      fieldId: customFieldValues.fieldId,
      serviceId: customFieldValues.relid,
      value: customFieldValues.value,
    })
    .from(customFieldValues)
    .where(and(inArray(customFieldValues.fieldId, wanted), inArray(customFieldValues.relid, serviceIds)));
  return { fields, values };
}

function fieldsOf(fields: Surroundings["fields"], productId: number) {
  return findFields(fields.filter((field) => field.productId === productId));
}

function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}

function toFacts(row: LineRow, around: Surroundings): LineFacts {
  const { line, invoice, service, product, client } = row;
  const currencyId = row.payer?.currencyId ?? client?.currencyId ?? null;
  const fields = fieldsOf(around.fields, product.id);
  const values = around.values.filter((value) => value.serviceId === service.id);
  return {
    line: {
      id: line.id,
      invoiceId: line.invoiceId,
      type: lineType(line.type),
      amount: line.amount,
      isTaxed: line.taxed !== 0,
      dueDate: readDate(line.dueDate),
      isFirstOfService: (around.firstLines.get(service.id) ?? line.id) >= line.id,
    },
    invoice: {
      id: invoice.id,
      status: invoice.status,
      date: readDate(invoice.date),
      dueDate: readDate(invoice.dueDate),
      paidAt: readDateTime(invoice.paidAt),
      taxRates: [invoice.taxRate, invoice.taxRate2],
      newestTransactionAt: readDateTime(around.newestTransactions.get(invoice.id) ?? null),
      currencyId,
    },
    invoiceLines: around.linesOfInvoices
      .filter((other) => other.invoiceId === invoice.id)
      .map(({ type, relid, amount, taxed }) => ({ type, relid, amount, isTaxed: taxed !== 0 })),
    service: {
      id: service.id,
      clientId: service.clientId,
      status: service.status,
      billingCycle: service.billingCycle,
      amount: service.amount,
      firstPaymentAmount: service.firstPaymentAmount,
      quantity: Number(service.quantity),
    },
    product: {
      id: product.id,
      options: readOptions(product),
      isProrated: product.prorata !== 0,
      autoSetup: product.autoSetup,
    },
    order: row.order,
    client: client === null ? null : toClient(client, service.id, around),
    licence: pickValue(fields.licence, values),
    ip: pickValue(fields.ip, values),
    prices: currencyId === null ? null : pickPrices(around.prices, product.id, currencyId),
    provisionsExistingClientsOnly: around.settings.get(readSettings.provisionsExistingOnly) === "on",
    tax: readTaxRules(around.settings),
    cancellations: around.cancellations.filter(({ serviceId }) => serviceId === service.id).map(readCancellation),
    currencies: around.currencies,
  };
}

function toClient(
  client: NonNullable<LineRow["client"]>,
  serviceId: number,
  around: Surroundings,
): LineFacts["client"] {
  const active = around.activeServices.get(client.id);
  return {
    id: client.id,
    status: client.status,
    email: client.email,
    createdOn: readDate(client.createdOn),
    hasOtherActiveService: active !== undefined && (active.services > 1 || active.lowestId !== serviceId),
  };
}
