// Which licences, modules and tariffs does the account have, as far as we know without keeping a page or customer waiting?
import type { LicenceRow, ModuleRow, Read, Tariff } from "../ispmanager/account.ts";
import { createAccountCopy } from "./account-copy.ts";
import { type AccountEngine, atEach, type Engine } from "./engine.ts";

/** What a customer who presses Buy is judged by. */
export interface AccountPicture {
  readonly licences: readonly LicenceRow[];
  /** Null when nobody can say. */
  readonly owned: OwnedModules | null;
}

export interface OwnedModules {
  readonly modules: readonly ModuleRow[];
  /** Null when only they could not be read. */
  readonly tariffs: readonly Tariff[] | null;
}

/** Each list is null when nobody can say. No call rejects. */
export interface AccountLists {
  /** For a product's settings: staff ask, and a list of yesterday is better than none. */
  listTariffs(): Promise<readonly Tariff[] | null>;
  /** For the cart: at most a minute old, and soon. */
  listLicences(): Promise<readonly LicenceRow[] | null>;
  /** For a licence that a customer has just named: a new one must be found. */
  listLicencesAnew(): Promise<readonly LicenceRow[] | null>;
  /** For Buy: at most a minute old, waited for 2 s at most. */
  picture(): Promise<AccountPicture | null>;
}

const minuteMs = 60_000;
/** WHMCS's hook gives a cart one second in all, the way to us and back included. */
const cartWaitMs = 600;
const pageWaitMs = 2_000;

/**
 * The lists of the engine's accounts together. Of licences nobody can say anything while one of the accounts is away; a choice
 * of tariffs is better short than none. Nothing is asked before the first call.
 */
export function createAccountLists(engine: Engine): AccountLists {
  const each = atEach(engine).map(createListsOf);
  const listAll = async <T>(list: (lists: AccountLists) => Promise<T>) => await Promise.all(each.map(list));
  return {
    listTariffs: async () => {
      const known = (await listAll((lists) => lists.listTariffs())).filter((rows) => rows !== null);
      return known.length === 0 ? null : known.flat();
    },
    listLicences: async () => joinLists(await listAll((lists) => lists.listLicences())),
    listLicencesAnew: async () => joinLists(await listAll((lists) => lists.listLicencesAnew())),
    picture: async () => joinPictures(await listAll((lists) => lists.picture())),
  };
}

/** Null unless all of them are there. */
function joinLists<T>(lists: readonly (readonly T[] | null)[]): readonly T[] | null {
  const known = lists.filter((rows) => rows !== null);
  return known.length < lists.length ? null : known.flat();
}

function joinPictures(pictures: readonly (AccountPicture | null)[]): AccountPicture | null {
  const licences = joinLists(pictures.map((each) => each?.licences ?? null));
  const modules = joinLists(pictures.map((each) => each?.owned?.modules ?? null));
  const tariffs = joinLists(pictures.map((each) => each?.owned?.tariffs ?? null));
  return licences === null ? null : { licences, owned: modules === null ? null : { modules, tariffs } };
}

function createListsOf({ account, ledger, clock }: AccountEngine): AccountLists {
  const isLoginRefused = async () => (await ledger.readPause(account.name))?.errorType === "auth";
  const tariffs = createAccountCopy({
    read: () => account.listTariffs(),
    mayAsk: async () => !(await isLoginRefused()),
    clock,
  });
  // With buying off the account is not asked for a customer's sake.
  const mayAskForCustomers = async () => (await ledger.readBuying()).position !== "off" && !(await isLoginRefused());
  const licences = createAccountCopy({ read: () => account.listLicences(), mayAsk: mayAskForCustomers, clock });
  const owned = createAccountCopy({ read: () => readOwned(account), mayAsk: mayAskForCustomers, clock });
  const buyPatience = { freshForMs: minuteMs, waitMs: pageWaitMs, staleForMs: minuteMs };
  return {
    listTariffs: () => tariffs({ freshForMs: 10 * minuteMs, waitMs: pageWaitMs, staleForMs: 24 * 60 * minuteMs }),
    listLicences: () => licences({ freshForMs: minuteMs, waitMs: cartWaitMs, staleForMs: minuteMs }),
    listLicencesAnew: () => licences({ freshForMs: 3_000, waitMs: pageWaitMs, staleForMs: minuteMs }),
    picture: async () => {
      const [rows, modules] = await Promise.all([licences(buyPatience), owned(buyPatience)]);
      return rows === null ? null : { licences: rows, owned: modules };
    },
  };
}

/** The tariffs give names to modules that carry no id; modules without them are better than none. */
async function readOwned(account: AccountEngine["account"]): Promise<Read<OwnedModules>> {
  const [modules, tariffs] = await Promise.all([account.listModules(), account.listTariffs()]);
  if (modules.kind !== "ok") return modules;
  return { kind: "ok", value: { modules: modules.value, tariffs: tariffs.kind === "ok" ? tariffs.value : null } };
}
