// Does the account sell what WHMCS sells, at a cost that the limits allow?

import type { AccountConfig } from "../config/accounts.ts";
import type { Config } from "../config.ts";
import type { Tariff } from "../ispmanager/account.ts";
import { compareMoney } from "../money.ts";
import { costOf } from "../purchases/cost.ts";
import { allowsLoss, isConvertible, lossOf, revenueOfPrice } from "../purchases/revenue.ts";
import { readCap } from "../purchases/rules.ts";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import { soldCycles } from "../whmcs/facts.ts";
import { type OnSale, pickPrices } from "../whmcs/values.ts";
import { nameFinding } from "./account.ts";
import { type Finding, fault, nameIds, warning } from "./finding.ts";
import { keyOf, monthsOnOffer, nameOf } from "./product-settings.ts";
import type { Sold } from "./whmcs.ts";

interface Offer {
  readonly product: OnSale;
  readonly tariff: string;
  readonly months: readonly number[];
  readonly cap: Exclude<ReturnType<typeof readCap>, "unreadable">;
  /** A purchase may cost more than its line brings in. */
  readonly allowsLoss: boolean;
}

/**
 * Every product that can be ordered in WHMCS, held against the price list of each account that could be read and sells it,
 * and the spending caps.
 */
export function checkCosts(
  sold: Sold,
  accounts: readonly { readonly own: AccountConfig; readonly tariffs: readonly Tariff[] | null }[],
  buying: Config["buying"],
): Finding[] {
  const [only, ...others] = accounts;
  if (others.length === 0) return only == null || only.tariffs === null ? [] : checkAt(sold, only.tariffs, buying);
  const isSoldAt = (tariffs: readonly Tariff[] | null, wanted: string) =>
    tariffs === null || tariffs.some(({ id }) => id === wanted);
  const nowhere = sold.reports.filter(({ tariff }) => !accounts.some(({ tariffs }) => isSoldAt(tariffs, tariff)));
  return [
    ...checkAt({ ...sold, reports: nowhere }, [], buying),
    ...accounts.flatMap(({ own: account, tariffs }) => {
      const own = sold.reports.filter(({ tariff }) => isSoldAt(tariffs, tariff));
      return tariffs === null
        ? []
        : checkAt({ ...sold, reports: own }, tariffs, buying).map((each) => nameFinding(account, each));
    }),
  ];
}

function checkAt({ rows, reports }: Sold, tariffs: readonly Tariff[], buying: Config["buying"]): Finding[] {
  const offers = reports.flatMap(({ product, tariff }): Offer[] => {
    const cap = readCap(product.options[3] ?? "");
    if (product.isRetired || !/^\d{1,10}$/.test(tariff) || cap === "unreadable") return [];
    return [
      {
        product,
        tariff,
        months: monthsOnOffer(product, rows),
        cap,
        allowsLoss: allowsLoss(product.options),
      },
    ];
  });
  const guarded = offers.filter((offer) => !offer.allowsLoss);
  return [
    ...offers.flatMap((offer) => checkOffer(offer, tariffs, buying)),
    ...guarded.flatMap((offer) => checkSalesPrices(offer, rows, tariffs)),
    ...checkRates(guarded, rows, tariffs),
    ...checkSpendCap("SPEND_CAP_DAY", buying.capDay, { offers, tariffs }),
    ...checkSpendCap("SPEND_CAP_MONTH", buying.capMonth, { offers, tariffs }),
  ];
}

function checkOffer(offer: Offer, tariffs: readonly Tariff[], buying: Config["buying"]): Finding[] {
  const { product, tariff, months, cap } = offer;
  if (!tariffs.some(({ id }) => id === tariff)) {
    return [
      fault(
        `whmcs.tariff_not_in_account:${keyOf(product)}`,
        `${nameOf(product)} has the tariff ${tariff}, which is not in the account's price list.`,
        "Set configoption1 to the module's id in the account's price list, or ask ispmanager to open it for the account.",
      ),
    ];
  }
  const costs = months.map((each) => ({ months: each, ...priceOf(offer, each, tariffs) }));
  const above = costs.filter(({ kind }) => kind === "above-cap").map((cost) => cost.months);
  const unknown = costs.filter(({ kind }) => kind === "unknown").map((cost) => cost.months);
  const findings: Finding[] = [];
  if (above.length > 0) {
    findings.push(
      fault(
        `whmcs.cost_above_limit:${keyOf(product)}`,
        `${nameOf(product)} costs more than its limit allows, or in another currency, for ${nameIds(above)} months.`,
        "Raise or correct the limit (configoption4), or sell those periods no longer.",
      ),
    );
  }
  if (unknown.length > 0) {
    const isLimited = cap !== null || buying.capDay !== null || buying.capMonth !== null;
    findings.push(
      (isLimited ? fault : warning)(
        `whmcs.no_cost:${keyOf(product)}`,
        `The account's price list does not say what ${nameOf(product).toLowerCase()} costs for ${nameIds(unknown)} months.`,
        "Switch those cycles off in WHMCS (Pricing), or name the currency in the limit (configoption4, e.g. 12.50 EUR).",
      ),
    );
  }
  return findings;
}

function priceOf({ tariff, cap }: Offer, months: number, tariffs: readonly Tariff[]) {
  return costOf({ tariff, period: { months }, cap, revenue: null }, tariffs);
}

/** What is sold below its cost even before tax and discounts: each purchase of it would come before a person. */
function checkSalesPrices(offer: Offer, { prices, currencies }: CatalogRows, tariffs: readonly Tariff[]): Finding[] {
  const { product } = offer;
  const below = soldCycles.flatMap(([cycle, months]) => {
    const cost = priceOf(offer, months, tariffs);
    if (cost.kind !== "known") return [];
    return currencies.flatMap((currency) => {
      const sold = pickPrices(prices, product, currency.id)?.[cycle] ?? null;
      if (sold === null || compareMoney(sold.price, "0") <= 0) return [];
      const isLoss = lossOf(revenueOfPrice(sold.price, currency, currencies), cost) !== null;
      return isLoss ? [`${cycle} (${currency.code})`] : [];
    });
  });
  if (below.length === 0) return [];
  return [
    fault(
      `whmcs.sold_at_loss:${keyOf(product)}`,
      `${nameOf(product)} is sold below what it costs, so its purchases would wait for a person: ${below.join(", ")}.`,
      "Raise those prices (Pricing), or set configoption7 to allow.",
    ),
  ];
}

/** Without a rate nobody can tell whether a purchase costs more than it brings in. */
function checkRates(offers: readonly Offer[], { currencies }: CatalogRows, tariffs: readonly Tariff[]): Finding[] {
  const sold = new Set(offers.map(({ tariff }) => tariff));
  const codes = new Set(tariffs.flatMap(({ id, currency }) => (sold.has(id) ? [currency] : [])));
  return [...codes]
    .filter((code) => !isConvertible(code, currencies))
    .map((code) =>
      warning(
        `whmcs.no_rate:${code}`,
        `The account's prices are in ${code}, for which WHMCS has no rate: a purchase may cost more than it brings in.`,
        `Add the currency ${code} with its rate in WHMCS (Currencies), or limit the cost by configoption4.`,
      ),
    );
}

/** A single period above a spending cap would wait for ever. */
function checkSpendCap(
  setting: "SPEND_CAP_DAY" | "SPEND_CAP_MONTH",
  cap: string | null,
  { offers, tariffs }: { offers: readonly Offer[]; tariffs: readonly Tariff[] },
): Finding[] {
  if (cap === null) return [];
  const stuck = offers.filter((offer) =>
    offer.months.some((months) => {
      const cost = priceOf(offer, months, tariffs);
      return cost.kind === "known" && compareMoney(cost.cost, cap) > 0;
    }),
  );
  if (stuck.length === 0) return [];
  return [
    warning(
      `settings.${setting.toLowerCase()}`,
      `${setting} is below what one period costs, so these products would wait for ever: ${nameIds(
        stuck.map(({ product }) => keyOf(product)),
      )}.`,
      `Raise ${setting}, or switch the longer cycles of those products off.`,
    ),
  ];
}
