// What may stand in the ledger's tables? Read from the schema: lengths, ranges, NOT NULL, primary and unique keys.
import { Big } from "big.js";
import { getTableColumns } from "drizzle-orm";
import { getTableConfig, type MySqlColumn, type MySqlTable } from "drizzle-orm/mysql-core";
import * as schema from "../../../src/database/schema.ts";
import { isDate } from "../../../src/purchases/period.ts";
import { states } from "../../../src/purchases/state.ts";
import { instantOf, microsOf } from "./instants.ts";
import type { TableName } from "./store.ts";

/** An error as the server's driver throws it. */
export class ServerError extends Error {
  readonly code: string;
  constructor(code: string, about: string) {
    super(`${code}: ${about}`);
    this.code = code;
  }
}

export type Values = Readonly<Record<string, unknown>>;

export interface ColumnRule {
  readonly name: string;
  readonly sqlName: string;
  readonly type: string;
  readonly isRequired: boolean;
  /** What stands in the column of a row that does not name it. */
  readonly initial: unknown;
  readonly isCounted: boolean;
  /** The value as the column keeps it. Throws where the server, in strict mode, refuses it. */
  readonly store: (value: unknown) => unknown;
}

export interface TableRule {
  readonly sqlName: string;
  readonly columns: readonly ColumnRule[];
  readonly column: ReadonlyMap<string, ColumnRule>;
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly { readonly name: string; readonly columns: readonly string[] }[];
}

/** Stands in the migrations only, so it is repeated here: the CHECKs of `purchases`. */
export const checks: Readonly<Record<string, (value: unknown) => boolean>> = {
  "purchases.sends": (value) => Number(value) <= 2,
  "purchases.state": (value) => states.some((state) => state === value),
};

const bits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32 };

function isInRange(type: string, isUnsigned: boolean, value: unknown): boolean {
  const size = 2 ** (bits[type] ?? 32);
  const least = isUnsigned ? 0 : -size / 2;
  return typeof value === "number" && value >= least && value < least + size;
}

function isTooLong(text: string, length: number): boolean {
  return text.length > length && [...text].length > length;
}

/** Times are kept down to the microsecond, however they were written. */
function asInstant(text: string, path: string): string {
  if (!/^\d{4}(-\d\d){2} \d\d(:\d\d){2}(\.\d{1,6})?$/.test(text))
    throw new ServerError("ER_TRUNCATED_WRONG_VALUE", path);
  return text.length === 26 ? text : instantOf(microsOf(text));
}

function storing(column: MySqlColumn, path: string): ColumnRule["store"] {
  const [, type = "", length = "0", , unsigned] =
    /^(\w+)(?:\((\d+)(?:,\s*(\d+))?\))?( unsigned)?$/.exec(column.getSQLType()) ?? [];
  const check = checks[path];
  return (value) => {
    if (value === null || value === undefined) {
      if (column.notNull) throw new ServerError("ER_BAD_NULL_ERROR", path);
      return null;
    }
    if (check !== undefined && !check(value)) throw new ServerError("ER_CONSTRAINT_FAILED", path);
    if (type === "decimal") return new Big(String(value)).toFixed(4);
    if (type.endsWith("char") && isTooLong(String(value), Number(length))) {
      throw new ServerError("ER_DATA_TOO_LONG", path);
    }
    if (type.endsWith("int") && !isInRange(type, unsigned !== undefined, value)) {
      throw new ServerError("ER_WARN_DATA_OUT_OF_RANGE", path);
    }
    if (type === "datetime") return asInstant(String(value), path);
    if (type === "date" && !isDate(String(value))) throw new ServerError("ER_TRUNCATED_WRONG_VALUE", path);
    return value;
  };
}

function ruleOf(name: string, table: MySqlTable): TableRule {
  const { name: sqlName, indexes, primaryKeys } = getTableConfig(table);
  const properties = Object.entries(getTableColumns(table)) as [string, MySqlColumn][];
  const named = new Map(properties.map(([property, column]) => [column.name, property]));
  const propertiesOf = (columns: readonly unknown[]) =>
    columns.map((column) => named.get((column as MySqlColumn).name) ?? "");
  const columns = properties.map(([property, column]) => ({
    name: property,
    sqlName: column.name,
    type: column.getSQLType(),
    isRequired: column.notNull,
    initial: column.default ?? null,
    isCounted: "autoIncrement" in column && column.autoIncrement === true,
    store: storing(column, `${name}.${property}`),
  }));
  const single = properties.flatMap(([property, column]) => (column.primary ? [property] : []));
  return {
    sqlName,
    columns,
    column: new Map(columns.map((column) => [column.name, column])),
    primaryKey: single.length > 0 ? single : propertiesOf(primaryKeys[0]?.columns ?? []),
    uniqueKeys: indexes.flatMap(({ config }) =>
      config.unique === true ? [{ name: config.name, columns: propertiesOf(config.columns) }] : [],
    ),
  };
}

export const tableRules = Object.fromEntries(
  Object.entries(schema).map(([name, table]) => [name, ruleOf(name, table)]),
) as Readonly<Record<TableName, TableRule>>;
