// What became of requests whose effect is not certain? Looks until the account's own list says it.
import { describeError } from "../log.ts";
import { isLive, type SeenModule } from "./action.ts";
import { announcementOf } from "./announcements.ts";
import { type AccountEngine, atAccount, backOffMs, type Engine, forEachTogether } from "./engine.ts";
import { isAbsenceProven, isSeenThrough, type LookVerdict, paidUntil } from "./evidence.ts";
import type { Change } from "./ledger/change.ts";
import type { Verdict } from "./ledger/evidence.ts";
import { judgeAttempt, lookFor, noDigest, searchCart } from "./look.ts";
import type { Attempt, Detail, Purchase } from "./purchase.ts";
import { stopAutoRenewal } from "./renewal.ts";
import { settleOutcome } from "./settle.ts";
import type { OperatorReason } from "./state.ts";
import type { SeenModules } from "./view.ts";

const batch = 50;
const rowsTogether = 8;
const hourMs = 3_600_000;
const longestUnseenMs = 24 * hourMs;
const firstLookMs = 2_000;

/** One round over the rows in Sending (lease over), Unknown and Ordered; how many there were. */
export async function runVerifier(engine: Engine): Promise<number> {
  const due = await engine.ledger.takeDue("look", batch);
  await forEachTogether(due, rowsTogether, async (purchase) => {
    if (!engine.isStopping()) await verifySafely(engine, purchase);
  });
  return due.length;
}

async function verifySafely(engine: Engine, purchase: Purchase): Promise<void> {
  try {
    await verify(engine, purchase);
  } catch (error) {
    engine.log.error("purchase.look_failed", { purchase: purchase.id, ...describeError(error) });
    await engine.ledger.postpone(purchase, backOffMs(engine.settings, purchase.waits)).catch(() => {});
  }
}

async function verify(engine: Engine, purchase: Purchase): Promise<void> {
  switch (purchase.state) {
    case "Sending":
      // Due means its lease is over: the sender is gone, slow, or cannot reach the ledger.
      await engine.ledger.change(purchase, { to: "Unknown", reason: null, actor: "verifier" });
      return;
    case "Unknown":
      return await resolve(engine, purchase);
    case "Ordered":
      return await confirm(engine, purchase);
    default:
      return;
  }
}

/** Unknown: the stored outcome decides if there is one, else the account's list. */
async function resolve(engine: Engine, purchase: Purchase): Promise<void> {
  const attempt = await engine.ledger.newestAttempt(purchase.id);
  if (attempt === null) return await toPerson(engine, purchase, "invariant", { missing: "attempt" });
  const outcome = await engine.ledger.readOutcome(attempt);
  if (outcome !== null && outcome.kind !== "unknown") {
    await settleOutcome(engine, { purchase, attempt, actor: "verifier" }, outcome);
    return;
  }
  const at = atAccount(engine, attempt.account);
  if (at === null) return await waitForView(engine, { purchase, attempt }, notConfigured(attempt.account));
  const looked = await lookFor(at, { ...attempt, also: attempt.remoteServiceId });
  if (looked.kind === "unreadable") return await waitForView(engine, { purchase, attempt }, looked.detail);
  const verdict = await judgeAttempt(at, attempt, looked.seen);
  await conclude(at, { purchase, attempt, seen: looked.seen }, verdict);
}

interface Case {
  readonly purchase: Purchase;
  readonly attempt: Attempt;
  readonly seen: SeenModules;
}

async function conclude(engine: AccountEngine, at: Case, verdict: LookVerdict): Promise<void> {
  const { purchase, attempt } = at;
  switch (verdict.kind) {
    case "found":
      await observe(engine, at, "found", { module: verdict.module.id });
      return await bindFound(engine, at, verdict.module);
    case "many":
      await observe(engine, at, "many", { ids: verdict.ids });
      return await toPerson(engine, purchase, "many", { ids: verdict.ids });
    case "conflict":
      await observe(engine, at, "conflict", { ids: verdict.ids });
      return await concludeConflict(engine, at, verdict.ids);
    case "absent":
      return await concludeAbsent(engine, { purchase, attempt, seen: at.seen });
  }
}

async function bindFound(engine: Engine, { purchase, attempt }: Case, module: SeenModule): Promise<void> {
  const expiryAfter =
    attempt.action === "renew" ? (module.expiresOn ?? attempt.expectedExpiry) : attempt.expectedExpiry;
  const result = await engine.ledger.change(purchase, {
    to: "Ordered",
    reason: null,
    actor: "verifier",
    detail: null,
    remoteServiceId: module.id,
    expectedExpiry: expiryAfter,
    binding: { ...attempt, moduleId: module.id, expiryAfter },
  });
  if (result.kind === "bound-elsewhere") await toPerson(engine, purchase, "evidence_conflict", { module: module.id });
}

/** One odd reading may be a stale list; the same oddity an interval later is a case for a person. */
async function concludeConflict(engine: Engine, { purchase, attempt }: Case, ids: readonly string[]): Promise<void> {
  const looks = await engine.ledger.listObservations(attempt);
  const isRepeated = looks.some((look) => look.verdict === "conflict" && look.ageMs >= engine.settings.lookIntervalMs);
  if (isRepeated) return await toPerson(engine, purchase, "evidence_conflict", { ids });
  await engine.ledger.postpone(purchase, engine.settings.lookIntervalMs);
}

async function concludeAbsent(engine: AccountEngine, at: Case): Promise<void> {
  const { purchase, attempt } = at;
  const isInCart = (await searchCart(engine, attempt)) === "in-cart";
  await observe(engine, at, isInCart ? "in-cart" : "absent", { modules: at.seen.modules });
  const looks = await engine.ledger.listObservations(attempt);
  const { settleMs, lookIntervalMs } = engine.settings;
  if (isAbsenceProven(attempt, looks, engine.settings)) return await toPerson(engine, purchase, "absent", { looks });
  const cartLooks = looks.filter((look) => look.verdict === "in-cart" && look.ageMs >= lookIntervalMs);
  if (isInCart && cartLooks.length > 0 && attempt.sinceDeadlineMs >= settleMs) {
    return await toPerson(engine, purchase, "evidence_conflict", { unpaid_in_cart: true });
  }
  await engine.ledger.postpone(purchase, lookIntervalMs);
}

/** Ordered: seen active and paid through the expected date, or looked at again. */
async function confirm(engine: Engine, purchase: Purchase): Promise<void> {
  const { licence, tariff, remoteServiceId, expectedExpiry, action } = purchase;
  if (licence === null || tariff === null || remoteServiceId === null || expectedExpiry === null) {
    return await toPerson(engine, purchase, "invariant", { missing: "module or expected expiry" });
  }
  const attempt = await engine.ledger.newestAttempt(purchase.id);
  const account = (await engine.ledger.listAccountsOf([purchase.id])).get(purchase.id);
  if (account === undefined) return await toPerson(engine, purchase, "invariant", { missing: "account" });
  const at = atAccount(engine, account);
  if (at === null) return await waitForView(engine, { purchase, attempt }, notConfigured(account));
  const looked = await lookFor(at, { licence, tariff, also: remoteServiceId });
  if (looked.kind === "unreadable") {
    return await waitForView(engine, { purchase, attempt }, looked.detail);
  }
  const module = looked.seen.modules.find((row) => row.id === remoteServiceId);
  const isAnnounced = attempt?.isAnnounced ?? true;
  const wanted = { action: action ?? ("renew" as const), expectedExpiry, isAnnounced };
  const today = engine.clock.now().toISOString().slice(0, 10);
  if (module === undefined || !isLive(module) || !isSeenThrough(wanted, module, today)) {
    if (purchase.stateAgeMs >= longestUnseenMs) return await toPerson(engine, purchase, "not_active", { module });
    const againInMs = Math.min(firstLookMs * 2 ** Math.min(purchase.waits, 10), engine.settings.lookIntervalMs);
    return await engine.ledger.postpone(purchase, againInMs);
  }
  const isOff = await stopAutoRenewal(at, module);
  // A term that was found bought was shared out when it was taken over.
  const isOwn = purchase.reason !== "manual" && attempt !== null && module.expiresOn !== null;
  const expiryAfter = isOwn
    ? paidUntil({ expectedExpiry, expiresOn: module.expiresOn ?? "" }, attempt)
    : expectedExpiry;
  await finish(at, purchase, { module, isOff, licence, tariff, expiryAfter });
}

async function finish(
  engine: AccountEngine,
  purchase: Purchase,
  found: { module: SeenModule; isOff: boolean; licence: string; tariff: string; expiryAfter: string },
): Promise<void> {
  const { module, expiryAfter } = found;
  if (await isReversedNow(engine, purchase)) {
    return await toPerson(engine, purchase, "reversed_after_send", { module: module.id, expires: module.expiresOn });
  }
  const binding = {
    account: engine.account.name,
    moduleId: module.id,
    expiryAfter,
    licence: found.licence,
    tariff: found.tariff,
  };
  const announce = await announcementOf(engine, purchase, module.id);
  const result = await engine.ledger.change(purchase, {
    to: "Purchased",
    reason: purchase.reason,
    actor: "verifier",
    detail: null,
    hasAutoRenewal: !found.isOff,
    isReversed: false,
    binding,
    ...(announce === null ? {} : { announce }),
  });
  if (result.kind === "changed") engine.log.info("purchase.purchased", { purchase: purchase.id, module: module.id });
  if (result.kind === "bound-elsewhere") await toPerson(engine, purchase, "evidence_conflict", { module: module.id });
}

/** The customer's money went back while the request was under way, and has not come again. */
async function isReversedNow(engine: Engine, purchase: Purchase): Promise<boolean> {
  if (!purchase.isReversed) return false;
  const [facts] = await engine.reader.readLines([purchase.lineId]);
  return facts?.invoice.status !== "Paid";
}

function notConfigured(account: string): Detail {
  return { account_not_configured: account };
}

async function waitForView(
  engine: Engine,
  { purchase, attempt }: { purchase: Purchase; attempt: Attempt | null },
  detail: Detail,
): Promise<void> {
  const looks = attempt === null ? [] : await engine.ledger.listObservations(attempt);
  // Only looks that were tried count: a bridge that stood still has seen nothing, readable or not.
  const newestReadable = looks.findLastIndex((look) => look.verdict !== "unreadable");
  const triedMs = attempt === null ? purchase.stateAgeMs : (looks[newestReadable + 1]?.ageMs ?? 0);
  const unseenMs = Math.min(purchase.stateAgeMs, triedMs);
  if (attempt !== null)
    await engine.ledger.recordObservation(attempt, { verdict: "unreadable", digest: noDigest, detail });
  if (unseenMs >= longestUnseenMs) return await toPerson(engine, purchase, "no_view", detail);
  if (unseenMs >= hourMs) engine.log.error("alert.account_not_readable", { purchase: purchase.id });
  await engine.ledger.postpone(purchase, backOffMs(engine.settings, purchase.waits));
}

async function observe(engine: Engine, at: Case, verdict: Verdict, detail: Detail): Promise<void> {
  await engine.ledger.recordObservation(at.attempt, { verdict, digest: at.seen.digest, detail });
}

async function toPerson(engine: Engine, purchase: Purchase, reason: OperatorReason, detail: Detail): Promise<void> {
  const isReversed = purchase.isReversed && reason === "absent";
  const change: Change = {
    to: "NeedsOperator",
    reason: isReversed ? "reversed_after_send" : reason,
    actor: "verifier",
    detail: { ...detail, found: reason },
  };
  const result = await engine.ledger.change(purchase, change);
  if (result.kind !== "changed") return;
  engine.log.error("alert.needs_operator", { purchase: purchase.id, reason: change.reason });
}
