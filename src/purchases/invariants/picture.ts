// What does one look at the account show, side by side with what the ledger holds?
import type { ModuleRow } from "../../ispmanager/account.ts";
import type { Adoption } from "../ledger/adoptions.ts";
import type { Holding } from "../ledger/holdings.ts";

/** A module of the account; licence and tariff are their ids, or null where they cannot be told. */
export interface AccountModule extends Omit<ModuleRow, "item" | "tariffName"> {
  readonly licence: string | null;
}

/** The account's list, and what the ledger held right after it was read. */
export interface Picture {
  /** The account's name. */
  readonly account: string;
  readonly modules: readonly AccountModule[];
  readonly holdings: readonly Holding[];
  /** Modules that were linked to a service without a purchase. */
  readonly adoptions: readonly Adoption[];
  /** `YYYY-MM-DD`: modules created before are nobody's business; null until buying has begun. */
  readonly paidSince: string | null;
  /** Today, by the ledger's clock. */
  readonly day: string;
}

/** What a module is called in keys and to people: several accounts may have one of the same number. */
export function nameModule(account: string, moduleId: string): string {
  return account === "main" ? moduleId : `${account}:${moduleId}`;
}

/** What a module and a purchase have in common when one may be the other's. */
export function keyOf({
  licence,
  tariff,
}: {
  readonly licence: string | null;
  readonly tariff: string | null;
}): string {
  return `${licence}:${tariff}`;
}

/** Ids of modules that have found their owner: by a term that pays for a purchase, or by adoption. */
export function listOwned({ holdings, adoptions }: Pick<Picture, "holdings" | "adoptions">): Set<string> {
  return new Set([
    ...holdings.flatMap(({ term }) => term?.moduleId ?? []),
    ...adoptions.map(({ moduleId }) => moduleId),
  ]);
}
