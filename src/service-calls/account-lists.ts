// Which licences and tariffs does the account have, as far as we know without keeping a page of WHMCS waiting?
import type { LicenceRow, Tariff } from "../ispmanager/account.ts";
import type { Engine } from "../purchases/engine.ts";
import { createAccountCopy } from "./account-copy.ts";

/** Each list is null when nobody can say. No call rejects. */
export interface AccountLists {
  /** For a product's settings: staff ask, and a list of yesterday is better than none. */
  listTariffs(): Promise<readonly Tariff[] | null>;
  /** For the cart: at most a minute old, and soon. */
  listLicences(): Promise<readonly LicenceRow[] | null>;
  /** For a licence that a customer has just named: a new one must be found. */
  listLicencesAnew(): Promise<readonly LicenceRow[] | null>;
}

const minuteMs = 60_000;
/** WHMCS's hook gives a cart one second in all, the way to us and back included. */
const cartWaitMs = 600;
const pageWaitMs = 2_000;

/** The lists of the engine's account. Nothing is asked before the first call. */
export function createAccountLists({ account, ledger, clock }: Engine): AccountLists {
  const isLoginRefused = async () => (await ledger.readPause())?.errorType === "auth";
  const tariffs = createAccountCopy({
    read: () => account.listTariffs(),
    mayAsk: async () => !(await isLoginRefused()),
    clock,
  });
  const licences = createAccountCopy({
    read: () => account.listLicences(),
    // With buying off the account is not asked for a customer's sake.
    mayAsk: async () => (await ledger.readBuying()).position !== "off" && !(await isLoginRefused()),
    clock,
  });
  return {
    listTariffs: () => tariffs({ freshForMs: 10 * minuteMs, waitMs: pageWaitMs, staleForMs: 24 * 60 * minuteMs }),
    listLicences: () => licences({ freshForMs: minuteMs, waitMs: cartWaitMs, staleForMs: minuteMs }),
    listLicencesAnew: () => licences({ freshForMs: 3_000, waitMs: pageWaitMs, staleForMs: minuteMs }),
  };
}
