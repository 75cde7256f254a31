// What will this period cost the partner, and is that allowed? Pure: the account's price list in.
import type { Balance, Tariff } from "../ispmanager/account.ts";
import { compareMoney, type Decimal, multiplyMoney } from "../money.ts";
import type { Period } from "./period.ts";
import { type Loss, lossOf } from "./revenue.ts";
import type { Obligation } from "./rules.ts";

export type Cost =
  | { readonly kind: "known"; readonly cost: Decimal; readonly currency: string }
  | { readonly kind: "unknown" }
  | { readonly kind: "above-cap"; readonly cost: Decimal; readonly currency: string }
  | { readonly kind: "loss"; readonly cost: Decimal; readonly currency: string; readonly loss: Loss };

/**
 * The account's own price for tariff and period, held against the product's cap (n months may cost n times) and against
 * what the line brings in. Of several prices in one currency the highest counts.
 */
export function costOf(
  { tariff, period, cap, revenue }: Pick<Obligation, "tariff" | "cap" | "revenue"> & { period: Pick<Period, "months"> },
  tariffs: readonly Tariff[] | null,
): Cost {
  const offers = (tariffs ?? []).flatMap(({ id, currency, costs }) => {
    const cost = id === tariff ? costs.get(period.months) : undefined;
    return cost === undefined ? [] : [{ cost, currency }];
  });
  const wanted = cap?.currency ?? null;
  const inCapCurrency = offers.filter((offer) => offer.currency === wanted);
  const isForeign = wanted !== null && inCapCurrency.length === 0;
  const eligible = (inCapCurrency.length > 0 ? inCapCurrency : offers).toSorted((a, b) => compareMoney(b.cost, a.cost));
  const [dearest] = eligible;
  if (dearest === undefined) return { kind: "unknown" };
  if (isForeign) return { kind: "above-cap", ...dearest };
  // Several currencies and none asked for: which one is debited is not known, and none may be a loss.
  const isMixed = eligible.some((offer) => offer.currency !== dearest.currency);
  const isAbove = cap !== null && compareMoney(dearest.cost, multiplyMoney(cap.amount, period.months)) > 0;
  if (isAbove && !isMixed) return { kind: "above-cap", ...dearest };
  for (const offer of eligible) {
    const loss = revenue === null ? null : lossOf(revenue, offer);
    if (loss !== null) return { kind: "loss", ...offer, loss };
  }
  return isMixed ? { kind: "unknown" } : { kind: "known", ...dearest };
}

/** True only when the balance could be read, is in the same currency (or in none named) and is below the cost. */
export function isShort(balance: Balance, cost: Decimal, currency: string): boolean {
  const isComparable = balance.currency === null || balance.currency === currency;
  return isComparable && compareMoney(balance.amount, cost) < 0;
}
