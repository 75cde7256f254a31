// Which tables hold what people and programs were told?
import { index, int, mysqlTable, primaryKey, smallint, varchar } from "drizzle-orm/mysql-core";
import { day, instant, purchaseId } from "./columns.ts";

/** What customers and staff were told of a purchase that was not done, once each. */
export const messages = mysqlTable(
  "mod_ispmodules_messages",
  {
    purchaseId: purchaseId(),
    /** `being_activated`, `choose_licence`, or `needs_operator:` and the reason. */
    message: varchar("message", { length: 64 }).notNull(),
    createdAt: instant("created_at").notNull(),
    /** When it may be tried again; null when that is over. */
    dueAt: instant("due_at"),
    refusals: int("refusals", { unsigned: true }).notNull().default(0),
  },
  (table) => [primaryKey({ columns: [table.purchaseId, table.message] })],
);

/** What the host's own automation is told of a purchase, once each; written only while `EVENTS_URL` is set. */
export const announcements = mysqlTable(
  "mod_ispmodules_announcements",
  {
    purchaseId: purchaseId(),
    /** `purchased`, `renewed` or `expired`. */
    type: varchar("type", { length: 16 }).notNull(),
    expiresOn: day("expires_on"),
    createdAt: instant("created_at").notNull(),
    /** When it is sent (again); null when that is over. */
    dueAt: instant("due_at"),
    tries: smallint("tries", { unsigned: true }).notNull().default(0),
    /** Why the newest try failed: a status, a code or a word of ours. */
    failure: varchar("failure", { length: 64 }),
    doneAt: instant("done_at"),
  },
  (table) => [primaryKey({ columns: [table.purchaseId, table.type] }), index("announcement_due").on(table.dueAt)],
);
