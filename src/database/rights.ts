// Which rights does each user of the ledger need, table by table?
import { getTableConfig, type MySqlTable } from "drizzle-orm/mysql-core";
import { migrationsTable } from "./migrate.ts";
import * as schema from "./schema.ts";

export type Right = "SELECT" | "INSERT" | "UPDATE";

/** History: written once, never changed. */
export const insertOnly: readonly MySqlTable[] = [
  ...[schema.attempts, schema.outcomes, schema.observations, schema.transitions, schema.decisions],
  ...[schema.moduleSteps, schema.adoptions],
];
export const updated: readonly MySqlTable[] = [
  ...[schema.inbox, schema.purchases, schema.bindings, schema.priceList, schema.messages],
  ...[schema.announcements, schema.switches],
];
/** Their rows are made by the migrations. */
export const fixedRows: readonly MySqlTable[] = [schema.turns];

/** What the running bridge needs; it deletes nothing and makes no tables. */
export function listBridgeRights(): { table: string; rights: Right[] }[] {
  const give = (tables: readonly MySqlTable[], rights: Right[]) =>
    tables.map((table) => ({ table: getTableConfig(table).name, rights }));
  return [
    { table: migrationsTable, rights: ["SELECT"] },
    ...give(insertOnly, ["SELECT", "INSERT"]),
    ...give(updated, ["SELECT", "INSERT", "UPDATE"]),
    ...give(fixedRows, ["SELECT", "UPDATE"]),
  ];
}

/** What `ispmodules migrate` needs on the whole ledger. */
export const migratorRights = ["SELECT", "INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "INDEX", "DROP"] as const;
