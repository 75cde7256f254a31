// Which statements make an empty database look like a WHMCS one?
import { createTable, key, listAbsentColumns, type Shape, type Table } from "./table.ts";
import { catalogTables } from "./tables/catalog.ts";
import { invoiceTables } from "./tables/invoices.ts";
import { mailTables } from "./tables/mails.ts";
import { serviceTables } from "./tables/services.ts";
import { settingTables } from "./tables/settings.ts";

/** Keys that the newer releases have in addition. */
const newerKeys: Readonly<Record<string, readonly string[]>> = {
  tblproducts: [key("type", 4)],
  tblinvoices: [key("duedate")],
  tblcustomfieldsvalues: [key("relid")],
};

const tables = [...catalogTables, ...serviceTables, ...invoiceTables, ...settingTables, ...mailTables];

/** CREATE TABLE statements of one shape, without any row; foreign keys do not exist in WHMCS. */
export function schemaStatements(shape: Shape): string[] {
  return tables.map((table) => createTable(withKeys(table, shape), shape));
}

/** The columns, by table, that other shapes have and this one lacks. */
export function absentColumns(shape: Shape): ReadonlyMap<string, readonly string[]> {
  return new Map(tables.map((table) => [table.name, listAbsentColumns(table, shape)]));
}

function withKeys(table: Table, { release }: Shape): Table {
  const more = release === "8.4" ? [] : (newerKeys[table.name] ?? []);
  return { ...table, keys: [...(table.keys ?? []), ...more] };
}
