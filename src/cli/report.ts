// What did each module bring in and cost in one month?
import type { Decimal } from "../money.ts";
import { type MonthReport, reportMonth, spanOf } from "../report/month.ts";
import type { Noted, ReportRow } from "../report/sums.ts";
import { defineCommand, exitStatus, json, UsageError } from "./command.ts";
import { withEngine } from "./databases.ts";
import { formatAmount, formatTable, plain } from "./terminal.ts";

export const report = defineCommand({
  name: "report",
  summary: "what each module brought in and cost in one month",
  options: {
    month: { type: "string", value: "YYYY-MM", help: "requests sent in this month, UTC" },
    json,
    csv: { type: "boolean", help: "print CSV, one line per module and currency" },
  },
  run: async ({ config, clock, terminal, values }) => {
    const span = spanOf(values.month ?? "");
    if (span === null) throw new UsageError("--month takes a year and a month, e.g. --month 2026-11");
    if (values.json && values.csv) throw new UsageError("choose --json or --csv");
    const month = await withEngine({ config: config(), clock }, (engine, databases) =>
      reportMonth(engine, databases, span),
    );
    const rows = month.sums.rows().map((row) => toRow(row, month));
    const rest = restOf(month);
    if (values.json) terminal.print(JSON.stringify({ month: values.month, rows, ...rest }, null, 2));
    else if (values.csv) terminal.print(toCsv(rows));
    else terminal.print(describe(rows, rest));
    if (rest.orphans_unknown !== null && !values.json) {
      terminal.warn(
        `modules that nobody has bought are not counted: the account could not be read (${rest.orphans_unknown})`,
      );
    }
    return exitStatus.done;
  },
});

type Row = ReturnType<typeof toRow>;

/** Amounts are texts, ids too; null where something is not known. */
function toRow(row: ReportRow, { names, orphansUnknown }: MonthReport) {
  const named = names.get(row.tariff);
  const hasCost = row.costCurrency !== null;
  return {
    tariff: row.tariff === "" ? null : row.tariff,
    additionintname: named?.additionintname ?? null,
    name: named?.name ?? null,
    currency: row.currency,
    sold: row.currency === null ? null : formatAmount(row.sold),
    orders: row.orders,
    renewals: row.renewals,
    cost_currency: row.costCurrency,
    cost: hasCost ? formatAmount(row.cost) : null,
    margin: hasCost && row.margin !== null ? formatAmount(row.margin) : null,
    losses: row.losses,
    refunds: row.reversed,
    refunded: row.currency === null ? null : formatAmount(row.refunded),
    bought_by_hand: row.boughtByHand,
    sold_by_hand: row.currency === null ? null : formatAmount(row.soldByHand),
    cost_unknown: row.costUnknown,
    lines_gone: row.linesGone,
    orphans: orphansUnknown === null ? row.orphans : null,
  };
}

function restOf({ sums, orphansUnknown }: MonthReport) {
  const idsOf = (wanted: Noted["what"]) =>
    sums.noted().flatMap(({ purchaseId, what }) => (what === wanted ? [purchaseId] : []));
  return {
    costs: Object.fromEntries([...sums.costs()].map(([currency, cost]) => [currency, formatAmount(cost)])) as Readonly<
      Record<string, Decimal>
    >,
    losses: idsOf("loss"),
    cost_unknown: idsOf("cost_unknown"),
    unclear: idsOf("unclear"),
    bought_by_hand: idsOf("bought_by_hand"),
    lines_gone: idsOf("line_gone"),
    orphans_unknown: orphansUnknown,
  };
}

const columns = [
  ...([
    "tariff",
    "additionintname",
    "name",
    "currency",
    "sold",
    "orders",
    "renewals",
    "cost_currency",
    "cost",
  ] as const),
  ...(["margin", "losses", "refunds", "refunded", "bought_by_hand", "sold_by_hand", "cost_unknown"] as const),
  ...(["lines_gone", "orphans"] as const),
];

function cellsOf(row: Row): (string | null)[] {
  return columns.map((column) => (row[column] === null ? null : String(row[column])));
}

/** RFC 4180; a text that a spreadsheet would run as a formula is led by an apostrophe. */
function toCsv(rows: readonly Row[]): string {
  const cell = (value: string | null) => {
    const text = plain(value ?? "");
    const safe = /^[=+@\t]|^-(?!\d+(\.\d+)?$)/.test(text) ? `'${text}` : text;
    return /[",]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return [[...columns], ...rows.map(cellsOf)].map((line) => line.map(cell).join(",")).join("\r\n");
}

const explained = {
  losses: "cost more than they brought in",
  cost_unknown: "were bought at a cost nobody had told us, and are in no sum of costs",
  unclear: "were asked for, and nothing proves that it cost anything: in no sum",
  bought_by_hand: "are paid for by a module that staff bought or named: no debit of ours",
  lines_gone: "have no line in WHMCS any more: what they brought in is in no sum",
} as const;

function describe(rows: readonly Row[], rest: ReturnType<typeof restOf>): string {
  if (rows.length === 0 && rest.unclear.length === 0) return "Nothing was bought or refunded in that month.";
  const headings = columns.map((column) => column.replaceAll("_", " ").toUpperCase());
  const costs = Object.entries(rest.costs).map(([currency, cost]) => `Cost in all: ${cost} ${currency}`);
  const notes = (Object.keys(explained) as (keyof typeof explained)[])
    .filter((what) => rest[what].length > 0)
    .map((what) => `${rest[what].length} ${explained[what]}: ${rest[what].join(", ")}`);
  return [formatTable(headings, rows.map(cellsOf)), "", ...costs, ...notes].join("\n");
}
