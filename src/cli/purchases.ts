// Which purchases are there, and what does each wait for?
import type { Purchase } from "../purchases/purchase.ts";
import { reasonTexts } from "../purchases/reasons.ts";
import { type Reason, type State, states } from "../purchases/state.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { defineCommand, exitStatus, json, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { formatTable } from "./terminal.ts";

/** As many as the ledger lists at once, the oldest first. */
const mostListed = 10_000;

export const listPurchases = defineCommand({
  name: "purchases list",
  summary: "list the purchases and what they wait for",
  options: { state: { type: "string", value: "STATE", help: `only those in one state: ${states.join(", ")}` }, json },
  run: async ({ config, clock, terminal, values }) => {
    const filter = values.state === undefined ? {} : { state: readState(values.state) };
    const found = await withEngine({ config: config(), clock }, ({ ledger }) => ledger.listPurchases(filter));
    if (found.length >= mostListed) terminal.warn(`only the oldest ${mostListed} are shown; choose a state by --state`);
    terminal.print(values.json ? JSON.stringify(found.map(listedPurchase), null, 2) : describe(found));
    return exitStatus.done;
  },
});

function readState(text: string): State {
  const state = states.find((known) => known.toLowerCase() === text.toLowerCase());
  if (state === undefined) throw new UsageError(`--state must be one of ${states.join(", ")}`);
  return state;
}

/** A purchase as other programs read it: ids are texts, unknown values null. */
export function listedPurchase(purchase: Purchase) {
  return {
    id: purchase.id,
    service_id: shownId(purchase.serviceRef),
    invoice_id: String(purchase.invoiceId),
    invoice_line_id: String(purchase.lineId),
    action: purchase.action,
    tariff: purchase.tariff,
    licence: purchase.licence,
    period_months: purchase.period?.months ?? null,
    period_start: purchase.period?.start ?? null,
    state: purchase.state,
    reason: purchase.reason,
    remote_service_id: purchase.remoteServiceId,
    attempts: purchase.attempts,
  };
}

const headings = ["ID", "STATE", "REASON", "SERVICE", "INVOICE", "LICENCE", "TARIFF", "FROM", "MONTHS", "MODULE"];

function describe(purchases: readonly Purchase[]): string {
  if (purchases.length === 0) return "No purchases.";
  const rows = purchases.map(listedPurchase);
  const cells = rows.map((row) => [
    row.id,
    row.state,
    row.reason,
    row.service_id,
    row.invoice_id,
    row.licence,
    row.tariff,
    row.period_start,
    row.period_months === null ? null : String(row.period_months),
    row.remote_service_id,
  ]);
  const reasons = [...new Set(rows.flatMap(({ reason }) => reason ?? []))];
  return [formatTable(headings, cells), ...(reasons.length === 0 ? [] : ["", ...reasons.map(explain)])].join("\n");
}

function explain(reason: Reason): string {
  const { what, remedy } = reasonTexts[reason];
  return `${reason}: ${what} ${remedy}`;
}
