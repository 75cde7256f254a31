// Was anything lost or bought twice? Judged from the account's journal and WHMCS's invoices, never from our own opinion.

import { addMonths } from "../../src/purchases/period.ts";
import { addDays, addMonths as lastDayOf } from "../../src/sandbox/account/dates.ts";
import type { Debit } from "../../src/sandbox/account/model.ts";
import { catchUp } from "../../src/sandbox/account/upkeep.ts";
import type { LineStatus } from "../../src/whmcs/facts.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import type { Life } from "./life.ts";
import { judgeAccounts } from "./oracle-accounts.ts";
import { judgeLifecycle } from "./oracle-lifecycle.ts";
import { judgeReasons } from "./oracle-reasons.ts";
import { judgeAutoRenewal, judgeRows } from "./oracle-rows.ts";
import { isResting } from "./rest.ts";
import { sideOf } from "./sides.ts";
import { refOf, subjectOfLine } from "./whmcs/line-facts.ts";
import { rowsWhere, type Tables } from "./whmcs/tables.ts";

/** Month ends make a chain of months a few days shorter than their sum. */
const longestDifferenceDays = 4;

/** Everything that one look at an account of a finished life compares. */
interface Account {
  /** Seen from this account. */
  readonly life: Life;
  readonly purchases: readonly PurchaseRow[];
  /** Those that belong to this account. */
  readonly own: readonly PurchaseRow[];
  /** Charges that requests of ours have caused. */
  readonly debits: readonly Debit[];
}

/** Holds a life that has come to rest against what must be so; findings are told to its witness. */
export async function judge(life: Life): Promise<void> {
  for (const { model } of life.sides()) catchUp(model);
  const purchases = [...life.store().purchases.values()];
  judgeLines(life, purchases);
  judgeRest(life, purchases);
  judgePeriods(life, purchases);
  for (const side of life.sides()) judgeAccount(side, purchases);
  judgeReasons(life);
  judgeAccounts(life);
  await judgeRows(life);
}

function judgeAccount(life: Life, purchases: readonly PurchaseRow[]): void {
  const own = purchases.filter((purchase) => sideOf(life, purchase).account === life.account);
  const debits = life.model.debits.filter(({ requestNumber }) => requestNumber !== null);
  const account: Account = { life, purchases, own, debits };
  judgeOrders(account);
  judgeRenewals(account);
  judgeTerms(account);
  judgeDoubles(account);
  judgeLifecycle(life);
  judgeAutoRenewal(life, own);
}

/** By what the lines themselves point at, whoever was billed and however production finds them. */
function listLines(tables: Tables): LineStatus[] {
  return rowsWhere(tables, "invoiceLines", () => true).flatMap((line) => {
    const [subject, invoice] = [subjectOfLine(tables, line), tables.rows.invoices.get(line.invoiceId)];
    if (subject === null || invoice === undefined) return [];
    return [{ lineId: line.id, serviceRef: refOf(subject), invoiceId: invoice.id, invoiceStatus: invoice.status }];
  });
}

/** Every paid line has a purchase that bought it, or that waits or rests where somebody sees it. */
function judgeLines(life: Life, purchases: readonly PurchaseRow[]): void {
  const known = new Map(purchases.map((purchase) => [purchase.lineId, purchase]));
  for (const { lineId, invoiceStatus } of listLines(life.whmcs.tables)) {
    if (invoiceStatus !== "Paid") continue;
    const purchase = known.get(lineId);
    if (purchase === undefined) life.witness.find("lost", `I10: line ${lineId} is Paid and has no purchase`);
    else if (isForgotten(purchase, life)) {
      life.witness.find("lost", `line ${lineId} is Paid and its purchase ${nameOf(purchase)}`);
    }
  }
}

function isForgotten({ id, state, reason, lineId, paidAt }: PurchaseRow, life: Life): boolean {
  if (state === "Refunded")
    return ![...life.store().decisions.values()].some((row) => row.purchaseId === id && row.decision === "refunded");
  if (state === "Ignored") return paidAt === null || paidAt >= life.paidSince;
  return state === "Pending" && reason === "unpaid" && lineId > 0;
}

/** I25, once faults have stopped. */
function judgeRest(life: Life, purchases: readonly PurchaseRow[]): void {
  for (const purchase of purchases) {
    if (!isResting(purchase, sideOf(life, purchase)))
      life.witness.find("broken", `I25: ${nameOf(purchase)} does not rest`);
  }
}

/**
 * One order is charged at most once for a purchase, and a charge is bound, before a person, or told of: staff may have bought
 * the same by hand while nothing was known of our request, and that then counts as the purchase's (I20).
 */
function judgeOrders({ life, purchases, debits }: Account): void {
  const byId = new Map(purchases.map((purchase) => [purchase.id, purchase]));
  const charged = new Map<string, Debit[]>();
  for (const debit of debits.filter(({ kind }) => kind === "order")) {
    const id = /^im-([a-z2-7]{16})-\d+$/.exec(debit.marker ?? "")?.[1] ?? "nobody";
    charged.set(id, [...(charged.get(id) ?? []), debit]);
  }
  for (const [id, list] of charged) {
    if (list.length > 1) life.witness.find("double", `I2: purchase ${id} was ordered ${list.length} times`);
    const purchase = byId.get(id);
    for (const { moduleId } of list) {
      if (purchase === undefined)
        life.witness.find("lost", `module ${moduleId} was bought for an unknown purchase ${id}`);
      else if (!looksAfter(purchase, moduleId, life) && !isTold({ life, purchases }, purchase, moduleId)) {
        life.witness.find("lost", `module ${moduleId} was bought and its purchase ${nameOf(purchase)} does not know`);
      }
    }
  }
}

/**
 * With buying off the account is not asked, so nothing of it is told before buying is on again. Where the account shows no
 * markers, ours cannot be told from what staff buy by hand for the same licence. While a person has a request for it before
 * them, the hourly look leaves its modules to that person; else, of those that no purchase holds, as many as there are
 * purchases that are left to staff.
 */
function isTold(
  { life, purchases }: Pick<Account, "life" | "purchases">,
  { licence }: PurchaseRow,
  moduleId: string,
): boolean {
  const { model, witness } = life;
  if (witness.told.has(`I20:${moduleId}`)) return true;
  const modules = model.state.modules.filter((module) => module.licence === licence && module.status !== 4);
  if (!modules.some(({ id }) => witness.byHand.has(id))) return false;
  if (life.store().switches.get("buying")?.value === "off") return true;
  if (model.variants.remoteid !== "none") return false;
  const withPerson = purchases.filter((other) => other.licence === licence && other.state === "NeedsOperator");
  const leftToStaff = withPerson.filter(
    ({ sends, reason }) => sends === 0 && reason !== "already_owned" && reason !== "evidence_conflict",
  );
  const held = new Set([...life.store().bindings.values()].map(({ remoteServiceId }) => remoteServiceId));
  const isExcused = modules.filter(({ id }) => !held.has(id)).length <= leftToStaff.length;
  return withPerson.some(({ sends }) => sends > 0) || isExcused;
}

/** The module is bound to the purchase, or a person has it before them or has settled it. */
function looksAfter(purchase: PurchaseRow, moduleId: string, life: Life): boolean {
  const isBound = [...life.store().bindings.values()].some(
    (row) => row.purchaseId === purchase.id && row.remoteServiceId === moduleId,
  );
  if (purchase.state === "NeedsOperator" && purchase.sends > 0) return true;
  if (life.wasRestored() && isBeforePerson(purchase)) return true;
  if (purchase.state === "Refunded" && purchase.sends > 0) return true;
  if (purchase.state === "Ordered" && isResting(purchase, life)) return true;
  return isBound && (purchase.state === "Purchased" || purchase.state === "Ordered");
}

/** A restored ledger has forgotten its sends; it is a person who comes to see the purchase, or the one that it waits for. */
function isBeforePerson({ state, reason }: PurchaseRow): boolean {
  return state === "NeedsOperator" || (state === "Pending" && reason === "earlier_period");
}

/** A module is renewed at most once for each purchase that asked for it, and no purchase counts as renewed without. */
function judgeRenewals({ life, purchases, debits }: Account): void {
  const { writes } = life.witness;
  const renewed = new Map<string, number>();
  for (const { kind, moduleId } of debits) {
    if (kind === "renewal") renewed.set(moduleId, (renewed.get(moduleId) ?? 0) + 1);
  }
  for (const [moduleId, times] of renewed) {
    const asked = new Set(
      writes
        .filter((write) => write.action === "renew" && write.moduleId === moduleId)
        .map(({ purchaseId }) => purchaseId),
    );
    if (times > asked.size) {
      life.witness.find("double", `I2: module ${moduleId} was renewed ${times} times for ${asked.size} purchases`);
    }
    const known = purchases.filter((purchase) => asked.has(purchase.id) && looksAfter(purchase, moduleId, life)).length;
    if (times > known)
      life.witness.find("lost", `module ${moduleId} was renewed ${times} times, and ${known} purchases know`);
  }
}

/** What counts as bought was charged, and the account gives as much time as was paid for. */
function judgeTerms({ life, own, debits }: Account): void {
  const modules = new Map(life.model.state.modules.map((module) => [module.id, module]));
  const bought = new Map<string, PurchaseRow[]>();
  for (const purchase of own) {
    if (purchase.state !== "Purchased" || purchase.remoteServiceId === null) continue;
    bought.set(purchase.remoteServiceId, [...(bought.get(purchase.remoteServiceId) ?? []), purchase]);
  }
  for (const [moduleId, list] of bought) {
    const module = modules.get(moduleId);
    if (module === undefined) {
      life.witness.find("broken", `purchases count as bought with module ${moduleId}, which the account does not have`);
      continue;
    }
    const charges = debits.filter((debit) => debit.moduleId === moduleId);
    const byHand = life.witness.byHand.get(moduleId) ?? 0;
    const sent = list.filter(({ reason }) => reason !== "manual");
    if (byHand === 0 && sent.length > charges.length) {
      life.witness.find(
        "broken",
        `${sent.length} purchases count as bought with module ${moduleId}, charged ${charges.length} times`,
      );
    }
    const months = sumOf(list);
    const paid = sumOf(charges) + byHand;
    if (months > paid) {
      const what = `${months} months count as bought with module ${moduleId}, and ${paid} were paid for`;
      life.witness.find("lost", what);
    }
    const through = lastDayOf(module.createdate, months, life.model.variants.monthEnd);
    const lostDays = life.cuts.lostDays.get(moduleId) ?? 0;
    if (module.expiredate < addDays(through, -lostDays - longestDifferenceDays)) {
      life.witness.find("broken", `module ${moduleId} ends ${module.expiredate}, and ${months} months were paid for`);
    }
  }
}

function sumOf(list: readonly { readonly periodMonths: number | null }[]): number {
  return list.reduce((sum, { periodMonths }) => sum + (periodMonths ?? 0), 0);
}

/** I1: no two charged purchases of one service for days that overlap. */
function judgePeriods(life: Life, purchases: readonly PurchaseRow[]): void {
  const charged = purchases.filter(
    ({ id, state }) => state === "Purchased" && life.witness.writes.some((write) => write.purchaseId === id),
  );
  for (const [at, one] of charged.entries()) {
    for (const other of charged.slice(at + 1)) {
      if (one.serviceRef === other.serviceRef && overlap(one, other)) {
        life.witness.find("double", `I1: ${one.id} and ${other.id} bought the same days of ${one.serviceRef}`);
      }
    }
  }
}

/** No licence carries two modules of ours. */
function judgeDoubles({ life, debits }: Account): void {
  const placed = debits.filter(({ kind }) => kind === "order").map(({ licence, tariff }) => `${licence} ${tariff}`);
  const alive = life.model.state.modules.filter(({ status, remoteid }) => status !== 4 && remoteid !== null);
  const twice = new Set(placed.filter((key, at) => placed.indexOf(key) !== at));
  for (const key of twice) {
    const modules = alive.filter(({ licence, tariff }) => `${licence} ${tariff}` === key);
    if (modules.length > 1)
      life.witness.find("double", `licence and tariff ${key} carry ${modules.length} modules of ours`);
  }
}

function overlap(one: PurchaseRow, other: PurchaseRow): boolean {
  if (one.periodStart === null || other.periodStart === null) return false;
  const endOf = ({ periodStart, periodMonths }: PurchaseRow) => addMonths(periodStart ?? "", periodMonths ?? 0);
  return one.periodStart < endOf(other) && other.periodStart < endOf(one);
}

function nameOf({ id, state, reason }: PurchaseRow): string {
  return `${id} is ${state}${reason === null ? "" : `(${reason})`}`;
}
