// Which of the columns we would like to read does this WHMCS have, and may we read them?
import { sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { DatabaseError } from "../errors.ts";
import { listReadColumns } from "./schema.ts";

/** Columns that some releases lack, or that a reading user may not have been granted, without harm. */
export const optionalColumns = [
  "tblhosting.qty",
  "tblhostingaddons.qty",
  "tbldomains.id",
  "tbldomains.orderid",
  "tbldomains.status",
] as const;

/** Columns without which no module is sold as a product addon: a user that was granted less before is still welcome. */
export const addonColumns: readonly string[] = [
  "tblhosting.dedicatedip",
  ...["hostingid", "addonid", "firstpaymentamount", "recurring", "billingcycle", "nextduedate"].map(
    (name) => `tblhostingaddons.${name}`,
  ),
  ...listReadColumns()
    .filter(({ table }) => table === "tbladdons" || table === "tblmodule_configuration")
    .flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`)),
];

export interface OptionalColumns {
  readonly hasServiceQuantity: boolean;
  readonly hasDomains: boolean;
  readonly hasAddons: boolean;
  readonly hasAddonQuantity: boolean;
}

const everything = { hasServiceQuantity: true, hasDomains: true, hasAddons: true, hasAddonQuantity: true };

/** The wanted columns (`table.column`) that the connected user cannot see, the optional ones left out. */
export async function findMissingColumns(db: MySql2Database): Promise<string[]> {
  return missingIn(await readVisibleColumns(db));
}

/** Those of `addonColumns` that the connected user cannot see. */
export async function findMissingAddonColumns(db: MySql2Database): Promise<string[]> {
  const visible = await readVisibleColumns(db);
  return addonColumns.filter((name) => !visible.has(name));
}

/**
 * Does nothing where every needed column is there.
 * @throws DatabaseError `whmcs_columns_missing`, whose message names them and says what to do.
 */
export async function requireColumns(db: MySql2Database): Promise<void> {
  refuseMissing(await readVisibleColumns(db));
}

function missingIn(visible: ReadonlySet<string>): string[] {
  const optional: readonly string[] = [...optionalColumns, ...addonColumns];
  return listReadColumns()
    .flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`))
    .filter((name) => !visible.has(name) && !optional.includes(name));
}

const namesShown = 5;

function refuseMissing(visible: ReadonlySet<string>): void {
  const missing = missingIn(visible);
  if (missing.length === 0) return;
  const more = missing.length > namesShown ? ` and ${missing.length - namesShown} more` : "";
  throw new DatabaseError(
    "whmcs_columns_missing",
    `the database of WHMCS_DATABASE_URL shows its user no ${missing.slice(0, namesShown).join(", ")}${more}: run the SQL of ` +
      "`ispmodules grants` again, which grants SELECT on them, or check that it is WHMCS's database; where WHMCS itself has " +
      "no such column, this WHMCS is too old",
    { fields: { database: "whmcs", missing: missing.length } },
  );
}

/**
 * A question about the optional columns that costs one query until all of them were seen, and none afterwards; while
 * some are absent it is asked again each time, because an update of WHMCS may add them. A needed column that is missing makes
 * it throw as `requireColumns` does.
 */
export function createColumnLookup(db: MySql2Database): () => Promise<OptionalColumns> {
  let isComplete = false;
  return async () => {
    if (isComplete) return everything;
    const visible = await readVisibleColumns(db);
    refuseMissing(visible);
    isComplete = [...optionalColumns, ...addonColumns].every((name) => visible.has(name));
    return {
      hasServiceQuantity: visible.has("tblhosting.qty"),
      hasDomains: ["id", "orderid", "status"].every((column) => visible.has(`tbldomains.${column}`)),
      hasAddons: addonColumns.every((name) => visible.has(name)),
      hasAddonQuantity: visible.has("tblhostingaddons.qty"),
    };
  };
}

/** The same of addons alone, for who needs nothing else that is missing. */
export function createAddonLookup(db: MySql2Database): () => Promise<boolean> {
  let isThere = false;
  return async () => {
    isThere ||= (await findMissingAddonColumns(db)).length === 0;
    return isThere;
  };
}

async function readVisibleColumns(db: MySql2Database): Promise<Set<string>> {
  const tables = listReadColumns().map(({ table }) => table);
  const [rows] = (await db.execute(
    sql`SELECT table_name AS tableName, column_name AS columnName FROM information_schema.columns
        WHERE table_schema = DATABASE() AND table_name IN ${tables}`,
  )) as unknown as [{ tableName: string; columnName: string }[]];
  return new Set(rows.map((row) => `${row.tableName}.${row.columnName}`.toLowerCase()));
}
