// What must an implementation of the ledger offer to be tested, and how does the real one?
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { onTestFinished } from "vitest";
import { type Database, openDatabase } from "../../../src/database/connection.ts";
import { migrateLedger } from "../../../src/database/migrate.ts";
import { createLedger, type Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { isStatement, startTcpProxy } from "../../database/tcp-proxy.ts";
import { freshDatabase } from "../../sandbox-database.ts";

export interface LedgerUnderTest {
  readonly ledger: Ledger;
  /** The same ledger as one more process sees it. */
  elsewhere(): Ledger;
  /** Everything recorded so far becomes this much older: due times, leases, ages. */
  letPass(ms: number): Promise<void>;
  /** As after its first migration. */
  empty(): Promise<void>;
  /** The same ledger as a process has it whose line breaks wherever it comes to this. */
  overBrokenLine(at: BreakingPoint, fate: LineFate): Promise<Ledger>;
  close(): Promise<void>;
}

/** At the statement that writes such a row, or at a COMMIT. */
export type BreakingPoint = "purchase" | "attempt" | "decision" | "transition" | "event" | "commit";
/** The statement never arrives, or it is done and its answer is lost. */
export type LineFate = "cut" | "deliver-and-cut";

export type CreateLedgerUnderTest = () => Promise<LedgerUnderTest>;

export interface MariaDbLedger extends LedgerUnderTest {
  readonly url: string;
  /** Any statement, for what no port offers. */
  sql(text: string, values?: readonly unknown[]): Promise<RowDataPacket[]>;
}

const prefix = "mod_ispmodules_";
const beginnings: Readonly<Record<BreakingPoint, readonly string[]>> = {
  purchase: [`update \`${prefix}purchases\``, `insert into \`${prefix}purchases\``],
  attempt: [`insert into \`${prefix}attempts\``],
  decision: [`insert into \`${prefix}decisions\``],
  transition: [`insert into \`${prefix}transitions\``],
  event: [`insert into \`${prefix}inbox\``],
  commit: ["COMMIT"],
};
const kept = [`${prefix}migrations`, `${prefix}switches`, `${prefix}turns`];

/** A ledger on the run's MariaDB server, in a database of its own. */
export async function createMariaDbLedger(): Promise<MariaDbLedger> {
  const own = await freshDatabase("ledger");
  await migrateLedger(own.url);
  const connection = await createConnection({ uri: own.url, dateStrings: true, timezone: "Z" });
  const opened: Database[] = [];
  const open = (): Ledger => {
    const database = openDatabase({ name: "ledger", url: own.url, connections: 4 });
    opened.push(database);
    return createLedger(database);
  };
  const sql: MariaDbLedger["sql"] = async (text, values = []) => {
    const [rows] = await connection.query<RowDataPacket[]>(text, [...values]);
    return Array.isArray(rows) ? rows : [];
  };
  const columns = await sql(
    `SELECT table_name AS t, GROUP_CONCAT(column_name) AS c FROM information_schema.columns
      WHERE table_schema = DATABASE() AND data_type = 'datetime' GROUP BY table_name`,
  );
  const until = "CAST(JSON_VALUE(value, '$.until') AS DATETIME(6))";
  return {
    url: own.url,
    ledger: open(),
    elsewhere: open,
    sql,
    letPass: async (ms) => {
      const earlier = (what: string) => `${what} - INTERVAL ${Math.round(ms * 1000)} MICROSECOND`;
      await connection.beginTransaction();
      for (const { t, c } of columns) {
        const set = String(c)
          .split(",")
          .map((column) => `${column} = ${earlier(column)}`);
        await sql(`UPDATE ${t} SET ${set.join(", ")}`);
      }
      await sql(`UPDATE ${prefix}switches SET value = JSON_SET(value, '$.until', CAST(${earlier(until)} AS CHAR))
        WHERE name LIKE 'account\\_pause%' AND value <> ''`);
      await connection.commit();
    },
    empty: async () => {
      await connection.beginTransaction();
      for (const { t } of columns) if (!kept.includes(String(t))) await sql(`DELETE FROM ${t}`);
      await sql(`UPDATE ${prefix}switches SET value = IF(name = 'buying', 'off', '')`);
      await sql(`UPDATE ${prefix}turns SET due_at = UTC_TIMESTAMP(6)`);
      await connection.commit();
    },
    overBrokenLine: async (at, fate) => {
      const proxy = await startTcpProxy(own.url);
      proxy.decide((bytes) => (beginnings[at].some((text) => isStatement(bytes, text)) ? fate : "pass"));
      const database = openDatabase({ name: "ledger", url: proxy.urlOf(own.url), connections: 2 });
      onTestFinished(async () => {
        await proxy.close();
        await database.close();
      });
      return createLedger(database);
    },
    close: async () => {
      await connection.end();
      for (const database of opened) await database.close();
      await own.drop();
    },
  };
}
