// How does a proposal become a product in WHMCS, once and never twice?
import { compareMoney } from "../money.ts";
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import type { CatalogRows, ProductRow } from "../whmcs/catalog-rows.ts";
import { type CyclePrices, soldCycles } from "../whmcs/facts.ts";
import { pickPrices, serverType } from "../whmcs/values.ts";
import type { Proposal } from "./proposal.ts";

/**
 * `created`: WHMCS shows the product as it was asked for, whatever became of the answer. `exists`: somebody else made one
 * before. `different`: it is there, and `what` is not as asked. `unclear`: no product is seen, and one may still come.
 */
export type Creation =
  | { readonly kind: "created" | "exists"; readonly productId: number }
  | { readonly kind: "different"; readonly productId: number; readonly what: readonly string[] }
  | { readonly kind: "refused" | "unclear"; readonly answer: ApiAnswer };

export interface Shop {
  readonly api: WhmcsApi;
  readonly readRows: () => Promise<CatalogRows>;
  readonly groupId: number;
  /** WHMCS adds tax to the prices, or takes it from them, as it is set up. */
  readonly isTaxed: boolean;
}

/**
 * Asks WHMCS once (`AddProduct`, https://developers.whmcs.com/api-reference/addproduct/); what it then has is read from its
 * tables, never taken from the answer. The product is hidden and not sold in panels until staff say so.
 * @throws DatabaseError when WHMCS cannot be read before the call.
 */
export async function createProduct(proposal: Proposal, { api, readRows, ...shop }: Shop): Promise<Creation> {
  const there = findProduct(proposal, await readRows());
  if (there !== null) return { kind: "exists", productId: there.id };
  const answer = await api.call("AddProduct", parametersOf(proposal, shop));
  const rows = await readRows().catch(() => null);
  if (rows === null) return { kind: "unclear", answer };
  const product = findProduct(proposal, rows);
  if (product === null) return { kind: answer.kind === "refused" ? "refused" : "unclear", answer };
  const what = compare(proposal, product, rows);
  return what.length === 0
    ? { kind: "created", productId: product.id }
    : { kind: "different", productId: product.id, what };
}

function findProduct({ tariff }: Proposal, { products }: CatalogRows): ProductRow | null {
  return products.find(({ kind, options }) => kind === "product" && options[0] === tariff) ?? null;
}

const cycles: readonly (keyof CyclePrices)[] = [
  ...soldCycles.map(([cycle]) => cycle),
  ...(["quarterly", "biennially", "triennially"] as const),
];

/** What WHMCS makes of a cycle that is not named is not documented: all are, and -1 is not offered. */
function parametersOf(
  { tariff, name, additionintname, prices }: Proposal,
  { groupId, isTaxed }: Omit<Shop, "api" | "readRows">,
) {
  const product: Record<string, string | number> = {
    ...{ type: "other", gid: groupId, name, paytype: "recurring", hidden: 1, autosetup: "", module: serverType },
    ...{ configoption1: tariff, configoption2: additionintname ?? "", configoption5: "no" },
    ...(isTaxed ? { tax: 1 } : {}),
  };
  for (const currencyId of new Set(prices.map(({ currency }) => currency.id))) {
    for (const cycle of cycles) {
      const sold = prices.find((each) => each.currency.id === currencyId && each.cycle === cycle);
      product[`pricing[${currencyId}][${cycle}]`] = sold?.price ?? "-1.00";
      product[`pricing[${currencyId}][${cycle.charAt(0)}setupfee]`] = "0.00";
    }
  }
  return product;
}

/** What of the product in WHMCS is not as it was asked for, in words for staff. */
function compare({ additionintname, prices }: Proposal, product: ProductRow, rows: CatalogRows): string[] {
  const wrong: string[] = [];
  if (!product.isHidden) wrong.push("it is not hidden");
  if (product.payType !== "recurring") wrong.push("its payment type");
  if (product.autoSetup !== "") wrong.push("its automatic setup");
  if (product.options[1] !== additionintname) wrong.push("configoption2");
  if (product.options[4] !== "no") wrong.push("configoption5");
  for (const currency of new Map(prices.map((each) => [each.currency.id, each.currency])).values()) {
    const stored = pickPrices(rows.prices, product, currency.id);
    for (const cycle of cycles) {
      const wanted = prices.find((each) => each.currency.id === currency.id && each.cycle === cycle)?.price ?? null;
      const found = stored?.[cycle]?.price ?? null;
      const isSame = wanted === null || found === null ? wanted === found : compareMoney(wanted, found) === 0;
      if (!isSame) wrong.push(`its ${cycle} price in ${currency.code}`);
    }
  }
  return wrong;
}
