// May a ledger that comes from a backup be trusted again? Only when nothing it forgot can still be bought a second time.
import { createHash } from "node:crypto";
import type { AccountReview } from "./account-review.ts";
import { type AccountEngine, atEach, type Engine } from "./engine.ts";
import { nameModule } from "./invariants/picture.ts";
import { awaitedKeyOf, breachKeyOf, breachOf, mayBeForgotten } from "./invariants/unclaimed.ts";
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
 * may be ours belongs, with its whole term, to a purchase, will be taken over by one, or is among `explained`: ids that a person has checked. A
 * module that the account does not let us read may be ours, too; so may, where it shows no markers, every one since buying began.
 */
export async function reconcileRestored(
  engine: Engine,
  { actor, explained }: { actor: string; explained: readonly string[] },
): Promise<Reconciliation & { readonly restore: RestoreProgress }> {
  const { ledger } = engine;
  const said = { actor, why: "ispmodules reconcile --after-restore" };
  await ledger.throwRestore(said);
  await ledger.rememberBreaches(
    explained.flatMap((id) => [breachKeyOf(id), awaitedKeyOf(id)]),
    said,
  );
  const { isComplete, leftOut } = await sweepServices(engine, false);
  const reconciliation = await reconcile(engine);
  const blockers = [
    ...(isComplete ? [] : ["the walk through WHMCS did not come to its end"]),
    ...describeSome("paid invoice lines that could not be taken in", leftOut),
    ...reconciliation.unread,
    ...(await listBlockers(engine, reconciliation.reviews)),
  ];
  const isWhole = reconciliation.unread.length === 0;
  const waiting = isWhole ? await waitForLooks(engine, digestOf(reconciliation.reviews)) : null;
  const since = (await ledger.readRestore())?.since ?? "";
  const hasPassed = blockers.length === 0 && waiting === null;
  if (hasPassed) {
    await rememberBound(engine, reconciliation.reviews, said);
    await ledger.clearRestore(said);
  }
  return { ...reconciliation, restore: { since, hasPassed, blockers, againAt: waiting } };
}

async function listBlockers(engine: Engine, reviews: readonly AccountReview[]): Promise<string[]> {
  const blockers: string[] = [];
  for (const at of atEach(engine)) {
    const review = reviews.find(({ account }) => account === at.account.name);
    if (review !== undefined) blockers.push(...(await listBlockersAt(at, review)));
  }
  return blockers;
}

async function listBlockersAt(engine: AccountEngine, review: AccountReview): Promise<string[]> {
  const seen = new Set(await engine.ledger.readKnownBreaches());
  const open = review.unclaimed
    .filter((module) => !module.isBindable && (module.isSuspect || mayBeForgotten(module)))
    .map(breachOf)
    .filter(({ key }) => !seen.has(key));
  const listUnknown = (ids: readonly string[]) =>
    ids.map((id) => nameModule(review.account, id)).filter((name) => !seen.has(breachKeyOf(name)));
  const unread = listUnknown(review.unreadForms);
  const paidAhead = await review.findPaidAhead();
  const unmarked = listUnknown(review.unmarked);
  const isUnmarkedOurs = unmarked.length > 0 && !(await showsMarkers(engine, review));
  return [
    ...open.map(({ what }) => what),
    ...describeSome("modules that could not be read", unread),
    ...describeSome("modules paid for longer than the ledger knows, by nothing that waits", listUnknown(paidAhead)),
    ...describeSome("modules bought since buying began that nothing explains", isUnmarkedOurs ? unmarked : []),
  ];
}

/** Whether the account shows the marker of one of the newest modules that we ordered, in its form. */
async function showsMarkers({ account }: AccountEngine, { holdings }: AccountReview): Promise<boolean> {
  const sent = new Set(holdings.flatMap(({ markers }) => markers));
  const bound = holdings.flatMap(({ term, markers }) => (term !== null && markers.length > 0 ? [term.moduleId] : []));
  for (const moduleId of [...new Set(bound.reverse())].slice(0, mostAsked)) {
    const form = await account.readModule(moduleId);
    if (form.kind === "ok" && sent.has(form.value.remoteid ?? "")) return true;
  }
  return false;
}

const mostAsked = 5;

/** More than these fill a screen; `reconcile --json` lists them all. */
const mostNamed = 20;

function describeSome(what: string, ids: readonly (string | number)[]): string[] {
  if (ids.length === 0) return [];
  const more = ids.length - mostNamed;
  return [`${what}: ${ids.slice(0, mostNamed).join(", ")}${more > 0 ? ` and ${more} more` : ""}`];
}

function digestOf(reviews: readonly AccountReview[]): string {
  const [first, ...others] = reviews.map(({ digest }) => digest);
  if (first !== undefined && others.length === 0) return first;
  return createHash("sha256")
    .update([first, ...others].join())
    .digest("hex");
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

/** Its marker stays unknown until the buyer has bound it: that is no second restore, as long as the buyer would. */
async function rememberBound(
  { ledger }: Engine,
  reviews: readonly AccountReview[],
  said: { actor: string; why: string },
) {
  const keys = reviews
    .flatMap(({ unclaimed }) => unclaimed)
    .filter(({ kind, isBindable }) => kind === "marked" && isBindable)
    .map((module) => breachOf(module).key);
  await ledger.rememberBreaches(keys, said);
}
