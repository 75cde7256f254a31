// What does WHMCS say about the products that are ours? Rows as read, judged by nobody yet.
import { and, asc, eq, getTableColumns } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { Currency } from "./facts.ts";
import { findFields } from "./fields.ts";
import { currencies, customFields, pricing, productGroups, products } from "./schema.ts";
import { type PriceRow, readFromWhmcs, serverType } from "./values.ts";

export interface ProductRow {
  readonly id: number;
  readonly name: string;
  /** The product or its group is hidden, or it has no group. */
  readonly isHidden: boolean;
  readonly isRetired: boolean;
  readonly payType: string;
  readonly isOutOfStock: boolean;
  /** `configoption1` … `configoption8`, trimmed; index 0 is `configoption1`. */
  readonly options: readonly string[];
  readonly licenceFieldId: number | null;
  readonly ipFieldId: number | null;
  readonly autoSetup: string;
  readonly isProrated: boolean;
  readonly allowsQuantity: boolean;
  readonly asksForDomain: boolean;
}

export interface CurrencyRow extends Currency {
  readonly isDefault: boolean;
}

/** `prices` holds every currency and every duplicate row. */
export interface CatalogRows {
  readonly products: readonly ProductRow[];
  readonly currencies: readonly CurrencyRow[];
  readonly prices: readonly PriceRow[];
}

/**
 * Reads all products with our server type (retired, hidden and unsold ones too, by id) and what belongs to them, in four
 * queries side by side.
 * @throws DatabaseError when WHMCS cannot be read.
 */
export function readCatalogRows(db: MySql2Database): Promise<CatalogRows> {
  return readFromWhmcs("catalogue", async () => {
    const [productRows, currencyRows, prices, fields] = await Promise.all([
      readProducts(db),
      db.select().from(currencies).orderBy(asc(currencies.id)),
      db
        .select(getTableColumns(pricing))
        .from(products)
        .innerJoin(pricing, and(eq(pricing.relid, products.id), eq(pricing.type, "product")))
        .where(eq(products.serverType, serverType)),
      db
        .select({ id: customFields.id, name: customFields.name, productId: products.id })
        .from(products)
        .innerJoin(customFields, and(eq(customFields.relid, products.id), eq(customFields.type, "product")))
        .where(eq(products.serverType, serverType)),
    ]);
    return {
      products: productRows.map((row) =>
        toProduct(
          row,
          fields.filter((field) => field.productId === row.product.id),
        ),
      ),
      currencies: currencyRows.map((row) => ({ ...readCurrency(row), isDefault: row.isDefault === 1 })),
      prices,
    };
  });
}

function readProducts(db: MySql2Database) {
  return db
    .select({ product: getTableColumns(products), groupHidden: productGroups.hidden })
    .from(products)
    .leftJoin(productGroups, eq(productGroups.id, products.groupId))
    .where(eq(products.serverType, serverType))
    .orderBy(asc(products.id));
}

type JoinedProduct = Awaited<ReturnType<typeof readProducts>>[number];

function toProduct({ product, groupHidden }: JoinedProduct, fields: { id: number; name: string }[]): ProductRow {
  const { licence, ip } = findFields(fields);
  return {
    id: product.id,
    name: product.name,
    isHidden: product.hidden !== 0 || groupHidden !== 0,
    isRetired: product.retired !== 0,
    payType: product.payType,
    isOutOfStock: product.stockControl === 1 && product.stock <= 0,
    options: readOptions(product),
    licenceFieldId: licence,
    ipFieldId: ip,
    autoSetup: product.autoSetup,
    isProrated: product.prorata !== 0,
    allowsQuantity: product.allowQuantity !== 0,
    asksForDomain: product.showDomainOptions !== 0,
  };
}

export function readCurrency({ id, code, rate }: typeof currencies.$inferSelect): Currency {
  return { id, code: code.trim(), rate };
}

/** `configoption1` … `configoption8` of a product row, trimmed. */
export function readOptions(
  row: Pick<typeof products.$inferSelect, `option${1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`>,
): string[] {
  const { option1, option2, option3, option4, option5, option6, option7, option8 } = row;
  return [option1, option2, option3, option4, option5, option6, option7, option8].map((text) => text.trim());
}
