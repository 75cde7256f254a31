// What does WHMCS say about these invoice lines, with everything around them?
import { and, count, eq, inArray, max, min, or } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { readCurrency } from "./catalog-rows.ts";
import type { OptionalColumns } from "./columns.ts";
import type { Currency, LineFacts } from "./facts.ts";
import { readFirstLines } from "./first-lines.ts";
import { type LineRow, readLineRows } from "./line-rows.ts";
import { lineType } from "./our-lines.ts";
import {
  cancelRequests,
  configuration,
  currencies,
  invoiceLines,
  pricing,
  readSettings,
  services,
  transactions,
} from "./schema.ts";
import { bySale, distinct, firstValueOf, readTypedFields, type TypedFields } from "./typed-fields.ts";
import { type PriceRow, pickPrices, readCancellation, readDate, readDateTime, readTaxRules } from "./values.ts";

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

interface Surroundings {
  readonly linesOfInvoices: readonly {
    invoiceId: number;
    type: string;
    relid: number;
    amount: string;
    taxed: number;
  }[];
  readonly newestTransactions: ReadonlyMap<number, string | null>;
  /** By `product` or `addon` and the id of the service. */
  readonly firstLines: ReadonlyMap<string, number | null>;
  /** Active services of a client: how many, and the lowest id. */
  readonly activeServices: ReadonlyMap<number, { services: number; lowestId: number | null }>;
  readonly prices: readonly PriceRow[];
  readonly typed: TypedFields;
  readonly settings: ReadonlyMap<string, string>;
  readonly currencies: readonly Currency[];
  readonly cancellations: readonly (typeof cancelRequests.$inferSelect)[];
}

const settingsWanted = [readSettings.provisionsExistingOnly, readSettings.taxType, readSettings.taxCompound];

async function readSurroundings(db: MySql2Database, rows: readonly LineRow[]): Promise<Surroundings> {
  const invoiceIds = distinct(rows.map((row) => row.invoice.id));
  const clientIds = distinct(rows.map((row) => row.service.clientId));
  // Clients ask to cancel a service, and with it go its addons.
  const hostingIds = distinct(rows.map(({ service }) => service.parentId ?? service.id));
  const [linesOfInvoices, newest, first, active, prices, typed, settings, currencyRows, cancellations] =
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
      readFirstLines(db, rows),
      db
        .select({ clientId: services.clientId, services: count(), lowestId: min(services.id) })
        .from(services)
        .where(and(inArray(services.clientId, clientIds), eq(services.status, "Active")))
        .groupBy(services.clientId),
      db
        .select()
        .from(pricing)
        .where(
          or(
            ...bySale(
              rows.map(({ soldAs }) => soldAs),
              pricing,
            ),
          ),
        ),
      readTypedFields(db, rows),
      db.select().from(configuration).where(inArray(configuration.setting, settingsWanted)),
      db.select().from(currencies).orderBy(currencies.id),
      db.select().from(cancelRequests).where(inArray(cancelRequests.serviceId, hostingIds)).orderBy(cancelRequests.id),
    ]);
  return {
    linesOfInvoices,
    newestTransactions: new Map(newest.map((row) => [row.invoiceId, row.date])),
    firstLines: new Map(first),
    activeServices: new Map(active.map((row) => [row.clientId, row])),
    prices,
    typed,
    settings: new Map(settings.map(({ setting, value }) => [setting, value])),
    currencies: currencyRows.map(readCurrency),
    cancellations,
  };
}

function toFacts(row: LineRow, around: Surroundings): LineFacts {
  const { line, invoice, service, client, soldAs } = row;
  const currencyId = row.payer?.currencyId ?? client?.currencyId ?? null;
  return {
    line: {
      id: line.id,
      invoiceId: line.invoiceId,
      type: lineType(line.type),
      amount: line.amount,
      isTaxed: line.taxed !== 0,
      dueDate: readDate(line.dueDate),
      isFirstOfService: (around.firstLines.get(`${soldAs.kind} ${service.id}`) ?? line.id) >= line.id,
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
    service,
    product: row.product,
    order: row.order,
    client: client === null ? null : toClient(client, service, around),
    licence: firstValueOf(row, "licence", around.typed),
    ip: firstValueOf(row, "ip", around.typed) ?? row.dedicatedIp,
    prices: currencyId === null ? null : pickPrices(around.prices, soldAs, currencyId),
    provisionsExistingClientsOnly: around.settings.get(readSettings.provisionsExistingOnly) === "on",
    tax: readTaxRules(around.settings),
    cancellations: around.cancellations
      .filter(({ serviceId }) => serviceId === (service.parentId ?? service.id))
      .map(readCancellation),
    currencies: around.currencies,
  };
}

function toClient(
  client: NonNullable<LineRow["client"]>,
  service: LineFacts["service"],
  around: Surroundings,
): LineFacts["client"] {
  const active = around.activeServices.get(client.id);
  const own = service.parentId === null ? service.id : null;
  return {
    id: client.id,
    status: client.status,
    email: client.email,
    createdOn: readDate(client.createdOn),
    hasOtherActiveService: active !== undefined && (active.services > 1 || active.lowestId !== own),
  };
}
