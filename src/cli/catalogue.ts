// What does each tariff of the account cost, who sells it, and what is left?
import type { ShelfEntry, SoldPrice, SoldProduct, UnknownMargin } from "../catalogue/shelf.ts";
import { withCatalogue } from "./catalogue-sources.ts";
import { defineCommand, exitStatus, json } from "./command.ts";
import { formatAmount, formatTable } from "./terminal.ts";

export const showCatalogue = defineCommand({
  name: "modules",
  summary: "show every tariff of the account: partner cost, the products that sell it, price and margin",
  options: { json },
  run: async ({ config, clock, terminal, values }) => {
    const shelf = await withCatalogue({ config: config(), clock }, async (sources) => sources.shelf);
    terminal.print(values.json ? JSON.stringify(shelf.map(toRow), null, 2) : describe(shelf));
    return exitStatus.done;
  },
});

function toRow({ tariff, name, additionintname, isInAccount, costs, products }: ShelfEntry) {
  return {
    tariff: tariff === "" ? null : tariff,
    name,
    additionintname,
    in_account: isInAccount,
    costs,
    products: products.map(({ report: { product, isOnSale, problems }, prices }) => ({
      product_id: product.kind === "product" ? String(product.id) : null,
      ...(product.kind === "addon" ? { addon_id: String(product.id) } : {}),
      name: product.name,
      on_sale: isOnSale,
      retired: product.isRetired,
      problems,
      prices: prices.map(({ cycle, months, currency, price, cost, margin, unknown }) => ({
        ...{ cycle, months, currency: currency.code, price },
        cost: cost?.cost ?? null,
        cost_currency: cost?.currency ?? null,
        margin: margin?.amount ?? null,
        margin_percent: margin?.percent ?? null,
        margin_unknown: unknown,
      })),
    })),
  };
}

function describe(shelf: readonly ShelfEntry[]): string {
  if (shelf.length === 0) return "The account's price list is empty, and no product in WHMCS sells modules.";
  const cells = shelf.flatMap((entry) =>
    entry.products.length === 0
      ? describeUnsold(entry)
      : entry.products.flatMap((product) => describeProduct(entry, product)),
  );
  return formatTable(["TARIFF", "NAME", "PERIOD", "COST", "PRODUCT", "PRICE", "MARGIN", "ON SALE"], cells);
}

function describeUnsold({ tariff, name, costs }: ShelfEntry): (string | null)[][] {
  return costs
    .toSorted((a, b) => a.months - b.months)
    .map(({ months, cost, currency }) => {
      return [tariff, name, describeMonths(months), amountIn(cost, currency), "no product", null, null, null];
    });
}

function describeProduct(entry: ShelfEntry, { report, prices }: SoldProduct): (string | null)[][] {
  const { product, isOnSale } = report;
  const head = [entry.tariff, entry.name ?? product.name];
  const [sold, sale] = [
    product.kind === "addon" ? `addon ${product.id}` : String(product.id),
    product.isRetired ? "retired" : isOnSale ? "yes" : "no",
  ];
  const missing = entry.isInAccount ? null : "not in the account";
  if (prices.length === 0) return [[...head, null, missing, sold, "no price", null, sale]];
  return prices.map((each) => [
    ...[...head, describeMonths(each.months)],
    missing ?? (each.cost === null ? null : amountIn(each.cost.cost, each.cost.currency)),
    ...[sold, amountIn(each.price, each.currency.code), describeMargin(each), sale],
  ]);
}

const unknownTexts: Readonly<Record<UnknownMargin, string>> = {
  no_cost: "unknown: no cost",
  several_currencies: "unknown: costs in several currencies",
  no_rate: "unknown: no exchange rate in WHMCS",
};

function describeMargin({ margin, unknown, currency }: SoldPrice): string | null {
  if (margin === null) return unknown === null ? null : unknownTexts[unknown];
  const percent = margin.percent === null ? "" : ` (${margin.percent} %)`;
  return `${amountIn(margin.amount, currency.code)}${percent}`;
}

export function amountIn(amount: string, code: string): string {
  return `${formatAmount(amount)} ${code}`;
}

function describeMonths(months: number): string {
  return months === 1 ? "1 month" : `${months} months`;
}
