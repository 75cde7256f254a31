// Which modules of ours renew themselves, and is each off again or flagged? I8 over one look at the account.
import type { AccountReview } from "./account-review.ts";
import type { AccountEngine, Engine } from "./engine.ts";
import type { Holding } from "./ledger/holdings.ts";
import { stopAutoRenewal } from "./renewal.ts";
import { isListedTransition } from "./state.ts";

const dayMs = 86_400_000;

/**
 * Switches off what renews itself. What stays on is flagged on the newest purchase that the module pays for; while it is
 * flagged, or while an adopted module has paid for none, this process tries, and tells, once a day. What is off again is flagged no more.
 */
export function createRenewalWatch(engine: AccountEngine): (review: AccountReview) => Promise<void> {
  const triedAtMs = new Map<string, number>();
  return async ({ holdings, renewing, flaggedInVain }) => {
    for (const purchaseId of flaggedInVain) await setFlag(engine, purchaseId, false);
    for (const moduleId of renewing) {
      const paid = holdings.filter(({ term }) => term?.moduleId === moduleId);
      const flagged = paid.filter(({ hasAutoRenewal }) => hasAutoRenewal);
      const nowMs = engine.clock.monotonicMs();
      const triedMs = triedAtMs.get(moduleId);
      const isTold = flagged.length > 0 || paid.length === 0;
      if (isTold && triedMs !== undefined && nowMs - triedMs < dayMs) continue;
      const isOff = await stopAutoRenewal(engine, { id: moduleId, hasAutoRenewal: true });
      if (isOff) triedAtMs.delete(moduleId);
      else triedAtMs.set(moduleId, nowMs);
      const changing = isOff ? flagged : flagged.length > 0 ? [] : newestOf(paid);
      for (const { purchaseId } of changing) await setFlag(engine, purchaseId, !isOff);
    }
  };
}

/** The holding whose term ends last, alone; none when there is none. */
function newestOf(paid: readonly Holding[]): Holding[] {
  const endOf = ({ term }: Holding) => term?.expiryAfter ?? "";
  return paid.toSorted((a, b) => (endOf(a) < endOf(b) ? 1 : -1)).slice(0, 1);
}

async function setFlag({ ledger }: Engine, purchaseId: string, hasAutoRenewal: boolean): Promise<void> {
  const purchase = await ledger.findPurchase(purchaseId);
  if (purchase === null || purchase.hasAutoRenewal === hasAutoRenewal) return;
  const { state: to, reason } = purchase;
  if (!isListedTransition(to, to)) return;
  await ledger.change(purchase, { to, reason, actor: "remote_sweep", hasAutoRenewal });
}
