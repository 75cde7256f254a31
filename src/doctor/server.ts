// Is a database's server one that we can rely on: sessions, writable, and its clock?
import { sql } from "drizzle-orm";
import type { Clock } from "../clock.ts";
import { checkSession, type Database } from "../database/connection.ts";
import { DatabaseError } from "../errors.ts";
import { databaseTitles } from "./database-failure.ts";
import { type Check, type Finding, fault, ok, warning } from "./finding.ts";

/** One row of a statement whose columns are named in it. */
export async function readRow<T>(database: Database, statement: ReturnType<typeof sql>): Promise<T> {
  const [rows] = (await database.query.execute(statement)) as unknown as [T[]];
  const [row] = rows;
  if (row === undefined) throw new RangeError("the statement always has one row");
  return row;
}

/** Connects. Every other check of this database is worth making only after it. */
export function reachable(database: Database): Check {
  const id = `${database.name}.reachable`;
  return {
    id,
    run: async () => {
      await readRow(database, sql`SELECT 1 AS one`);
      return [ok(id, `${databaseTitles[database.name]} answers.`)];
    },
  };
}

/** What both databases' servers must be. */
export function serverChecks(database: Database, clock: Clock): Check[] {
  const { name } = database;
  return [
    { id: `${name}.sql_mode`, run: async () => [await checkSqlMode(database)] },
    { id: `${name}.primary`, run: async () => [await checkPrimary(database)] },
    { id: `clock.${name}`, run: async () => [await checkClock(database, clock)] },
  ];
}

async function checkSqlMode(database: Database): Promise<Finding> {
  const id = `${database.name}.sql_mode`;
  try {
    await checkSession(database);
    return ok(id, `${databaseTitles[database.name]} takes our sql_mode and time zone for each session.`);
  } catch (error) {
    if (!(error instanceof DatabaseError && error.code === "unsafe_session")) throw error;
    return fault(
      id,
      `${databaseTitles[database.name]} forces NO_BACKSLASH_ESCAPES or its own time zone on our sessions.`,
      "Remove the init_connect or the proxy rule that overrides sql_mode or time_zone.",
    );
  }
}

interface Writability {
  readonly own: number | string;
  readonly engine: number | string;
}

/** A replica lags: an invoice set back to Unpaid would still look Paid there. */
async function checkPrimary(database: Database): Promise<Finding> {
  const { name } = database;
  const id = `${name}.primary`;
  const { own, engine } = await readRow<Writability>(
    database,
    sql`SELECT @@GLOBAL.read_only AS own, @@GLOBAL.innodb_read_only AS engine`,
  );
  // Newer servers give words for the kinds of read-only.
  const isReadOnly = [own, engine].some((value) => !["0", "OFF"].includes(String(value).toUpperCase()));
  if (!isReadOnly) return ok(id, `${databaseTitles[name]} is on a server that takes writes.`);
  return fault(
    id,
    `${databaseTitles[name]} is on a read-only server, which is a replica and may lag behind.`,
    `Point ${name === "whmcs" ? "WHMCS" : "LEDGER"}_DATABASE_URL at the primary, or switch read_only off there.`,
  );
}

const warnAboveMs = 2_000;
const faultAboveMs = 60_000;

/** The server's clock against this machine's; what the way there and back took counts for neither. */
async function checkClock(database: Database, clock: Clock): Promise<Finding> {
  const id = `clock.${database.name}`;
  const startedMs = clock.monotonicMs();
  const before = clock.now().getTime();
  const { now } = await readRow<{ now: string }>(database, sql`SELECT UTC_TIMESTAMP(6) AS now`);
  const tookMs = clock.monotonicMs() - startedMs;
  const difference = Date.parse(`${now.slice(0, 23).replace(" ", "T")}Z`) - (before + tookMs / 2);
  const skewMs = Math.max(0, Math.abs(difference) - tookMs / 2);
  if (skewMs <= warnAboveMs) return ok(id, `${databaseTitles[database.name]} and this machine agree about the time.`);
  const message = `The clock of ${databaseTitles[database.name].replace("The", "the")} is ${Math.round(skewMs / 1000)} s ${
    difference > 0 ? "ahead of" : "behind"
  } this machine's.`;
  const remedy = "Synchronise the clocks of both machines (NTP, for instance chrony or systemd-timesyncd).";
  return skewMs > faultAboveMs ? fault(id, message, remedy) : warning(id, message, remedy);
}
