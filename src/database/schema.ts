// Which tables does the ledger consist of? Times are UTC with microseconds, money is exact, dates are `YYYY-MM-DD`.
import {
  char,
  date,
  datetime,
  decimal,
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

const instant = (name: string) => datetime(name, { mode: "string", fsp: 6 });
const day = (name: string) => date(name, { mode: "string" });
const purchaseId = () => char("purchase_id", { length: 16 }).notNull();

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

/** Insert only: what we were about to send, written before it was sent. */
export const attempts = mysqlTable(
  "mod_ispmodules_attempts",
  {
    purchaseId: purchaseId(),
    n: smallint("n", { unsigned: true }).notNull(),
    marker: varchar("marker", { length: 32 }).notNull(),
    owner: varchar("owner", { length: 64 }).notNull(),
    account: varchar("account", { length: 32 }).notNull(),
    action: varchar("action", { length: 8 }).notNull(),
    licence: varchar("licence", { length: 10 }).notNull(),
    tariff: varchar("tariff", { length: 10 }).notNull(),
    remoteServiceId: varchar("remote_service_id", { length: 20 }),
    periodMonths: smallint("period_months").notNull(),
    /** JSON `[{id, expiresOn}]` of the rows of this licence and tariff, or of the module to renew. */
    listBefore: longtext("list_before").notNull(),
    cost: decimal("cost", { precision: 20, scale: 4 }),
    currency: char("currency", { length: 3 }),
    expectedExpiry: day("expected_expiry").notNull(),
    isAnnounced: tinyint("is_announced").notNull(),
    sendBy: instant("send_by").notNull(),
    deadlineAt: instant("deadline_at").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.purchaseId, table.n] }),
    uniqueIndex("one_attempt_per_marker").on(table.marker),
    index("attempts_by_licence").on(table.licence, table.tariff),
    index("attempts_by_time").on(table.createdAt),
  ],
);

/** Insert only: what is known of an attempt; none yet means it may still be on its way. */
export const outcomes = mysqlTable(
  "mod_ispmodules_outcomes",
  {
    purchaseId: purchaseId(),
    n: smallint("n", { unsigned: true }).notNull(),
    kind: varchar("kind", { length: 16 }).notNull(),
    /** JSON of the whole outcome. */
    outcome: longtext("outcome").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.purchaseId, table.n] })],
);

/** Insert only: each look for an attempt and what it showed. */
export const observations = mysqlTable(
  "mod_ispmodules_observations",
  {
    id: int("id", { unsigned: true }).autoincrement().primaryKey(),
    purchaseId: purchaseId(),
    n: smallint("n", { unsigned: true }).notNull(),
    verdict: varchar("verdict", { length: 16 }).notNull(),
    /** sha256 of the rows seen. */
    digest: char("digest", { length: 64 }).notNull(),
    detail: longtext("detail").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [index("looks_of_attempt").on(table.purchaseId, table.n, table.id)],
);

/** Insert only: every versioned change of a purchase; replaying `changes` rebuilds it. */
export const transitions = mysqlTable(
  "mod_ispmodules_transitions",
  {
    purchaseId: purchaseId(),
    version: int("version", { unsigned: true }).notNull(),
    fromState: varchar("from_state", { length: 16 }),
    toState: varchar("to_state", { length: 16 }).notNull(),
    reason: varchar("reason", { length: 32 }),
    actor: varchar("actor", { length: 64 }).notNull(),
    changes: longtext("changes").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.purchaseId, table.version] })],
);

/** Insert only: what a person decided about a purchase, with what was seen in the account at that moment. */
export const decisions = mysqlTable(
  "mod_ispmodules_decisions",
  {
    id: int("id", { unsigned: true }).autoincrement().primaryKey(),
    purchaseId: purchaseId(),
    /** The purchase's version that was decided about. */
    version: int("version", { unsigned: true }).notNull(),
    decision: varchar("decision", { length: 16 }).notNull(),
    /** The module bound, the refund's reference, the end of the wait, the amount typed; null for a recheck. */
    parameter: varchar("parameter", { length: 255 }),
    actor: varchar("actor", { length: 64 }).notNull(),
    why: varchar("why", { length: 1000 }).notNull(),
    /** JSON of the fresh look. */
    evidence: longtext("evidence").notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [uniqueIndex("one_decision_per_version").on(table.purchaseId, table.version)],
);

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

/** Insert only: what of suspending, resuming and deleting a module was wished, asked, answered and seen, step by step. */
export const moduleSteps = mysqlTable(
  "mod_ispmodules_module_steps",
  {
    account: varchar("account", { length: 32 }).notNull(),
    remoteServiceId: varchar("remote_service_id", { length: 20 }).notNull(),
    /** From 1 without a gap: of two processes that would take the same step, one does. */
    n: int("n", { unsigned: true }).notNull(),
    serviceRef: varchar("service_ref", { length: 12 }).notNull(),
    /** `suspend`, `resume` or `delete`. */
    change: varchar("change_wanted", { length: 8 }).notNull(),
    /** `asked`; then `accepted`, `refused`, `not-sent` or `unknown`; then `seen`; or `found`, `withdrawn`. */
    step: varchar("step", { length: 16 }).notNull(),
    /** The type of the account's error, or what went wrong on the way; empty where nothing did. */
    detail: varchar("detail", { length: 64 }).notNull(),
    createdAt: instant("created_at").notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.account, table.remoteServiceId, table.n] }),
    index("steps_of_service").on(table.serviceRef),
  ],
);

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
