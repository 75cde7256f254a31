// Is what kept a purchase from being bought only gone because its term has run out?
import * as v from "valibot";
import type { AccountEngine } from "./engine.ts";
import { isTermBound } from "./evidence.ts";
import type { Detail, Purchase } from "./purchase.ts";
import type { Obligation } from "./rules.ts";

const asked = v.object({
  modules: v.array(v.object({ id: v.string(), expiresOn: v.nullable(v.string()) })),
});

/**
 * What a person was asked about, where it was a module of this very service whose term no purchase has paid for, and which
 * reached into the period: somebody has paid for that, so the period must not be bought anew, with whatever module, once the
 * account has deleted that one. Null otherwise.
 */
export async function findLapsed(
  { ledger, account }: AccountEngine,
  { purchase, obligation }: { readonly purchase: Purchase; readonly obligation: Obligation },
): Promise<Detail | null> {
  if (purchase.state !== "NeedsOperator" || purchase.reason !== "already_owned") return null;
  const read = v.safeParse(asked, purchase.detail);
  if (!read.success) return null;
  const { modules } = read.output;
  const ids = modules.map(({ id }) => id);
  const own = (await ledger.listBindings(account.name, ids, purchase.id)).filter(
    ({ serviceRef }) => serviceRef === purchase.serviceRef,
  );
  const isUnpaid = modules.some(({ id, expiresOn }) => {
    const bound = own.find(({ moduleId }) => moduleId === id);
    if (bound === undefined || expiresOn === null) return false;
    return expiresOn > obligation.period.start && !isTermBound(expiresOn, bound.newestExpiry);
  });
  return isUnpaid ? purchase.detail : null;
}
