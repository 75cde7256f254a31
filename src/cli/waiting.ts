// How many purchases go on when buying is switched on, and what will they cost together?

import type { LicenceRow, Read, Tariff } from "../ispmanager/account.ts";
import { addMoney, type Decimal } from "../money.ts";
import { costOf } from "../purchases/cost.ts";
import type { Engine } from "../purchases/engine.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { formatAmount } from "./terminal.ts";

/** What waits for the switch; `account` says whether the price list could be read. */
export interface Waiting {
  readonly count: number;
  readonly account: "read" | "unreadable" | "not asked";
  readonly costs: readonly { readonly amount: Decimal; readonly currency: string }[];
  /** Purchases whose cost the price list does not name; all of them when it could not be read. */
  readonly without_price: number;
  /** Never sent and paid before the date: they become `Ignored`, for good. */
  readonly ignored: number;
}

/** Reads the ledger and, only when something waits, the price list of each account, and where there are several whose licences they are. `paidSince` is WHMCS local time. */
export async function readWaiting({ ledger, accounts }: Engine, paidSince: string): Promise<Waiting> {
  const pending = await ledger.listPurchases({ state: "Pending" });
  const asked = await ledger.listPurchases({ state: "NeedsOperator" });
  const isOld = (purchase: Purchase) => purchase.sends === 0 && purchase.paidAt !== null && purchase.paidAt < paidSince;
  const waiting = pending.filter((purchase) => waitsForSwitch(purchase) && !isOld(purchase));
  const ignored = [...pending, ...asked].filter(isOld).length;
  if (waiting.length === 0) return { count: 0, account: "not asked", costs: [], without_price: 0, ignored };
  const isOne = accounts.length === 1;
  const offers = await Promise.all(
    accounts.map(async ({ account, looker }): Promise<Offer> => {
      const [tariffs, licences] = [await account.listTariffs(), isOne ? null : await looker.licences()];
      return { tariffs: valueIn(tariffs), licences: licences === null ? "any" : valueIn(licences) };
    }),
  );
  return {
    count: waiting.length,
    account: offers.every(({ tariffs, licences }) => tariffs !== null && licences !== null) ? "read" : "unreadable",
    ...sumCosts(waiting, offers),
    ignored,
  };
}

/** What one account asks for modules, and of which licences; null where a list could not be read. */
interface Offer {
  readonly tariffs: readonly Tariff[] | null;
  readonly licences: readonly LicenceRow[] | "any" | null;
}

function valueIn<T>(read: Read<T>): T | null {
  return read.kind === "ok" ? read.value : null;
}

/** The price list of the only account that has the licence; null where there is none, or no saying. */
function findTariffs(licence: string, offers: readonly Offer[]): readonly Tariff[] | null {
  const having = offers.filter(
    ({ licences }) => licences === "any" || licences === null || licences.some(({ id }) => id === licence),
  );
  const [only, ...others] = having;
  return only === undefined || others.length > 0 ? null : only.tariffs;
}

function waitsForSwitch({ reason }: Purchase): boolean {
  return reason === null || reason === "buying_off" || reason === "shadow";
}

function sumCosts(purchases: readonly Purchase[], offers: readonly Offer[]): Pick<Waiting, "costs" | "without_price"> {
  const sums = new Map<string, Decimal>();
  let withoutPrice = 0;
  for (const { tariff, licence, period } of purchases) {
    const price =
      tariff === null || licence === null || period === null
        ? null
        : costOf({ tariff, period, cap: null, revenue: null }, findTariffs(licence, offers));
    if (price === null || price.kind === "unknown") withoutPrice += 1;
    else sums.set(price.currency, addMoney(sums.get(price.currency) ?? "0", price.cost));
  }
  return {
    costs: [...sums].map(([currency, amount]) => ({ amount: formatAmount(amount), currency })),
    without_price: withoutPrice,
  };
}

/** The same in words, one line per fact. */
export function describeWaiting(waiting: Waiting): string[] {
  const { count, ignored } = waiting;
  const lines = [`${count} ${count === 1 ? "purchase waits" : "purchases wait"} for it${describeCosts(waiting)}.`];
  if (ignored > 0) {
    lines.push(`${ignored} ${ignored === 1 ? "was" : "were"} paid before the date: never bought, and that stays so.`);
  }
  return lines;
}

function describeCosts({ count, account, costs, without_price: withoutPrice }: Waiting): string {
  if (count === 0) return "";
  if (account === "unreadable") return "; what they cost is not known, because the account's price list cannot be read";
  const sum = costs.map(({ amount, currency }) => `${amount} ${currency}`).join(" and ");
  const rest = withoutPrice === 0 ? "" : `${withoutPrice} without a price in the account's list`;
  if (sum === "") return `; ${rest}`;
  return ` and will cost ${sum}${count === 1 ? "" : " together"}${rest === "" ? "" : `, and ${rest}`}`;
}
