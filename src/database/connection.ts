// How does the program talk to a MySQL or MariaDB server, safely whatever that server's defaults are?
import { readFileSync } from "node:fs";
import { drizzle, type MySql2Database } from "drizzle-orm/mysql2";
import { createPool, type Pool, type PoolConnection, type QueryOptions, type QueryValues } from "mysql2/promise";
import { DatabaseError } from "../errors.ts";

export type DatabaseName = "ledger" | "whmcs";
export type Queries = MySql2Database;

/** A bounded pool. Every connection runs in UTC, READ COMMITTED and a known `sql_mode`, and dies when silent too long. */
export interface Database {
  readonly name: DatabaseName;
  readonly query: Queries;
  /**
   * Runs `work` in one transaction. On any error the connection is dropped, so the server rolls back whatever it had.
   * @throws CommitUnacknowledged when COMMIT was sent and not confirmed: it may or may not have happened.
   */
  transaction<T>(work: (query: Queries) => Promise<T>): Promise<T>;
  /** Runs `work`, which only reads, on the database as it stood at one moment. */
  snapshot<T>(work: (query: Queries) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** COMMIT was sent but its answer never came; nothing may be assumed about it. */
export class CommitUnacknowledged extends DatabaseError {}

export interface DatabaseOptions {
  readonly name: DatabaseName;
  /** `mysql://user:password@host:port/database`, optionally `?ssl-ca=FILE` for verified TLS. */
  readonly url: string;
  readonly connections: number;
  /** A connection without a single byte for this long is dropped, and its query fails. */
  readonly silenceMs?: number;
  /** The server ends a statement after this long; 0 lets it run. */
  readonly statementSeconds?: number;
}

const connectTimeoutMs = 5_000;
const waitingQueries = 1_000;

/**
 * `sql_mode` is set, never inherited: under NO_BACKSLASH_ESCAPES the client-side escaping of parameters would let text
 * become SQL.
 */
const sessionSetup = [
  "SET SESSION sql_mode='STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', time_zone='+00:00', innodb_lock_wait_timeout=5",
  "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED",
];

/** Opens a pool; connects on first use, so a server that is away does not stop the start. */
export function openDatabase(options: DatabaseOptions): Database {
  const pool = createPool({
    ...parseUrl(options.url),
    connectionLimit: options.connections,
    maxIdle: options.connections,
    queueLimit: waitingQueries,
    connectTimeout: connectTimeoutMs,
    charset: "utf8mb4",
    dateStrings: true,
    decimalNumbers: false,
    supportBigNumbers: true,
    multipleStatements: false,
    // We prepare none, and the driver sets room aside for 16,000 on each connection: half a megabyte.
    maxPreparedStatements: 1,
  });
  prepareConnections(pool, {
    silenceMs: options.silenceMs ?? 30_000,
    statementSeconds: options.statementSeconds ?? 20,
  });
  pool.query = queryOnConnections(pool);
  return {
    name: options.name,
    query: drizzle({ client: pool }),
    transaction: (work) => runTransaction(pool, options.name, work),
    snapshot: (work) => runSnapshot(pool, work),
    // A connection that is dead already cannot say goodbye, and that is no failure.
    close: () => pool.end().catch(() => {}),
  };
}

function parseUrl(text: string) {
  const url = new URL(text);
  const authority = url.searchParams.get("ssl-ca");
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port === "" ? 3306 : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database: decodeURIComponent(url.pathname.slice(1)),
    ...(authority === null ? {} : { ssl: { ca: readFileSync(authority, "utf8"), rejectUnauthorized: true } }),
  };
}

/** What the driver's own connection offers and its types leave out. */
interface RawConnection {
  query(sql: string, done: (error: Error | null) => void): void;
  readonly stream: {
    setTimeout(ms: number): void;
    on(event: "timeout", listener: () => void): void;
    destroy(error: Error): void;
  };
}

/** The setup is queued on the connection before any query of ours; a connection that refuses it is never used. */
function prepareConnections(
  pool: Pool,
  { silenceMs, statementSeconds }: Required<Pick<DatabaseOptions, "silenceMs" | "statementSeconds">>,
): void {
  pool.on("connection", (connection) => {
    const raw = connection as unknown as RawConnection;
    const fail = (error: Error) => raw.stream.destroy(error);
    raw.stream.setTimeout(silenceMs);
    raw.stream.on("timeout", () => fail(Object.assign(new Error("the connection was silent"), { code: "ETIMEDOUT" })));
    for (const statement of sessionSetup) {
      raw.query(statement, (error) => {
        if (error !== null) fail(error);
      });
    }
    // Servers name their statement limit differently; where neither is known the silence limit still holds.
    raw.query(`SET SESSION max_statement_time=${statementSeconds}`, (error) => {
      if (error !== null) raw.query(`SET SESSION max_execution_time=${statementSeconds * 1000}`, () => {});
    });
  });
}

/** A server that answers so is a replica by now; the next connection may reach the primary. */
const readOnlyErrors = [
  "ER_OPTION_PREVENTS_STATEMENT",
  "ER_CANT_EXECUTE_IN_READ_ONLY_TRANSACTION",
  "ER_READ_ONLY_MODE",
];

/**
 * Replaces the pool's own `query`, with which each finished query stays reachable from an older one until V8 collects the
 * whole heap (mysql2 3.24; after a burst of events the process had 189 MB that way, and 130 MB this way).
 */
function queryOnConnections(pool: Pool): Pool["query"] {
  const query = async (statement: QueryOptions, values: QueryValues) => {
    const connection = await pool.getConnection();
    try {
      const answer = await connection.query(statement, values);
      connection.release();
      return answer;
    } catch (error) {
      if (readOnlyErrors.includes(databaseErrorCode(error) ?? "")) drop(connection);
      else connection.release();
      throw error;
    }
  };
  return query as Pool["query"];
}

async function runTransaction<T>(pool: Pool, name: DatabaseName, work: (query: Queries) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  let isCommitting = false;
  try {
    await connection.query("START TRANSACTION");
    const result = await work(drizzle({ client: connection }) as unknown as Queries);
    isCommitting = true;
    await connection.query("COMMIT");
    connection.release();
    return result;
  } catch (error) {
    drop(connection);
    if (!isCommitting) throw error;
    throw new CommitUnacknowledged("commit_unacknowledged", "the database did not confirm a COMMIT", {
      cause: error,
      fields: { database: name },
    });
  }
}

async function runSnapshot<T>(pool: Pool, work: (query: Queries) => Promise<T>): Promise<T> {
  const connection = await pool.getConnection();
  try {
    // Without the word SESSION the level holds for the next transaction only.
    await connection.query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ");
    await connection.query("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    const result = await work(drizzle({ client: connection }) as unknown as Queries);
    await connection.query("COMMIT");
    connection.release();
    return result;
  } catch (error) {
    drop(connection);
    throw error;
  }
}

function drop(connection: PoolConnection): void {
  try {
    connection.destroy();
  } catch {
    // Already gone: that is what was wanted.
  }
}

/** The server's error name (`ER_DUP_ENTRY`, `ECONNREFUSED`, …) of anything a query threw, else null. */
export function databaseErrorCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    if ("code" in at && typeof at.code === "string" && /^(ER_|E[A-Z]|PROTOCOL_|POOL_)/.test(at.code)) return at.code;
  }
  return null;
}

/**
 * Proves that the setup of `openDatabase` holds on this server.
 * @throws DatabaseError when NO_BACKSLASH_ESCAPES is still in force, because then no parameter is safe.
 */
export async function checkSession(database: Database): Promise<void> {
  const [rows] = (await database.query.execute(
    "SELECT @@SESSION.sql_mode AS mode, @@SESSION.time_zone AS zone",
  )) as unknown as [{ mode: string; zone: string }[]];
  const session = rows[0];
  if (session === undefined || session.mode.includes("NO_BACKSLASH_ESCAPES") || session.zone !== "+00:00") {
    throw new DatabaseError(
      "unsafe_session",
      `the ${database.name} database keeps NO_BACKSLASH_ESCAPES or its own time zone although each session sets them; remove init_connect or the proxy rule that overrides them`,
      { fields: { database: database.name } },
    );
  }
}
