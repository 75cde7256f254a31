// What will this period cost the partner, and is that allowed? Pure: the account's price list in.
import type { Balance, Tariff } from "../ispmanager/account.ts";
import { compareMoney, type Decimal, multiplyMoney } from "../money.ts";
import type { Obligation } from "./rules.ts";

export type Cost =
  | { readonly kind: "known"; readonly cost: Decimal; readonly currency: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "above-cap"; readonly cost: Decimal; readonly currency: string };

/** The account's own price for tariff and period, held against the product's cap: n months may cost n times. */
export function costOf({ tariff, period, cap }: Obligation, tariffs: readonly Tariff[] | null): Cost {
  const offers = (tariffs ?? []).filter((each) => each.id === tariff && each.costs.has(period.months));
  const inCapCurrency = offers.find((each) => each.currency === cap?.currency);
  // Several currencies and none asked for: which one is debited is not known.
  if (offers.length > 1 && inCapCurrency === undefined) return { kind: "unknown" };
  const offer = inCapCurrency ?? offers[0];
  const cost = offer?.costs.get(period.months);
  if (offer === undefined || cost === undefined) return { kind: "unknown" };
  const isForeign = cap?.currency != null && cap.currency !== offer.currency;
  const isAbove = cap !== null && compareMoney(cost, multiplyMoney(cap.amount, period.months)) > 0;
  return { kind: isForeign || isAbove ? "above-cap" : "known", cost, currency: offer.currency };
}

/** True only when the balance could be read, is in the same currency (or in none named) and is below the cost. */
export function isShort(balance: Balance, cost: Decimal, currency: string): boolean {
  const isComparable = balance.currency === null || balance.currency === currency;
  return isComparable && compareMoney(balance.amount, cost) < 0;
}
