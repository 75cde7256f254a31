// What does the account show now of one licence and tariff, and what does that say of an attempt?
import type { ReadFailure } from "../ispmanager/account.ts";
import type { AccountEngine, Engine } from "./engine.ts";
import { judgeLook, type LookVerdict, mayBeInCart } from "./evidence.ts";
import type { Attempt, Detail } from "./purchase.ts";
import type { SeenModules, View } from "./view.ts";

/** A look, or why there was none. */
export type Looked =
  | { readonly kind: "seen"; readonly view: View; readonly seen: SeenModules }
  | { readonly kind: "unreadable"; readonly detail: Detail };

/** Stands for the digest of a look that showed nothing. */
export const noDigest = "0".repeat(64);

/** `also` is a module to include whatever its licence reads. */
export async function lookFor(
  { looker }: AccountEngine,
  wanted: { licence: string; tariff: string; also: string | null },
): Promise<Looked> {
  const view = await looker.look();
  if (view.kind !== "ok") return unreadable(view);
  const seen = await looker.see(view.value, wanted);
  return seen.kind === "ok" ? { kind: "seen", view: view.value, seen: seen.value } : unreadable(seen);
}

function unreadable(failure: ReadFailure): Looked {
  const detail = failure.kind === "refused" ? { refused: failure.errorType } : { unreadable: failure.detail };
  return { kind: "unreadable", detail };
}

/** What a look says of an attempt, given whom the modules it shows belong to. */
export async function judgeAttempt({ ledger }: Engine, attempt: Attempt, seen: SeenModules): Promise<LookVerdict> {
  const ids = seen.modules.map((module) => module.id);
  // A renewal's module is bound by its earlier terms; what matters for an order is whose the row is.
  const bound = await ledger.listBindings(attempt.account, ids, attempt.purchaseId);
  return judgeLook(attempt, { ...seen, boundElsewhere: new Set(bound.map((each) => each.moduleId)) });
}

/**
 * Whether the cart may hold what the attempt asked for. One that the account does not show (`refused`) or that could not
 * be read says nothing.
 */
export async function searchCart(
  { account }: AccountEngine,
  attempt: Attempt,
): Promise<"in-cart" | "not-in-cart" | "refused" | "unreadable"> {
  const cart = await account.readCart();
  if (cart.kind !== "ok") return cart.kind;
  return mayBeInCart(attempt, cart.value) ? "in-cart" : "not-in-cart";
}
