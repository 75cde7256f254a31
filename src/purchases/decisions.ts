// How is a person's decision carried out? A fresh look, the ruling on it, and one change of the ledger that holds both.
import { describeError } from "../log.ts";
import type { LineFacts } from "../whmcs/facts.ts";
import { readAccount, type Tariffs } from "./account-reading.ts";
import { costOf } from "./cost.ts";
import {
  type AccountReading,
  type Decision,
  type Effect,
  findEarlierOpen,
  isDecidable,
  judgeDecision,
  type LineReading,
  ownAttempt,
  type Situation,
} from "./decision.ts";
import { type Engine, ruleSettings } from "./engine.ts";
import type { Change } from "./ledger/change.ts";
import type { Decided } from "./ledger/decided.ts";
import { noDigest } from "./look.ts";
import { isOutOfSight } from "./out-of-sight.ts";
import type { Detail, Purchase } from "./purchase.ts";
import { type Refused, refuse } from "./refusals.ts";
import { factsOf, judgeLine } from "./rules.ts";

export interface DecisionRequest {
  readonly purchaseId: string;
  /** The version that the person has seen; null where it was not said. */
  readonly version: number | null;
  readonly decision: Decision;
  readonly why: string;
  readonly actor: string;
}

export type DecisionResult = { readonly kind: "decided"; readonly purchase: Purchase } | Refused;

const longestWhy = 1_000;

/**
 * Looks, judges and carries out. A refusal, a lost race or an error in between leaves nothing in the ledger but the look
 * for what was ordered, where a second order depends on it.
 */
export async function decide(engine: Engine, request: DecisionRequest): Promise<DecisionResult> {
  const purchase = await engine.ledger.findPurchase(request.purchaseId);
  if (purchase === null) return refuse("no-such-purchase");
  if (request.version !== null && request.version !== purchase.version) return refuse("moved");
  if (!isDecidable(purchase, request.decision.kind)) return refuse("not-at-rest");
  const why = request.why.trim();
  if (why === "" || [...why].length > longestWhy) return refuse("no-reason");
  const situation = await readSituation(engine, purchase, request.decision);
  const ruling = judgeDecision(situation, request.decision);
  if (ruling.kind === "refused") {
    await keepLook(engine, situation, ruling);
    return ruling;
  }
  const decided = { ...request, why };
  const result = await engine.ledger.change(purchase, changeOf({ situation, decided }, ruling.effect));
  switch (result.kind) {
    case "moved":
      return refuse("moved");
    case "covered":
      return refuse("period-covered");
    case "bound-elsewhere":
      return refuse("bound-elsewhere");
    case "changed":
      engine.log.info("purchase.decided", { purchase: purchase.id, decision: request.decision.kind });
      return { kind: "decided", purchase: (await engine.ledger.findPurchase(purchase.id)) ?? purchase };
  }
}

/** What a look for the attempt saw counts for the next decision too: it may be the first of two, or speak against it. */
async function keepLook({ ledger }: Engine, situation: Situation, { why }: Refused): Promise<void> {
  const look = lookOf(situation);
  if (look === null || situation.attempt === null || !["missed-once", "not-absent", "in-cart"].includes(why)) return;
  await ledger.recordObservation(situation.attempt, look);
}

/**
 * Reads the line, the account and the ledger now; to bind a module, the account that shows it. Throws `DatabaseError` only for
 * the ledger.
 */
export async function readSituation(engine: Engine, purchase: Purchase, decision: Decision): Promise<Situation> {
  const { ledger, settings } = engine;
  const attempt = purchase.sends > 0 ? await ledger.newestAttempt(purchase.id) : null;
  const answer = attempt === null ? null : await ledger.readOutcome(attempt);
  const looks = attempt === null ? [] : await ledger.listObservations(attempt);
  const { account, tariffs } = await readAccount(engine, { purchase, attempt }, decision);
  const line = await readLine(engine, purchase, tariffs);
  const earlierOpen = findEarlierOpen(purchase, await ledger.findByService(purchase.serviceRef));
  const { settleMs, lookIntervalMs } = settings;
  // The attempt was read before the look: had its time to settle passed then, the look was made after it.
  const now = await ledger.readClock();
  return { purchase, attempt, answer, looks, line, account, earlierOpen, now, settleMs, lookIntervalMs };
}

async function readLine(engine: Engine, purchase: Purchase, tariffs: Tariffs): Promise<LineReading> {
  const { paidSince } = await engine.ledger.readBuying();
  let lines: LineFacts[];
  try {
    lines = await engine.reader.readLines([purchase.lineId]);
  } catch (error) {
    engine.log.warn("whmcs.unreachable", describeError(error));
    return { kind: "unreadable" };
  }
  const [facts] = lines;
  if (facts === undefined) return { kind: (await isOutOfSight(engine, purchase)) ? "unreadable" : "gone" };
  const judgement = judgeLine(facts, ruleSettings(engine, purchase, purchase.sends === 0 ? paidSince : null));
  return {
    kind: "read",
    invoiceStatus: facts.invoice.status,
    facts: factsOf(facts, purchase.firstPaidSeenAt),
    judgement,
    cost: judgement.kind === "go" ? costOf(judgement.obligation, tariffs) : { kind: "unknown" },
  };
}

function changeOf(
  { situation, decided }: { situation: Situation; decided: DecisionRequest },
  { module, ...effect }: Effect,
): Change {
  const { account } = situation;
  const isBinding = module !== undefined && account.kind === "seen";
  return {
    ...effect,
    actor: decided.actor,
    decision: recordOf(situation, decided),
    ...(isBinding ? bindingOf(account, module) : {}),
  };
}

function bindingOf(
  { name, licence, tariff, fence }: Extract<AccountReading, { kind: "seen" }>,
  module: NonNullable<Effect["module"]>,
): Pick<Change, "binding" | "fence"> {
  const { id: moduleId, expiresOn: expiryAfter } = module;
  return {
    fence: { licence, tariff, known: fence },
    binding: { account: name, moduleId, expiryAfter, licence, tariff },
  };
}

function recordOf(situation: Situation, { decision, why }: DecisionRequest): Decided {
  return {
    decision: decision.kind,
    parameter: parameterOf(decision),
    why,
    evidence: evidenceOf(situation),
    look: lookOf(situation),
  };
}

function parameterOf(decision: Decision): string | null {
  switch (decision.kind) {
    case "bind":
      return decision.account === undefined ? decision.moduleId : `${decision.account}:${decision.moduleId}`;
    case "buy-again":
      return decision.amount?.amount ?? null;
    case "recheck":
      return null;
    case "refunded":
      return decision.reference;
    case "wait":
      return decision.until.toISOString();
  }
}

/** The look in the history of the attempt; a look that was not made for an attempt stands with the decision only. */
function lookOf({ attempt, account }: Situation): Decided["look"] {
  if (attempt === null) return null;
  const { n } = attempt;
  if (account.kind === "unreadable") return { n, verdict: "unreadable", digest: noDigest, detail: account.detail };
  // What another account shows says nothing of the attempt.
  if (account.kind !== "seen" || ownAttempt(attempt, account) === null) return null;
  const verdict = account.cart === "in-cart" ? "in-cart" : (account.verdict?.kind ?? "unreadable");
  return { n, verdict, digest: account.seen.digest, detail: { modules: account.seen.modules } };
}

/** What was read, as it is kept with the decision and shown to whoever decides. */
export function evidenceOf({ line, account, answer }: Situation): Detail {
  const seen =
    account.kind === "seen"
      ? {
          account: account.name,
          licence: account.licence,
          tariff: account.tariff,
          modules: account.seen.modules,
          unresolved: account.seen.unresolved,
          bound: account.bound,
          verdict: account.verdict?.kind ?? null,
          cart: account.cart,
        }
      : account;
  const read =
    line.kind === "read"
      ? { invoice: line.invoiceStatus, judgement: line.judgement, cost: line.cost }
      : { kind: line.kind };
  return { account: seen, whmcs: read, answer };
}
