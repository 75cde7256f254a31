// May the account be asked now, and what becomes of a purchase when it is paused or does not answer?
import type { ReadFailure } from "../ispmanager/account.ts";
import { type AccountEngine, backOffMs, whose } from "./engine.ts";
import type { Detail, Purchase } from "./purchase.ts";
import { pauseFor } from "./settle.ts";
import type { WaitingReason } from "./state.ts";
import { isAccountTrouble } from "./view.ts";

/** Why a purchase goes on later, and when. */
export interface Waiting {
  readonly kind: "wait";
  readonly reason: WaitingReason;
  readonly againInMs?: number;
  readonly detail?: Detail;
}

export function wait(reason: WaitingReason, rest: { againInMs?: number; detail?: Detail } = {}): Waiting {
  return { kind: "wait", reason, ...rest };
}

/** For which account it waits, in the row's detail. */
export function waitsAt(account: string): { detail?: Detail } {
  const detail = whose(account);
  return detail.account === undefined ? {} : { detail };
}

export async function isLoginRefused({ ledger, account }: AccountEngine): Promise<boolean> {
  return (await ledger.readPause(account.name))?.errorType === "auth";
}

/**
 * A pause that has run out lets one process try; everyone else waits on. Where only a request can tell, the probe is
 * taken right before it is sent; where reading tells (`auth`), before the account is read.
 */
export async function checkPause({ ledger, account }: AccountEngine, probing: "auth" | "any"): Promise<Waiting | null> {
  const pause = await ledger.readPause(account.name);
  if (pause === null) return null;
  const detail = waitsAt(account.name);
  if (pause.remainingMs > 0) return wait(pause.reason, { againInMs: pause.remainingMs, ...detail });
  if (probing === "auth" && pause.errorType !== "auth") return null;
  return (await ledger.takeProbe(pause)) ? null : wait(pause.reason, { againInMs: pause.stepMs, ...detail });
}

/** The account has let us read: its login is taken again. */
export async function endLoginPause(engine: AccountEngine): Promise<void> {
  if (await isLoginRefused(engine)) await engine.ledger.resumeAccount(engine.account.name);
}

/** A refused login pauses the whole account; anything else unreadable is this purchase's own back-off. */
export async function accountTrouble(
  engine: AccountEngine,
  purchase: Purchase,
  failure: ReadFailure,
): Promise<Waiting> {
  if (!isAccountTrouble(failure) || failure.kind !== "refused") {
    const againInMs = backOffMs(engine.settings, purchase.waits);
    return wait("account_unreachable", { againInMs, ...waitsAt(engine.account.name) });
  }
  const againInMs = await pauseFor(engine, {
    account: engine.account.name,
    reason: "account_paused",
    errorType: failure.errorType,
  });
  return wait("account_paused", { againInMs, ...waitsAt(engine.account.name) });
}

/** While the balance is short the oldest period goes first: cheaper ones would take again and again what it waits for. */
export async function isOvertaking(
  { ledger, account }: AccountEngine,
  { id, period, lineId }: Purchase,
): Promise<boolean> {
  const first = await ledger.firstAwaitingBalance(account.name);
  if (first === null || first.id === id || period === null) return false;
  return first.periodStart === period.start ? first.lineId < lineId : first.periodStart < period.start;
}
