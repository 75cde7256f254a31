// May a ledger that comes from a backup be trusted again? Only when nothing it forgot can still be bought a second time.
import type { AccountReview } from "./account-review.ts";
import type { Engine } from "./engine.ts";
import { breachKeyOf, breachOf, mayBeForgotten } from "./invariants/modules.ts";
import { type Reconciliation, reconcile } from "./reconcile.ts";
import { sweepServices } from "./sweep.ts";

/** How far the comparison is; `blockers` say what a person must settle, `againAt` (ISO 8601) when to run it again. */
export interface RestoreProgress {
  readonly since: string;
  readonly hasPassed: boolean;
  readonly blockers: readonly string[];
  readonly againAt: string | null;
}

/**
 * Throws the switch that holds buying back, takes all of WHMCS into the ledger and compares it with the account. It passes,
 * and frees buying, when what was under way has had its time, two looks an interval apart agree, and every module that
 * may be ours belongs to a purchase, will be taken over by one, or is among `explained`: ids that a person has checked. A
 * module that the account does not let us read may be ours, too.
 */
export async function reconcileRestored(
  engine: Engine,
  { actor, explained }: { actor: string; explained: readonly string[] },
): Promise<Reconciliation & { readonly restore: RestoreProgress }> {
  const { ledger } = engine;
  const said = { actor, why: "ispmodules reconcile --after-restore" };
  await ledger.throwRestore(said);
  await ledger.rememberBreaches(explained.map(breachKeyOf), said);
  const { isWhole } = await sweepServices(engine, false);
  const reconciliation = await reconcile(engine);
  const blockers = [
    ...(isWhole ? [] : ["not every paid line of WHMCS could be taken in"]),
    ...(await listBlockers(engine, reconciliation.review)),
  ];
  const waiting = reconciliation.review === null ? null : await waitForLooks(engine, reconciliation.review.digest);
  const since = (await ledger.readRestore())?.since ?? "";
  const hasPassed = blockers.length === 0 && waiting === null;
  if (hasPassed) {
    await rememberBound(engine, reconciliation.review, said);
    await ledger.clearRestore(said);
  }
  return { ...reconciliation, restore: { since, hasPassed, blockers, againAt: waiting } };
}

async function listBlockers({ ledger }: Engine, review: AccountReview | null): Promise<string[]> {
  if (review === null) return ["the account could not be read"];
  const seen = new Set(await ledger.readKnownBreaches());
  const open = review.unclaimed
    .filter((module) => !module.isBindable && (module.isSuspect || mayBeForgotten(module)))
    .map(breachOf)
    .filter(({ key }) => !seen.has(key));
  const unread = review.unreadForms.filter((moduleId) => !seen.has(breachKeyOf(moduleId)));
  return [...open.map(({ what }) => what), ...describeUnread(unread)];
}

/** More than these fill a screen; `reconcile --json` lists them all. */
const mostNamed = 20;

function describeUnread(moduleIds: readonly string[]): string[] {
  if (moduleIds.length === 0) return [];
  const more = moduleIds.length - mostNamed;
  const named = moduleIds.slice(0, mostNamed).join(", ");
  return [`modules that could not be read: ${named}${more > 0 ? ` and ${more} more` : ""}`];
}

/** Until when to wait; null when what was under way has had its time and two looks agree. */
async function waitForLooks({ ledger, settings }: Engine, digest: string): Promise<string | null> {
  const nowMs = (await ledger.readClock()).getTime();
  const restore = await ledger.readRestore();
  const underWayMs = settings.sendWithinMs + settings.orderTimeoutMs + settings.settleMs;
  const settledAtMs = Date.parse(restore?.since ?? "") + underWayMs;
  const first = restore?.look?.digest === digest ? restore.look : null;
  if (first === null) await ledger.keepRestoreLook(digest);
  const agreedAtMs = (first === null ? nowMs : Date.parse(first.at)) + settings.lookIntervalMs;
  const againAtMs = Math.max(settledAtMs, agreedAtMs);
  return againAtMs <= nowMs ? null : new Date(againAtMs).toISOString();
}

/** Its marker stays unknown until the buyer has bound it: that is no second restore. */
async function rememberBound({ ledger }: Engine, review: AccountReview | null, said: { actor: string; why: string }) {
  const keys = (review?.unclaimed ?? [])
    .filter(({ kind, isBindable }) => kind === "marked" && isBindable)
    .map((module) => breachOf(module).key);
  await ledger.rememberBreaches(keys, said);
}
