// Which tables hold the positions, turns and copies that all processes share?
import { longtext, mysqlTable, tinyint, varchar } from "drizzle-orm/mysql-core";
import { instant } from "./columns.ts";

/** Positions that people and loops set, one row each: `buying`, `paid_since`, `restore` and others; see the migrations. */
export const switches = mysqlTable("mod_ispmodules_switches", {
  name: varchar("name", { length: 64 }).primaryKey(),
  value: longtext("value").notNull(),
  actor: varchar("actor", { length: 64 }).notNull(),
  why: varchar("why", { length: 255 }).notNull(),
  at: instant("at").notNull(),
});

/** Whose turn it is: a loop that several processes share runs once per interval. */
export const turns = mysqlTable("mod_ispmodules_turns", {
  name: varchar("name", { length: 64 }).primaryKey(),
  dueAt: instant("due_at").notNull(),
});

/** The last good catalogue, so that the price list survives a restart with WHMCS away. */
export const priceList = mysqlTable("mod_ispmodules_price_list", {
  id: tinyint("id").primaryKey(),
  catalogue: longtext("catalogue").notNull(),
  readAt: instant("read_at").notNull(),
});
