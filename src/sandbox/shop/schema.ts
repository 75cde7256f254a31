// Which statements make an empty database look like a WHMCS one?
import { createTable, key, type Release, type Table } from "./table.ts";
import { catalogTables } from "./tables/catalog.ts";
import { invoiceTables } from "./tables/invoices.ts";
import { mailTables } from "./tables/mails.ts";
import { serviceTables } from "./tables/services.ts";
import { settingTables } from "./tables/settings.ts";

/** Keys that the newer release has in addition. */
const newerKeys: Readonly<Record<string, readonly string[]>> = {
  tblproducts: [key("type", 4)],
  tblinvoices: [key("duedate")],
  tblcustomfieldsvalues: [key("relid")],
};

/** CREATE TABLE statements of one release, without any row; foreign keys do not exist in WHMCS. */
export function schemaStatements(release: Release): string[] {
  const tables = [...catalogTables, ...serviceTables, ...invoiceTables, ...settingTables, ...mailTables];
  return tables.map((table) => createTable(withKeys(table, release), release));
}

function withKeys(table: Table, release: Release): Table {
  const more = release === "8.13" ? (newerKeys[table.name] ?? []) : [];
  return { ...table, keys: [...(table.keys ?? []), ...more] };
}
