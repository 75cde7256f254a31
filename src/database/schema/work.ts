// Which tables hold what is to be done, and what a term at the account pays for?
import {
  char,
  index,
  int,
  longtext,
  mysqlTable,
  primaryKey,
  smallint,
  tinyint,
  uniqueIndex,
  varchar,
} from "drizzle-orm/mysql-core";
import { day, instant, purchaseId } from "./columns.ts";

/** Signed events, kept for ever: a `webhook_id` is accepted once. */
export const inbox = mysqlTable(
  "mod_ispmodules_inbox",
  {
    webhookId: varchar("webhook_id", { length: 64 }).primaryKey(),
    type: varchar("type", { length: 64 }).notNull(),
    body: longtext("body").notNull(),
    receivedAt: instant("received_at").notNull(),
    notBefore: instant("not_before"),
    doneAt: instant("done_at"),
  },
  (table) => [index("open_events").on(table.notBefore), index("newest_of_type").on(table.type, table.receivedAt)],
);

/** One row per paid invoice line: what we owe the customer and how far it is. */
export const purchases = mysqlTable(
  "mod_ispmodules_purchases",
  {
    id: char("id", { length: 16 }).primaryKey(),
    lineId: int("invoice_line_id", { unsigned: true }).notNull(),
    lineType: varchar("line_type", { length: 30 }).notNull(),
    invoiceId: int("invoice_id", { unsigned: true }).notNull(),
    serviceRef: varchar("service_ref", { length: 12 }).notNull(),
    productId: int("product_id", { unsigned: true }).notNull(),
    periodStart: day("period_start"),
    periodMonths: smallint("period_months"),
    periodKey: varchar("period_key", { length: 32 }),
    tariff: varchar("tariff", { length: 10 }),
    licence: varchar("licence", { length: 10 }),
    /** WHMCS local `YYYY-MM-DD HH:MM:SS`; null until WHMCS or we have a moment for it. */
    firstPaidSeenAt: char("first_paid_seen_at", { length: 19 }),
    paidAt: char("paid_at", { length: 19 }),
    state: varchar("state", { length: 16 }).notNull(),
    reason: varchar("reason", { length: 32 }),
    detail: longtext("detail"),
    action: varchar("action", { length: 8 }),
    version: int("version", { unsigned: true }).notNull(),
    stateSince: instant("state_since").notNull(),
    /** Until when a person has said to wait. */
    holdUntil: instant("hold_until"),
    queue: varchar("queue", { length: 8 }),
    notBefore: instant("not_before").notNull(),
    waits: smallint("waits", { unsigned: true }).notNull().default(0),
    leaseOwner: varchar("lease_owner", { length: 64 }),
    leaseUntil: instant("lease_until"),
    sendBy: instant("send_by"),
    inflightKey: varchar("inflight_key", { length: 80 }),
    accountSlot: varchar("account_slot", { length: 48 }),
    remoteServiceId: varchar("remote_service_id", { length: 20 }),
    expectedExpiry: day("expected_expiry"),
    attempts: smallint("attempts", { unsigned: true }).notNull().default(0),
    sends: tinyint("sends", { unsigned: true }).notNull().default(0),
    refusals: tinyint("refusals", { unsigned: true }).notNull().default(0),
    reversedAt: instant("reversed_at"),
    hasAutoRenewal: tinyint("has_auto_renewal").notNull().default(0),
    writeBackDueAt: instant("write_back_due_at"),
    writtenBackAt: instant("written_back_at"),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("one_purchase_per_line").on(table.lineId),
    uniqueIndex("one_purchase_per_period").on(table.periodKey),
    uniqueIndex("one_attempt_in_flight").on(table.inflightKey),
    uniqueIndex("one_order_per_slot").on(table.accountSlot),
    index("due").on(table.queue, table.notBefore),
    index("by_service").on(table.serviceRef),
    index("by_invoice").on(table.invoiceId),
    index("write_back_due").on(table.writeBackDueAt),
  ],
);

/** One term at the account pays for one purchase, and one purchase is paid by one term. */
export const bindings = mysqlTable(
  "mod_ispmodules_bindings",
  {
    purchaseId: purchaseId().primaryKey(),
    account: varchar("account", { length: 32 }).notNull(),
    remoteServiceId: varchar("remote_service_id", { length: 20 }).notNull(),
    expiryAfter: day("expiry_after").notNull(),
    serviceRef: varchar("service_ref", { length: 12 }).notNull(),
    licence: varchar("licence", { length: 10 }).notNull(),
    tariff: varchar("tariff", { length: 10 }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    uniqueIndex("one_purchase_per_term").on(table.account, table.remoteServiceId, table.expiryAfter),
    index("by_licence").on(table.licence, table.tariff),
  ],
);

/** Insert only: a module that was bought before us, and the service whose next periods renew it. */
export const adoptions = mysqlTable(
  "mod_ispmodules_adoptions",
  {
    account: varchar("account", { length: 32 }).notNull(),
    remoteServiceId: varchar("remote_service_id", { length: 20 }).notNull(),
    serviceRef: varchar("service_ref", { length: 12 }).notNull(),
    licence: varchar("licence", { length: 10 }).notNull(),
    tariff: varchar("tariff", { length: 10 }).notNull(),
    /** At that moment: terms up to this day were paid for without us. */
    expiresOn: day("expires_on").notNull(),
    actor: varchar("actor", { length: 64 }).notNull(),
    why: varchar("why", { length: 1000 }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.account, table.remoteServiceId] }),
    index("adoptions_by_licence").on(table.licence, table.tariff),
  ],
);
