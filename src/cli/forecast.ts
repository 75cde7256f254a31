// How long does the account's balance last, and whose module is about to end unpaid?

import { type AccountEngine, atEach } from "../purchases/engine.ts";
import { type Costs, type Forecast, forecastRenewals } from "../purchases/forecast.ts";
import { listUnpaid, type Unpaid } from "../report/unpaid.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { defineCommand, exitStatus, json, Refused } from "./command.ts";
import { withEngine } from "./databases.ts";
import { formatAmount, formatTable } from "./terminal.ts";

export const forecast = defineCommand({
  name: "forecast",
  summary: "balance against what waits and the renewals of 7 and 30 days, and modules about to end unpaid",
  options: { json },
  run: async ({ config, clock, terminal, values }) => {
    const { each, rows } = await withEngine({ config: config(), clock }, async (engine, { ledger }) => ({
      each: await Promise.all(atEach(engine).map(readForecast)),
      rows: await listUnpaid(engine, ledger),
    }));
    const [only, ...others] = each;
    const unpaid = rows.map(toRow);
    const printed = others.length === 0 ? { ...only?.renewals, unpaid } : { accounts: each.map(named), unpaid };
    const told = each.map((one) => (others.length === 0 ? "" : `Account ${one.account}\n`) + describe(one.renewals));
    terminal.print(values.json ? JSON.stringify(printed, null, 2) : [...told, describeUnpaid(unpaid)].join("\n"));
    return exitStatus.done;
  },
});

/** Throws `Refused` when the account does not say what it has and asks. */
async function readForecast(at: AccountEngine) {
  const renewals = await forecastRenewals(at);
  if (renewals !== null) return { account: at.account.name, renewals: toJson(renewals) };
  const whose = at.account.name === "main" ? "the account's" : `the account ${at.account.name}'s`;
  throw new Refused(`${whose} price list or balance cannot be read: run \`ispmodules doctor\`, which says why`);
}

function named({ account, renewals }: Awaited<ReturnType<typeof readForecast>>) {
  return { account, ...renewals };
}

function toJson({ balance, waiting, week, month, isLow }: Forecast) {
  return {
    balance: formatAmount(balance.amount),
    currency: balance.currency,
    is_low: isLow,
    waiting: { purchases: waiting.count, ...costsOf(waiting) },
    days_7: { renewals: week.count, ...costsOf(week) },
    days_30: { renewals: month.count, ...costsOf(month) },
  };
}

function costsOf({ unknown, costs }: Costs) {
  const amounts = [...costs].map(([currency, cost]) => [currency, formatAmount(cost)] as const);
  return { cost_unknown: unknown, costs: Object.fromEntries(amounts) };
}

function toRow({ serviceRef, clientId, moduleId, licence, expiresOn, invoiceId, invoiceStatus }: Unpaid) {
  return {
    service_id: shownId(serviceRef),
    client_id: clientId === null ? null : String(clientId),
    module_id: moduleId,
    licence,
    expires_on: expiresOn,
    invoice_id: String(invoiceId),
    invoice_status: invoiceStatus,
  };
}

const headings = ["SERVICE", "CLIENT", "MODULE", "LICENCE", "EXPIRES", "INVOICE", "STATUS"];

function describe({ balance, currency, is_low, waiting, days_7, days_30 }: ReturnType<typeof toJson>): string {
  return [
    `Balance: ${balance}${currency === null ? "" : ` ${currency}`}${is_low ? ", which does not cover a week: top up" : ""}`,
    `Paid purchases that wait: ${describeCosts(waiting, waiting.purchases)}`,
    `Renewals of the next 7 days, overdue ones among them: ${describeCosts(days_7, days_7.renewals)}`,
    `Renewals of the next 30 days: ${describeCosts(days_30, days_30.renewals)}`,
  ].join("\n");
}

function describeUnpaid(unpaid: readonly ReturnType<typeof toRow>[]): string {
  if (unpaid.length === 0) return "No module ends unpaid within 48 hours.";
  const table = formatTable(
    headings,
    unpaid.map((row) => Object.values(row)),
  );
  return ["", "Modules that end within 48 hours, unpaid:", table].join("\n");
}

function describeCosts({ cost_unknown, costs }: ReturnType<typeof costsOf>, count: number): string {
  const sums = Object.entries(costs).map(([currency, cost]) => `${cost} ${currency}`);
  const rest = cost_unknown === 0 ? "" : `, ${cost_unknown} of them at a cost that is not known`;
  return `${sums.length === 0 ? "0.00" : sums.join(" + ")} for ${count}${rest}`;
}
