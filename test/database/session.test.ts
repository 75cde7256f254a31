import { eq, sql } from "drizzle-orm";
import { int, mysqlTable, varchar } from "drizzle-orm/mysql-core";
import { drizzle } from "drizzle-orm/mysql2";
import { createPool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { checkSession, type Database, openDatabase } from "../../src/database/connection.ts";
import { checkDurability } from "../../src/database/durability.ts";
import { migrateLedger } from "../../src/database/migrate.ts";
import { freshDatabase } from "../sandbox-database.ts";
import { type OddServer, startOddServer } from "./odd-server.ts";
import { isStatement, startTcpProxy } from "./tcp-proxy.ts";

const secrets = mysqlTable("secrets", { id: int("id").primaryKey(), name: varchar("name", { length: 200 }) });
const endless = "SELECT COUNT(*) AS n FROM seq_1_to_1000000 a, seq_1_to_1000000 b WHERE a.seq * b.seq = -1";
const statementTimeout = 1969;
const attack = "\\' OR 1=1 -- ";

let server: OddServer;
let url: string;
beforeAll(async () => {
  server = await startOddServer();
  url = await server.createDatabase("odd");
  const database = openDatabase({ name: "ledger", url, connections: 1 });
  await database.query.execute(sql`CREATE TABLE secrets (id INT PRIMARY KEY, name VARCHAR(200))`);
  await database.query.insert(secrets).values([
    { id: 1, name: "one" },
    { id: 2, name: "two" },
  ]);
  await database.close();
});
afterAll(() => server?.stop());

function open(address = url, rest: { statementSeconds?: number } = {}): Database {
  const database = openDatabase({ name: "ledger", url: address, connections: 2, ...rest });
  onTestFinished(() => database.close());
  return database;
}

async function ask(database: Database, text: string): Promise<Record<string, unknown>> {
  const [rows] = (await database.query.execute(sql.raw(text))) as unknown as [Record<string, unknown>[]];
  return rows[0] ?? {};
}

describe("on a server whose backslash is no escape", () => {
  it("text never becomes SQL", async () => {
    const { query } = open();
    expect(await query.select().from(secrets).where(eq(secrets.name, attack))).toEqual([]);
  });

  it("text comes back as it was given, whatever stands in it", async () => {
    const { query } = open();
    const odd = [attack, "'", '"', "\\", "\\\\'", "a\nb\0c\x1a", "--", "%_", "`", "ключ 🔑"];
    for (const [index, name] of odd.entries()) {
      await query.insert(secrets).values({ id: 100 + index, name });
      const found = await query.select({ name: secrets.name }).from(secrets).where(eq(secrets.name, name));
      expect(found).toEqual([{ name }]);
    }
    await query.delete(secrets).where(sql`id >= 100`);
  });

  it("the same text would be SQL on a connection without our setup", async () => {
    const pool = createPool(url);
    onTestFinished(() => pool.end());
    const rows = await drizzle({ client: pool }).select().from(secrets).where(eq(secrets.name, attack));
    expect(rows.length).toBeGreaterThan(1);
  });

  it("a session that keeps its mode is refused", async () => {
    const proxy = await startTcpProxy(url);
    onTestFinished(() => proxy.close());
    proxy.decide((bytes) => {
      if (!isStatement(bytes, "SET SESSION sql_mode")) return "pass";
      const harmless = Buffer.from(bytes);
      harmless.fill(" ", 5).write("DO 0", 5);
      return harmless;
    });
    const throughProxy = open(proxy.urlOf(url));
    await expect(checkSession(throughProxy)).rejects.toMatchObject({
      name: "DatabaseError",
      code: "unsafe_session",
      fields: { database: "ledger" },
    });
    await expect(checkSession(open())).resolves.toBeUndefined();
  });
});

describe("every session", () => {
  it("runs in UTC, READ COMMITTED, strictly, in utf8mb4 and with limits", async () => {
    const variables = await ask(
      open(),
      `SELECT @@SESSION.time_zone AS zone, @@SESSION.tx_isolation AS isolation, @@SESSION.sql_mode AS mode,
        @@SESSION.character_set_client AS charset, @@SESSION.innodb_lock_wait_timeout AS lock_wait,
        @@SESSION.max_statement_time AS statement`,
    );
    expect(variables).toMatchObject({ zone: "+00:00", isolation: "READ-COMMITTED", charset: "utf8mb4" });
    expect(variables.mode).toBe("STRICT_TRANS_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION");
    expect([Number(variables.lock_wait), Number(variables.statement)]).toEqual([5, 20]);
  });

  it("tells the time in UTC where the server is hours away", async () => {
    const { away, here } = await ask(
      open(),
      "SELECT TIMESTAMPDIFF(SECOND, UTC_TIMESTAMP(), NOW()) AS here, @@GLOBAL.time_zone AS away",
    );
    expect([here, away]).toEqual([0, "+05:30"]);
  });

  it("is set up on every connection of the pool", async () => {
    const database = open();
    const sessions = await Promise.all(
      Array.from({ length: 8 }, () =>
        ask(database, "SELECT CONNECTION_ID() AS id, @@SESSION.sql_mode AS m, SLEEP(0.02)"),
      ),
    );
    expect(new Set(sessions.map(({ id }) => id)).size).toBe(2);
    for (const { m } of sessions) expect(m).not.toContain("NO_BACKSLASH_ESCAPES");
  });

  it("text too long for its column is refused, not cut", async () => {
    const { query } = open();
    await expect(query.insert(secrets).values({ id: 9, name: "x".repeat(201) })).rejects.toThrow();
  });

  it("a statement is ended by the server when it runs too long", async () => {
    const database = open(url, { statementSeconds: 0.2 });
    await expect(ask(database, endless)).rejects.toMatchObject({
      cause: { errno: statementTimeout },
    });
  });
});

describe("verified TLS", () => {
  const withAuthority = (path: string) => `${url}?ssl-ca=${encodeURIComponent(path)}`;

  it("is spoken when the authority is right", async () => {
    const { Value } = await ask(open(withAuthority(server.authority)), "SHOW STATUS LIKE 'Ssl_cipher'");
    expect(Value).toMatch(/^TLS/);
  });

  it("is refused when the authority is another", async () => {
    await expect(ask(open(withAuthority(server.otherAuthority)), "SELECT 1")).rejects.toMatchObject({
      cause: { message: expect.stringMatching(/certificate/) },
    });
  });

  it("is not given up for a server that speaks none", async () => {
    const plain = await freshDatabase("plain");
    onTestFinished(() => plain.drop());
    const database = open(`${plain.url}?ssl-ca=${encodeURIComponent(server.authority)}`);
    await expect(ask(database, "SELECT 1")).rejects.toThrow();
  });
});

describe("durability", () => {
  it("names each variable with which a commit could be lost, and its remedy", async () => {
    const gaps = await checkDurability(open());
    expect(gaps.map(({ variable, value }) => [variable, value])).toEqual([
      ["innodb_flush_log_at_trx_commit", "2"],
      ["sync_binlog", "0"],
    ]);
    for (const gap of gaps) expect(gap.remedy).toContain(`SET GLOBAL ${gap.variable}=1`);
  });

  it("finds nothing on a server that keeps what it confirms", async () => {
    const { url: durable, drop } = await freshDatabase("durable");
    onTestFinished(drop);
    expect(await checkDurability(open(durable))).toEqual([]);
  });
});

it("tables hold every character although the server's default is latin1", async () => {
  const root = open();
  await root.query.execute(sql`CREATE DATABASE latin CHARACTER SET latin1`);
  const database = open(server.rootUrl("latin"));
  await migrateLedger(server.rootUrl("latin"));
  const [tables] = (await database.query.execute(sql`SELECT table_name AS name, engine, table_collation AS collation
    FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'mod_ispmodules_migrations'`)) as unknown as [
    { name: string; engine: string; collation: string }[],
  ];
  expect(tables.length).toBeGreaterThanOrEqual(10);
  expect(tables.filter(({ engine, collation }) => engine !== "InnoDB" || collation !== "utf8mb4_bin")).toEqual([]);
});
