// When has a life come to its end? Time passes and nights fall until nothing moves any more and nothing is put off.
import { backOffMs } from "../../src/purchases/engine.ts";
import { instantOf, microsOf } from "./ledger/instants.ts";
import { holdOf } from "./ledger/rows.ts";
import type { LedgerStore } from "./ledger/store.ts";
import type { Life } from "./life.ts";
import { isResting } from "./rest.ts";
import { sideOf } from "./sides.ts";

const longAgo = "1970-01-01 00:00:00.000000";
const restStepMs = 20_000;
const restLimitMs = 30 * 60_000;
const longestRestMs = 12 * 3_600_000;
/** A check that failed often enough is put off no further. */
const manyFailures = 10;
const nightMs = 25 * 3_600_000;
/** Nothing may go on for ever; what is refused is tried in four nights, and what had to wait for that comes behind. */
const mostNights = 8;

/** Time passes until every purchase rests and WHMCS was swept, or nothing has moved for longer than I25 allows. */
export async function settle(life: Life, quietMs = 2 * life.settings.sweepIntervalMs): Promise<void> {
  const { clock, settings } = life;
  const isAllCarriedOut = () => life.sides().every(({ network }) => network.putOff() === 0);
  const limitMs = settings.sendWithinMs + settings.orderTimeoutMs + settings.settleMs + restLimitMs;
  const sinceMs = clock.nowMs();
  let movedMs = sinceMs;
  let moves = movesOf(life);
  // Periods of one service follow each other: the limit is for each.
  while (clock.nowMs() < Math.min(movedMs + limitMs, sinceMs + longestRestMs)) {
    await life.pass(restStepMs);
    if (movesOf(life) > moves) movedMs = clock.nowMs();
    moves = movesOf(life);
    const isQuiet = life.bridges().length > 0 && clock.nowMs() - Math.max(sinceMs, life.startedMs()) > quietMs;
    if (isQuiet && isAllCarriedOut() && (await isAtRest(life))) return;
  }
}

/** Changes of purchases, and what was asked of modules or seen of it; that one is still gone is no news. */
function movesOf({ store }: Life): number {
  const { transitions, moduleSteps } = store();
  return transitions.size + [...moduleSteps.values()].filter(({ step }) => step !== "found").length;
}

/** What rests with a person is not looked at while its account is paused. */
async function isAtRest(life: Life): Promise<boolean> {
  const pauses = await Promise.all(life.sides().map(({ account }) => life.plainLedger().readPause(account)));
  if (pauses.some((pause) => pause !== null && pause.remainingMs > 0)) return false;
  return [...life.store().purchases.values()].every((row) => isResting(row, sideOf(life, row)));
}

/** Night after night until one brings nothing new: by then everything was looked at since the last thing happened. */
export async function sleepOver(life: Life): Promise<void> {
  const { settings, witness } = life;
  // A bridge asks this often whether it is its turn to look at the whole account.
  const lookMs = witness.byHand.size > 0 ? settings.remoteSweepIntervalMs / 4 : 0;
  for (let nights = 0; nights < mostNights; nights++) {
    const moves = movesOf(life);
    await fallNight(life);
    await settle(life, Math.max(settings.sweepIntervalMs / 2, lookMs));
    if (movesOf(life) > moves) continue;
    if (mayHaveLookedInVain(life)) await settle(life, backOffMs(settings, manyFailures));
    if (movesOf(life) === moves) return;
  }
  witness.find("broken", `I25: something moves in each of ${mostNights} nights`);
}

/** Modules for which a look has led to nothing are looked at again so late that nobody else would wait for it. */
function mayHaveLookedInVain({ whmcs, store }: Life): boolean {
  const { services, serviceAddons } = whmcs.tables.rows;
  const isAnyStopped = [...services.values(), ...serviceAddons.values()].some(
    ({ status }) => status !== "Active" && status !== "Pending",
  );
  return isAnyStopped || store().moduleSteps.size > 0;
}

/**
 * The sweep of the night is due, which alone looks at lines of services that have ended, and a look at the whole account,
 * whose list shows everything by then. No failed check is still put off.
 */
export async function fallNight({ sides, settings, store, plainLedger }: Life): Promise<void> {
  for (const { model } of sides()) model.unlisted.clear();
  const now = await plainLedger().readClock();
  endNights(store());
  endBackOffs(store(), now.getTime(), backOffMs(settings, manyFailures));
  for (const name of ["nightly_sweep", "remote_sweep"]) store().turns.set(name, { name, dueAt: longAgo });
}

/** What was asked of a module is asked again after a day, where it had no effect. */
function endNights({ moduleSteps, bindings }: LedgerStore): void {
  const before = (at: string) => instantOf(microsOf(at) - nightMs * 1000);
  for (const [key, row] of moduleSteps) moduleSteps.set(key, { ...row, createdAt: before(row.createdAt) });
  for (const [key, row] of bindings) bindings.set(key, { ...row, createdAt: before(row.createdAt) });
}

/** What waits for a check is checked now; what is put off for longer than failures do, or by a person, stays so. */
function endBackOffs({ purchases }: LedgerStore, nowMs: number, longestMs: number): void {
  const now = instantOf(nowMs * 1000);
  const until = instantOf((nowMs + longestMs) * 1000);
  for (const [id, row] of purchases) {
    const isPutOff = row.queue === "buy" && row.notBefore <= until && holdOf(row, now) === null;
    if (isPutOff) purchases.set(id, { ...row, notBefore: longAgo });
  }
}
