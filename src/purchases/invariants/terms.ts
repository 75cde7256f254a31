// Is each module of ours paid as long as we think, and does none renew itself? I8. Pure.
import { isLive } from "../action.ts";
import type { EndedTerm } from "../ledger/announcements.ts";
import type { Holding } from "../ledger/holdings.ts";
import { daysBetween, toleranceDays } from "../period.ts";
import { isUnresolved } from "../state.ts";
import type { Breach } from "./breach.ts";
import { keyOf, listOwned, nameModule, type Picture } from "./picture.ts";

/** I8: modules of ours that renew themselves and are not flagged. */
export function checkAutoRenewal({ account, modules, holdings, adoptions }: Picture): Breach[] {
  const flagged = new Set(
    holdings.flatMap(({ term, hasAutoRenewal }) => (hasAutoRenewal && term ? term.moduleId : [])),
  );
  return listRenewing({ modules, holdings, adoptions })
    .filter((id) => !flagged.has(id))
    .map((id) => nameModule(account, id))
    .map((name) => ({ id: "I8", key: `I8:${name}`, what: `module ${name} renews itself at the account` }));
}

/** Ids of live modules that pay for purchases, or are adopted, and renew themselves. */
export function listRenewing({ modules, ...known }: Omit<Picture, "account" | "paidSince" | "day">): string[] {
  const owned = listOwned(known);
  return modules
    .filter((module) => module.hasAutoRenewal === true && isLive(module) && owned.has(module.id))
    .map(({ id }) => id);
}

/** Ids of purchases flagged for a module that the account shows with auto-renewal off or deleted, or no more since it ran out. */
export function listFlaggedInVain({
  modules,
  holdings,
  day,
}: Omit<Picture, "account" | "paidSince" | "adoptions">): string[] {
  const rows = new Map(modules.map((module) => [module.id, module]));
  const isOff = ({ moduleId, expiryAfter }: NonNullable<Holding["term"]>) => {
    const row = rows.get(moduleId);
    if (row === undefined) return missing(expiryAfter, day) === null;
    return row.hasAutoRenewal === false || !isLive(row);
  };
  return holdings
    .filter(({ term, hasAutoRenewal }) => hasAutoRenewal && term !== null && isOff(term))
    .map(({ purchaseId }) => purchaseId);
}

/** A term that the account does not show as the ledger holds it. */
export interface TermDifference {
  /** The same each time the same difference is found. */
  readonly key: string;
  readonly kind: "missing" | "behind" | "beyond";
  readonly moduleId: string;
  /** The module with its account, as people know it. */
  readonly name: string;
  /** The purchase that the newest term pays for; null where the module was adopted with it. */
  readonly purchaseId: string | null;
  readonly paidUntil: string;
  /** What the account shows; null when the module is missing. */
  readonly expiresOn: string | null;
}

/** Newest terms against the list; a module whose purchase is under way is left to the verifier. */
export function compareTerms({ account, modules, holdings, adoptions, day }: Picture): TermDifference[] {
  const rows = new Map(modules.map((module) => [module.id, module]));
  const busy = listBusy(holdings);
  return newestTerms(holdings, adoptions).flatMap(({ of, purchaseId, moduleId, paidUntil }) => {
    if (busy.has(of)) return [];
    const row = rows.get(moduleId);
    const expiresOn = row !== undefined && isLive(row) ? row.expiresOn : null;
    const kind = row === undefined || !isLive(row) ? missing(paidUntil, day) : apart(paidUntil, expiresOn);
    if (kind === null) return [];
    const name = nameModule(account, moduleId);
    const key = `${kind}:${name}:${paidUntil}:${expiresOn}`;
    return [{ key, kind, moduleId, name, purchaseId, paidUntil, expiresOn }];
  });
}

/**
 * Newest terms whose last day has passed, also by the date that the account shows; a module whose purchase is under way is
 * left to the verifier.
 */
export function listEnded({ modules, holdings, adoptions, day }: Omit<Picture, "account" | "paidSince">): EndedTerm[] {
  const rows = new Map(modules.map((module) => [module.id, module]));
  const busy = listBusy(holdings);
  return newestTerms(holdings, adoptions).flatMap(({ of, purchaseId, moduleId, paidUntil }) => {
    if (purchaseId === null || busy.has(of)) return [];
    const row = rows.get(moduleId);
    const expiresOn = row !== undefined && isLive(row) ? row.expiresOn : paidUntil;
    const isOver = paidUntil < day && expiresOn !== null && expiresOn < day;
    return isOver ? [{ purchaseId, expiresOn }] : [];
  });
}

/** What is about to be bought or renewed, or may have been. */
function listBusy(holdings: readonly Holding[]): Set<string> {
  return new Set(holdings.filter(({ state, sends }) => isUnresolved(state, sends)).map(keyOf));
}

/** `of` is the licence and tariff of whom the term is for. */
function newestTerms(holdings: readonly Holding[], adoptions: Picture["adoptions"]) {
  const paid = holdings.flatMap(({ term, purchaseId, ...holding }) =>
    term === null ? [] : [{ of: keyOf(holding), purchaseId, moduleId: term.moduleId, paidUntil: term.expiryAfter }],
  );
  const before = adoptions.map(({ moduleId, expiresOn: paidUntil, ...same }) => ({
    ...{ of: keyOf(same), purchaseId: null, moduleId, paidUntil },
  }));
  const newest = new Map<string, (typeof paid | typeof before)[number]>();
  for (const term of [...paid, ...before]) {
    if ((newest.get(term.moduleId)?.paidUntil ?? "") < term.paidUntil) newest.set(term.moduleId, term);
  }
  return [...newest.values()];
}

/** What has run out may be gone. */
function missing(paidUntil: string, day: string): "missing" | null {
  return paidUntil > day ? "missing" : null;
}

function apart(paidUntil: string, expiresOn: string | null): "behind" | "beyond" | null {
  if (expiresOn === null) return null;
  const days = daysBetween(paidUntil, expiresOn);
  return days < -toleranceDays ? "behind" : days > toleranceDays ? "beyond" : null;
}
