import { readFileSync } from "node:fs";
import { sql } from "drizzle-orm";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { type Database, openDatabase } from "../../src/database/connection.ts";
import { isMigrated, migrateLedger } from "../../src/database/migrate.ts";
import { createLedger } from "../../src/purchases/ledger/ledger.ts";
import { createShop } from "../../src/sandbox/shop/shop.ts";
import { freshDatabase } from "../sandbox-database.ts";
import { isStatement, startTcpProxy } from "./tcp-proxy.ts";

const journal: { entries: unknown[] } = JSON.parse(
  readFileSync(new URL("../../drizzle/meta/_journal.json", import.meta.url), "utf8"),
);

const tables = [
  ...[
    "adoptions",
    "announcements",
    "attempts",
    "bindings",
    "decisions",
    "inbox",
    "messages",
    "migrations",
    "module_steps",
    "observations",
    "outcomes",
    "price_list",
  ],
  ...["purchases", "switches", "transitions", "turns"],
].map((name) => `mod_ispmodules_${name}`);

let url: string;
let database: Database;
beforeEach(async () => {
  const own = await freshDatabase("migrate");
  url = own.url;
  database = openDatabase({ name: "ledger", url, connections: 2 });
  onTestFinished(async () => {
    await database.close();
    await own.drop();
  });
});

async function column(text: string): Promise<string[]> {
  const [rows] = (await database.query.execute(sql.raw(text))) as unknown as [Record<string, unknown>[]];
  return rows.map((row) => String(Object.values(row)[0]));
}
const sorted = (names: readonly string[]) => names.toSorted((a, b) => (a < b ? -1 : 1));
const listTables = async () =>
  sorted(await column("SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE()"));
const listSwitches = () => column("SELECT CONCAT(name, '=', value) FROM mod_ispmodules_switches ORDER BY name");

describe("migrating", () => {
  it("makes all tables, and a fresh ledger buys nothing", async () => {
    expect(await isMigrated(database)).toBe(false);
    await migrateLedger(url);
    expect(await listTables()).toEqual(tables);
    expect(await isMigrated(database)).toBe(true);
    expect(await createLedger(database).readBuying()).toEqual({ position: "off", paidSince: null });
  });

  it("twice changes nothing that was set meanwhile", async () => {
    await migrateLedger(url);
    const ledger = createLedger(database);
    await ledger.setBuying({ position: "on", paidSince: "2026-11-01 00:00:00", actor: "somebody", why: "go" });
    const before = await listSwitches();
    await migrateLedger(url);
    expect(await listSwitches()).toEqual(before);
  });

  it("four times at once ends four times well", async () => {
    await Promise.all(Array.from({ length: 4 }, () => migrateLedger(url)));
    expect(await listTables()).toEqual(tables);
    expect(await column("SELECT COUNT(*) FROM mod_ispmodules_migrations")).toEqual([String(journal.entries.length)]);
  });

  it.each([1, 2, 6, 10, 11, 12, 13])("that was killed at table %d goes on where it was", async (at) => {
    const proxy = await startTcpProxy(url);
    onTestFinished(() => proxy.close());
    let seen = 0;
    proxy.decide((bytes) => {
      if (bytes.includes("CREATE TABLE")) seen += 1;
      return seen === at ? "cut" : "pass";
    });
    await expect(migrateLedger(proxy.urlOf(url))).rejects.toThrow();
    expect((await listTables()).length).toBe(at);
    expect(await isMigrated(database)).toBe(false);
    await migrateLedger(url);
    expect(await listTables()).toEqual(tables);
    expect(await isMigrated(database)).toBe(true);
    expect(await listSwitches()).toEqual([
      ...[
        "account_pause=",
        "buying=off",
        "events_since=",
        "forecast=",
        "known_breaches=",
        "paid_since=",
        "renewal_form=",
        "restore=",
        "vendor_modules=",
      ],
    ]);
  });

  it.each(["PREPARE", "EXECUTE", "DEALLOCATE", "INSERT IGNORE"])(
    "that was killed before the %s of an added column goes on where it was",
    async (word) => {
      const proxy = await startTcpProxy(url);
      onTestFinished(() => proxy.close());
      let hasBegun = false;
      proxy.decide((bytes) => {
        hasBegun ||= bytes.includes("mod_ispmodules_decisions");
        return hasBegun && isStatement(bytes, `\n${word}`) ? "cut" : "pass";
      });
      await expect(migrateLedger(proxy.urlOf(url))).rejects.toThrow();
      expect(await isMigrated(database)).toBe(false);
      await migrateLedger(url);
      expect(await listTables()).toEqual(tables);
      expect(await listSwitches()).toContain("restore=");
    },
  );

  it.each(journal.entries.map((_, index) => index + 1))(
    "that was killed before migration %d was written down is written down by the next",
    async (at) => {
      const proxy = await startTcpProxy(url);
      onTestFinished(() => proxy.close());
      let seen = 0;
      proxy.decide((bytes) => {
        if (bytes.includes("insert into `mod_ispmodules_migrations`")) seen += 1;
        return seen === at ? "cut" : "pass";
      });
      await expect(migrateLedger(proxy.urlOf(url))).rejects.toThrow();
      expect(await isMigrated(database)).toBe(false);
      await migrateLedger(url);
      expect(await isMigrated(database)).toBe(true);
    },
  );

  it("waits for its turn and for long changes without the limit of other statements", async () => {
    const proxy = await startTcpProxy(url);
    onTestFinished(() => proxy.close());
    const limits: string[] = [];
    proxy.decide((bytes) => {
      if (isStatement(bytes, "SET SESSION max_statement_time")) limits.push(bytes.toString("utf8", 5));
      return "pass";
    });
    await migrateLedger(proxy.urlOf(url));
    expect(limits).toEqual(["SET SESSION max_statement_time=0"]);
  });

  it("inside the database of WHMCS leaves its tables alone", async () => {
    const shop = await createShop({ url, clock: systemClock });
    onTestFinished(() => shop.close());
    const before = await listTables();
    await migrateLedger(url);
    expect(await listTables()).toEqual(sorted([...before, ...tables]));
    const ledger = createLedger(database);
    expect(await ledger.storeEvent({ webhookId: "a", type: "invoice.paid", body: "{}" })).toBe("accepted");
    expect(await shop.addClient({ email: "anna@example.com", createdOn: "2026-10-01" })).toBeGreaterThan(0);
  });
});

describe("whether a ledger is migrated", () => {
  it("is unknown, not false, while its database is away", async () => {
    const away = openDatabase({ name: "ledger", url: "mysql://u:p@127.0.0.1:1/x", connections: 1 });
    onTestFinished(() => away.close());
    await expect(isMigrated(away)).rejects.toMatchObject({ name: "DatabaseError", code: "ledger_unreadable" });
  });

  it("is false while the newest migration is missing", async () => {
    await migrateLedger(url);
    await database.query.execute(sql`UPDATE mod_ispmodules_migrations SET created_at = created_at - 1`);
    expect(await isMigrated(database)).toBe(false);
  });
});
