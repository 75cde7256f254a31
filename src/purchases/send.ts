// How does exactly one request leave? Claim, commit, send once, write down what is known of it.
import type { OrderRequest, Outcome, RenewalRequest } from "../ispmanager/account.ts";
import { describeError } from "../log.ts";
import type { Plan } from "./checks.ts";
import type { AccountEngine, Engine } from "./engine.ts";
import type { Claim } from "./ledger/claim.ts";
import type { Purchase } from "./purchase.ts";
import { settleOutcome } from "./settle.ts";

/** `sent`: claimed and settled (or left to the verifier). Otherwise nothing left, and why. */
export type Sending = { readonly kind: "sent" } | Extract<Claim, { kind: "not-claimed" }>;

/**
 * Sends the request of a plan. Between the claim's COMMIT and the bytes on the socket there is no other work, and the
 * request leaves only while `SEND_WITHIN_SECONDS` have not passed since the claim began.
 */
export async function sendPurchase(engine: AccountEngine, purchase: Purchase, plan: Plan): Promise<Sending> {
  const { clock, settings, ledger, account, owner } = engine;
  const beganMs = clock.monotonicMs();
  const isStillDue = () => clock.monotonicMs() - beganMs < settings.sendWithinMs;
  const claim = await ledger.claim({
    purchase,
    owner,
    account: account.name,
    action: plan.module === null ? "order" : "renew",
    licence: plan.obligation.licence,
    tariff: plan.obligation.tariff,
    moduleId: plan.module?.id ?? null,
    periodMonths: plan.obligation.period.months,
    listBefore: plan.listBefore,
    cost: plan.cost,
    currency: plan.currency,
    expectedExpiry: plan.expectedExpiry,
    isAnnounced: plan.isAnnounced,
    fence: plan.fence,
    limits: settings,
  });
  if (claim.kind === "not-claimed") return claim;
  if (claim.kind === "unacknowledged") {
    await recordUnacknowledged(engine, purchase, claim.n);
    return { kind: "sent" };
  }
  engine.log.info("purchase.sending", { purchase: purchase.id, attempt: claim.n, marker: claim.marker });
  const outcome =
    plan.module === null
      ? await account.order(orderOf(plan, claim.marker), isStillDue)
      : await account.renew(renewalOf(plan, plan.module.id), isStillDue);
  await recordOutcome(engine, { purchase: claim.purchase, n: claim.n }, outcome);
  return { kind: "sent" };
}

/**
 * The row of an attempt that this process claimed and that still waits for its answer; null when it is another's or has
 * gone on. Version and number alone would not tell: after a lost COMMIT another process may have claimed the same ones.
 */
async function findOwn(engine: Engine, purchaseId: string, n: number): Promise<Purchase | null> {
  const purchase = await engine.ledger.findPurchase(purchaseId);
  const isOwn = purchase?.state === "Sending" && purchase.attempts === n && purchase.leaseOwner === engine.owner;
  return isOwn ? purchase : null;
}

/**
 * An answer that cannot be written down is not lost money, only lost time: the lease runs out and the verifier looks.
 * So it is tried until absence might be believed. A row that was only flagged meanwhile is still ours to settle, and the
 * outcome of one that has moved on is stored for the verifier.
 */
async function recordOutcome(engine: Engine, at: { purchase: Purchase; n: number }, outcome: Outcome): Promise<void> {
  await tryUntilStored(engine, at.purchase, async () => {
    const attempt = await engine.ledger.newestAttempt(at.purchase.id);
    if (attempt === null || attempt.n !== at.n) return true;
    const own = await findOwn(engine, at.purchase.id, at.n);
    const settled = { purchase: own ?? at.purchase, attempt, actor: engine.owner };
    const result = await settleOutcome(engine, settled, outcome);
    return result.kind !== "moved" || own === null;
  });
}

/** The claim's COMMIT was not confirmed, so nothing was sent: if the attempt is there after all, say so. */
async function recordUnacknowledged(engine: Engine, before: Purchase, n: number): Promise<void> {
  const notSent: Outcome = { kind: "not-sent", detail: "the ledger did not confirm the claim" };
  await tryUntilStored(engine, before, async () => {
    const own = await findOwn(engine, before.id, n);
    if (own !== null) await recordOutcome(engine, { purchase: own, n }, notSent);
    return true;
  });
}

const longestPauseMs = 10_000;
/** A process that is asked to end leaves the rest to the lease. */
const triesWhenStopping = 3;

async function tryUntilStored(engine: Engine, purchase: Purchase, work: () => Promise<boolean>): Promise<void> {
  const beganMs = engine.clock.monotonicMs();
  for (let tries = 1; engine.clock.monotonicMs() - beganMs < engine.settings.settleMs || tries === 1; tries++) {
    try {
      if (await work()) return;
    } catch (error) {
      engine.log.error("purchase.outcome_not_stored", { purchase: purchase.id, ...describeError(error) });
    }
    if (engine.isStopping() && tries >= triesWhenStopping) return;
    await engine.clock.sleep(Math.min(500 * 2 ** tries, longestPauseMs));
  }
}

/** The request a plan stands for, as it goes to the account. */
export function orderOf(plan: Plan, marker: string): OrderRequest {
  const { licence, tariff, period, extra } = plan.obligation;
  return { licence, tariff, periodMonths: period.months, marker, extra };
}

export function renewalOf(plan: Plan, moduleId: string): RenewalRequest {
  return { moduleId, periodMonths: plan.obligation.period.months };
}
