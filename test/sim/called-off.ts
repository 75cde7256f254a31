// Has the client asked to cancel what this purchase is for, after which nothing may be bought? Restated apart from production.
import type { PurchaseRow } from "./ledger/store.ts";
import { subjectOfLine } from "./whmcs/line-facts.ts";
import { rowsWhere, type Tables } from "./whmcs/tables.ts";

/**
 * By requests that stand, of those that `seenBefore` admits. A request of an earlier day than the invoice is none of this
 * invoice; one for the end of the period takes only what was paid in that moment or later. `unclear` when nobody wrote down
 * when it was paid.
 */
export function isCalledOff(
  tables: Tables,
  { lineId }: Pick<PurchaseRow, "lineId">,
  { seenBefore = () => true }: { readonly seenBefore?: (requestId: number) => boolean } = {},
): "yes" | "no" | "unclear" {
  const line = tables.rows.invoiceLines.get(lineId);
  const service = line === undefined ? undefined : subjectOfLine(tables, line)?.service;
  const invoice = tables.rows.invoices.get(line?.invoiceId ?? 0);
  if (service === undefined || invoice === undefined) return "unclear";
  const standing = rowsWhere(tables, "cancelRequests", (row) => row.serviceId === service.id && seenBefore(row.id));
  const concerning = standing.filter(({ date }) => (date ?? "9").slice(0, 10) >= (invoice.date ?? ""));
  if (concerning.some(({ type }) => type === "Immediate")) return "yes";
  if (concerning.length === 0) return "no";
  const { paidAt } = invoice;
  if (paidAt === null || paidAt.startsWith("0000")) return "unclear";
  return concerning.some(({ date }) => date === null || paidAt >= date) ? "yes" : "no";
}
