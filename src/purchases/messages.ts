// Who is told while a purchase is not done? Staff by their notices, and the customer when it takes longer.
import { describeError } from "../log.ts";
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import { mayHaveActed } from "../whmcs/api.ts";
import { explainFailure } from "../whmcs/api-failure.ts";
import { readRef, refOfService } from "../whmcs/service-ref.ts";
import type { Engine } from "./engine.ts";
import { licenceReasonOf, licenceWanted } from "./licence-wanted.ts";
import { listNotices, type Message } from "./notices.ts";
import type { Purchase } from "./purchase.ts";
import type { Reason } from "./state.ts";

const turnMs = 60_000;
const afterTroubleMs = 600_000;
/** For staff, and again for customers: a round ends well before the next process may take its turn. */
const longestMs = 10_000;
/** Of the purchases that are not done most are renewals, of which nobody is mailed. */
const candidatesPerRound = 1_000;
const longestRefusedMs = 86_400_000;

const activationMs = 15 * 60_000;
/** A mail of a payment that is older than this would only confuse. */
const oldestPaymentMs = 3 * 86_400_000;
const beingActivated = "being_activated";
const chooseLicence = "choose_licence";

/** The e-mail template that WHMCS sends. */
export const activationTemplate = "ispmanager module being activated";

/** With these the customer has nothing to wait for. */
const hopeless: readonly (Reason | null)[] = [
  ...(["unpaid", "service_ended", "line_gone", "upgrade_line", "nothing_paid"] as const),
  ...(["period_already_covered", "reversed_after_send"] as const),
];

/** `postponed` is about one message, `trouble` about each. */
type Sent = "sent" | "postponed" | "trouble";

/**
 * Tells what was not told yet, staff before customers; one process at a time, once a minute. When WHMCS's API is in trouble, all
 * wait ten minutes; what it refused waits by itself.
 * @returns how many messages were sent.
 */
export async function runMessages(engine: Engine, api: WhmcsApi | null): Promise<number> {
  if (api === null || !(await engine.ledger.takeTurn("messages", turnMs))) return 0;
  let sent = 0;
  // Whom to mail stands in WHMCS's database, and staff must hear most of all while that cannot be read.
  for (const list of [listNotices, listMails]) {
    const messages = await listSafely(engine, list);
    const endMs = engine.clock.monotonicMs() + longestMs;
    for (const message of messages) {
      if (engine.isStopping() || engine.clock.monotonicMs() > endMs) break;
      const result = await sendSafely(engine, api, message);
      if (result === "sent") sent += 1;
      if (result !== "trouble") continue;
      await engine.ledger.giveTurnBack("messages", afterTroubleMs);
      return sent;
    }
  }
  return sent;
}

type List = (engine: Engine) => Promise<Message[]>;

async function listSafely(engine: Engine, list: List): Promise<Message[]> {
  try {
    return await list(engine);
  } catch (error) {
    engine.log.error("message.not_listed", describeError(error));
    return [];
  }
}

function activationMailOf(purchase: Purchase): Message {
  const { id } = readRef(purchase.serviceRef);
  return {
    about: purchase.id,
    name: beingActivated,
    action: "SendEmail",
    parameters: { messagename: activationTemplate, id },
  };
}

/** No template says what to do, so the words are sent along. */
function licenceMailOf({ whmcsUrl }: Engine, purchase: Purchase, reason: keyof typeof licenceWanted): Message {
  const { id } = readRef(purchase.serviceRef);
  const { en, ru } = licenceWanted[reason];
  const where = {
    en: `Sign in at ${whmcsUrl}, open service ${id} and choose the licence there.`,
    ru: `Войдите на ${whmcsUrl}, откройте услугу ${id} и выберите лицензию на её странице.`,
  };
  const parameters = {
    ...{ id, customtype: "product", customsubject: "ispmanager: licence number needed / нужен номер лицензии" },
    custommessage: `<p>${en} ${where.en}</p><p>${ru} ${where.ru}</p>`,
  };
  return { about: purchase.id, name: chooseLicence, action: "SendEmail", parameters };
}

/**
 * To customers whose module takes long: that it is being activated, or what they have to do for it. New services only: a renewed
 * module runs on while its next period is bought. Nobody is mailed while buying is tried out, nor about an addon: SendEmail knows
 * mails about services only, and the page of a service lets choose only its own licence.
 */
async function listMails(engine: Engine): Promise<Message[]> {
  const { ledger, reader, clock, localTime } = engine;
  const { position, paidSince } = await ledger.readBuying();
  if (position === "shadow" || paidSince === null) return [];
  const before = (ms: number) => localTime(new Date(clock.now().getTime() - ms));
  const oldest = before(oldestPaymentMs);
  const paid = { paidFrom: paidSince > oldest ? paidSince : oldest, paidUntil: before(activationMs) };
  const mails: Message[] = [];
  for (const message of [beingActivated, chooseLicence]) {
    for (const purchase of await ledger.listUnfinished({ ...paid, message, limit: candidatesPerRound })) {
      const mail = mailOf(engine, purchase);
      if (mail?.name === message) mails.push(mail);
    }
  }
  const refIn = ({ parameters }: Message) => refOfService(Number(parameters.id));
  const statuses = await reader.readServiceStatuses(mails.map(refIn));
  return mails.filter((mail) => statuses.get(refIn(mail)) === "Pending");
}

function mailOf(engine: Engine, purchase: Purchase): Message | null {
  if (readRef(purchase.serviceRef).isAddon || purchase.isReversed || hopeless.includes(purchase.reason)) return null;
  const wanted = licenceReasonOf(purchase);
  return wanted === null ? activationMailOf(purchase) : licenceMailOf(engine, purchase, wanted);
}

/** What fails with one message, as where the ledger refuses to note it, is not for the others to bear. */
async function sendSafely(engine: Engine, api: WhmcsApi, message: Message): Promise<Sent> {
  try {
    return await sendMessage(engine, api, message);
  } catch (error) {
    const told = { purchase: message.about, message: message.name };
    engine.log.error("message.failed", { ...told, ...describeError(error) });
    return "postponed";
  }
}

/**
 * Noted before it is sent: of a mail a process that ends in between has used up the only try, because the customer may have it;
 * staff are rather told twice than never.
 */
async function sendMessage(engine: Engine, api: WhmcsApi, message: Message): Promise<Sent> {
  const { action, parameters } = message;
  const key = { purchaseId: message.about, message: message.name };
  const refusals = await engine.ledger.beginMessage(key, action === "SendEmail" ? null : afterTroubleMs);
  if (refusals === null) return "postponed";
  const answer = await api.call(action, parameters);
  const next = nextTry(action, answer, refusals);
  await engine.ledger.endMessage(key, next);
  const told = { purchase: key.purchaseId, message: key.message };
  if (answer.kind === "success") {
    for (const purchaseId of message.also ?? []) await engine.ledger.beginMessage({ ...key, purchaseId }, null);
    engine.log.info("message.sent", told);
    return "sent";
  }
  const { kind, remedy } = explainFailure(answer);
  if (next.againInMs === null) engine.log.warn("message.unconfirmed", told);
  else engine.log.warn("message.postponed", { ...told, why: kind, remedy });
  return kind === "refusal" ? "postponed" : "trouble";
}

/** Of trouble nothing is known but that it passes; a refusal is about this message, and waits longer each time. */
function nextTry(action: Message["action"], answer: ApiAnswer, refusals: number) {
  const isOver = answer.kind === "success" || (action === "SendEmail" && mayHaveActed(answer));
  if (isOver) return { againInMs: null, refusals };
  if (explainFailure(answer).kind !== "refusal") return { againInMs: afterTroubleMs, refusals };
  const againInMs = Math.min(afterTroubleMs * 2 ** Math.min(refusals, 10), longestRefusedMs);
  return { againInMs, refusals: refusals + 1 };
}
