// Which of the columns we would like to read does this WHMCS have, and may we read them?
import { sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { listReadColumns } from "./schema.ts";

/** Columns that some releases lack, or that a reading user may not have been granted, without harm. */
const optionalColumns = ["tblhosting.qty", "tbldomains.id", "tbldomains.orderid", "tbldomains.status"] as const;

export interface OptionalColumns {
  readonly hasServiceQuantity: boolean;
  readonly hasDomains: boolean;
}

/** The wanted columns (`table.column`) that the connected user cannot see, the optional ones left out. */
export async function findMissingColumns(db: MySql2Database): Promise<string[]> {
  const visible = await readVisibleColumns(db);
  const optional: readonly string[] = optionalColumns;
  return listReadColumns()
    .flatMap(({ table, columns }) => columns.map((column) => `${table}.${column}`))
    .filter((name) => !visible.has(name) && !optional.includes(name));
}

/**
 * A question about the optional columns that costs one query until all of them were seen, and none afterwards; while
 * some are absent it is asked again each time, because an update of WHMCS may add them.
 */
export function createColumnLookup(db: MySql2Database): () => Promise<OptionalColumns> {
  let isComplete = false;
  return async () => {
    if (isComplete) return { hasServiceQuantity: true, hasDomains: true };
    const visible = await readVisibleColumns(db);
    isComplete = optionalColumns.every((name) => visible.has(name));
    return {
      hasServiceQuantity: visible.has("tblhosting.qty"),
      hasDomains: ["id", "orderid", "status"].every((column) => visible.has(`tbldomains.${column}`)),
    };
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
