// Which modules are on sale, for how much, and why are the others not?
import * as v from "valibot";
import { compareMoney, type Decimal, formatMoney } from "../money.ts";
import type { CatalogRows, CurrencyRow, ProductRow } from "../whmcs/catalog-rows.ts";
import type { CyclePrice, CyclePrices } from "../whmcs/facts.ts";
import { pickPrices } from "../whmcs/values.ts";
import { dropForbiddenCharacters } from "./xml-text.ts";

const id = v.pipe(v.number(), v.integer(), v.minValue(1));

const moduleSchema = v.object({
  /** Null of a product addon, which has ids of its own: never the one for the other. */
  productId: v.nullable(id),
  /** `tbladdons.id`; null of a product. A copy that was kept before addons were sold does not have it. */
  addonId: v.optional(v.nullable(id), null),
  /** The price-list id at ispmanager, digits. */
  tariff: v.pipe(v.string(), v.regex(/^\d+$/)),
  name: v.string(),
  intname: v.string(),
  additionintname: v.pipe(v.string(), v.nonEmpty()),
  isOutOfStock: v.boolean(),
  /** Null where the licence comes from the service that an addon is added to. */
  licenceFieldId: v.nullable(id),
  ipFieldId: v.nullable(id),
  /** The monthly period first; costs with four decimals. */
  periods: v.pipe(
    v.array(v.object({ months: v.picklist([1, 6, 12]), cost: v.pipe(v.string(), v.regex(/^\d+\.\d{4}$/)) })),
    v.minLength(1),
  ),
});

/** What is on sale, as plain data that survives JSON; `modules` are ordered by product id, addons behind them by their own. */
export const catalogueSchema = v.object({
  /** ISO code of the prices; null when WHMCS has no such currency, and then nothing is on sale. */
  currency: v.nullable(v.string()),
  currencyId: v.nullable(id),
  modules: v.array(moduleSchema),
});

export type Catalogue = v.InferOutput<typeof catalogueSchema>;
export type ModuleOnSale = v.InferOutput<typeof moduleSchema>;

/** Why a product or addon of ours is not on sale; `tariff_clash`: another one with the same tariff is sold instead. */
export type SaleProblem =
  | "bad_tariff"
  | "missing_additionintname"
  | "missing_licence_field"
  | "not_sold_in_panel"
  | "retired"
  | "not_recurring"
  | "missing_currency"
  | "missing_price"
  | "price_not_positive"
  | "unreadable_price"
  | "tariff_clash";

/** One product or addon of ours, sold or not, for `modules list` and `doctor`. */
export interface ProductReport {
  readonly product: ProductRow;
  readonly tariff: string;
  readonly additionintname: string;
  readonly currency: string | null;
  /** Monthly price in that currency as stored; null where there is none. */
  readonly monthly: Decimal | null;
  readonly isOnSale: boolean;
  readonly problems: readonly SaleProblem[];
}

export interface CatalogueAndReports {
  readonly catalogue: Catalogue;
  /** Every product with our server type, by product id, and then every such addon. */
  readonly reports: readonly ProductReport[];
}

/**
 * Decides what is on sale from the rows of WHMCS. `currencyCode` is the setting `PRICE_CURRENCY`, null for the shop's
 * default currency. Never throws: what cannot be read is left out, with its problem in the report.
 */
export function buildCatalogue(rows: CatalogRows, currencyCode: string | null): CatalogueAndReports {
  const currency = findCurrency(rows.currencies, currencyCode);
  const candidates = rows.products.map((product) => assess(product, rows, currency)).sort(byKindAndId);
  const sold = chooseOnePerTariff(candidates);
  return {
    catalogue: {
      currency: currency?.code ?? null,
      currencyId: currency?.id ?? null,
      modules: candidates.filter((candidate) => sold.has(candidate)).flatMap(({ module }) => module ?? []),
    },
    reports: candidates.map((candidate) => toReport(candidate, sold.has(candidate), currency)),
  };
}

function findCurrency(currencies: readonly CurrencyRow[], code: string | null): CurrencyRow | null {
  const matches = currencies.filter((row) =>
    code === null ? row.isDefault : row.code.toUpperCase() === code.toUpperCase(),
  );
  const [first] = matches.filter((row) => row.code !== "").sort((a, b) => a.id - b.id);
  return first === undefined ? null : { ...first, code: dropForbiddenCharacters(first.code) };
}

interface Candidate {
  readonly product: ProductRow;
  readonly tariff: string;
  readonly additionintname: string;
  readonly prices: CyclePrices | null;
  /** Null when a problem keeps the product off sale. */
  readonly module: ModuleOnSale | null;
  readonly problems: readonly SaleProblem[];
}

function assess(product: ProductRow, rows: CatalogRows, currency: CurrencyRow | null): Candidate {
  const [tariff = "", second = "", third = "", , fifth = ""] = product.options;
  const additionintname = dropForbiddenCharacters(second).trim();
  const mayBeFree = fifth.toLowerCase() === "free";
  const prices = currency === null ? null : pickPrices(rows.prices, product, currency.id);
  const periods = prices === null ? [] : listPeriods(prices, mayBeFree);
  const problems: SaleProblem[] = [];
  if (!/^\d+$/.test(tariff)) problems.push("bad_tariff");
  if (additionintname === "") problems.push("missing_additionintname");
  if (product.licenceFieldId === null && !product.takesLicenceOfService) problems.push("missing_licence_field");
  if (fifth.toLowerCase() === "no") problems.push("not_sold_in_panel");
  if (product.isRetired) problems.push("retired");
  if (product.payType !== "recurring") problems.push("not_recurring");
  if (currency === null) problems.push("missing_currency");
  else problems.push(...priceProblems(prices, mayBeFree));
  const known = { product, tariff, additionintname, prices, problems };
  if (problems.length > 0) return { ...known, module: null };
  return {
    ...known,
    module: {
      productId: product.kind === "product" ? product.id : null,
      addonId: product.kind === "addon" ? product.id : null,
      tariff,
      name: dropForbiddenCharacters(product.name),
      intname: dropForbiddenCharacters(third).trim() || additionintname,
      additionintname,
      isOutOfStock: product.isOutOfStock,
      licenceFieldId: product.licenceFieldId,
      ipFieldId: product.ipFieldId,
      periods,
    },
  };
}

function priceProblems(prices: CyclePrices | null, mayBeFree: boolean): SaleProblem[] {
  if (prices === null || prices.monthly === null) return ["missing_price"];
  if (!isSellable(prices.monthly, mayBeFree)) return ["price_not_positive"];
  return exactCost(prices.monthly.price) === null ? ["unreadable_price"] : [];
}

/** The cycles that ispmanager can sell, the monthly one first. */
function listPeriods(prices: CyclePrices, mayBeFree: boolean): ModuleOnSale["periods"] {
  const cycles = [
    { months: 1, price: prices.monthly },
    { months: 6, price: prices.semiannually },
    { months: 12, price: prices.annually },
  ] as const;
  return cycles.flatMap(({ months, price }) => {
    const cost = price !== null && isSellable(price, mayBeFree) ? exactCost(price.price) : null;
    return cost === null ? [] : [{ months, cost }];
  });
}

function isSellable(price: CyclePrice, mayBeFree: boolean): boolean {
  const sign = compareMoney(price.price, "0");
  return sign > 0 || (sign === 0 && mayBeFree);
}

/** The amount with four decimals, or null where that would lose digits. */
function exactCost(amount: Decimal): string | null {
  try {
    return formatMoney(amount, 4);
  } catch {
    return null;
  }
}

/**
 * A product beats an addon, because Buy can fill in a product's whole order and only leads to an addon's page. Among equals a visible
 * one beats a hidden one, then the higher id wins: older ones are usually kept for old customers.
 */
function chooseOnePerTariff(candidates: readonly Candidate[]): ReadonlySet<Candidate> {
  const winners = new Map<string, Candidate>();
  for (const candidate of candidates) {
    if (candidate.module === null) continue;
    const rival = winners.get(candidate.tariff);
    if (rival === undefined || beats(candidate.product, rival.product)) winners.set(candidate.tariff, candidate);
  }
  return new Set(winners.values());
}

function beats(a: ProductRow, b: ProductRow): boolean {
  if (a.kind !== b.kind) return a.kind === "product";
  return a.isHidden === b.isHidden ? a.id > b.id : b.isHidden;
}

function byKindAndId({ product: a }: Candidate, { product: b }: Candidate): number {
  if (a.kind !== b.kind) return a.kind === "product" ? -1 : 1;
  return a.id - b.id;
}

function toReport(candidate: Candidate, isOnSale: boolean, currency: CurrencyRow | null): ProductReport {
  const { product, tariff, additionintname, prices, module, problems } = candidate;
  return {
    product,
    tariff,
    additionintname,
    currency: currency?.code ?? null,
    monthly: prices?.monthly?.price ?? null,
    isOnSale,
    problems: module !== null && !isOnSale ? ["tariff_clash"] : problems,
  };
}
