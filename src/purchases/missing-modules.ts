// Does the account's list lack a module whose term we have paid, and is that to be believed?
import { isLive } from "./action.ts";
import { type Waiting, wait } from "./asking.ts";
import { type AccountEngine, backOffMs } from "./engine.ts";
import type { Detail, Purchase } from "./purchase.ts";
import type { Obligation } from "./rules.ts";
import type { View } from "./view.ts";

type Doubt = Waiting | { readonly kind: "person"; readonly reason: "evidence_conflict"; readonly detail: Detail };

/** `lacking` is kept with whatever the purchase comes to wait for, so that it is not doubted anew; null when all are shown. */
type Belief = { readonly kind: "believed"; readonly lacking: Detail | null };

/**
 * A list that lacks a module whose term we have paid is more likely stale than true: it is believed only when a second
 * look, an interval later, lacks it too, and the module's own form does not show it alive.
 */
export async function checkMissing(
  engine: AccountEngine,
  { purchase, obligation }: { readonly purchase: Purchase; readonly obligation: Obligation },
  view: View,
): Promise<Doubt | Belief> {
  const { ledger, account, settings } = engine;
  const now = await ledger.readClock();
  const day = now.toISOString().slice(0, 10);
  const paid = await ledger.listModulesStillPaid({ account: account.name, day, ...obligation });
  const missing = paid.filter((id) => !view.modules.some((row) => row.id === id));
  if (missing.length === 0) return { kind: "believed", lacking: null };
  const missingSince = missedSince(purchase, missing) ?? now.toISOString();
  const lacking = { missing_modules: missing, missing_since: missingSince };
  if (now.getTime() - Date.parse(missingSince) >= settings.lookIntervalMs) {
    return (await contradictList(engine, purchase, missing)) ?? { kind: "believed", lacking };
  }
  return wait("account_unreachable", { againInMs: settings.lookIntervalMs, detail: lacking });
}

/** Since when looks for this purchase have missed all of these; null unless one has. */
function missedSince({ detail }: Purchase, missing: readonly string[]): string | null {
  const { missing_modules: known, missing_since: since } = detail ?? {};
  const isKnown = Array.isArray(known) && missing.every((id) => known.includes(id));
  return isKnown && typeof since === "string" ? since : null;
}

/** A module that its form shows and the list does not: one of the two is wrong, and a person sees which. */
async function contradictList(
  { account, settings }: AccountEngine,
  purchase: Purchase,
  missing: readonly string[],
): Promise<Doubt | null> {
  for (const moduleId of missing) {
    const form = await account.readModule(moduleId);
    // The wait forgets since when it was missed: two more looks follow.
    if (form.kind === "unreadable") {
      return wait("account_unreachable", { againInMs: backOffMs(settings, purchase.waits) });
    }
    if (form.kind === "ok" && isLive(form.value)) {
      return { kind: "person", reason: "evidence_conflict", detail: { form_shows_unlisted: moduleId } };
    }
  }
  return null;
}
