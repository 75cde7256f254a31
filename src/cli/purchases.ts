// Which purchases are there, and what does each wait for?
import type { Engine } from "../purchases/engine.ts";
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
    const { found, accounts } = await withEngine({ config: config(), clock }, async (engine) => {
      const purchases = await engine.ledger.listPurchases(filter);
      return { found: purchases, accounts: await readAccounts(engine, purchases) };
    });
    if (found.length >= mostListed) terminal.warn(`only the oldest ${mostListed} are shown; choose a state by --state`);
    terminal.print(
      values.json
        ? JSON.stringify(
            found.map((each) => listedPurchase(each, accounts)),
            null,
            2,
          )
        : describe(found, accounts),
    );
    return exitStatus.done;
  },
});

function readState(text: string): State {
  const state = states.find((known) => known.toLowerCase() === text.toLowerCase());
  if (state === undefined) throw new UsageError(`--state must be one of ${states.join(", ")}`);
  return state;
}

/** Names by purchase id; null where there is only one account, which needs no name. */
export type AccountNames = ReadonlyMap<string, string> | null;

export async function readAccounts(
  { ledger, accounts }: Engine,
  purchases: readonly Purchase[],
): Promise<AccountNames> {
  return accounts.length === 1 ? null : await ledger.listAccountsOf(purchases.map(({ id }) => id));
}

/** A purchase as other programs read it: ids are texts, unknown values null. */
export function listedPurchase(purchase: Purchase, accounts: AccountNames = null) {
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
    ...(accounts === null ? {} : { account: accounts.get(purchase.id) ?? null }),
  };
}

const headings = ["ID", "STATE", "REASON", "SERVICE", "INVOICE", "LICENCE", "TARIFF", "FROM", "MONTHS", "MODULE"];

function describe(purchases: readonly Purchase[], accounts: AccountNames): string {
  if (purchases.length === 0) return "No purchases.";
  const rows = purchases.map((each) => listedPurchase(each, accounts));
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
    ...(accounts === null ? [] : [row.account ?? null]),
  ]);
  const reasons = [...new Set(rows.flatMap(({ reason }) => reason ?? []))];
  const named = accounts === null ? headings : [...headings, "ACCOUNT"];
  return [formatTable(named, cells), ...(reasons.length === 0 ? [] : ["", ...reasons.map(explain)])].join("\n");
}

function explain(reason: Reason): string {
  const { what, remedy } = reasonTexts[reason];
  return `${reason}: ${what} ${remedy}`;
}
