// What do all loops of the purchase engine share? Their ports, settings and pace.
import type { Automation } from "../automation/client.ts";
import type { Clock } from "../clock.ts";
import type { BuyingSettings } from "../config.ts";
import type { Account } from "../ispmanager/account.ts";
import type { Log } from "../log.ts";
import type { PurchaseReader } from "../whmcs/facts.ts";
import type { Ledger } from "./ledger/ledger.ts";
import type { RuleSettings } from "./rules.ts";
import type { Looker } from "./view.ts";

/** One of the host's accounts at ispmanager, and how it is looked at. */
export interface AccountAccess {
  readonly account: Account;
  readonly looker: Looker;
}

export interface Engine {
  readonly ledger: Ledger;
  readonly reader: PurchaseReader;
  /** Told apart by their names, in the order of the settings. */
  readonly accounts: readonly [AccountAccess, ...AccountAccess[]];
  /** Who is told what becomes of modules; null where nobody wants to hear it. */
  readonly automation: Automation | null;
  readonly settings: BuyingSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** This process, in leases and history. */
  readonly owner: string;
  /** Source of the purchase ids. */
  readonly whmcsUrl: string;
  /** Where links for staff lead, without a final slash. */
  readonly whmcsAdminUrl: string;
  /** An instant as WHMCS writes it: local `YYYY-MM-DD HH:MM:SS`. */
  readonly localTime: (at: Date) => string;
  /** The process was asked to end: nothing new is begun, nothing more is claimed. */
  readonly isStopping: () => boolean;
}

/** The engine at work with one of its accounts: nothing may be asked of the account of another purchase by mistake. */
export interface AccountEngine extends Engine, AccountAccess {}

export function atEach(engine: Engine): AccountEngine[] {
  return engine.accounts.map((access) => ({ ...engine, ...access }));
}

/** Null when no account of this name is configured. */
export function atAccount(engine: Engine, name: string): AccountEngine | null {
  return atEach(engine).find(({ account }) => account.name === name) ?? null;
}

/** The field that says of which account something is; `main` needs no name. */
export function whose(account: string): { readonly account?: string } {
  return account === "main" ? {} : { account };
}

/** The field that says of which account a line of the log is; the only one needs no name. */
export function nameAccount({ accounts, account }: AccountEngine): { readonly account?: string } {
  return accounts.length === 1 ? {} : { account: account.name };
}

const longestBackOff = 15;

/** First `RETRY_SECONDS`, doubling with each step up to fifteen times that. */
export function backOffMs(settings: BuyingSettings, step: number): number {
  return settings.retryMs * Math.min(2 ** Math.min(step, 10), longestBackOff);
}

/** An instant in WHMCS's zone, `YYYY-MM-DD HH:MM:SS`. */
export function createLocalTime(timezone: string): (at: Date) => string {
  // Swedish writes dates the way databases do.
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: timezone,
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (at) => format.format(at);
}

/** What the rules of buying need to know of this moment. */
export function ruleSettings(
  engine: Engine,
  purchase: { readonly firstPaidSeenAt: string | null },
  paidSince: string | null,
): RuleSettings {
  const { settings, localTime, clock } = engine;
  const holdSince = new Date(clock.now().getTime() - settings.holdNewClientMs);
  return {
    paidSince,
    newClientSince: settings.holdNewClientMs === 0 ? null : localTime(holdSince).slice(0, 10),
    firstPaidSeenAt: purchase.firstPaidSeenAt,
  };
}

/** Works through a list, several at a time, in its order. */
export async function forEachTogether<T>(
  items: readonly T[],
  together: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(together, items.length) }, worker));
}
