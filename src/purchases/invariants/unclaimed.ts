// Does every module of the account belong to a purchase? I20. Pure.
import { isLive } from "../action.ts";
import type { Holding } from "../ledger/holdings.ts";
import { addMonths } from "../period.ts";
import { isUnresolved } from "../state.ts";
import type { Breach } from "./breach.ts";
import { type AccountModule, keyOf, listOwned, nameModule, type Picture } from "./picture.ts";

/** A live module that no term binds, nobody has adopted and no attempt under way explains. */
export interface Unclaimed {
  readonly moduleId: string;
  /** The module with its account, as people know it. */
  readonly name: string;
  readonly licence: string | null;
  readonly tariff: string | null;
  readonly remoteid: string | null;
  readonly createdOn: string | null;
  readonly expiresOn: string | null;
  /** `marked`: by an attempt of a known purchase that the ledger does not have. `same`: of a purchase's licence and tariff. */
  readonly kind: "marked" | "same" | "foreign";
  /** It carries a marker that the ledger does not know, ours or another installation's. */
  readonly hasUnknownMarker: boolean;
  /** The buyer would take it for a purchase that waits. */
  readonly isBindable: boolean;
  /** New, of a purchase's licence and tariff, and more than what staff buy by hand or the buyer would take. */
  readonly isUnexplained: boolean;
  /** I20 is broken: we may have bought it for nothing, or the ledger may have lost its purchase. */
  readonly isSuspect: boolean;
}

const markerPattern = /^im-([a-z2-7]{16})-\d+$/;
const noIds: ReadonlySet<string> = new Set();

/**
 * `bindable`: modules that check 10 would bind for a purchase that waits.
 *
 * The marker of a known purchase without the attempt that made it proves that the ledger comes from a backup: a purchase's id
 * follows from its invoice line, so one that was forgotten altogether has the same id again once the sweep has taken its line
 * in. Every other unknown marker may be that of another installation on the same account, and proves nothing. Should it be
 * ours all the same (the line is gone from WHMCS or not paid any more, or `WHMCS_URL` was changed and all ids with it), check 10
 * keeps it from being bought again: no order leaves where such a module lives, and one that is marked for another purchase
 * goes to a person (`isMarkedForAnother`). Until a restored ledger has been compared, `mayBeForgotten` holds buying back as well.
 *
 * Softer than the letter of I20, which suspects every live module that no purchase explains: where nothing of ours was ever
 * sent for the licence and tariff, and no term is held, only staff or the customer can have bought it (mostly before the
 * invoice, so that its purchase rests in `already_owned`). That is a difference to settle and no reason to stop the shop. Nor
 * is a replacement that staff bought for a module of ours which is gone.
 */
export function listUnclaimed(picture: Picture, bindable: ReadonlySet<string> = noIds): Unclaimed[] {
  const related = relate(picture.holdings);
  const owned = listOwned(picture);
  const found = picture.modules
    .filter((module) => isLive(module) && !owned.has(module.id))
    .flatMap((module) => {
      const purchaseId = related.findUnknownMarker(module);
      const holdings = related.of(module);
      // Somebody already looks for what an attempt under way has bought; a marker of ours tells whose that is.
      const sender = related.findSender(module);
      const suspects = sender === null ? holdings : [sender];
      if (purchaseId === null && suspects.some(({ state, sends }) => isUnresolved(state, sends))) return [];
      const isMarked = purchaseId !== null && related.isPurchase(purchaseId);
      const kind = isMarked ? ("marked" as const) : holdings.length === 0 ? ("foreign" as const) : ("same" as const);
      return [{ module, kind, holdings, hasUnknownMarker: purchaseId !== null }];
    });
  const open = found.filter(
    ({ module, kind }) => kind === "same" && isSince(module, picture) && !bindable.has(module.id),
  );
  const live = new Set(picture.modules.filter(isLive).map(({ id }) => id));
  const byStaff = open.filter(({ module }) => related.findSender(module) === null);
  return found.map(({ module, kind, holdings, hasUnknownMarker }) => {
    const alike = byStaff.filter((other) => keyOf(other.module) === keyOf(module)).length;
    const isSent = related.findSender(module) !== null;
    const isOpen = open.some((other) => other.module === module);
    const leftToStaff = holdings.filter((holding) => isLeftToStaff(holding) && mayBeFor(holding, module, picture));
    const isUnexplained = isOpen && (isSent || alike > leftToStaff.length);
    return {
      moduleId: module.id,
      name: nameModule(picture.account, module.id),
      licence: module.licence,
      tariff: module.tariff,
      remoteid: module.remoteid,
      createdOn: module.createdOn,
      expiresOn: module.expiresOn,
      kind,
      hasUnknownMarker,
      isBindable: bindable.has(module.id),
      isUnexplained,
      isSuspect:
        kind === "marked" || (isUnexplained && (isSent || holdings.some((holding) => mayHaveBought(holding, live)))),
    };
  });
}

/**
 * Modules that are bound or adopted, or carry a marker of ours or the licence and tariff of a purchase, deleted ones too. What others
 * buy at the same account changes all the time and is none of them.
 */
export function listConcerned({ modules, ...known }: Omit<Picture, "paidSince" | "day">): AccountModule[] {
  const related = relate(known.holdings);
  const owned = listOwned(known);
  return modules.filter(
    (module) =>
      owned.has(module.id) ||
      related.of(module).length > 0 ||
      related.isPurchase(related.findUnknownMarker(module) ?? ""),
  );
}

/** Whose licence and tariff, or marker, a module carries. */
function relate(holdings: readonly Holding[]) {
  const markers = new Map(holdings.flatMap((holding) => holding.markers.map((marker) => [marker, holding] as const)));
  const ids = new Set(holdings.map(({ purchaseId }) => purchaseId));
  // Sent at another account, from which the module has come here.
  const elsewhere = new Set(holdings.flatMap(({ markersElsewhere }) => markersElsewhere));
  const keys = new Map<string, Holding[]>();
  for (const holding of holdings) keys.set(keyOf(holding), [...(keys.get(keyOf(holding)) ?? []), holding]);
  const findSender = ({ remoteid }: AccountModule): Holding | null => markers.get(remoteid ?? "") ?? null;
  return {
    /** The purchase whose request it carries the marker of, also of one that is said to have been refused. */
    findSender,
    isPurchase: (purchaseId: string) => ids.has(purchaseId),
    /** The purchase that a marker names which no attempt of ours has sent; null when there is no such marker. */
    findUnknownMarker: ({ remoteid }: AccountModule): string | null =>
      markers.has(remoteid ?? "") || elsewhere.has(remoteid ?? "")
        ? null
        : (markerPattern.exec(remoteid ?? "")?.[1] ?? null),
    of: (module: AccountModule): Holding[] => {
      const marked = findSender(module);
      const same = module.licence === null || module.tariff === null ? [] : (keys.get(keyOf(module)) ?? []);
      return marked === null || same.includes(marked) ? same : [marked, ...same];
    },
  };
}

/** Staff buy by hand what we never buy: what was paid before buying began, and what only a person can settle or has settled. */
function isLeftToStaff({ state, reason, sends, term }: Holding): boolean {
  if (term !== null || sends > 0) return false;
  const isContested = reason === "already_owned" || reason === "evidence_conflict";
  const isSettledByPerson = state === "Refunded" && reason === null;
  return state === "Ignored" || isSettledByPerson || (state === "NeedsOperator" && !isContested);
}

/** What was paid before buying began is bought by hand soon, or never. */
function mayBeFor({ state }: Holding, { createdOn }: AccountModule, { paidSince }: Picture): boolean {
  return state !== "Ignored" || paidSince === null || (createdOn ?? "") <= addMonths(paidSince, 1);
}

/**
 * A restored ledger may have bought it and forgotten the purchase altogether: its marker may be ours, and it is of a licence
 * and tariff that we want, or that cannot be told.
 */
export function mayBeForgotten({ kind, hasUnknownMarker, licence, tariff }: Unclaimed): boolean {
  return hasUnknownMarker && (kind !== "foreign" || licence === null || tariff === null);
}

/**
 * Our own doing: something was sent to this account whose effect is not known, or a module is held that is still there. What
 * another account holds, or was asked for alone, is explained there.
 */
function mayHaveBought({ sends, term, heldAt, markers }: Holding, live: ReadonlySet<string>): boolean {
  return term === null ? sends > 0 && heldAt === null && markers.length > 0 : live.has(term.moduleId);
}

/** I20 of a suspect. */
export function breachOf({ name, kind, isBindable, hasUnknownMarker, remoteid }: Unclaimed): Breach {
  const what = hasUnknownMarker
    ? `module ${name} carries the marker ${remoteid}, which the ledger does not know`
    : `module ${name} was bought since buying began and belongs to no purchase`;
  const isAwaited = kind === "marked" && isBindable;
  return { id: "I20", key: isAwaited ? awaitedKeyOf(name) : breachKeyOf(name), what };
}

/** What a person who has explained a module is remembered by. */
export function breachKeyOf(name: string): string {
  return `I20:${name}`;
}

/** The same of a module that the buyer would take over; once it would not any more, that is another breach. */
export function awaitedKeyOf(name: string): string {
  return `${breachKeyOf(name)}:awaited`;
}

/**
 * Live modules since buying began that nothing explains, while no module shows a marker. Where the account never shows one, a
 * restored ledger may have ordered any of them, for a licence that its service has no more. So it may where nobody knows since
 * when buying was on, or the module is there.
 */
export function listUnmarked(picture: Picture, unclaimed: readonly Unclaimed[]): string[] {
  if (picture.modules.some(({ remoteid }) => markerPattern.test(remoteid ?? ""))) return [];
  const mayBeSince = (module: AccountModule) =>
    picture.paidSince === null || module.createdOn === null || isSince(module, picture);
  const since = new Set(picture.modules.filter(mayBeSince).map(({ id }) => id));
  return unclaimed
    .filter(({ moduleId, isBindable }) => !isBindable && since.has(moduleId))
    .map((each) => each.moduleId);
}

function isSince({ createdOn }: AccountModule, { paidSince }: Pick<Picture, "paidSince">): boolean {
  return paidSince !== null && createdOn !== null && createdOn >= paidSince;
}
