// What does one stored WHMCS value mean: a date, a set of prices, a failed read?
import { isExistingDay } from "../day.ts";
import { DatabaseError } from "../errors.ts";
import { isDecimal } from "../money.ts";
import type { Cancellation, CyclePrice, CyclePrices, TaxRules, WhmcsDate, WhmcsDateTime } from "./facts.ts";
import { type cancelRequests, type pricing, readSettings } from "./schema.ts";

/** Value of `tblproducts.servertype` of the products that are ours, and of `tbladdons.module` of the addons. */
export const serverType = "ispmanagermodules";

/** The date part of a DATE or DATETIME text; null for NULL, zero dates and days that do not exist. */
export function readDate(text: string | null): WhmcsDate | null {
  const [, day] = /^(\d{4}-\d\d-\d\d)(?: |$)/.exec(text ?? "") ?? [];
  return day === undefined || day.startsWith("0000") || !isExistingDay(day) ? null : day;
}

/** `YYYY-MM-DD HH:MM:SS`, without fractions of a second; null like `readDate`. */
export function readDateTime(text: string | null): WhmcsDateTime | null {
  if (text === null || readDate(text) === null) return null;
  return /^\S{10} \d\d:\d\d:\d\d/.exec(text)?.[0] ?? null;
}

export type PriceRow = typeof pricing.$inferSelect;

/** The prices of one row; a negative price means that the cycle is not offered. */
export function readPrices(row: PriceRow): CyclePrices {
  return {
    monthly: readPrice(row.monthly, row.monthlySetup),
    quarterly: readPrice(row.quarterly, row.quarterlySetup),
    semiannually: readPrice(row.semiannually, row.semiannuallySetup),
    annually: readPrice(row.annually, row.annuallySetup),
    biennially: readPrice(row.biennially, row.bienniallySetup),
    triennially: readPrice(row.triennially, row.trienniallySetup),
  };
}

function readPrice(price: string, setupFee: string): CyclePrice | null {
  if (!isDecimal(price) || !isDecimal(setupFee) || price.startsWith("-")) return null;
  return { price, setupFee };
}

/** What is on sale: products and addons have ids of their own, and these words tell their prices, fields and settings apart. */
export interface OnSale {
  readonly kind: "product" | "addon";
  readonly id: number;
}

/** The price row of a product or addon in a currency; of duplicates the highest id wins; null where there is none. */
export function pickPrices(rows: readonly PriceRow[], { kind, id }: OnSale, currencyId: number): CyclePrices | null {
  let newest: PriceRow | null = null;
  for (const row of rows) {
    const isWanted = row.type.toLowerCase() === kind && row.relid === id && row.currencyId === currencyId;
    if (isWanted && (newest === null || row.id > newest.id)) newest = row;
  }
  return newest === null ? null : readPrices(newest);
}

/** A setting that is not there counts as what leaves less of a payment: tax inside, the second on top of the first. */
export function readTaxRules(settings: ReadonlyMap<string, string>): TaxRules {
  return {
    isInclusive: settings.get(readSettings.taxType)?.trim().toLowerCase() !== "exclusive",
    isCompound: settings.get(readSettings.taxCompound)?.trim() !== "",
  };
}

/** Runs one read; whatever it throws becomes a `DatabaseError` that names the question and carries no SQL. */
export async function readFromWhmcs<T>(question: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw new DatabaseError("whmcs_unreadable", "the WHMCS database could not be read", {
      cause: error,
      fields: { database: "whmcs", question },
    });
  }
}

/** A request of a type that is not known is taken for one to the end of the period. */
export function readCancellation(row: Pick<typeof cancelRequests.$inferSelect, "date" | "type">): Cancellation {
  return { requestedAt: readDateTime(row.date), isImmediate: row.type.trim().toLowerCase() === "immediate" };
}
