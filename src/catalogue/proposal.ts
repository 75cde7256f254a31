// Which product would sell a tariff, and which price has to be raised? Proposals for staff; pure.
import { compareMoney, type Decimal } from "../money.ts";
import { givesAway } from "../purchases/revenue.ts";
import type { Currency, CyclePrices } from "../whmcs/facts.ts";
import { soldCycles } from "../whmcs/facts.ts";
import type { OnSale } from "../whmcs/values.ts";
import { isBelow, type PeriodCost, priceFor, type Wanted } from "./margin.ts";
import type { ShelfEntry } from "./shelf.ts";

/** What has to be known before a product can be made. */
export type ProposalProblem = "missing_additionintname" | "no_monthly_cost" | "no_rate";

export interface ProposedPrice {
  readonly cycle: keyof CyclePrices;
  readonly currency: Currency;
  readonly cost: PeriodCost;
  readonly price: Decimal;
}

export interface Proposal {
  readonly tariff: string;
  readonly name: string;
  readonly additionintname: string | null;
  readonly prices: readonly ProposedPrice[];
  readonly problems: readonly ProposalProblem[];
}

export interface Wishes extends Wanted {
  readonly currencies: readonly Currency[];
  /** additionintnames given by hand, by tariff. */
  readonly names: ReadonlyMap<string, string>;
}

/** One product for each tariff of the account that no product of ours names, retired ones included. */
export function proposeProducts(shelf: readonly ShelfEntry[], wishes: Wishes): Proposal[] {
  return shelf
    .filter(({ isInAccount, products }) => isInAccount && products.length === 0)
    .map((entry) => {
      const { tariff, costs } = entry;
      const additionintname = wishes.names.get(tariff) ?? entry.additionintname;
      const prices = soldCycles.flatMap(([cycle, months]) => {
        const charged = costs.filter((cost) => cost.months === months);
        if (charged.length === 0) return [];
        return wishes.currencies.map((currency) => proposePrice(charged, { cycle, currency }, wishes));
      });
      const known = prices.filter((price) => price !== null);
      const problems: ProposalProblem[] = [];
      if (additionintname === null) problems.push("missing_additionintname");
      if (!costs.some(({ months }) => months === 1)) problems.push("no_monthly_cost");
      if (known.length < prices.length) problems.push("no_rate");
      return { tariff, name: entry.name ?? additionintname ?? tariff, additionintname, prices: known, problems };
    });
}

/** Which of several currencies is debited is not known: the price covers each of them. */
function proposePrice(
  costs: readonly PeriodCost[],
  { cycle, currency }: Pick<ProposedPrice, "cycle" | "currency">,
  { currencies, ...wanted }: Wishes,
): ProposedPrice | null {
  let dearest: ProposedPrice | null = null;
  for (const { cost, currency: code } of costs) {
    const paid = { cost, currency: code };
    const price = priceFor(paid, wanted, { currency, currencies });
    if (price === null) return null;
    if (dearest === null || compareMoney(price, dearest.price) > 0) dearest = { cycle, currency, cost: paid, price };
  }
  return dearest;
}

export interface PriceRise extends ProposedPrice {
  readonly product: OnSale;
  readonly productName: string;
  readonly before: Decimal;
}

/** Every price of an orderable product or addon that is below its cost with the margin on top; nothing where that is not known. */
export function proposeRises(
  shelf: readonly ShelfEntry[],
  { currencies, ...wanted }: Wanted & { readonly currencies: readonly Currency[] },
): PriceRise[] {
  const orderable = shelf
    .flatMap(({ products }) => products)
    .filter(({ report: { product } }) => !product.isRetired && !givesAway(product.options));
  return orderable.flatMap(({ report: { product }, prices }) =>
    prices.flatMap(({ cycle, currency, cost, price: before }) => {
      const money = { currency, currencies };
      if (cost === null || isBelow(before, cost, { margin: wanted.margin, money }) !== true) return [];
      const price = priceFor(cost, wanted, money);
      return price === null ? [] : [{ product, productName: product.name, cycle, currency, cost, before, price }];
    }),
  );
}
