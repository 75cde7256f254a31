// How long does the account's balance last, and whose module is about to end unpaid?
import { type Forecast, forecastRenewals, type RenewalCosts } from "../purchases/forecast.ts";
import { listUnpaid, type Unpaid } from "../report/unpaid.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { defineCommand, exitStatus, json, Refused } from "./command.ts";
import { withEngine } from "./databases.ts";
import { formatAmount, formatTable } from "./terminal.ts";

export const forecast = defineCommand({
  name: "forecast",
  summary: "balance against the renewals of 7 and 30 days, and modules about to end unpaid",
  options: { json },
  run: async ({ config, clock, terminal, values }) => {
    const [renewals, unpaid] = await withEngine({ config: config(), clock }, async (engine, { ledger }) => [
      await forecastRenewals(engine),
      await listUnpaid(engine, ledger),
    ]);
    if (renewals === null) {
      throw new Refused("the account's price list or balance cannot be read: run `ispmodules doctor`, which says why");
    }
    const printed = { ...toJson(renewals), unpaid: unpaid.map(toRow) };
    terminal.print(values.json ? JSON.stringify(printed, null, 2) : describe(printed));
    return exitStatus.done;
  },
});

function toJson({ balance, week, month, isLow }: Forecast) {
  return {
    balance: formatAmount(balance.amount),
    currency: balance.currency,
    is_low: isLow,
    days_7: costsOf(week),
    days_30: costsOf(month),
  };
}

function costsOf({ renewals, unknown, costs }: RenewalCosts) {
  const amounts = [...costs].map(([currency, cost]) => [currency, formatAmount(cost)] as const);
  return { renewals, cost_unknown: unknown, costs: Object.fromEntries(amounts) };
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

type Printed = ReturnType<typeof toJson> & { readonly unpaid: readonly ReturnType<typeof toRow>[] };

const headings = ["SERVICE", "CLIENT", "MODULE", "LICENCE", "EXPIRES", "INVOICE", "STATUS"];

function describe({ balance, currency, is_low, days_7, days_30, unpaid }: Printed): string {
  const lines = [
    `Balance: ${balance}${currency === null ? "" : ` ${currency}`}${is_low ? ", which does not cover a week: top up" : ""}`,
    `Renewals of the next 7 days: ${describeCosts(days_7)}`,
    `Renewals of the next 30 days: ${describeCosts(days_30)}`,
  ];
  if (unpaid.length === 0) return [...lines, "No module ends unpaid within 48 hours."].join("\n");
  const table = formatTable(
    headings,
    unpaid.map((row) => Object.values(row)),
  );
  return [...lines, "", "Modules that end within 48 hours, unpaid:", table].join("\n");
}

function describeCosts({ renewals, cost_unknown, costs }: ReturnType<typeof costsOf>): string {
  const sums = Object.entries(costs).map(([currency, cost]) => `${cost} ${currency}`);
  const rest = cost_unknown === 0 ? "" : `, ${cost_unknown} of them at a cost that is not known`;
  return `${sums.length === 0 ? "0.00" : sums.join(" + ")} for ${renewals}${rest}`;
}
