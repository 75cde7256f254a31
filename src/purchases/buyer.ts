// Which purchases are ready, and what happens to those that are not? Checks each due row and acts on the verdict.
import { describeError } from "../log.ts";
import type { LineFacts } from "../whmcs/facts.ts";
import { checkPause, type Waiting, wait } from "./asking.ts";
import { checkAccount, type Plan, type Verdict } from "./checks.ts";
import { type AccountEngine, backOffMs, type Engine, forEachTogether, ruleSettings } from "./engine.ts";
import type { Change } from "./ledger/change.ts";
import { isOutOfSight } from "./out-of-sight.ts";
import { markerOf, type Purchase, type PurchaseFacts } from "./purchase.ts";
import { factsOf, type Judgement, judgeLine } from "./rules.ts";
import { orderOf, renewalOf, sendPurchase } from "./send.ts";
import { type Reason, stageOf } from "./state.ts";

const batch = 50;
const dayMs = 86_400_000;
/** A line must have been read as Paid this shortly before its request leaves; older readings are thrown away. */
const factsLifetimeMs = 60_000;

/** One round over the due rows; how many there were. */
export async function runBuyer(engine: Engine): Promise<number> {
  const due = await engine.ledger.takeDue("buy", batch);
  if (due.length === 0) return 0;
  const reading = await readFacts(engine, due);
  await forEachTogether(due, engine.settings.ordersInFlight, async (purchase) => {
    // What is left over when the process ends goes back to the others at once.
    if (engine.isStopping()) await engine.ledger.wake([purchase.id]).catch(() => {});
    else await buySafely(engine, purchase, reading);
  });
  return due.length;
}

/** One row that cannot be handled never stops the others. */
async function buySafely(engine: Engine, purchase: Purchase, reading: Reading): Promise<void> {
  try {
    await buy(engine, purchase, reading);
  } catch (error) {
    engine.log.error("purchase.check_failed", { purchase: purchase.id, ...describeError(error) });
    await engine.ledger.postpone(purchase, backOffMs(engine.settings, purchase.waits)).catch(() => {});
  }
}

async function buy(engine: Engine, purchase: Purchase, { lines, readAtMs }: Reading): Promise<void> {
  if (lines === null) return await rest(engine, purchase, { kind: "wait", reason: "whmcs_unreachable" });
  const facts = lines.get(purchase.lineId) ?? null;
  const { paidSince } = await engine.ledger.readBuying();
  // What was sent once is ours to finish, however late the day from which we buy is set.
  const since = purchase.sends === 0 ? paidSince : null;
  if (facts === null) return await restWithoutLine(engine, purchase, since);
  const judgement = judgeLine(facts, ruleSettings(engine, purchase, since));
  const known = factsOf(facts, purchase.firstPaidSeenAt);
  if (judgement.kind === "ignored" || judgement.kind === "refunded") return await leave(engine, purchase, judgement);
  if (judgement.kind !== "go") return await rest(engine, purchase, judgement, known);
  const current = await renewFacts(engine, purchase, known);
  if (current === null) return;
  const verdict = await checkAccount(engine, { purchase: current, facts, obligation: judgement.obligation });
  if (verdict.kind !== "send") return await rest(engine, current, verdict, known);
  const ageMs = engine.clock.monotonicMs() - readAtMs;
  if (ageMs > factsLifetimeMs - engine.settings.sendWithinMs) return await engine.ledger.postpone(current, 0);
  await act(engine, { purchase: current, known }, verdict.plan);
}

/** Lines of one round, read together; null when WHMCS could not be read. */
interface Reading {
  readonly lines: ReadonlyMap<number, LineFacts> | null;
  readonly readAtMs: number;
}

async function readFacts(engine: Engine, due: readonly Purchase[]): Promise<Reading> {
  const readAtMs = engine.clock.monotonicMs();
  try {
    const facts = await engine.reader.readLines(due.map((purchase) => purchase.lineId));
    return { lines: new Map(facts.map((line) => [line.line.id, line])), readAtMs };
  } catch (error) {
    engine.log.warn("whmcs.unreachable", describeError(error));
    return { lines: null, readAtMs };
  }
}

async function restWithoutLine(engine: Engine, purchase: Purchase, since: string | null): Promise<void> {
  const isOld = since !== null && purchase.paidAt !== null && purchase.paidAt < since;
  if (isOld) return await leave(engine, purchase, { kind: "ignored" });
  if (await isOutOfSight(engine, purchase)) await rest(engine, purchase, { kind: "wait", reason: "whmcs_unreachable" });
  else await rest(engine, purchase, { kind: "person", reason: "line_gone" });
}

function hasSameFacts(purchase: Purchase, facts: PurchaseFacts): boolean {
  return (
    purchase.invoiceId === facts.invoiceId &&
    purchase.productId === facts.productId &&
    purchase.serviceRef === facts.serviceRef &&
    purchase.period?.start === facts.period?.start &&
    purchase.period?.months === facts.period?.months &&
    purchase.tariff === facts.tariff &&
    purchase.licence === facts.licence &&
    purchase.paidAt === facts.paidAt
  );
}

/** The purchase with the facts of now and the right to its period; null when it could not have them and rests. */
async function renewFacts(engine: Engine, purchase: Purchase, facts: PurchaseFacts): Promise<Purchase | null> {
  if (purchase.holdsPeriod && hasSameFacts(purchase, facts)) return purchase;
  // A refusal repeated three times gets another chance only because what would be asked has changed.
  const reason = purchase.state === "Pending" ? purchase.reason : null;
  const result = await engine.ledger.change(purchase, { to: "Pending", reason, actor: "buyer", facts });
  if (result.kind === "changed") return await engine.ledger.findPurchase(purchase.id);
  if (result.kind === "covered")
    await rest(engine, purchase, { kind: "person", reason: "period_already_covered" }, facts);
  return null;
}

async function act(
  engine: Engine,
  { purchase, known }: { purchase: Purchase; known: PurchaseFacts },
  plan: Plan,
): Promise<void> {
  // Only a request can tell whether the account's cause is gone, so it gets one a day.
  if (purchase.reason === "refused" && purchase.stateAgeMs < dayMs) {
    return await engine.ledger.postpone(purchase, engine.settings.sweepIntervalMs);
  }
  if (engine.isStopping()) return await engine.ledger.postpone(purchase, 0);
  const { position } = await engine.ledger.readBuying();
  if (position === "shadow") {
    const detail = { would_send: requestOf(purchase, plan), cost: plan.cost, currency: plan.currency, ...plan.lacking };
    return await rest(engine, purchase, { kind: "wait", reason: "shadow", detail }, known);
  }
  const paused = await checkPause(plan.at, "any");
  if (paused !== null) return await rest(engine, purchase, withLacking(paused, plan), known);
  const ready = purchase.state === "Pending" ? purchase : await reopen(engine, purchase);
  if (ready === null) return;
  const sending = await sendPurchase(plan.at, ready, plan);
  if (sending.kind === "sent") return await wakeNextInLine(plan.at, purchase);
  const { why } = sending;
  if (why === "earlier_period" || why === "spend_cap") return await rest(engine, ready, withLacking(wait(why), plan));
  await engine.ledger.postpone(ready, why === "slots" ? engine.settings.buyerIntervalMs / 10 : 0);
}

function withLacking(waiting: Waiting, { lacking }: Plan): Waiting {
  return lacking === null ? waiting : { ...waiting, detail: { ...waiting.detail, ...lacking } };
}

/** One that waited for the balance was sent: there may be enough for the next one. */
async function wakeNextInLine({ ledger, account }: AccountEngine, { reason }: Purchase): Promise<void> {
  if (reason !== "awaiting_balance") return;
  const next = await ledger.firstAwaitingBalance(account.name);
  if (next !== null) await ledger.wake([next.id]);
}

/** The cause for which a person was asked is gone: the row is an ordinary one again. */
async function reopen(engine: Engine, purchase: Purchase): Promise<Purchase | null> {
  const result = await engine.ledger.change(purchase, { to: "Pending", reason: null, detail: null, actor: "buyer" });
  return result.kind === "changed" ? await engine.ledger.findPurchase(purchase.id) : null;
}

/** The request a plan would send next, without credentials. */
function requestOf(purchase: Purchase, plan: Plan): Readonly<Record<string, string>> {
  const { account } = plan.at;
  return plan.module === null
    ? account.describeOrder(orderOf(plan, markerOf(purchase.id, purchase.attempts + 1)))
    : account.describeRenewal(renewalOf(plan, plan.module.id));
}

async function leave(engine: Engine, purchase: Purchase, { kind }: Judgement): Promise<void> {
  if (purchase.sends > 0) return await leaveSent(engine, purchase);
  const change: Change =
    kind === "ignored"
      ? { to: "Ignored", reason: null, actor: "buyer" }
      : { to: "Refunded", reason: "before_send", actor: "buyer" };
  await engine.ledger.change(purchase, change);
}

/** It was to be bought again, and the money went back first: the earlier request may still have cost something. */
async function leaveSent(engine: Engine, purchase: Purchase): Promise<void> {
  const reason = "reversed_after_send";
  const change = { to: "NeedsOperator", reason, actor: "buyer", detail: null, isReversed: true } as const;
  const result = await engine.ledger.change(purchase, change);
  if (result.kind === "changed") engine.log.error("alert.needs_operator", { purchase: purchase.id, reason });
}

type Resting = Exclude<Verdict, { kind: "send" }>;

/** Writes down why a row does not go on and its facts of now, or only when to look again where nothing has changed. */
async function rest(engine: Engine, purchase: Purchase, verdict: Resting, facts?: PurchaseFacts): Promise<void> {
  if (verdict.kind === "bind") return await bind(engine, purchase, verdict);
  const to = verdict.kind === "wait" ? "Pending" : "NeedsOperator";
  const againInMs = againIn(engine, purchase, verdict);
  const isRenewed = facts !== undefined && !hasSameFacts(purchase, facts);
  const isSame =
    purchase.state === to && purchase.reason === verdict.reason && sameDetail(purchase, verdict) && !isRenewed;
  if (isSame || isCauseUnknown(purchase, verdict)) return await engine.ledger.postpone(purchase, againInMs);
  const change: Change = {
    to,
    reason: verdict.reason,
    actor: "buyer",
    detail: verdict.detail ?? null,
    againInMs,
    ...(facts === undefined || (purchase.holdsPeriod && !isRenewed) ? {} : { facts }),
  };
  const result = await engine.ledger.change(purchase, change);
  if (result.kind === "covered") await rest(engine, purchase, { kind: "person", reason: "period_already_covered" });
  const isKnown = purchase.state === to && purchase.reason === verdict.reason;
  if (result.kind === "changed" && to === "NeedsOperator" && !isKnown) {
    engine.log.error("alert.needs_operator", { purchase: purchase.id, reason: verdict.reason });
  }
}

/**
 * A person was asked for a reason found late in the checks; an earlier check that only says "wait" has not seen whether
 * that cause is gone, so the person keeps the row.
 */
function isCauseUnknown(purchase: Purchase, verdict: Exclude<Resting, { kind: "bind" }>): boolean {
  if (purchase.state !== "NeedsOperator" || verdict.kind !== "wait" || verdict.reason === "unpaid") return false;
  return stageOf(verdict.reason) < stageOf(purchase.reason as Reason);
}

function sameDetail(purchase: Purchase, verdict: Exclude<Resting, { kind: "bind" }>): boolean {
  return JSON.stringify(purchase.detail) === JSON.stringify(verdict.detail ?? null);
}

function againIn({ settings }: Engine, purchase: Purchase, verdict: Exclude<Resting, { kind: "bind" }>): number {
  if (verdict.kind === "wait" && verdict.againInMs !== undefined) return verdict.againInMs;
  const waits = purchase.reason === verdict.reason ? purchase.waits : 0;
  const isAway = verdict.reason === "whmcs_unreachable" || verdict.reason === "account_unreachable";
  return isAway ? backOffMs(settings, waits) : settings.sweepIntervalMs;
}

/** Staff had bought it by hand: that term pays for this purchase, and nothing is sent. */
async function bind(engine: Engine, purchase: Purchase, verdict: Extract<Verdict, { kind: "bind" }>): Promise<void> {
  // A person was asked because it never became active: that cause is gone only when it is.
  if (purchase.state === "NeedsOperator" && purchase.reason === "not_active" && !verdict.isActive) {
    return await engine.ledger.postpone(purchase, engine.settings.sweepIntervalMs);
  }
  const ready = purchase.state === "Pending" ? purchase : await reopen(engine, purchase);
  if (ready === null) return;
  const { licence, tariff } = verdict.obligation;
  const result = await engine.ledger.change(ready, {
    to: "Ordered",
    reason: "manual",
    actor: "buyer",
    action: null,
    detail: null,
    fence: { licence, tariff, known: verdict.fence },
    remoteServiceId: verdict.moduleId,
    expectedExpiry: verdict.expiresOn,
    binding: {
      account: verdict.account,
      moduleId: verdict.moduleId,
      expiryAfter: verdict.expiresOn,
      licence,
      tariff,
    },
  });
  if (result.kind === "bound-elsewhere") await rest(engine, ready, { kind: "person", reason: "already_owned" });
  if (result.kind === "moved") await engine.ledger.postpone(ready, 0);
}
