// How does staff of the shop set up currencies, groups, products, prices and custom fields?
import type { Decimal } from "../../money.ts";
import { type PriceColumn, recurringCycles } from "./cycles.ts";
import type { Row, ShopDatabase, Statements } from "./database.ts";

export interface NewCurrency {
  readonly code: string;
  readonly prefix?: string;
  readonly rate?: Decimal;
  readonly isDefault?: boolean;
}

/** A price, or a price with a setup fee; `-1.00` means not offered and is the default of every cycle. */
export type NewPrice = Decimal | { readonly price: Decimal; readonly setupFee: Decimal };
/** By cycle column (`monthly`, `annually`, …). A one-time product keeps its price in `monthly`. */
export type CyclePrices = Readonly<Partial<Record<PriceColumn, NewPrice>>>;

export interface NewField {
  readonly name: string;
  readonly isRequired?: boolean;
  readonly isOnOrderForm?: boolean;
  readonly isAdminOnly?: boolean;
  readonly fieldType?: string;
}

export interface NewProduct {
  readonly name: string;
  readonly groupId?: number;
  /** Default `ispmanagermodules`. */
  readonly serverType?: string;
  /** `configoption1` onward. */
  readonly options?: readonly string[];
  readonly isHidden?: boolean;
  readonly isRetired?: boolean;
  /** Stock left; stock control is off without it. */
  readonly stock?: number;
  readonly isProrated?: boolean;
  readonly autoSetup?: "" | "on" | "payment" | "order";
  readonly payType?: "free" | "onetime" | "recurring";
  readonly allowQuantity?: 0 | 1 | 2;
  readonly showsDomainOptions?: boolean;
  /** By currency code; a currency left out has no price row. */
  readonly prices?: Readonly<Record<string, CyclePrices>>;
  /** Default: `License ID` and `Server IP`, both on the order form. */
  readonly fields?: readonly NewField[];
  /** Any further `tblproducts` column. */
  readonly columns?: Row;
}

export interface ProductIds {
  readonly productId: number;
  /** In the order of the fields given. */
  readonly fieldIds: readonly number[];
}

const usualFields: readonly NewField[] = [
  { name: "License ID", isRequired: true, isOnOrderForm: true },
  { name: "Server IP", isOnOrderForm: true },
];

export function addCurrency(database: ShopDatabase, currency: NewCurrency): Promise<number> {
  return database.insert("tblcurrencies", {
    code: currency.code,
    prefix: currency.prefix ?? "",
    suffix: ` ${currency.code}`,
    format: 2,
    rate: currency.rate ?? "1.00000",
    default: currency.isDefault ? 1 : 0,
  });
}

export async function addProductGroup(
  database: ShopDatabase,
  group: { name: string; isHidden?: boolean },
): Promise<number> {
  const hidden = group.isHidden ? 1 : 0;
  return database.insert("tblproductgroups", {
    name: group.name,
    slug: slugOf(group.name),
    hidden,
    ...rowTimes(database),
  });
}

/** Adds a product with its price rows, slug row and custom fields. */
export function addProduct(database: ShopDatabase, product: NewProduct): Promise<ProductIds> {
  return database.atomically(async (statements) => {
    const times = rowTimes(database);
    const productId = await statements.insert("tblproducts", { ...productRow(product), ...times, ...product.columns });
    for (const [code, prices] of Object.entries(product.prices ?? {})) {
      const currencyId = await currencyIdOf(statements, code);
      await insertPrices(statements, { type: "product", relid: productId, currencyId, prices });
    }
    await insertSlug(statements, { product, productId, times });
    const owner = { type: "product", relid: productId } as const;
    return {
      productId,
      fieldIds: await insertFields(statements, { owner, fields: product.fields ?? usualFields, times }),
    };
  });
}

/** What prices and custom fields belong to. */
export interface Owner {
  readonly type: "product" | "addon";
  readonly relid: number;
}

/** The custom fields in their order; their ids. */
export async function insertFields(
  statements: Statements,
  { owner, fields, times }: { owner: Owner; fields: readonly NewField[]; times: Row },
): Promise<number[]> {
  const ids: number[] = [];
  for (const [index, field] of fields.entries()) {
    ids.push(await statements.insert("tblcustomfields", { ...fieldRow(field, owner), sortorder: index, ...times }));
  }
  return ids;
}

function productRow(product: NewProduct): Row {
  const options = (product.options ?? []).map((value, index) => [`configoption${index + 1}`, value] as const);
  return {
    type: "other",
    gid: product.groupId ?? 0,
    name: product.name,
    slug: slugOf(product.name),
    hidden: product.isHidden ? 1 : 0,
    retired: product.isRetired ? 1 : 0,
    stockcontrol: product.stock === undefined ? 0 : 1,
    qty: product.stock ?? 0,
    proratabilling: product.isProrated ? 1 : 0,
    paytype: product.payType ?? "recurring",
    allowqty: product.allowQuantity ?? 0,
    autosetup: product.autoSetup ?? "",
    showdomainoptions: product.showsDomainOptions ? 1 : 0,
    servertype: product.serverType ?? "ispmanagermodules",
    ...Object.fromEntries(options),
  };
}

function fieldRow(field: NewField, owner: Owner): Row {
  const flag = (isSet: boolean | undefined) => (isSet ? "on" : "");
  return {
    ...owner,
    fieldname: field.name,
    fieldtype: field.fieldType ?? "text",
    adminonly: flag(field.isAdminOnly),
    required: flag(field.isRequired),
    showorder: flag(field.isOnOrderForm),
  };
}

interface NewPrices extends Owner {
  readonly currencyId: number;
  readonly prices: CyclePrices;
}

export async function insertPrices(
  statements: Statements,
  { type, relid, currencyId, prices }: NewPrices,
): Promise<void> {
  const columns = Object.values(recurringCycles).flatMap(({ price: column, setupFee }) => {
    const given = prices[column] ?? "-1.00";
    const { price, setupFee: fee } = typeof given === "string" ? { price: given, setupFee: "0.00" } : given;
    return [
      [column, price],
      [setupFee, fee],
    ] as const;
  });
  const row = { type, currency: currencyId, relid, ...Object.fromEntries(columns) };
  await statements.insert("tblpricing", row);
}

async function insertSlug(
  statements: Statements,
  { product, productId, times }: { product: NewProduct; productId: number; times: Row },
): Promise<void> {
  const [group] = await statements.rows("SELECT slug FROM tblproductgroups WHERE id = ?", [product.groupId ?? 0]);
  await statements.insert("tblproducts_slugs", {
    product_id: productId,
    group_id: product.groupId ?? 0,
    group_slug: String(group?.slug ?? ""),
    slug: slugOf(product.name),
    active: 1,
    ...times,
  });
}

export interface PriceChange {
  readonly productId: number;
  readonly currency: string;
  readonly cycle: PriceColumn;
  readonly price: Decimal;
  readonly setupFee?: Decimal;
}

/** Changes one price, in the newest row of that currency; a currency without a row gets one. */
export async function setPrice(database: ShopDatabase, change: PriceChange): Promise<void> {
  const { productId, cycle, price, setupFee } = change;
  const currencyId = await currencyIdOf(database, change.currency);
  const [row] = await database.rows(
    "SELECT id FROM tblpricing WHERE type = 'product' AND relid = ? AND currency = ? ORDER BY id DESC LIMIT 1",
    [productId, currencyId],
  );
  if (row === undefined) {
    const prices = { [cycle]: setupFee === undefined ? price : { price, setupFee } };
    return insertPrices(database, { type: "product", relid: productId, currencyId, prices });
  }
  const feeColumn = Object.values(recurringCycles).find((columns) => columns.price === cycle)?.setupFee ?? "msetupfee";
  const fee = setupFee === undefined ? {} : { [feeColumn]: setupFee };
  await database.update("tblpricing", Number(row.id), { [cycle]: price, ...fee });
}

export async function currencyIdOf(statements: Statements, code: string): Promise<number> {
  const [row] = await statements.rows("SELECT id FROM tblcurrencies WHERE code = ? ORDER BY id LIMIT 1", [code]);
  if (row === undefined) throw new RangeError(`the shop has no currency ${code}`);
  return Number(row.id);
}

function slugOf(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** `created_at` and `updated_at` of a row that WHMCS itself has just written. */
export function rowTimes(database: ShopDatabase): Row {
  return { created_at: database.now(), updated_at: database.now() };
}
