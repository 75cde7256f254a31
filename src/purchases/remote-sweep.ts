// Does the account still hold what we bought, and nothing that nobody can explain? Its whole list against the ledger.
import type { ModuleRow } from "../ispmanager/account.ts";
import { describeError } from "../log.ts";
import { type AccountReview, reviewAccount } from "./account-review.ts";
import type { Alarm } from "./alarm.ts";
import { announceEnded } from "./announcements.ts";
import { createRenewalWatch } from "./auto-renewal.ts";
import { type AccountEngine, atEach, type Engine } from "./engine.ts";
import { watchBalance } from "./forecast.ts";
import { findUnconfigured, tellUnconfigured } from "./home.ts";
import { breachOf, type Unclaimed } from "./invariants/unclaimed.ts";
import { useTurn } from "./turn.ts";
import { isAccountTrouble } from "./view.ts";

const formsPerSweep = 50;

/**
 * One sweep of every account when it is this process's turn; how many differences it found. With buying off no account is
 * asked on its own, whatever is under way: only the verifier still looks for what was sent before (I19). An account that
 * could not be read is swept again soon, and those that could be are not. One that the settings do not name is told of once.
 */
export function createRemoteSweep(engine: Engine, alarm: Alarm): () => Promise<number> {
  const { ledger, settings, log, clock } = engine;
  const all = atEach(engine).map((at) => createAccountSweep(at, alarm));
  /** Those that a round could not do, and when that round began which did the others. */
  let behind: { sweeps: typeof all; sinceMs: number } = { sweeps: all, sinceMs: clock.monotonicMs() };
  let toldLost: ReadonlySet<string> = new Set();
  const sweepAll = async () => {
    const lost = await findUnconfigured(engine);
    tellUnconfigured(
      log,
      lost.filter(({ name }) => !toldLost.has(name)),
    );
    toldLost = new Set(lost.map(({ name }) => name));
    const nowMs = clock.monotonicMs();
    const isOver = nowMs - behind.sinceMs >= settings.remoteSweepIntervalMs;
    const due = isOver ? { sweeps: all, sinceMs: nowMs } : behind;
    const left: typeof all = [];
    let differing = 0;
    for (const sweep of due.sweeps) {
      const result = await sweep();
      differing += result.differing;
      if (result.isAgainSoon) left.push(sweep);
    }
    behind = left.length > 0 ? { ...due, sweeps: left } : { sweeps: all, sinceMs: nowMs };
    return { differing, isAgainSoon: left.length > 0 };
  };
  return async () => {
    if (!(await ledger.takeTurn("remote_sweep", settings.remoteSweepIntervalMs))) return 0;
    if ((await ledger.readBuying()).position === "off") return 0;
    const againInMs = Math.min(settings.sweepIntervalMs, settings.remoteSweepIntervalMs);
    const { differing } = await useTurn(sweepAll, {
      isWhole: ({ isAgainSoon }) => !isAgainSoon,
      giveBack: () => ledger.giveTurnBack("remote_sweep", againInMs),
    });
    return differing;
  };
}

/** An unreadable list proves nothing and does nothing. */
function createAccountSweep(
  engine: AccountEngine,
  alarm: Alarm,
): () => Promise<{ differing: number; isAgainSoon: boolean }> {
  const { ledger, log, account } = engine;
  const forms = { most: formsPerSweep, known: new Map<string, ModuleRow>() };
  const told = new Set<string>();
  const watchRenewals = createRenewalWatch(engine);
  return async () => {
    const review = await reviewAccount(engine, forms);
    if (review.kind !== "ok") {
      log.warn("remote_sweep.unread", { account: account.name, kind: review.kind });
      // Asking often would not open an account that lets nobody in.
      return { differing: 0, isAgainSoon: !isAccountTrouble(review) };
    }
    const seen = new Set(await ledger.readKnownBreaches());
    await suspectRestore(engine, review.value, seen);
    const isRule = ({ id }: { readonly id: string }) => id !== "I8";
    await alarm(review.value.breaches.filter(isRule));
    tellDifferences(engine, review.value, { seen, told });
    await watchRenewals(review.value);
    await announceEnded(engine, review.value.ended);
    await watchBalanceSafely(engine);
    return { differing: review.value.differences.length, isAgainSoon: false };
  };
}

/** Nothing of the sweep hangs on it: the next one tries again. */
async function watchBalanceSafely(engine: AccountEngine): Promise<void> {
  try {
    await watchBalance(engine);
  } catch (error) {
    engine.log.warn("balance.unread", describeError(error));
  }
}

/** Differences, and modules that nothing explains, once each; `seen` are keys of what a person has explained. */
function tellDifferences(
  { log }: Engine,
  review: AccountReview,
  { seen, told }: { seen: ReadonlySet<string>; told: Set<string> },
): void {
  const tellOnce = (key: string, tell: () => void) => {
    if (!told.has(key)) tell();
    told.add(key);
  };
  for (const { name } of listUnexplained(review, seen)) {
    tellOnce(`unclaimed:${name}`, () => log.warn("alert.module_unclaimed", { module: name }));
  }
  for (const { key, kind, name, purchaseId } of review.differences) {
    const fields = { module: name, purchase: purchaseId, reason: kind };
    tellOnce(key, () => log.error("alert.account_differs", fields));
  }
}

/** Modules that somebody else bought for a purchase of ours, and that no person has explained: no reason to stop buying. */
function listUnexplained({ unclaimed }: AccountReview, seen: ReadonlySet<string>): Unclaimed[] {
  return unclaimed.filter((module) => module.isUnexplained && !module.isSuspect && !seen.has(breachOf(module).key));
}

/** The marker of a purchase whose attempt the ledger does not know: it comes from a backup, and what it forgot may be bought again. */
async function suspectRestore(
  { ledger, log }: Engine,
  { unclaimed }: AccountReview,
  seen: ReadonlySet<string>,
): Promise<void> {
  const marked = unclaimed.find((module) => module.kind === "marked" && !seen.has(breachOf(module).key));
  if (marked === undefined) return;
  const why = `module ${marked.name} carries a marker that the ledger does not know`;
  if (await ledger.throwRestore({ actor: "machine", why })) {
    log.error("alert.ledger_restored", { module: marked.name });
  }
}
