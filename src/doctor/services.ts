// Which services and invoice lines in WHMCS cannot be bought as they stand?
import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { isDecimal } from "../money.ts";
import { monthsOfCycle } from "../purchases/period.ts";
import { isLicence } from "../purchases/rules.ts";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import { createColumnLookup, type OptionalColumns } from "../whmcs/columns.ts";
import { pickValue } from "../whmcs/fields.ts";
import { isLineOf } from "../whmcs/our-lines.ts";
import { createPurchaseReader } from "../whmcs/reader.ts";
import { clients, currencies, customFieldValues, invoiceLines, invoices, services } from "../whmcs/schema.ts";
import { type ServiceRef, splitRefs } from "../whmcs/service-ref.ts";
import { countOf, type Finding, nameIds, ok, warning } from "./finding.ts";

const pageSize = 500;
const mostServices = 100_000;

/** What can be wrong with one row; the text follows `3 services` or `1 invoice line`. */
const problems = {
  no_licence: {
    of: "service",
    what: "without a licence",
    remedy: "Ask the customers and fill in the field License ID of these services.",
  },
  bad_licence: {
    of: "service",
    what: "whose licence is not a number of 1 to 10 digits",
    remedy: "Correct the field License ID of these services.",
  },
  odd_cycle: {
    of: "service",
    what: "with a billing cycle that ispmanager does not sell",
    remedy: "Move these services to Monthly, Semi-Annually or Annually, or buy their periods by hand.",
  },
  quantity: {
    of: "service",
    what: "with a quantity above 1",
    remedy: "Set the quantity of these services to 1.",
  },
  unreadable_amount: {
    of: "service",
    what: "whose amounts are not numbers",
    remedy: "Correct first payment and recurring amount of these services.",
  },
  no_client: {
    of: "service",
    what: "whose client does not exist",
    remedy: "Move these services to an existing client, or end them.",
  },
  no_currency: {
    of: "service",
    what: "whose client has a currency that WHMCS does not know",
    remedy: "Give the clients of these services a currency of WHMCS.",
  },
  line_without_invoice: {
    of: "invoice line",
    what: "of our services whose invoice does not exist, so nothing is ever bought for them",
    remedy: "Check what became of those invoices, and delete the lines or bill the period again.",
  },
  line_unreadable_amount: {
    of: "invoice line",
    what: "of our services whose amount is not a number",
    remedy: "Correct the amount of these lines.",
  },
} as const;

type Problem = keyof typeof problems;
type Problems = Map<Problem, number[]>;

/** Walks the services of ours that are not ended; each problem is one finding that names its rows. */
export async function checkServices(db: MySql2Database, catalogue: CatalogRows): Promise<Finding[]> {
  const reader = createPurchaseReader(db);
  const lookUpColumns = createColumnLookup(db);
  const found: Problems = new Map();
  let seen = 0;
  for (let after: ServiceRef | null = null; seen < mostServices; ) {
    const refs: ServiceRef[] = await reader.listServices({ after, limit: pageSize, openOnly: true });
    // Addons come last: of them the products are checked, and what their lines lack shows as a purchase that waits.
    const ids = splitRefs(refs).serviceIds;
    if (ids.length === 0) break;
    after = refs.at(-1) ?? null;
    seen += ids.length;
    await checkPage(db, { ids, catalogue, has: await lookUpColumns(), found });
  }
  const summary = found.size === 0 ? "All are sound." : "Those that are not are named here.";
  return [
    ok("whmcs.services", `${countOf(seen, "service")} of our products not ended. ${summary}`),
    ...[...found].map(([problem, ids]) => {
      const { of, what, remedy } = problems[problem];
      return warning(`whmcs.${idOf(problem)}`, `${countOf(ids.length, of)} ${what}: ${nameIds(ids)}.`, remedy);
    }),
  ];
}

function idOf(problem: Problem): string {
  return problems[problem].of === "service" ? `service_${problem}` : problem;
}

interface Page {
  readonly ids: readonly number[];
  readonly catalogue: CatalogRows;
  readonly has: OptionalColumns;
  readonly found: Problems;
}

async function checkPage(db: MySql2Database, { ids, catalogue, has, found }: Page): Promise<void> {
  const add = (problem: Problem, id: number) => {
    const known = found.get(problem);
    if (known === undefined) found.set(problem, [id]);
    else known.push(id);
  };
  const [rows, values, lines] = await Promise.all([
    readServices(db, ids, has),
    readLicences(db, ids, catalogue),
    readBadLines(db, ids),
  ]);
  for (const row of rows) {
    const fieldId =
      catalogue.products.find(({ kind, id }) => kind === "product" && id === row.productId)?.licenceFieldId ?? null;
    const ofService = values.filter(({ serviceId }) => serviceId === row.id);
    const licence = pickValue(fieldId, ofService);
    // A product without the field is a finding of its own.
    if (licence === null && fieldId !== null) add("no_licence", row.id);
    if (licence !== null && !isLicence(licence)) add("bad_licence", row.id);
    if (monthsOfCycle(row.billingCycle) === null) add("odd_cycle", row.id);
    if (Number(row.quantity) > 1) add("quantity", row.id);
    if (!isDecimal(row.amount) || !isDecimal(row.firstPaymentAmount)) add("unreadable_amount", row.id);
    if (row.client === null) add("no_client", row.id);
    else if (row.currency === null) add("no_currency", row.id);
  }
  for (const { id, invoice, amount } of lines) {
    if (invoice === null) add("line_without_invoice", id);
    if (!isDecimal(amount)) add("line_unreadable_amount", id);
  }
}

async function readServices(db: MySql2Database, ids: readonly number[], { hasServiceQuantity }: OptionalColumns) {
  return await db
    .select({
      id: services.id,
      productId: services.productId,
      billingCycle: services.billingCycle,
      quantity: hasServiceQuantity ? services.quantity : sql<number>`1`,
      amount: services.amount,
      firstPaymentAmount: services.firstPaymentAmount,
      client: clients.id,
      currency: currencies.id,
    })
    .from(services)
    .leftJoin(clients, eq(clients.id, services.clientId))
    .leftJoin(currencies, eq(currencies.id, clients.currencyId))
    .where(inArray(services.id, [...ids]))
    .orderBy(services.id);
}

async function readLicences(db: MySql2Database, ids: readonly number[], { products }: CatalogRows) {
  const fieldIds = products.flatMap(({ licenceFieldId }) => (licenceFieldId === null ? [] : [licenceFieldId]));
  if (fieldIds.length === 0) return [];
  return await db
    .select({
      id: customFieldValues.id,
      fieldId: customFieldValues.fieldId,
      serviceId: customFieldValues.relid,
      value: customFieldValues.value,
    })
    .from(customFieldValues)
    .where(and(inArray(customFieldValues.fieldId, fieldIds), inArray(customFieldValues.relid, [...ids])));
}

/** Lines that the engine leaves out, or whose amount it cannot compare. */
async function readBadLines(db: MySql2Database, serviceIds: readonly number[]) {
  const isUnreadable = sql`CONCAT(${invoiceLines.amount}, '') NOT REGEXP '^-?[0-9]+([.][0-9]+)?$'`;
  return await db
    .select({ id: invoiceLines.id, invoice: invoices.id, amount: invoiceLines.amount })
    .from(services)
    .innerJoin(invoiceLines, isLineOf("Hosting", services.id))
    .leftJoin(invoices, eq(invoices.id, invoiceLines.invoiceId))
    .where(and(inArray(services.id, [...serviceIds]), or(isNull(invoices.id), isUnreadable)))
    .orderBy(invoiceLines.id);
}
