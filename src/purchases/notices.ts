// Of what are staff told by WHMCS's notifications? Causes for a person, a low balance, and accounts for which purchases wait.
import { nameOfRef } from "../whmcs/service-ref.ts";
import type { Engine } from "./engine.ts";
import { findUnconfigured, type LostAccount } from "./home.ts";
import type { KeptForecast } from "./ledger/forecast.ts";
import { causeMessage, type LongWait, waitMessage } from "./ledger/messages.ts";
import type { Purchase } from "./purchase.ts";
import { reasonTexts } from "./reasons.ts";

/** What staff choose in a notification rule. */
export const notificationIdentifier = "ispmanagermodules.needs_operator";

export interface Message {
  /** The purchase's id, or what else it is about; with the name its key in the ledger. */
  readonly about: string;
  readonly name: string;
  /** Further purchases that it tells of. */
  readonly also?: readonly string[];
  readonly action: "TriggerNotificationEvent" | "SendEmail";
  readonly parameters: Readonly<Record<string, string | number>>;
}

const rowsPerRound = 100;
const longWaits = {
  reasons: ["account_unreachable", "account_paused"],
  olderThanMs: 86_400_000,
  limit: 1_000,
} as const;
const mostNamed = 10;

export async function listNotices(engine: Engine): Promise<Message[]> {
  const { ledger, accounts } = engine;
  const balances: Message[] = [];
  for (const { account } of accounts) {
    const forecast = await ledger.readForecast(account.name);
    if (forecast !== null && forecast.lowSince !== null) balances.push(balanceNotice(engine, account.name, forecast));
  }
  const lost = (await findUnconfigured(engine)).map((account) => lostNotice(engine, account));
  const waits = groupByCause(await ledger.listLongWaits(longWaits)).map((group) => waitNotice(engine, group));
  const causes = (await ledger.listUntoldCauses(rowsPerRound)).map((purchase) => causeNotice(engine, purchase));
  return [...balances, ...lost, ...waits, ...causes];
}

interface Notice {
  readonly title: string;
  readonly message: string;
  readonly url: string;
  readonly status: string;
}

function notify(key: Pick<Message, "about" | "name" | "also">, notice: Notice): Message {
  const parameters = { notification_identifier: notificationIdentifier, ...notice };
  return { ...key, action: "TriggerNotificationEvent", parameters };
}

function linkTo({ whmcsAdminUrl }: Engine, { invoiceId }: Purchase): string {
  return `${whmcsAdminUrl}/invoices.php?action=edit&id=${invoiceId}`;
}

function causeNotice(engine: Engine, purchase: Purchase): Message {
  const reason = purchase.reason ?? "invariant";
  const { what, remedy } = reasonTexts[reason];
  const subject = nameOfRef(purchase.serviceRef);
  const about = `${subject.charAt(0).toUpperCase()}${subject.slice(1)}, invoice ${purchase.invoiceId}, purchase ${purchase.id}`;
  return notify(
    { about: purchase.id, name: causeMessage(reason) },
    {
      title: `ispmanager module needs a decision: ${reason}`,
      message: `${about}: ${what} ${remedy}`,
      url: linkTo(engine, purchase),
      status: reason,
    },
  );
}

/** Once for each time that the balance became low. */
function balanceNotice({ whmcsAdminUrl }: Engine, account: string, forecast: KeptForecast): Message {
  const [mark, whose] = account === "main" ? ["", ""] : [`${account}:`, ` of the account ${account}`];
  const { balance, currency, weekCost, monthCost, lowSince } = forecast;
  const unit = currency === null ? "" : ` ${currency}`;
  const sums = `What is to be bought within 7 days costs ${weekCost}${unit}, within 30 days ${monthCost}${unit}.`;
  return notify(
    { about: "balance", name: `balance_low:${mark}${lowSince}` },
    {
      title: "ispmanager account: the balance runs dry",
      message: `The balance${whose} is ${balance}${unit}. ${sums} Top up the account.`,
      url: whmcsAdminUrl,
      status: "balance_low",
    },
  );
}

/** Once for each account. */
function lostNotice({ whmcsAdminUrl }: Engine, { name, services }: LostAccount): Message {
  const whose = services.length === 0 ? "a request that was sent there is not resolved" : nameServices(services);
  const remedy =
    "Name it in ISPMANAGER_ACCOUNTS again, or link each service to its module at another account with `ispmodules adopt`.";
  return notify(
    { about: "account", name: `account_not_configured:${name}` },
    {
      title: `ispmanager account ${name} is not among the settings`,
      message: `Modules at the account ${name} are not renewed: ${whose}. ${remedy}`,
      url: whmcsAdminUrl,
      status: "account_not_configured",
    },
  );
}

interface Cause {
  readonly reason: (typeof longWaits.reasons)[number];
  /** Null where it is the only one, or `main`. */
  readonly account: string | null;
  readonly isConfigured: boolean;
  /** The oldest first. */
  readonly purchases: readonly [Purchase, ...Purchase[]];
}

/** Of one account and reason staff are told once: not again while a purchase waits of which they have been told. */
function groupByCause(waits: readonly LongWait[]): Cause[] {
  const groups = new Map<string, LongWait[]>();
  for (const wait of waits) {
    const { reason, detail } = wait.purchase;
    const key = JSON.stringify([reason, detail?.account ?? "main", detail?.account_not_configured ?? null]);
    groups.set(key, [...(groups.get(key) ?? []), wait]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first, ...more] = group.map(({ purchase }) => purchase);
    if (first === undefined || group.some(({ isTold }) => isTold)) return [];
    const lost = first.detail?.account_not_configured;
    const account = lost ?? first.detail?.account;
    return [
      {
        reason: first.reason === "account_paused" ? "account_paused" : "account_unreachable",
        account: typeof account === "string" ? account : null,
        isConfigured: lost === undefined,
        purchases: [first, ...more],
      } satisfies Cause,
    ];
  });
}

function waitNotice(engine: Engine, { reason, account, isConfigured, purchases }: Cause): Message {
  const [first, ...more] = purchases;
  const whose = account === null ? "the ispmanager account" : `the ispmanager account ${account}`;
  const services = nameServices(purchases.map(({ serviceRef }) => serviceRef));
  const what = isConfigured ? reasonTexts[reason].what : "The settings do not name this account.";
  return notify(
    { about: first.id, name: waitMessage(reason), also: more.map(({ id }) => id) },
    {
      title: `ispmanager modules wait for more than a day: ${reason}`,
      message: `Paid modules wait for ${whose}: ${services}. ${what} \`ispmodules doctor\` says what to correct.`,
      url: linkTo(engine, first),
      status: reason,
    },
  );
}

function nameServices(refs: readonly string[]): string {
  const names = [...new Set(refs)].map(nameOfRef);
  const left = names.length - mostNamed;
  return `${names.slice(0, mostNamed).join(", ")}${left > 0 ? ` and ${left} more` : ""}`;
}
