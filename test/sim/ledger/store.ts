// What of the simulated ledger survives a crash? Every table as plain rows, as the server would keep them.
import * as schema from "../../../src/database/schema.ts";
import { Table } from "./table.ts";

type Schema = typeof schema;
export type TableName = keyof Schema;

/** A row as the database gives it: times are `YYYY-MM-DD HH:MM:SS.ffffff` in UTC, so their text order is their order. */
export type Row<T extends TableName> = Readonly<Schema[T]["$inferSelect"]>;
/** What must be given of a new row; the rest is null, or the column's default. */
export type NewRow<T extends TableName> = Readonly<Schema[T]["$inferInsert"]>;

export type PurchaseRow = Row<"purchases">;
export type AttemptRow = Row<"attempts">;
export type OutcomeRow = Row<"outcomes">;
export type ObservationRow = Row<"observations">;
export type BindingRow = Row<"bindings">;
export type TransitionRow = Row<"transitions">;
export type DecisionRow = Row<"decisions">;
export type InboxRow = Row<"inbox">;
export type SwitchRow = Row<"switches">;
export type TurnRow = Row<"turns">;

/** Rows by primary key, its parts joined with `:`. Rows are never changed in place: a change puts another in their stead. */
export type LedgerStore = { readonly [T in TableName]: Table<Row<T>> };

/** A ledger as after its migrations, made at the beginning of 1970. */
export function createStore(): LedgerStore {
  const at = "1970-01-01 00:00:00.000000";
  const switches: Record<string, { value: string; why: string }> = {
    buying: { value: "off", why: "a fresh ledger buys nothing" },
    paid_since: { value: "", why: "nobody has said from when to buy" },
    account_pause: { value: "", why: "the account is not paused" },
    renewal_form: { value: "", why: "the renewal form was never looked at" },
    restore: { value: "", why: "the ledger was never restored from a backup" },
    vendor_modules: { value: "", why: "nobody has seen the vendor's own modules in WHMCS" },
    events_since: { value: "", why: "EVENTS_URL was never set" },
    forecast: { value: "", why: "the balance was never held against the renewals to come" },
    known_breaches: { value: "", why: "no broken rule was ever seen" },
  };
  const turns = ["sweep", "nightly_sweep", "invariants", "remote_sweep", "messages"];
  return {
    purchases: new Table(),
    attempts: new Table(),
    outcomes: new Table(),
    observations: new Table(),
    bindings: new Table(),
    adoptions: new Table(),
    transitions: new Table(),
    decisions: new Table(),
    messages: new Table(),
    announcements: new Table(),
    moduleSteps: new Table(),
    inbox: new Table(),
    priceList: new Table(),
    switches: Table.of(
      Object.entries(switches).map(([name, said]) => [name, { name, ...said, actor: "migration", at }]),
    ),
    turns: Table.of(turns.map((name) => [name, { name, dueAt: at }])),
  };
}

const tableNames = Object.keys(schema) as TableName[];

/** A backup: what happens to either afterwards leaves the other alone. */
export function copyStore(store: LedgerStore): LedgerStore {
  return Object.fromEntries(tableNames.map((name) => [name, Table.of<object>(store[name])])) as unknown as LedgerStore;
}
