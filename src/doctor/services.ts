// Which services, addons and invoice lines in WHMCS cannot be bought as they stand?
import type { MySql2Database } from "drizzle-orm/mysql2";
import { isDecimal } from "../money.ts";
import { monthsOfCycle } from "../purchases/period.ts";
import { isLicence } from "../purchases/rules.ts";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import { createColumnLookup, type OptionalColumns } from "../whmcs/columns.ts";
import { createPurchaseReader } from "../whmcs/reader.ts";
import { type ServiceRef, splitRefs } from "../whmcs/service-ref.ts";
import { countOf, type Finding, nameIds, ok, warning } from "./finding.ts";
import { readBadLines, readServiceRows } from "./service-rows.ts";

const pageSize = 500;
const mostServices = 100_000;

/** What can be wrong with one row; the text follows `3 services` or `1 invoice line`. An addon counts as a service, named `a5`. */
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
type Problems = Map<Problem, (number | string)[]>;

/** Walks the services and addons of ours that are not ended; each problem is one finding that names its rows. */
export async function checkServices(db: MySql2Database, catalogue: CatalogRows): Promise<Finding[]> {
  const reader = createPurchaseReader(db);
  const lookUpColumns = createColumnLookup(db);
  const found: Problems = new Map();
  let [seen, addons] = [0, 0];
  for (let after: ServiceRef | null = null; seen + addons < mostServices; ) {
    const refs: ServiceRef[] = await reader.listServices({ after, limit: pageSize, openOnly: true });
    const last = refs.at(-1);
    if (last === undefined) break;
    after = last;
    const { serviceIds, addonIds } = splitRefs(refs);
    seen += serviceIds.length;
    addons += addonIds.length;
    await checkPage(db, { refs, catalogue, has: await lookUpColumns(), found });
  }
  const summary = found.size === 0 ? "All are sound." : "Those that are not are named here.";
  const beside = addons === 0 ? "" : `, and ${countOf(addons, "product addon")}`;
  return [
    ok("whmcs.services", `${countOf(seen, "service")} of our products not ended${beside}. ${summary}`),
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
  readonly refs: readonly ServiceRef[];
  readonly catalogue: CatalogRows;
  readonly has: OptionalColumns;
  readonly found: Problems;
}

async function checkPage(db: MySql2Database, { refs, catalogue, has, found }: Page): Promise<void> {
  const add = (problem: Problem, id: number | string) => {
    const known = found.get(problem);
    if (known === undefined) found.set(problem, [id]);
    else known.push(id);
  };
  const [rows, lines] = await Promise.all([readServiceRows(db, refs, { catalogue, has }), readBadLines(db, refs)]);
  for (const row of rows) {
    const { licence } = row;
    if (licence === null && row.isLicenceAsked) add("no_licence", row.id);
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
