// What is known of one purchase: where it stands, why, what would be sent, and everything that happened?
import { countOf } from "../doctor/finding.ts";
import { listOpenDecisions } from "../purchases/decision.ts";
import type { Engine } from "../purchases/engine.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { reasonTexts, stateTexts } from "../purchases/reasons.ts";
import { defineCommand, exitStatus, json, Refused } from "./command.ts";
import { withEngine } from "./databases.ts";
import { describeHistory, toHistory } from "./history.ts";
import { listedPurchase, readAccounts } from "./purchases.ts";
import { formatAmount, plain } from "./terminal.ts";

export const showPurchase = defineCommand({
  name: "purchases show",
  summary: "show one purchase: its reason, what would be sent, and its history",
  operands: ["ID"],
  options: { json },
  run: async ({ config, clock, terminal, values, operands }) => {
    const id = (operands[0] ?? "").toLowerCase();
    const shown = await withEngine({ config: config(), clock }, (engine) => readShown(engine, id));
    if (shown === null) throw new Refused("no purchase has this id; `ispmodules purchases list` prints them");
    terminal.print(values.json ? JSON.stringify(shown, null, 2) : describe(shown));
    return exitStatus.done;
  },
});

type Shown = NonNullable<Awaited<ReturnType<typeof readShown>>>;

async function readShown(engine: Engine, id: string) {
  const { ledger } = engine;
  const purchase = await ledger.findPurchase(id);
  if (purchase === null) return null;
  const explanation = purchase.reason === null ? null : reasonTexts[purchase.reason];
  const wouldSend = readWouldSend(purchase);
  return {
    ...listedPurchase(purchase, await readAccounts(engine, [purchase])),
    meaning: explanation?.what ?? stateTexts[purchase.state],
    remedy: explanation?.remedy ?? null,
    paid_at: purchase.paidAt,
    expected_expiry: purchase.expectedExpiry,
    sends: purchase.sends,
    money_reversed: purchase.isReversed,
    auto_renewal_on: purchase.hasAutoRenewal,
    seconds_in_state: Math.max(0, Math.round(purchase.stateAgeMs / 1000)),
    waits_until: purchase.holdUntil?.toISOString() ?? null,
    open_decisions: listOpenDecisions(purchase),
    version: purchase.version,
    detail: purchase.detail,
    ...(wouldSend === null ? {} : { would_send: wouldSend }),
    module_steps: await readModuleSteps(ledger, purchase),
    history: toHistory(await ledger.readHistory(id)),
  };
}

/** What was done to its module besides buying it. */
async function readModuleSteps(ledger: Engine["ledger"], { id, remoteServiceId, serviceRef }: Purchase) {
  const account = (await ledger.listAccountsOf([id])).get(id);
  if (remoteServiceId === null || account === undefined) return [];
  const steps = await ledger.listModuleSteps(account, [remoteServiceId]);
  return steps
    .filter((step) => step.serviceRef === serviceRef)
    .map(({ day, change, step, detail }) => ({ day, change, step, detail }));
}

/** The request of a purchase that only the position shadow holds back; null for every other. */
function readWouldSend({ state, reason, detail }: Purchase) {
  if (state !== "Pending" || reason !== "shadow" || detail === null) return null;
  const { would_send: request, cost = null, currency = null } = detail;
  return { request, cost: typeof cost === "string" ? formatAmount(cost) : null, currency };
}

function describe(shown: Shown): string {
  const facts: readonly (readonly [string, string | null])[] = [
    ["State", `${shown.state}${shown.reason === null ? "" : ` (${shown.reason})`}`],
    ["Meaning", shown.meaning],
    ["Remedy", shown.remedy],
    ["Put off until", shown.waits_until],
    ["Decisions", shown.open_decisions.length === 0 ? null : shown.open_decisions.join(", ")],
    ["Service", shown.service_id],
    ["Invoice", `${shown.invoice_id}, line ${shown.invoice_line_id}`],
    ["Paid at", shown.paid_at],
    [
      "Period",
      shown.period_start === null ? null : `${shown.period_start}, ${countOf(shown.period_months ?? 0, "month")}`,
    ],
    ["Licence", shown.licence],
    ["Tariff", shown.tariff],
    ["Action", shown.action],
    ["Module", shown.remote_service_id],
    ["Account", shown.account ?? null],
    ["Expected until", shown.expected_expiry],
    ["Attempts", String(shown.attempts)],
    ["Money reversed", shown.money_reversed ? "yes" : null],
    ["Auto-renewal", shown.auto_renewal_on ? "on at the account, and it could not be switched off" : null],
    ["Detail", shown.detail === null || "would_send" in shown ? null : JSON.stringify(shown.detail)],
  ];
  const known = facts.filter((fact): fact is [string, string] => fact[1] !== null);
  const width = Math.max(...known.map(([name]) => name.length));
  return [
    `Purchase ${shown.id}`,
    ...known.map(([name, value]) => `  ${name.padEnd(width)}  ${plain(value)}`),
    ...describeWouldSend(shown),
    "History (UTC)",
    ...describeHistory(shown.history).map((line) => `  ${plain(line)}`),
    ...(shown.module_steps.length === 0 ? [] : ["Module at ispmanager (UTC)"]),
    ...shown.module_steps.map((row) => `  ${plain(`${row.day}  ${row.change}: ${row.step} ${row.detail}`.trimEnd())}`),
  ].join("\n");
}

function describeWouldSend({ would_send: wouldSend }: Shown): string[] {
  if (wouldSend === undefined) return [];
  const cost = wouldSend.cost === null ? "its cost is not known" : `for ${wouldSend.cost} ${wouldSend.currency}`;
  const request = Object.entries(wouldSend.request ?? {});
  return [`Would send, ${cost}`, ...request.map(([name, value]) => `  ${plain(`${name}=${String(value)}`)}`)];
}
