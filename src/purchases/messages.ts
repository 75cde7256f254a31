// Who is told while a purchase is not done? Staff of each cause for a person, and the customer when it takes longer.
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import { mayHaveActed } from "../whmcs/api.ts";
import { explainFailure } from "../whmcs/api-failure.ts";
import type { Engine } from "./engine.ts";
import { causeMessage } from "./ledger/messages.ts";
import { type Purchase, serviceIdOf } from "./purchase.ts";
import { reasonTexts } from "./reasons.ts";
import type { Reason } from "./state.ts";

const turnMs = 60_000;
const afterTroubleMs = 600_000;
/** A round ends well before the next process may take its turn. */
const longestRoundMs = 20_000;
const rowsPerRound = 100;

const activationMs = 15 * 60_000;
/** A mail of a payment that is older than this would only confuse. */
const oldestPaymentMs = 3 * 86_400_000;
const beingActivated = "being_activated";

/** Names of what WHMCS sends: the e-mail template, and the identifier that staff choose in a notification rule. */
export const activationTemplate = "ispmanager module being activated";
export const notificationIdentifier = "ispmanagermodules.needs_operator";

/** With these the customer has nothing to wait for. */
const hopeless: readonly (Reason | null)[] = [
  ...(["unpaid", "service_ended", "line_gone", "upgrade_line", "nothing_paid"] as const),
  ...(["period_already_covered", "reversed_after_send"] as const),
];

type Sent = "sent" | "refused" | "trouble";

/**
 * Tells what was not told yet; one process at a time, once a minute. What WHMCS refused is tried again ten minutes later.
 * @returns how many messages were sent.
 */
export async function runMessages(engine: Engine, api: WhmcsApi | null): Promise<number> {
  if (api === null || !(await engine.ledger.takeTurn("messages", turnMs))) return 0;
  const endMs = engine.clock.monotonicMs() + longestRoundMs;
  let sent = 0;
  let isUndisturbed = true;
  for (const message of await listMessages(engine)) {
    if (engine.isStopping() || engine.clock.monotonicMs() > endMs) break;
    const result = await sendMessage(engine, api, message);
    if (result === "sent") sent += 1;
    else isUndisturbed = false;
    if (result === "trouble") break;
  }
  if (!isUndisturbed) await engine.ledger.giveTurnBack("messages", afterTroubleMs);
  return sent;
}

interface Message {
  readonly purchase: Purchase;
  /** Key in the ledger. */
  readonly name: string;
  readonly action: "TriggerNotificationEvent" | "SendEmail";
  readonly parameters: Readonly<Record<string, string | number>>;
}

async function listMessages(engine: Engine): Promise<Message[]> {
  const untold = await engine.ledger.listUntoldCauses(rowsPerRound);
  const waiting = await listLateActivations(engine);
  return [...untold.map((purchase) => notificationOf(engine, purchase)), ...waiting.map(mailOf)];
}

function notificationOf({ whmcsAdminUrl }: Engine, purchase: Purchase): Message {
  const reason = purchase.reason ?? "invariant";
  const { what, remedy } = reasonTexts[reason];
  const about = `Service ${serviceIdOf(purchase.serviceRef)}, invoice ${purchase.invoiceId}, purchase ${purchase.id}`;
  return {
    purchase,
    name: causeMessage(reason),
    action: "TriggerNotificationEvent",
    parameters: {
      notification_identifier: notificationIdentifier,
      title: `ispmanager module needs a decision: ${reason}`,
      message: `${about}: ${what} ${remedy}`,
      url: `${whmcsAdminUrl}/invoices.php?action=edit&id=${purchase.invoiceId}`,
      status: reason,
    },
  };
}

function mailOf(purchase: Purchase): Message {
  const id = serviceIdOf(purchase.serviceRef);
  return { purchase, name: beingActivated, action: "SendEmail", parameters: { messagename: activationTemplate, id } };
}

/** New services only: a renewed module runs on while its next period is bought. Nobody is mailed while buying is tried out. */
async function listLateActivations({ ledger, reader, clock, localTime }: Engine): Promise<Purchase[]> {
  const { position, paidSince } = await ledger.readBuying();
  if (position === "shadow" || paidSince === null) return [];
  const before = (ms: number) => localTime(new Date(clock.now().getTime() - ms));
  const oldest = before(oldestPaymentMs);
  const unfinished = await ledger.listUnfinished({
    paidFrom: paidSince > oldest ? paidSince : oldest,
    paidUntil: before(activationMs),
    message: beingActivated,
    limit: rowsPerRound,
  });
  const late: Purchase[] = [];
  for (const purchase of unfinished) {
    if (purchase.isReversed || hopeless.includes(purchase.reason)) continue;
    const service = await reader.readService(serviceIdOf(purchase.serviceRef));
    if (service?.status === "Pending") late.push(purchase);
  }
  return late;
}

async function sendMessage(engine: Engine, api: WhmcsApi, message: Message): Promise<Sent> {
  const { purchase, name, action } = message;
  const answer = await api.call(action, message.parameters);
  if (isOver(action, answer)) {
    await engine.ledger.rememberMessage(purchase.id, name);
    if (answer.kind === "success") engine.log.info("message.sent", { purchase: purchase.id, message: name });
    else engine.log.warn("message.unconfirmed", { purchase: purchase.id, message: name });
    return answer.kind === "success" ? "sent" : "trouble";
  }
  if (answer.kind === "success") return "sent";
  const { kind, remedy } = explainFailure(answer);
  engine.log.warn("message.postponed", { purchase: purchase.id, message: name, why: kind, remedy });
  return kind === "refusal" ? "refused" : "trouble";
}

/** A mail whose answer was lost is not sent again: the customer may have it. Staff are rather told twice than never. */
function isOver(action: Message["action"], answer: ApiAnswer): boolean {
  return answer.kind === "success" || (action === "SendEmail" && mayHaveActed(answer));
}
