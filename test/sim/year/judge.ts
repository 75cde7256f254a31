// Does the money of a whole year add up? Reckoned from the account's journal and WHMCS's invoices.
import { Big } from "big.js";
import { effectOf, type SpendingAttempt } from "../../../src/purchases/ledger/spending.ts";
import { takingsOf } from "../../../src/purchases/revenue.ts";
import { createSums } from "../../../src/report/sums.ts";
import type { Debit } from "../../../src/sandbox/account/model.ts";
import type { AttemptRow } from "../ledger/store.ts";
import type { Life } from "../life.ts";

/**
 * Every debit stands in the report of its month, nobody got more than they paid for, and every paid period is bought or with
 * a person. `forgotten` is what a ledger that came from a backup cannot know.
 */
export async function judgeYear(life: Life, forgotten: readonly Debit[]): Promise<void> {
  await judgeReports(life, forgotten);
  judgePaidPeriods(life);
  judgeMonths(life);
}

/** Each month's report names what the account charged in it, to the last decimal, and knows the takings of every line. */
async function judgeReports(life: Life, forgotten: readonly Debit[]): Promise<void> {
  const { model, store, truth, witness } = life;
  const known = model.debits.filter((debit) => !forgotten.includes(debit));
  for (const month of new Set(known.map(monthOf))) {
    const sums = createSums();
    const sent = [...store().attempts.values()].filter(({ createdAt }) => createdAt.startsWith(month));
    const attempts = sent.map((row) => asSpending(life, row));
    const facts = await truth.readLines(attempts.map(({ lineId }) => lineId));
    const takings = new Map(facts.map((line) => [line.line.id, takingsOf(line)]));
    for (const attempt of attempts) sums.addAttempt(attempt, takings.get(attempt.lineId) ?? null);
    const charged = sum(known.filter((debit) => monthOf(debit) === month).map(({ amount }) => amount));
    const reported = sums.costs().get(model.currency) ?? "0";
    if (!charged.eq(reported)) {
      witness.find("broken", `${month}: the report says ${reported}, the account charged ${charged}`);
    }
    const unsure = sums.noted().filter(({ what }) => what === "cost_unknown" || what === "line_gone");
    for (const { purchaseId, what } of unsure) witness.find("broken", `${month}: ${what} of purchase ${purchaseId}`);
  }
}

const monthOf = ({ at }: Debit) => at.toISOString().slice(0, 7);

function asSpending({ store }: Life, { purchaseId, n, action, tariff, cost, currency }: AttemptRow): SpendingAttempt {
  const { purchases, outcomes, bindings, decisions, transitions } = store();
  const purchase = purchases.get(purchaseId);
  const isOf = (row: { readonly purchaseId: string }) => row.purchaseId === purchaseId;
  const isBoundByHand =
    [...decisions.values()].some((row) => isOf(row) && row.decision === "bind") ||
    [...transitions.values()].some((row) => isOf(row) && row.toState === "Ordered" && row.reason === "manual");
  const outcome = outcomes.get(`${purchaseId}:${n}`)?.kind ?? null;
  const moduleId = bindings.get(purchaseId)?.remoteServiceId ?? null;
  const row = { n, newest: purchase?.attempts ?? 0, outcome, moduleId, isBoundByHand: Number(isBoundByHand) };
  return { purchaseId, n, lineId: purchase?.lineId ?? 0, action, tariff, cost, currency, effect: effectOf(row) };
}

function sum(amounts: readonly string[]): Big {
  return amounts.reduce((total, amount) => total.plus(amount), new Big(0));
}

function judgePaidPeriods({ whmcs, store, witness }: Life): void {
  const byLine = new Map([...store().purchases.values()].map((row) => [row.lineId, row]));
  const { invoiceLines, invoices } = whmcs.tables.rows;
  for (const { id, invoiceId, type } of invoiceLines.values()) {
    if (type !== "Hosting" || invoices.get(invoiceId)?.status !== "Paid") continue;
    const { state, reason } = byLine.get(id) ?? { state: "unknown", reason: null };
    if (state === "Purchased" || state === "NeedsOperator") continue;
    witness.find("lost", `line ${id} is Paid at the end of the year and its purchase is ${state}(${reason})`);
  }
}

/** Months that the account charged for a licence against months that its customer ever paid. */
function judgeMonths({ model, whmcs, store, witness }: Life): void {
  const paid = new Map<string, number>();
  const charged = new Map<string, number>();
  const transactions = new Set([...whmcs.tables.rows.transactions.values()].map(({ invoiceId }) => invoiceId));
  for (const { licence, invoiceId, periodMonths } of store().purchases.values()) {
    if (transactions.has(invoiceId)) count(paid, licence ?? "", periodMonths ?? 0);
  }
  for (const { licence, periodMonths } of model.debits) count(charged, licence, periodMonths);
  for (const [licence, months] of charged) {
    const most = paid.get(licence) ?? 0;
    if (months > most) witness.find("double", `${months} months were bought for licence ${licence}, ${most} were paid`);
  }
}

function count(counts: Map<string, number>, key: string, by: number): void {
  counts.set(key, (counts.get(key) ?? 0) + by);
}
