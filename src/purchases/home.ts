// At which of the accounts is a licence's module bought? Where it is held, else where the one list that has the licence is.
import type { LicenceRow } from "../ispmanager/account.ts";
import type { Log } from "../log.ts";
import { type AccountEngine, atAccount, atEach, type Engine } from "./engine.ts";
import type { Detail, Purchase } from "./purchase.ts";

/** What is looked for: the licence and tariff of a purchase. */
interface Wanted {
  readonly purchase: Pick<Purchase, "id" | "sends">;
  readonly licence: string;
  readonly tariff: string;
}

/** `F` says why a list could not be read. */
export type Home<F> =
  | { readonly kind: "home"; readonly at: AccountEngine }
  | { readonly kind: "unread"; readonly account: string; readonly why: F }
  /** It is held at an account that the settings do not name. */
  | { readonly kind: "unconfigured"; readonly account: string }
  | { readonly kind: "nowhere"; readonly accounts: readonly string[] }
  | { readonly kind: "several"; readonly accounts: readonly string[] };

type ListLicences<F> = (at: AccountEngine) => Promise<{ kind: "ok"; value: readonly LicenceRow[] } | { unread: F }>;

const deletedStatus = 4;

/**
 * A module that is held, or asked for by an attempt of the purchase, is never bought at another account. Only where there is
 * neither, and several accounts, their lists are read, and then all of them: the licence might be in two.
 */
export async function findHome<F>(engine: Engine, wanted: Wanted, listLicences: ListLicences<F>): Promise<Home<F>> {
  const held = await findHolding(engine, wanted);
  const [name, ...others] = held;
  if (others.length > 0) return { kind: "several", accounts: held };
  if (name !== undefined) {
    const at = atAccount(engine, name);
    return at === null ? { kind: "unconfigured", account: name } : { kind: "home", at };
  }
  const [first, ...more] = atEach(engine);
  if (first === undefined || more.length === 0) return { kind: "home", at: first as AccountEngine };
  const lists = await Promise.all([first, ...more].map(async (at) => ({ at, list: await listLicences(at) })));
  for (const { at, list } of lists) {
    if ("unread" in list) return { kind: "unread", account: at.account.name, why: list.unread };
  }
  const isHere = ({ id, status }: LicenceRow) => id === wanted.licence && status !== deletedStatus;
  const having = lists.filter(({ list }) => "value" in list && list.value.some(isHere)).map(({ at }) => at);
  const [home, ...doubles] = having;
  if (home === undefined) return { kind: "nowhere", accounts: namesOf(lists.map(({ at }) => at)) };
  return doubles.length > 0 ? { kind: "several", accounts: namesOf(having) } : { kind: "home", at: home };
}

/** Accounts that hold the module, as far as the ledger knows. One that is not configured counts whatever module it holds. */
async function findHolding(engine: Engine, { purchase, licence, tariff }: Wanted): Promise<string[]> {
  if (purchase.sends > 0) {
    const attempt = await engine.ledger.newestAttempt(purchase.id);
    if (attempt !== null) return [attempt.account];
  }
  const held = await engine.ledger.listHoldingAccounts(licence);
  const lost = held.find(({ account }) => atAccount(engine, account) === null);
  if (lost !== undefined) return [lost.account];
  return held.filter((each) => each.tariff === tariff).map(({ account }) => account);
}

function namesOf(engines: readonly AccountEngine[]): string[] {
  return engines.map(({ account }) => account.name);
}

/** What a person is shown where there is no one account for a purchase. */
export function detailOf(home: Exclude<Home<unknown>, { kind: "home" }>): Detail {
  switch (home.kind) {
    case "unread":
      return { account: home.account };
    case "unconfigured":
      return { account_not_configured: home.account };
    case "nowhere":
      return { not_in_accounts: home.accounts };
    case "several":
      return { in_accounts: home.accounts };
  }
}

/** Until the settings name them again, purchases of their licences rest. */
export function tellUnconfigured(log: Log, names: readonly string[]): void {
  for (const account of names) log.error("alert.account_not_configured", { account });
}

/** Accounts that may hold modules of ours, or a request on its way, and that the settings do not name. */
export async function findUnconfigured(engine: Engine): Promise<string[]> {
  const known = new Set(engine.accounts.map(({ account }) => account.name));
  return (await engine.ledger.listAccountsInUse()).filter((name) => !known.has(name));
}
