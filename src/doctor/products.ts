// Which products cannot be sold in panels or bought at ispmanager as they are set up, and what has to be changed?
import type { ProductReport, SaleProblem } from "../storefront/catalog.ts";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import { serverType } from "../whmcs/values.ts";
import { type Finding, fault, ok, warning } from "./finding.ts";
import { checkProductSettings, keyOf, nameOf } from "./product-settings.ts";

interface Explanation {
  readonly id: string;
  /** `buying`: no period of it can be bought, sold in panels or not. `panel`: panels do not show it. */
  readonly harms: "buying" | "panel";
  readonly what: (report: ProductReport) => string;
  readonly remedy: string;
}

const explanations: Readonly<Partial<Record<SaleProblem, Explanation>>> = {
  bad_tariff: {
    id: "bad_tariff",
    harms: "buying",
    what: () => "has no tariff",
    remedy:
      "Set configoption1 (Module Settings, Tariff) to the module's numeric id in the account's price list, e.g. 23221.",
  },
  missing_licence_field: {
    id: "no_licence_field",
    harms: "buying",
    what: () => "has no custom field for the licence",
    remedy:
      "Add a custom field named License ID to the product, required and shown on the order form. An addon may do without one where each product that it can be added to has it.",
  },
  not_recurring: {
    id: "not_recurring",
    harms: "buying",
    what: () => "is not sold as a subscription",
    remedy: "Set its payment type (Pricing) to Recurring.",
  },
  missing_additionintname: {
    id: "no_additionintname",
    harms: "panel",
    what: () => "has no additionintname",
    remedy: "Set configoption2 (Module Settings) to the module's service name at ispmanager, e.g. DDoSGUARD.",
  },
  missing_price: {
    id: "no_price",
    harms: "panel",
    what: ({ currency }) => `has no readable monthly price in ${currency ?? "the export currency"}`,
    remedy: "Set a monthly price in that currency (Pricing), or choose another PRICE_CURRENCY.",
  },
  price_not_positive: {
    id: "no_positive_price",
    harms: "panel",
    what: () => "has a monthly price of 0.00",
    remedy: "Set a price above 0.00, or configoption5 to free when it is meant to be given away.",
  },
  unreadable_price: {
    id: "unreadable_price",
    harms: "panel",
    what: () => "has a monthly price with more than four decimals",
    remedy: "Correct the price in WHMCS (Pricing).",
  },
};

const longestTariff = 10;

/** The findings of all products of ours; `currencyCode` is the setting PRICE_CURRENCY. */
export function checkProducts(
  { rows, reports }: { rows: CatalogRows; reports: readonly ProductReport[] },
  currencyCode: string | null,
): Finding[] {
  const id = "whmcs.products";
  if (reports.length === 0) {
    return [
      warning(
        id,
        "WHMCS has no product of ours, so there is nothing to sell.",
        `Make a product for each module and set its module (tblproducts.servertype) to ${serverType}.`,
      ),
    ];
  }
  const onSale = reports.filter((report) => report.isOnSale).length;
  const summary =
    onSale === 0
      ? warning(id, "No product is on sale in panels.", "Correct the products named here, or add new ones.")
      : ok(id, `${onSale} of ${reports.length} products are on sale in panels.`);
  return [
    summary,
    ...checkCurrency(reports, currencyCode),
    ...reports.flatMap((report) => [...checkSale(report, reports), ...checkProductSettings(report.product, rows)]),
  ];
}

function checkCurrency(reports: readonly ProductReport[], currencyCode: string | null): Finding[] {
  if (!reports.some(({ problems }) => problems.includes("missing_currency"))) return [];
  const message = "WHMCS has no such currency as the price list is to be in, so nothing is on sale.";
  const remedy =
    currencyCode === null
      ? "Mark one currency as WHMCS's default, or set PRICE_CURRENCY."
      : "Set PRICE_CURRENCY to the code of a currency of WHMCS, or add that currency there.";
  return [fault("whmcs.no_currency", message, remedy)];
}

/** Nothing is said about a product that is meant to be off sale, except what its customers' renewals need. */
function checkSale(report: ProductReport, reports: readonly ProductReport[]): Finding[] {
  const { product, problems, tariff } = report;
  const isMeantForPanels = !problems.includes("retired") && !problems.includes("not_sold_in_panel");
  const isTooLong = !problems.includes("bad_tariff") && tariff.length > longestTariff;
  const all: readonly SaleProblem[] = isTooLong ? ["bad_tariff", ...problems] : problems;
  return all.flatMap((problem) => {
    if (problem === "tariff_clash") return [explainClash(report, reports)];
    const known = explanations[problem];
    if (known === undefined || (known.harms === "panel" && !isMeantForPanels)) return [];
    if (problem === "not_recurring" && product.isRetired) return [];
    const make = product.isRetired ? warning : fault;
    return [make(`whmcs.${known.id}:${keyOf(product)}`, `${nameOf(product)} ${known.what(report)}.`, known.remedy)];
  });
}

function explainClash({ product, tariff }: ProductReport, reports: readonly ProductReport[]): Finding {
  const rival = reports.find((other) => other.isOnSale && other.tariff === tariff);
  return warning(
    `whmcs.tariff_clash:${keyOf(product)}`,
    `${nameOf(product)} has the same tariff as ${rival === undefined ? "another one" : nameOf(rival.product).toLowerCase()}, which panels sell instead.`,
    "Set configoption5 of the one that panels shall not sell to no, or retire it.",
  );
}
