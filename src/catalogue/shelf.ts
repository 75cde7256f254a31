// Which tariffs of the account are sold by which products, and what is left of each price?
import type { Tariff } from "../ispmanager/account.ts";
import type { Decimal } from "../money.ts";
import { costOf } from "../purchases/cost.ts";
import { readCap } from "../purchases/rules.ts";
import type { ProductReport } from "../storefront/catalog.ts";
import type { CatalogRows, CurrencyRow } from "../whmcs/catalog-rows.ts";
import { type CyclePrices, soldCycles } from "../whmcs/facts.ts";
import { pickPrices } from "../whmcs/values.ts";
import { type Margin, marginOf, type PeriodCost } from "./margin.ts";

/**
 * Why a margin is not known: the account names no price for the period, or prices in several currencies of which nobody
 * knows the one that is debited; or WHMCS has no rate for the currency of cost or price.
 */
export type UnknownMargin = "no_cost" | "several_currencies" | "no_rate";

/** One offered cycle of a product in one currency; `margin` is null where `unknown` says why. */
export interface SoldPrice {
  readonly cycle: keyof CyclePrices;
  readonly months: number;
  readonly currency: CurrencyRow;
  readonly price: Decimal;
  readonly cost: PeriodCost | null;
  readonly margin: Margin | null;
  readonly unknown: UnknownMargin | null;
}

export interface SoldProduct {
  readonly report: ProductReport;
  readonly prices: readonly SoldPrice[];
}

/** A tariff with its products; with `isInAccount` false the products name one that the account does not have. */
export interface ShelfEntry {
  /** Empty where the products name none. */
  readonly tariff: string;
  readonly name: string | null;
  readonly additionintname: string | null;
  readonly isInAccount: boolean;
  readonly costs: readonly (PeriodCost & { readonly months: number })[];
  readonly products: readonly SoldProduct[];
}

export interface ShelfSources {
  readonly rows: CatalogRows;
  readonly reports: readonly ProductReport[];
  readonly tariffs: readonly Tariff[];
}

/** The account's tariffs in its own order, then what products name beside them. */
export function listShelf(sources: ShelfSources): ShelfEntry[] {
  const { tariffs, reports } = sources;
  const known = [...new Set(tariffs.map(({ id }) => id))];
  const others = [...new Set(reports.map(({ tariff }) => tariff))].filter((id) => !known.includes(id));
  return [...known, ...others].map((id) => {
    const offers = tariffs.filter((tariff) => tariff.id === id);
    return {
      tariff: id,
      ...describeTariff(offers),
      isInAccount: offers.length > 0,
      costs: offers.flatMap(({ costs, currency }) => [...costs].map(([months, cost]) => ({ months, cost, currency }))),
      products: reports
        .filter(({ tariff }) => tariff === id)
        .map((report) => ({ report, prices: listPrices(report, sources) })),
    };
  });
}

function describeTariff(offers: readonly Tariff[]): Pick<ShelfEntry, "name" | "additionintname"> {
  const first = (texts: (string | null)[]) => texts.find((text) => text !== null && text !== "") ?? null;
  return {
    name: first(offers.map(({ name }) => name)),
    additionintname: first(offers.map(({ additionintname }) => additionintname)),
  };
}

function listPrices(report: ProductReport, { rows, tariffs }: ShelfSources): SoldPrice[] {
  const { currencies, prices } = rows;
  return soldCycles.flatMap(([cycle, months]) => {
    const cost = readCost(report, months, tariffs);
    return currencies.flatMap((currency) => {
      const sold = pickPrices(prices, report.product, currency.id)?.[cycle] ?? null;
      if (sold === null) return [];
      const margin = typeof cost === "string" ? null : marginOf(sold.price, cost, { currency, currencies });
      return [
        {
          ...{ cycle, months, currency, price: sold.price, margin },
          cost: typeof cost === "string" ? null : cost,
          unknown: typeof cost === "string" ? cost : margin === null ? "no_rate" : null,
        },
      ];
    });
  });
}

/** The price that a purchase of the product would count with. */
function readCost({ product, tariff }: ProductReport, months: number, tariffs: readonly Tariff[]) {
  const limit = readCap(product.options[3] ?? "");
  const cap = limit === "unreadable" ? null : limit;
  const cost = costOf({ tariff, period: { months }, cap, revenue: null }, tariffs);
  if (cost.kind !== "unknown") return { cost: cost.cost, currency: cost.currency };
  return tariffs.some(({ id, costs }) => id === tariff && costs.has(months)) ? "several_currencies" : "no_cost";
}
