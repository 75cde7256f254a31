// What would we have bought while buying only looked on, and what did staff buy by hand?
import { reviewAccount } from "../purchases/account-review.ts";
import { type AccountEngine, atEach } from "../purchases/engine.ts";
import { listShadowed } from "../purchases/ledger/shadowed.ts";
import { addDays } from "../purchases/period.ts";
import { compareShadow, type ShadowRow, type ShadowSum, sumShadow, type Verdict } from "../purchases/shadow.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { defineCommand, exitStatus, json, Refused, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { formatAmount, formatTable } from "./terminal.ts";

const usualDays = 14;
const mostDays = 366;
const formsAtOnce = 2_000;

export const shadowReport = defineCommand({
  name: "shadow report",
  summary: "compare what `buying shadow` would have bought with what staff bought by hand",
  options: {
    days: { type: "string", value: "N", help: `of the last N days; ${usualDays} when it is not said` },
    json,
  },
  run: async ({ config, clock, terminal, values }) => {
    const days = readDays(values.days);
    const rows = await withEngine({ config: config(), clock }, async (engine, { ledger }) => {
      const shadowed = await listShadowed(ledger, days);
      const each = await Promise.all(atEach(engine).map(readAccount));
      const today = (await engine.ledger.readClock()).toISOString().slice(0, 10);
      const review = {
        modules: each.flatMap(({ modules }) => modules),
        unclaimed: each.flatMap(({ unclaimed }) => unclaimed),
        differences: each.flatMap(({ differences }) => differences),
      };
      const isPriced = each.every(({ tariffs }) => tariffs !== null);
      const tariffs = isPriced ? each.flatMap((one) => one.tariffs ?? []) : null;
      return compareShadow({ shadowed, review, tariffs, since: addDays(today, -days) });
    });
    const sums = sumShadow(rows);
    terminal.print(values.json ? JSON.stringify(listed(days, rows, sums), null, 2) : describe(rows, sums));
    return exitStatus.done;
  },
});

async function readAccount(at: AccountEngine) {
  const review = await reviewAccount(at, { most: formsAtOnce, known: new Map() });
  if (review.kind !== "ok") throw new Refused("the account's module list could not be read: nothing to compare with");
  const prices = await at.account.listTariffs();
  return { ...review.value, tariffs: prices.kind === "ok" ? prices.value : null };
}

function readDays(text: string | undefined): number {
  const days = text === undefined ? usualDays : /^[1-9]\d{0,2}$/.test(text) ? Number(text) : Number.NaN;
  if (!(days <= mostDays)) throw new UsageError(`--days must be a number from 1 to ${mostDays}`);
  return days;
}

const sentences: Readonly<Record<Verdict, string>> = {
  same: "same: staff did what we would have done",
  differs: "differs: one would have ordered, the other renewed",
  ours: "ours: we would have bought, staff did not",
  staff: "staff: staff bought, we would not have",
  neither: "neither: nobody bought",
};

function describe(rows: readonly ShadowRow[], sums: readonly ShadowSum[]): string {
  if (rows.length === 0) return "Nothing was paid, and staff bought nothing, in these days.";
  const table = formatTable(
    ["verdict", "line", "service", "licence", "tariff", "period", "ours", "staff", "module", "cost"],
    rows.map((row) => [
      ...[
        row.verdict,
        row.lineId === null ? null : String(row.lineId),
        row.serviceRef === null ? null : shownId(row.serviceRef),
      ],
      ...[row.licence, row.tariff, row.periodStart, row.ours, row.staff, row.moduleId],
      row.cost === null ? null : `${formatAmount(row.cost)} ${row.currency ?? ""}`,
    ]),
  );
  const totals = sums.map(({ verdict, lines, costs, unpriced }) => {
    const amounts = costs.map(({ amount, currency }) => `, ${formatAmount(amount)} ${currency}`).join("");
    const open = unpriced === 0 || verdict === "neither" ? "" : `, ${unpriced} without a price`;
    return `${sentences[verdict]}: ${lines}${amounts}${open}`;
  });
  return [table, "", ...totals].join("\n");
}

/** As other programs read it: ids are texts, unknown values null. */
function listed(days: number, rows: readonly ShadowRow[], sums: readonly ShadowSum[]) {
  return {
    days,
    lines: rows.map((row) => ({
      ...{ verdict: row.verdict, invoice_line_id: row.lineId === null ? null : String(row.lineId) },
      ...{
        purchase_id: row.purchaseId,
        service_id: row.serviceRef === null ? null : shownId(row.serviceRef),
        module_id: row.moduleId,
      },
      ...{ licence: row.licence, tariff: row.tariff, period_start: row.periodStart },
      ...{ ours: row.ours, staff: row.staff, cost: row.cost, currency: row.currency },
    })),
    sums,
  };
}
