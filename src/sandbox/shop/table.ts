// How is a WHMCS table written down so that its columns, order, defaults and keys can be compared with the reference?

/** Shape of the WHMCS database: the two releases whose columns are known. */
export type Release = "8.4" | "8.13";

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Key definitions after the columns; the primary key is `id` always. */
  readonly keys?: readonly string[];
}

interface Column {
  readonly sql: string;
  /** Null where both releases have it. */
  readonly onlyIn: Release | null;
}

const zeroDate = "'0000-00-00'";
const zeroTime = "'0000-00-00 00:00:00'";

/** Columns of one type without default, one per word of `names`. */
export function required(names: string, type: string): Column[] {
  return names.split(" ").map((name) => ({ sql: `\`${name}\` ${type} NOT NULL`, onlyIn: null }));
}

/** Columns of one type that may not be NULL and have a default; `value` is SQL, e.g. `'0.00'`. */
export function defaulted(names: string, type: string, value: string): Column[] {
  return names.split(" ").map((name) => ({ sql: `\`${name}\` ${type} NOT NULL DEFAULT ${value}`, onlyIn: null }));
}

/** Columns of one type whose default is NULL, or `value` where they may be NULL and yet have another default. */
export function nullable(names: string, type: string, value = "NULL"): Column[] {
  // A TIMESTAMP without the word NULL would get a default of its own.
  return names.split(" ").map((name) => ({ sql: `\`${name}\` ${type} NULL DEFAULT ${value}`, onlyIn: null }));
}

/** Columns of one date type whose default is the zero date. */
export function zero(names: string, type: "date" | "datetime" | "timestamp"): Column[] {
  return defaulted(names, type, type === "date" ? zeroDate : zeroTime);
}

/** The row times that the ORM of WHMCS maintains. */
export function rowTimes(): Column[] {
  return zero("created_at updated_at", "timestamp");
}

/** The numeric key; most are signed `int(10)`. */
export function id(type = "int(10)"): Column[] {
  return [{ sql: `\`id\` ${type} NOT NULL AUTO_INCREMENT`, onlyIn: null }];
}

/** Marks columns that one release has and the other has not. */
export function onlyIn(release: Release, columns: readonly Column[]): Column[] {
  return columns.map(({ sql }) => ({ sql, onlyIn: release }));
}

/** A key on one column, named after it; `length` for text columns. */
export function key(column: string, length?: number): string {
  return `KEY \`${column}\` (\`${column}\`${length === undefined ? "" : `(${length})`})`;
}

/**
 * The CREATE TABLE statement of one release. It needs a session whose `sql_mode` has neither NO_ZERO_DATE nor
 * NO_ZERO_IN_DATE.
 */
export function createTable(table: Table, release: Release): string {
  const columns = table.columns.filter((column) => column.onlyIn === null || column.onlyIn === release);
  const parts = [...columns.map((column) => column.sql), "PRIMARY KEY (`id`)", ...(table.keys ?? [])];
  const ending = "ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci";
  return `CREATE TABLE \`${table.name}\` (\n  ${parts.join(",\n  ")}\n) ${ending}`;
}
