// How does the shop write its tables, the way WHMCS would?
import { createPool, type Pool, type PoolConnection, type ResultSetHeader, type RowDataPacket } from "mysql2/promise";
import type { Clock } from "../../clock.ts";
import { DatabaseError } from "../../errors.ts";

export type Row = Readonly<Record<string, string | number | null>>;

/** A pool or one connection, with the few statements the shop needs; values are always escaped. */
export interface Statements {
  run(text: string, values?: readonly unknown[]): Promise<ResultSetHeader>;
  /** Rows with dates and decimals as text. */
  rows(text: string, values?: readonly unknown[]): Promise<RowDataPacket[]>;
  /** The row of a table with that id; throws DatabaseError `no_such_row`. */
  row(table: string, id: number): Promise<RowDataPacket>;
  /** Columns left out get the server's default, or its implicit one as under PHP. Returns the new id. */
  insert(table: string, row: Row): Promise<number>;
  update(table: string, id: number, row: Row): Promise<void>;
}

export interface ShopDatabase extends Statements {
  /** What happens inside is seen by readers all at once. */
  atomically<T>(work: (statements: Statements) => Promise<T>): Promise<T>;
  /** `YYYY-MM-DD HH:MM:SS` on the shop's wall clock: WHMCS stores local time. */
  now(): string;
  /** `YYYY-MM-DD` on the shop's wall clock. */
  today(): string;
  close(): Promise<void>;
}

export interface ShopDatabaseOptions {
  readonly url: string;
  readonly clock: Clock;
  readonly timezone: string;
  /** Columns, by table, that this shop lacks: what is written into them goes nowhere. */
  readonly absent: ReadonlyMap<string, readonly string[]>;
}

/** Opens the shop's tables at a `mysql://` URL. `timezone` is an IANA name such as `Europe/Berlin`. */
export function openShopDatabase(options: ShopDatabaseOptions): ShopDatabase {
  const pool = createPool({ uri: options.url, connectionLimit: 8, dateStrings: true, decimalNumbers: false });
  pool.on("connection", relaxSession);
  const format = new Intl.DateTimeFormat("sv-SE", {
    timeZone: options.timezone,
    dateStyle: "short",
    timeStyle: "medium",
  });
  const now = () => format.format(options.clock.now());
  return {
    ...statementsOn(pool, options.absent),
    atomically: (work) => atomically(pool, options.absent, work),
    now,
    today: () => now().slice(0, 10),
    close: () => pool.end(),
  };
}

/** WHMCS relies on zero dates and implicit defaults, which a strict session refuses. Queued before any other query. */
function relaxSession(connection: unknown): void {
  const raw = connection as { query(text: string, done: (error: Error | null) => void): void; destroy(): void };
  raw.query("SET SESSION sql_mode='NO_ENGINE_SUBSTITUTION', time_zone='+00:00'", (error) => {
    if (error !== null) raw.destroy();
  });
}

type Absent = ShopDatabaseOptions["absent"];

function statementsOn(connection: Pool | PoolConnection, absent: Absent): Statements {
  const present = (table: string, row: Row) => {
    const lacks = absent.get(table) ?? [];
    return Object.fromEntries(Object.entries(row).filter(([column]) => !lacks.includes(column)));
  };
  const rows = async (text: string, values: readonly unknown[] = []) => {
    const [found] = await connection.query<RowDataPacket[]>(text, [...values]);
    return found;
  };
  const run = async (text: string, values: readonly unknown[] = []) => {
    const [result] = await connection.query<ResultSetHeader>(text, [...values]);
    return result;
  };
  return {
    run,
    rows,
    row: async (table, id) => {
      const [found] = await rows("SELECT * FROM ?? WHERE id = ?", [table, id]);
      if (found === undefined) throw new DatabaseError("no_such_row", `${table} has no such row`, { fields: { id } });
      return found;
    },
    insert: async (table, row) => (await run("INSERT INTO ?? SET ?", [table, present(table, row)])).insertId,
    update: async (table, id, row) => {
      await run("UPDATE ?? SET ? WHERE id = ?", [table, present(table, row), id]);
    },
  };
}

async function atomically<T>(pool: Pool, absent: Absent, work: (statements: Statements) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const result = await work(statementsOn(connection, absent));
    await connection.commit();
    connection.release();
    return result;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
