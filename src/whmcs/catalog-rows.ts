// What does WHMCS say about the products and product addons that are ours? Rows as read, judged by nobody yet.
import { and, asc, eq, getTableColumns, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { type AddonSetting, optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import { createAddonLookup } from "./columns.ts";
import type { Currency } from "./facts.ts";
import { type FieldRow, findFields } from "./fields.ts";
import { addons, currencies, customFields, pricing, productGroups, products } from "./schema.ts";
import { type OnSale, type PriceRow, readFromWhmcs, serverType } from "./values.ts";

/** A product, or a product addon, of which the same is known. */
export interface ProductRow extends OnSale {
  readonly name: string;
  /** The product or its group is hidden, or it has no group; of an addon, it is hidden. */
  readonly isHidden: boolean;
  readonly isRetired: boolean;
  /** `recurring`, or whatever else is stored. */
  readonly payType: string;
  readonly isOutOfStock: boolean;
  /** `configoption1` … `configoption8`, trimmed; index 0 is `configoption1`. */
  readonly options: readonly string[];
  readonly licenceFieldId: number | null;
  readonly ipFieldId: number | null;
  /** An addon without a field for it, while each product that it can be added to has one. */
  readonly takesLicenceOfService: boolean;
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
 * Reads all products and addons with our server type (retired, hidden and unsold ones too; products first, each by id) and what
 * belongs to them, in a few queries side by side.
 * @throws DatabaseError when WHMCS cannot be read.
 */
export function readCatalogRows(db: MySql2Database): Promise<CatalogRows> {
  return createCatalogReader(db)();
}

/** The same again and again: whether addons can be read is asked until it is yes. */
export function createCatalogReader(db: MySql2Database): () => Promise<CatalogRows> {
  const canReadAddons = createAddonLookup(db);
  return () =>
    readFromWhmcs("catalogue", async () => {
      const [ofProducts, ofAddons, currencyRows] = await Promise.all([
        readProductsOnSale(db),
        canReadAddons().then((can) => (can ? readAddonsOnSale(db) : nothingOnSale)),
        db.select().from(currencies).orderBy(asc(currencies.id)),
      ]);
      return {
        products: [...ofProducts.products, ...ofAddons.products],
        currencies: currencyRows.map((row) => ({ ...readCurrency(row), isDefault: row.isDefault === 1 })),
        prices: [...ofProducts.prices, ...ofAddons.prices],
      };
    });
}

type RowsOnSale = Pick<CatalogRows, "products" | "prices">;

const nothingOnSale: RowsOnSale = { products: [], prices: [] };

async function readProductsOnSale(db: MySql2Database): Promise<RowsOnSale> {
  const [productRows, prices, fields] = await Promise.all([
    readProducts(db),
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
  const fieldsOf = (row: JoinedProduct) => fields.filter((field) => field.productId === row.product.id);
  return { products: productRows.map((row) => toProduct(row, fieldsOf(row))), prices };
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
    kind: "product",
    id: product.id,
    name: product.name,
    isHidden: product.hidden !== 0 || groupHidden !== 0,
    isRetired: product.retired !== 0,
    payType: product.payType,
    isOutOfStock: product.stockControl === 1 && product.stock <= 0,
    options: readOptions(product),
    licenceFieldId: licence,
    ipFieldId: ip,
    takesLicenceOfService: false,
    autoSetup: product.autoSetup,
    isProrated: product.prorata !== 0,
    allowsQuantity: product.allowQuantity !== 0,
    asksForDomain: product.showDomainOptions !== 0,
  };
}

type AddonRow = typeof addons.$inferSelect;
/** A field with the addon or product it belongs to. */
type OwnedField = FieldRow & { readonly relid: number };

/** All addons with our module by id, and their prices. */
async function readAddonsOnSale(db: MySql2Database): Promise<RowsOnSale> {
  const rows = await db.select().from(addons).where(eq(addons.module, serverType)).orderBy(asc(addons.id));
  if (rows.length === 0) return nothingOnSale;
  const ids = rows.map(({ id }) => id);
  const [settings, prices, fields, fieldsOfProducts] = await Promise.all([
    readAddonSettings(db, ids),
    db
      .select(getTableColumns(pricing))
      .from(pricing)
      .where(and(eq(pricing.type, "addon"), inArray(pricing.relid, ids))),
    readFieldsOf(db, "addon", ids),
    readFieldsOf(db, "product", [...new Set(rows.flatMap(packagesOf))]),
  ]);
  return { products: rows.map((row) => toAddon(row, { settings, fields, fieldsOfProducts })), prices };
}

async function readFieldsOf(
  db: MySql2Database,
  type: "addon" | "product",
  ids: readonly number[],
): Promise<OwnedField[]> {
  if (ids.length === 0) return [];
  return await db
    .select({ id: customFields.id, name: customFields.name, relid: customFields.relid })
    .from(customFields)
    .where(and(eq(customFields.type, type), inArray(customFields.relid, [...ids])));
}

/** Ids of the products that an addon can be added to. */
function packagesOf({ packages }: Pick<AddonRow, "packages">): number[] {
  return packages.split(",").flatMap((text) => (/^\s*[1-9]\d{0,8}\s*$/.test(text) ? [Number(text)] : []));
}

interface Belongings {
  readonly settings: readonly AddonSetting[];
  readonly fields: readonly OwnedField[];
  readonly fieldsOfProducts: readonly OwnedField[];
}

/** Addons know no stock, no group and no domain. */
function toAddon(row: AddonRow, { settings, fields, fieldsOfProducts }: Belongings): ProductRow {
  const { licence, ip } = findFields(fields.filter(({ relid }) => relid === row.id));
  const packages = packagesOf(row);
  const hasLicence = (productId: number) =>
    findFields(fieldsOfProducts.filter(({ relid }) => relid === productId)).licence !== null;
  return {
    kind: "addon",
    id: row.id,
    name: row.name,
    isHidden: row.hidden !== 0,
    isRetired: row.retired !== 0,
    payType: row.billingCycle.trim().toLowerCase(),
    isOutOfStock: false,
    options: optionsOfAddon(row.id, settings),
    licenceFieldId: licence,
    ipFieldId: ip,
    takesLicenceOfService: licence === null && packages.length > 0 && packages.every(hasLicence),
    autoSetup: row.autoSetup,
    isProrated: row.prorata !== 0,
    allowsQuantity: row.allowQuantity !== 0,
    asksForDomain: false,
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
