// Which tables are written once and never changed: what was tried, seen, answered, decided and changed?
import {
  char,
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
import { day, instant, purchaseId } from "./columns.ts";

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
    /** `asked`; then `accepted`, `refused`, `not-sent` or `unknown`; then `seen`; or `found`, `withdrawn`, `kept`. */
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
