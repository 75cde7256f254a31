// How does a transaction write to the simulated tables: by their keys, and all or nothing?
import { ServerError, tableRules, type Values } from "./columns.ts";
import type { LedgerStore, NewRow, Row, TableName } from "./store.ts";
import type { Table } from "./table.ts";

export interface Writer {
  /** @throws ServerError `ER_DUP_ENTRY` and what else the server refuses; nothing is written then. */
  insert<T extends TableName>(table: T, values: NewRow<T>): void;
  /** Puts a changed row in the place of one that is in the table; its primary key stays. Throws like `insert`. */
  update<T extends TableName>(table: T, row: Row<T>, changes: Partial<Row<T>>): void;
}

type Rows = Table<Values>;

/** What to put back, newest last; without a row there was none. */
type Undo = { readonly rows: Rows; readonly key: string; readonly before: Values | undefined }[];

/** Runs `body`; when it throws, whatever it wrote is undone. */
export function atomically<T>(store: LedgerStore, body: (writer: Writer) => T): T {
  const undo: Undo = [];
  try {
    return body(createWriter(store, undo));
  } catch (error) {
    takeBack(undo);
    throw error;
  }
}

/** Runs `body` and undoes it: what would it have come to? */
export function tryOut<T>(store: LedgerStore, body: (writer: Writer) => T): T {
  const undo: Undo = [];
  try {
    return body(createWriter(store, undo));
  } finally {
    takeBack(undo);
  }
}

function takeBack(undo: Undo): void {
  for (const { rows, key, before } of undo.reverse()) {
    if (before === undefined) rows.delete(key);
    else rows.set(key, before);
  }
}

function createWriter(store: LedgerStore, undo: Undo): Writer {
  const put = (rows: Rows, key: string, row: Values) => {
    undo.push({ rows, key, before: rows.get(key) });
    rows.set(key, row);
  };
  return {
    insert(table, values) {
      const rows = store[table] as unknown as Rows;
      const row = newRow(table, rows, values);
      const key = keyOf(table, row);
      if (rows.has(key)) throw new ServerError("ER_DUP_ENTRY", `${table}.PRIMARY`);
      checkUnique(table, { rows, row, key, changes: row });
      put(rows, key, row);
    },
    update(table, before, changes) {
      const rows = store[table] as unknown as Rows;
      const row: Record<string, unknown> = { ...before };
      for (const name in changes) row[name] = tableRules[table].column.get(name)?.store(changes[name]);
      const key = keyOf(table, row);
      checkUnique(table, { rows, row, key, changes });
      put(rows, key, row);
    },
  };
}

/** Counted ids are given in order and nothing is ever deleted, so the number of rows is the newest one. */
function newRow(table: TableName, rows: Rows, values: Values): Values {
  const row: Record<string, unknown> = {};
  for (const { name, initial, isCounted, store } of tableRules[table].columns) {
    row[name] = store(isCounted ? rows.size + 1 : values[name] === undefined ? initial : values[name]);
  }
  // A row put together name by name is slow to read; its copy is not.
  return { ...row };
}

function keyOf(table: TableName, row: Values): string {
  const { primaryKey } = tableRules[table];
  return primaryKey.length === 1 ? String(row[primaryKey[0] ?? ""]) : primaryKey.map((name) => row[name]).join(":");
}

interface Candidate {
  readonly rows: Rows;
  readonly row: Values;
  readonly key: string;
  readonly changes: Values;
}

/** Null is never equal to anything, as in SQL. */
function checkUnique(table: TableName, { rows, row, key, changes }: Candidate): void {
  for (const { name, columns } of tableRules[table].uniqueKeys) {
    if (!columns.some((column) => changes[column] !== undefined)) continue;
    if (columns.some((column) => row[column] === null)) continue;
    const same = rows.where(Object.fromEntries(columns.map((column) => [column, row[column]])));
    if (same.some((other) => keyOf(table, other) !== key)) throw new ServerError("ER_DUP_ENTRY", name);
  }
}
