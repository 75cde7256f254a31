// How do events and WHMCS become purchases? An event is only a hint where to look; what WHMCS then says counts.
import * as v from "valibot";
import { describeError } from "../log.ts";
import type { LineFacts } from "../whmcs/facts.ts";
import { refOfAddon, refOfService, type ServiceRef } from "../whmcs/service-ref.ts";
import { backOffMs, type Engine, ruleSettings } from "./engine.ts";
import type { StoredEvent } from "./ledger/inbox.ts";
import { type Purchase, purchaseIdOf } from "./purchase.ts";
import { factsOf, judgeLine } from "./rules.ts";
import { isUnresolved } from "./state.ts";

const batch = 100;

/** One round over stored events, oldest first; how many there were. Rejects when the ledger cannot note what became of one. */
export async function runIntake(engine: Engine): Promise<number> {
  const events = await engine.ledger.listOpenEvents(batch);
  for (const event of events) {
    if (engine.isStopping()) break;
    try {
      const leftOut = await takeIn(engine, await linesOf(engine, event));
      if (leftOut.length === 0) await engine.ledger.closeEvent(event.webhookId);
      else await engine.ledger.postponeEvent(event.webhookId, backOffMs(engine.settings, 0));
    } catch (error) {
      engine.log.warn("event.postponed", { type: event.type, ...describeError(error) });
      await engine.ledger.postponeEvent(event.webhookId, backOffMs(engine.settings, 0));
    }
  }
  return events.length;
}

async function linesOf({ reader, ledger }: Engine, event: StoredEvent): Promise<number[]> {
  const {
    invoice_id: invoiceId,
    order_id: orderId,
    service_id: serviceId,
    service_addon_id: addonId,
  } = idsIn(event.body);
  if (invoiceId !== undefined) {
    const known = await ledger.findByInvoice(invoiceId);
    return [...new Set([...(await reader.listLinesOfInvoice(invoiceId)), ...known.map((purchase) => purchase.lineId)])];
  }
  if (orderId !== undefined) return await linesOfServices(reader, await reader.listServicesOfOrder(orderId));
  if (addonId !== undefined) return await linesOfServices(reader, [refOfAddon(addonId)]);
  if (serviceId === undefined) return [];
  // What becomes of a service becomes of its addons, too.
  return await linesOfServices(reader, [refOfService(serviceId), ...(await reader.listAddonsOfService(serviceId))]);
}

async function linesOfServices(reader: Engine["reader"], refs: readonly ServiceRef[]): Promise<number[]> {
  return (await reader.listLinesOfServices(refs)).map((line) => line.lineId);
}

/** `takeIn` for every line of one service, so that all that waits of it looks again. Throws `DatabaseError` when WHMCS cannot be read. */
export async function takeInService(engine: Engine, ref: ServiceRef): Promise<number[]> {
  return await takeIn(engine, await linesOfServices(engine.reader, [ref]));
}

const carriedId = v.optional(v.fallback(v.optional(v.pipe(v.number(), v.safeInteger(), v.minValue(1))), undefined));
const carriedIds = v.object({
  ...{ invoice_id: carriedId, order_id: carriedId, service_id: carriedId, service_addon_id: carriedId },
});

/** The ids of an event's `data`; whatever else it carries, and data of another shape, says nothing. */
function idsIn(body: string): v.InferOutput<typeof carriedIds> {
  const parsed = v.safeParse(v.object({ data: carriedIds }), JSON.parse(body));
  return parsed.success ? parsed.output.data : {};
}

/**
 * Brings the ledger in line with what WHMCS says of these lines now: new paid lines become purchases, reversed ones are
 * marked, and whatever waits looks again. The ids of lines that could not be taken in; they never stop the others.
 */
export async function takeIn(engine: Engine, lineIds: readonly number[]): Promise<number[]> {
  if (lineIds.length === 0) return [];
  const { paidSince } = await engine.ledger.readBuying();
  const facts = await engine.reader.readLines(lineIds);
  const known = new Map((await engine.ledger.findByLines(lineIds)).map((purchase) => [purchase.lineId, purchase]));
  const leftOut: number[] = [];
  for (const line of facts) {
    try {
      const purchase = known.get(line.line.id);
      if (purchase === undefined) await recordIfPaid(engine, line, paidSince);
      else await follow(engine, purchase, line.invoice.status);
    } catch (error) {
      leftOut.push(line.line.id);
      engine.log.error("line.not_taken_in", { line: line.line.id, ...describeError(error) });
    }
  }
  // Rows whose line has vanished look for themselves.
  await engine.ledger.wake([...known.values()].map((purchase) => purchase.id));
  return leftOut;
}

async function recordIfPaid(engine: Engine, facts: LineFacts, paidSince: string | null): Promise<void> {
  if (facts.invoice.status !== "Paid") return;
  const firstPaidSeenAt = paidSince === null ? null : engine.localTime(engine.clock.now());
  const judgement = judgeLine(facts, ruleSettings(engine, { firstPaidSeenAt }, paidSince));
  const state =
    judgement.kind === "ignored" ? "Ignored" : judgement.kind === "person" ? "NeedsOperator" : ("Pending" as const);
  const reason = judgement.kind === "person" || judgement.kind === "wait" ? judgement.reason : null;
  const id = purchaseIdOf(engine.whmcsUrl, facts.line.type, facts.line.id);
  const purchase = { ...factsOf(facts, firstPaidSeenAt), id, lineId: facts.line.id, lineType: facts.line.type };
  const recorded = await engine.ledger.record({ ...purchase, firstPaidSeenAt, state, reason }, "intake");
  if (recorded.kind === "exists") return;
  engine.log.info("purchase.recorded", { purchase: id, state: recorded.state, reason: recorded.reason });
  if (recorded.state === "NeedsOperator") {
    engine.log.error("alert.needs_operator", { purchase: id, reason: recorded.reason });
  }
}

/** A paid purchase that was put off: the next period waits for it, and must not wait for one that is paid no more. */
export function isPutOffPending({ state, holdUntil }: Purchase): boolean {
  return state === "Pending" && holdUntil !== null;
}

/** T9: what a change of the invoice means for a purchase that is no longer waiting to be checked. */
async function follow(engine: Engine, purchase: Purchase, invoiceStatus: string): Promise<void> {
  const { state, reason } = purchase;
  const isPaid = invoiceStatus === "Paid";
  if (state === "Refunded" && isPaid) return await comeBack(engine, purchase);
  if (!isPaid && isPutOffPending(purchase)) {
    await engine.ledger.change(purchase, { to: "Pending", reason: null, detail: null, actor: "intake" });
    return;
  }
  const isSettledByPerson = state === "Refunded" && reason === null;
  const isMoneyBack = ["Refunded", "Cancelled", "Unpaid"].includes(invoiceStatus);
  const isReversed = isSettledByPerson ? !isPaid : isMoneyBack;
  const keepsFlag = state === "Purchased" || isSettledByPerson || isUnresolved(state, purchase.sends);
  if (!keepsFlag || isReversed === purchase.isReversed || !(isReversed || isPaid)) return;
  await engine.ledger.change(purchase, { to: state, reason, actor: "intake", isReversed });
  if (isReversed && !isSettledByPerson) engine.log.error("alert.money_reversed", { purchase: purchase.id, state });
}

/**
 * Paid again: nobody may lose that. Where a person has settled it, WHMCS may have said Paid all along, so it counts only
 * once the invoice was seen not Paid since; and what had been sent then is a case for a person again.
 */
async function comeBack(engine: Engine, purchase: Purchase): Promise<void> {
  if (purchase.reason === null && !purchase.isReversed) return;
  if (purchase.sends === 0) {
    await engine.ledger.change(purchase, { to: "Pending", reason: null, actor: "intake", isReversed: false });
    return;
  }
  const result = await engine.ledger.change(purchase, {
    to: "NeedsOperator",
    reason: "reversed_after_send",
    actor: "intake",
    detail: { ...purchase.detail, paid_again: true },
    isReversed: false,
  });
  if (result.kind !== "changed") return;
  engine.log.error("alert.needs_operator", { purchase: purchase.id, reason: "reversed_after_send" });
}
