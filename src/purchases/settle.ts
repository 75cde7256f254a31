// What does the answer to a request mean for its purchase? Each outcome becomes one change of the row.
import type { Outcome } from "../ispmanager/account.ts";
import { backOffMs, type Engine, whose } from "./engine.ts";
import type { Change, ChangeResult } from "./ledger/change.ts";
import type { Pause } from "./ledger/switches.ts";
import type { Attempt, Purchase } from "./purchase.ts";

const refusalsBeforePerson = 3;
const longestRemoteWaitMs = 31 * 86_400_000;

/** Stores the outcome of an attempt and moves the purchase accordingly (T5, and T6 for an outcome that came late). */
export async function settleOutcome(
  engine: Engine,
  { purchase, attempt, actor }: { purchase: Purchase; attempt: Attempt; actor: string },
  outcome: Outcome,
): Promise<ChangeResult> {
  const change = changeFor(engine, { purchase, attempt }, outcome);
  const stored = { n: attempt.n, outcome };
  const result = await engine.ledger.change(purchase, { ...change, actor, outcome: stored });
  engine.log.info("purchase.answered", { purchase: purchase.id, attempt: attempt.n, outcome: outcome.kind });
  tellIfPerson(engine, { purchase, change }, result);
  await pauseOrResume(engine, attempt.account, outcome);
  if (result.kind !== "bound-elsewhere") return result;
  // The account named a module whose term already pays for another purchase: a person compares.
  const conflict: Move = {
    to: "NeedsOperator",
    reason: "evidence_conflict",
    detail: { answered_with_bound_module: outcome.kind === "accepted" ? outcome.moduleId : null },
  };
  const compared = await engine.ledger.change(purchase, { ...conflict, actor, outcome: stored });
  tellIfPerson(engine, { purchase, change: conflict }, compared);
  return compared;
}

function tellIfPerson(
  { log }: Engine,
  { purchase: { id }, change: { to, reason } }: { purchase: Purchase; change: Move },
  result: ChangeResult,
): void {
  if (result.kind === "changed" && to === "NeedsOperator") log.error("alert.needs_operator", { purchase: id, reason });
}

type Move = Omit<Change, "actor" | "outcome">;

function changeFor(engine: Engine, at: { purchase: Purchase; attempt: Attempt }, outcome: Outcome): Move {
  const { purchase, attempt } = at;
  switch (outcome.kind) {
    case "accepted":
      return acceptedChange(attempt, outcome);
    case "refused":
      return refusedChange(engine, at, outcome);
    case "not-sent":
      return {
        to: "Pending",
        reason: "account_unreachable",
        sends: purchase.sends - 1,
        detail: { ...whose(attempt.account), not_sent: outcome.detail },
        againInMs: backOffMs(engine.settings, attempt.n - 1),
      };
    case "unknown":
      return { to: "Unknown", reason: null, detail: { unclear: outcome.detail } };
  }
}

function acceptedChange(attempt: Attempt, outcome: Extract<Outcome, { kind: "accepted" }>): Move {
  const moduleId = attempt.remoteServiceId ?? outcome.moduleId;
  if (moduleId === null) return { to: "NeedsOperator", reason: "invariant", detail: { accepted: "without an id" } };
  const expectedExpiry =
    attempt.action === "renew" ? (outcome.newExpiry ?? attempt.expectedExpiry) : attempt.expectedExpiry;
  return {
    to: "Ordered",
    reason: null,
    detail: null,
    remoteServiceId: moduleId,
    expectedExpiry,
    binding: {
      account: attempt.account,
      moduleId,
      expiryAfter: expectedExpiry,
      licence: attempt.licence,
      tariff: attempt.tariff,
    },
  };
}

function refusedChange(
  { settings, clock }: Engine,
  { purchase, attempt }: { purchase: Purchase; attempt: Attempt },
  { errorType, until }: Extract<Outcome, { kind: "refused" }>,
): Move {
  const sends = purchase.sends - 1;
  const detail = { ...whose(attempt.account), refused: errorType, until };
  const pause = pauseReasonOf(errorType);
  if (pause !== null) return { to: "Pending", reason: pause, sends, detail, againInMs: settings.retryMs };
  if (until !== null && isToCome(until, clock)) {
    const waitMs = Date.parse(`${until}T00:00:00Z`) - clock.now().getTime();
    const againInMs = Math.min(Math.max(waitMs, backOffMs(settings, attempt.n - 1)), longestRemoteWaitMs);
    return { to: "Pending", reason: "remote_date", sends, detail, againInMs };
  }
  // A person may leave it to be asked for day after day.
  const refusals = Math.min(purchase.refusals + 1, refusalsBeforePerson);
  if (refusals === refusalsBeforePerson) return { to: "NeedsOperator", reason: "refused", sends, refusals, detail };
  return { to: "Pending", reason: null, sends, refusals, detail, againInMs: backOffMs(settings, attempt.n - 1) };
}

/** A date that has passed is no reason to wait: such a refusal counts like one without a date. */
function isToCome(until: string, clock: Engine["clock"]): boolean {
  return until >= clock.now().toISOString().slice(0, 10);
}

function pauseReasonOf(errorType: string): "awaiting_balance" | "account_paused" | null {
  if (errorType === "not_enough_money") return "awaiting_balance";
  return errorType === "auth" || errorType === "access" ? "account_paused" : null;
}

/** A refusal of the whole account pauses it for everyone; an accepted request ends the pause. */
async function pauseOrResume({ ledger, settings, log }: Engine, account: string, outcome: Outcome): Promise<void> {
  if (outcome.kind === "accepted" && (await ledger.readPause(account)) !== null) await ledger.resumeAccount(account);
  if (outcome.kind !== "refused") return;
  const reason = pauseReasonOf(outcome.errorType);
  if (reason === null) return;
  await pauseFor({ ledger, settings, log }, { account, reason, errorType: outcome.errorType });
}

/**
 * Pauses the account, or prolongs the pause when its probe was refused, each time twice as long. Refusals that arrive
 * together are one: whoever finds a pause in force that was not probed leaves it alone. One alert for each cause; how
 * many milliseconds to wait.
 */
export async function pauseFor(
  { ledger, settings, log }: Pick<Engine, "ledger" | "settings" | "log">,
  { account, reason, errorType }: Pick<Pause, "account" | "reason" | "errorType">,
): Promise<number> {
  const present = await ledger.readPause(account);
  if (present !== null && !present.isProbed && present.remainingMs > 0) return present.remainingMs;
  const isSame = present?.errorType === errorType;
  const again = present?.isProbed === true ? 2 : 1;
  const stepMs = isSame ? Math.min(present.stepMs * again, backOffMs(settings, 10)) : settings.retryMs;
  const isBegun = await ledger.pauseAccount({ account, reason, errorType, stepMs });
  if (isBegun && !isSame) log.error(`alert.${reason}`, { account, error_type: errorType });
  return stepMs;
}
