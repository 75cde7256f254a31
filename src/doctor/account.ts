// Can the ispmanager account be read: login, licences, modules, prices, money?

import type { AccountConfig } from "../config/accounts.ts";
import type { Config } from "../config.ts";
import type { Account, Balance, Read, ReadFailure, Tariff } from "../ispmanager/account.ts";
import { createAccount } from "../ispmanager/client.ts";
import { describeError } from "../log.ts";
import { compareMoney } from "../money.ts";
import { countOf, type Finding, fault, ok, warning } from "./finding.ts";
import type { Surroundings } from "./surroundings.ts";

const readMs = 15_000;

export interface AccountFindings {
  readonly findings: readonly Finding[];
  /** The account's price list; null when it could not be read. */
  readonly tariffs: readonly Tariff[] | null;
}

/** All accounts; where there are several, each finding says of which it is. */
export async function checkAccounts(
  config: Config,
  surroundings: Surroundings,
): Promise<readonly (AccountFindings & { readonly own: AccountConfig })[]> {
  return await Promise.all(
    config.accounts.map(async (own) => {
      const { findings, tariffs } = await checkAccount(config, own, surroundings);
      const named = config.accounts.length === 1 ? findings : findings.map((each) => nameFinding(own, each));
      return { own, findings: named, tariffs };
    }),
  );
}

type Named = Pick<AccountConfig, "name" | "settingPrefix">;

/** The same finding of one of several accounts. */
export function nameFinding({ name, settingPrefix }: Named, { id, message, remedy, ...rest }: Finding): Finding {
  const own = remedy?.replaceAll("ISPMANAGER_", settingPrefix) ?? null;
  return { ...rest, id: `${id}:${name}`, message: `Account ${name}: ${message}`, remedy: own };
}

/** Reads what the purchase engine reads; after a refused login nothing more is asked. */
async function checkAccount(config: Config, own: AccountConfig, surroundings: Surroundings): Promise<AccountFindings> {
  const account = openAccount(config, own, surroundings);
  if (account === null) return { findings: [], tariffs: null };
  const licences = await account.listLicences();
  if (licences.kind !== "ok") return { findings: [explainFailure("ispmanager.login", licences)], tariffs: null };
  const found = [ok("ispmanager.login", "The account takes login and password."), checkLicences(licences.value.length)];
  const [modules, tariffs, balance] = [
    await account.listModules(),
    await account.listTariffs(),
    await account.readBalance(),
  ];
  return {
    findings: [...found, checkModules(modules), checkTariffs(tariffs), checkBalance(balance)],
    tariffs: tariffs.kind === "ok" ? tariffs.value : null,
  };
}

/** Null when the client refuses login or address, which the checks of the settings name. */
function openAccount({ buying }: Config, own: AccountConfig, { clock, log }: Surroundings): Account | null {
  const timeouts = { readMs, orderMs: buying.orderTimeoutMs };
  try {
    return createAccount({ ...own, url: own.apiUrl, timeouts, clock, log });
  } catch (error) {
    log.warn("doctor.check_failed", { check: "ispmanager.login", ...describeError(error) });
    return null;
  }
}

/** What a reading of the account failed for, and what is to be done about it. */
export function explainFailure(id: string, failure: ReadFailure): Finding {
  if (failure.kind === "unreadable") {
    return fault(
      id,
      `The ispmanager account could not be read (${failure.detail}).`,
      "Check ISPMANAGER_API_URL, and that this machine may reach it over HTTPS.",
    );
  }
  if (failure.errorType === "auth") {
    return fault(
      id,
      "The ispmanager account refused login or password.",
      "Correct ISPMANAGER_LOGIN and ISPMANAGER_PASSWORD; check that the user is allowed from this machine's address.",
    );
  }
  return fault(
    id,
    `The ispmanager account refused the request (${failure.errorType}).`,
    "Give the user of ISPMANAGER_LOGIN the right to see licences, modules and prices, and to order modules.",
  );
}

function checkLicences(count: number): Finding {
  const id = "ispmanager.licences";
  if (count > 0) return ok(id, `The account has ${countOf(count, "licence")}.`);
  return warning(
    id,
    "The account has no ispmanager licence, so no module can be ordered.",
    "Check that ISPMANAGER_LOGIN belongs to the account that holds your customers' licences.",
  );
}

function checkModules(modules: Awaited<ReturnType<Account["listModules"]>>): Finding {
  const id = "ispmanager.modules";
  if (modules.kind !== "ok") return explainFailure(id, modules);
  return ok(id, `The account has ${countOf(modules.value.length, "module")}.`);
}

function checkTariffs(tariffs: Read<Tariff[]>): Finding {
  const id = "ispmanager.tariffs";
  if (tariffs.kind !== "ok") return explainFailure(id, tariffs);
  if (tariffs.value.length > 0)
    return ok(id, `The account's price list has ${countOf(tariffs.value.length, "price")}.`);
  return fault(
    id,
    "The account's price list of modules is empty.",
    "Ask ispmanager to open modules for the account, and check ISPMANAGER_API_URL.",
  );
}

/** An unreadable balance never stops a purchase; an empty one does. */
function checkBalance(balance: Read<Balance>): Finding {
  const id = "ispmanager.balance";
  if (balance.kind !== "ok") {
    return warning(
      id,
      `The account's balance cannot be read (${balance.kind === "refused" ? balance.errorType : balance.detail}), so a shortage shows only when an order is refused.`,
      "Give the user of ISPMANAGER_LOGIN the right to see the balance, or watch it by hand.",
    );
  }
  const { amount, currency } = balance.value;
  const shown = currency === null ? amount : `${amount} ${currency}`;
  if (compareMoney(amount, "0") > 0) return ok(id, `The account's balance is ${shown}.`);
  return warning(id, "The account has no money left.", "Top up the account.");
}
