// How is a WHMCS table written down so that its columns, order, defaults and keys can be compared with the reference?

/**
 * Releases of WHMCS. The columns of 8.4 and 8.13 are known; of 9.0 no table was seen, so it has those of 8.13 and one more in
 * each table that nobody has heard of.
 */
export const releases = ["8.4", "8.13", "9.0"] as const;
export type Release = (typeof releases)[number];

/** Which WHMCS the tables come from. */
export interface Shape {
  readonly release: Release;
  /** Begun with a WHMCS of long ago and updated since: tables in MyISAM and latin1, without the columns marked `late`. */
  readonly isAged?: boolean;
}

export interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Key definitions after the columns; the primary key is `id` always. */
  readonly keys?: readonly string[];
}

interface Column {
  readonly name: string;
  readonly sql: string;
  /** `8.13` stands for it and what came after; null where all releases have it. */
  readonly onlyIn: "8.4" | "8.13" | null;
  readonly isLate: boolean;
}

function columnsOf(names: string, definition: string): Column[] {
  return names.split(" ").map((name) => ({ name, sql: `\`${name}\` ${definition}`, onlyIn: null, isLate: false }));
}

const zeroDate = "'0000-00-00'";
const zeroTime = "'0000-00-00 00:00:00'";

/** Columns of one type without default, one per word of `names`. */
export function required(names: string, type: string): Column[] {
  return columnsOf(names, `${type} NOT NULL`);
}

/** Columns of one type that may not be NULL and have a default; `value` is SQL, e.g. `'0.00'`. */
export function defaulted(names: string, type: string, value: string): Column[] {
  return columnsOf(names, `${type} NOT NULL DEFAULT ${value}`);
}

/** Columns of one type whose default is NULL, or `value` where they may be NULL and yet have another default. */
export function nullable(names: string, type: string, value = "NULL"): Column[] {
  // A TIMESTAMP without the word NULL would get a default of its own.
  return columnsOf(names, `${type} NULL DEFAULT ${value}`);
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
  return columnsOf("id", `${type} NOT NULL AUTO_INCREMENT`);
}

/** Marks columns that 8.4 has and its successors have not, or the other way round. */
export function onlyIn(release: "8.4" | "8.13", columns: readonly Column[]): Column[] {
  return columns.map((column) => ({ ...column, onlyIn: release }));
}

/** Marks columns that an aged installation may lack. */
export function late(columns: readonly Column[]): Column[] {
  return columns.map((column) => ({ ...column, isLate: true }));
}

/** A key on one column, named after it; `length` for text columns. */
export function key(column: string, length?: number): string {
  return `KEY \`${column}\` (\`${column}\`${length === undefined ? "" : `(${length})`})`;
}

/** Columns of the table that a WHMCS of this shape lacks. */
export function listAbsentColumns(table: Table, shape: Shape): string[] {
  const present = new Set(presentColumns(table, shape).map(({ name }) => name));
  return table.columns.map(({ name }) => name).filter((name) => !present.has(name));
}

function presentColumns({ columns }: Table, { release, isAged }: Shape): Column[] {
  const known = release === "8.4" ? "8.4" : "8.13";
  const isThere = (column: Column) => (column.onlyIn ?? known) === known && !(isAged && column.isLate);
  const [first, ...others] = columns.filter(isThere);
  if (first === undefined || release !== "9.0") return columns.filter(isThere);
  return [first, ...nullable("not_yet_heard_of", "varchar(16)"), ...others];
}

/**
 * The CREATE TABLE statement of one shape. It needs a session whose `sql_mode` has neither NO_ZERO_DATE nor
 * NO_ZERO_IN_DATE.
 */
export function createTable(table: Table, shape: Shape): string {
  const absent = listAbsentColumns(table, shape);
  const keys = (table.keys ?? []).filter((text) => !absent.some((name) => text.includes(`(\`${name}\``)));
  const parts = [...presentColumns(table, shape).map((column) => column.sql), "PRIMARY KEY (`id`)", ...keys];
  const ending = shape.isAged
    ? "ENGINE=MyISAM DEFAULT CHARSET=latin1"
    : "ENGINE=InnoDB DEFAULT CHARSET=utf8 COLLATE=utf8_unicode_ci";
  return `CREATE TABLE \`${table.name}\` (\n  ${parts.join(",\n  ")}\n) ${ending}`;
}
