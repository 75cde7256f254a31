// At which of the accounts is a licence's module bought? Where it is held, else where the one list that has the licence is.
import type { LicenceRow } from "../ispmanager/account.ts";
import type { Log } from "../log.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import { isServiceEnded } from "../whmcs/service-status.ts";
import { type AccountEngine, atAccount, atEach, type Engine } from "./engine.ts";
import type { Detail, Purchase } from "./purchase.ts";

/** What is looked for: the licence and tariff of a purchase. */
interface Wanted {
  readonly purchase: Pick<Purchase, "id" | "sends" | "serviceRef">;
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

/**
 * Accounts that hold the module, as far as the ledger knows: where its own service has it, whatever others have had of the
 * licence, as one that has ended since. Where it has none, one that is not configured counts whatever module it holds, if the
 * module is not held at those that are.
 */
async function findHolding(
  engine: Pick<Engine, "ledger" | "accounts">,
  { purchase, licence, tariff }: Wanted,
): Promise<string[]> {
  if (purchase.sends > 0) {
    const attempt = await engine.ledger.newestAttempt(purchase.id);
    if (attempt !== null) return [attempt.account];
  }
  const held = await engine.ledger.listHeldOfLicence(licence);
  const isLost = ({ account }: { readonly account: string }) =>
    engine.accounts.every((at) => at.account.name !== account);
  const same = held.filter((each) => each.tariff === tariff);
  const own = same.find(({ serviceRef }) => serviceRef === purchase.serviceRef);
  if (own !== undefined) return [own.account];
  const lost = same.find(isLost) ?? (same.length === 0 ? held.find(isLost) : undefined);
  return lost === undefined ? [...new Set(same.map(({ account }) => account))] : [lost.account];
}

/** It is held, or was asked for, at another account than this one, so that it is not bought here. */
export async function isElsewhere(engine: AccountEngine, wanted: Wanted): Promise<boolean> {
  return (await findHolding(engine, wanted)).some((name) => name !== engine.account.name);
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

/** An account that holds modules of ours, or has a request on its way, and that the settings do not name. */
export interface LostAccount {
  readonly name: string;
  /** Those of its services that go on; all while WHMCS cannot be read. */
  readonly services: readonly ServiceRef[];
}

/** What was moved to another account since, and modules of services that have ended, keep no account in use. */
export async function findUnconfigured({
  ledger,
  reader,
  accounts,
}: Pick<Engine, "ledger"> & {
  readonly reader: Pick<Engine["reader"], "readServiceStatuses">;
  readonly accounts: readonly { readonly account: { readonly name: string } }[];
}): Promise<LostAccount[]> {
  const lost = await ledger.listAccountsBeside(accounts.map(({ account }) => account.name));
  if (lost.length === 0) return [];
  const refs = lost.flatMap(({ services }) => services);
  const statuses = await reader.readServiceStatuses(refs).catch(() => null);
  const goesOn = (ref: ServiceRef) => statuses === null || !isServiceEnded(statuses.get(ref) ?? "Terminated");
  return lost.flatMap(({ account: name, services, isAsked }) => {
    const living = services.filter(goesOn);
    return living.length > 0 || isAsked ? [{ name, services: living }] : [];
  });
}

/** Their purchases rest until the settings name the account again, or the modules are adopted at another one. */
export function tellUnconfigured(log: Log, lost: readonly LostAccount[]): void {
  for (const { name: account, services } of lost) {
    log.error("alert.account_not_configured", { account, services: services.length });
  }
}
