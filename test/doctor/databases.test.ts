// Are the faults of both databases found: access, rights, tables, columns, server and clock?
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Clock, systemClock } from "../../src/clock.ts";
import { startMariaDb } from "../../src/sandbox/mariadb.ts";
import { admitPatient, complaints, find, type Patient, readerGrants } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterAll(() => here.end());

describe("access", () => {
  test("a wrong password is named with the setting, and nothing else is asked of that database", async () => {
    const url = new URL(here.rootUrls.ledger);
    url.password = "hidden-wrong";
    const findings = await here.examine({ LEDGER_DATABASE_URL: url.href, LEDGER_MIGRATE_DATABASE_URL: undefined });
    expect(complaints(findings)).toEqual(["ledger.reachable"]);
    expect(find(findings, "ledger.reachable")).toMatchObject({
      level: "fault",
      message: expect.stringContaining("refused user or password"),
      remedy: expect.stringContaining("LEDGER_DATABASE_URL"),
    });
    expect(JSON.stringify(findings)).not.toContain("hidden");
  });

  test("a database that does not exist, and a host that is unknown", async () => {
    const absent = new URL(here.rootUrls.shop);
    absent.pathname = "/no_such_database";
    const findings = await here.examine({
      WHMCS_DATABASE_URL: absent.href,
      LEDGER_DATABASE_URL: "mysql://bridge:x@ledger.invalid/ledger",
      LEDGER_MIGRATE_DATABASE_URL: undefined,
    });
    expect(complaints(findings)).toEqual(["ledger.reachable", "ledger.tls", "whmcs.reachable"]);
    expect(find(findings, "whmcs.reachable")?.message).toContain("ER_BAD_DB_ERROR");
    expect(find(findings, "ledger.reachable")?.message).toMatch(/ENOTFOUND|EAI_AGAIN/);
    expect(find(findings, "ledger.tls")?.remedy).toContain("ssl-ca");
  });

  test("a migrating user that cannot connect is told under its own setting", async () => {
    const url = new URL(here.rootUrls.ledger);
    url.password = "wrong";
    const findings = await here.examine({ LEDGER_MIGRATE_DATABASE_URL: url.href });
    expect(complaints(findings)).toEqual(["ledger.migrating_user"]);
    expect(find(findings, "ledger.migrating_user")?.remedy).toContain("LEDGER_MIGRATE_DATABASE_URL");
  });
});

describe("rights", () => {
  test("a reader who may write is a warning that names the rights", async () => {
    const url = await here.addUser("shop", [...readerGrants(), "INSERT, DELETE ON DB.tblinvoices"]);
    const findings = await here.examine({ WHMCS_DATABASE_URL: url });
    expect(complaints(findings)).toEqual(["whmcs.grants"]);
    expect(find(findings, "whmcs.grants")).toMatchObject({
      level: "warning",
      message: "The user of WHMCS_DATABASE_URL may do more than read: DELETE, INSERT.",
      remedy: expect.stringContaining("SELECT"),
    });
  });

  test("root for everything is a warning for both, without the hash of its password", async () => {
    const { shop, ledger } = here.rootUrls;
    const migrating = await here.addUser("ledger", ["ALL ON DB.*"]);
    const findings = await here.examine({
      WHMCS_DATABASE_URL: shop,
      LEDGER_DATABASE_URL: ledger,
      LEDGER_MIGRATE_DATABASE_URL: migrating,
    });
    expect(complaints(findings)).toEqual(["ledger.grants", "whmcs.grants"]);
    expect(find(findings, "ledger.grants")?.message).toContain("ALL PRIVILEGES, GRANT OPTION");
    expect(JSON.stringify(findings)).not.toMatch(/IDENTIFIED|\*[0-9A-F]{40}/);
  });

  test("without a migrating user the ledger's user may do everything", async () => {
    const findings = await here.examine({
      LEDGER_DATABASE_URL: here.rootUrls.ledger,
      LEDGER_MIGRATE_DATABASE_URL: undefined,
    });
    expect(complaints(findings)).toEqual([]);
  });

  test("a ledger's user who cannot write is a fault that names the tables", async () => {
    const url = await here.addUser("ledger", [
      "SELECT, INSERT ON DB.*",
      "UPDATE ON DB.mod_ispmodules_purchases",
      "UPDATE ON DB.mod_ispmodules_inbox",
      "UPDATE ON DB.mod_ispmodules_bindings",
      "UPDATE ON DB.mod_ispmodules_price_list",
      "UPDATE ON DB.mod_ispmodules_messages",
      "UPDATE ON DB.mod_ispmodules_announcements",
      "UPDATE ON DB.mod_ispmodules_turns",
    ]);
    const findings = await here.examine({ LEDGER_DATABASE_URL: url });
    expect(complaints(findings)).toEqual(["ledger.rights"]);
    expect(find(findings, "ledger.rights")).toMatchObject({
      level: "fault",
      message: "The user of LEDGER_DATABASE_URL lacks UPDATE on mod_ispmodules_switches.",
    });
    const reading = await here.examine({ LEDGER_DATABASE_URL: await here.addUser("ledger", ["SELECT ON DB.*"]) });
    expect(find(reading, "ledger.rights")?.message).toContain("INSERT on mod_ispmodules_attempts");
    expect(find(reading, "ledger.rights")?.remedy).toContain("INSERT and UPDATE");
  });
});

describe("tables", () => {
  test("a ledger without tables says which command makes them, and nothing is asked of its tables", async () => {
    const url = await here.emptyDatabase();
    const findings = await here.examine({ LEDGER_DATABASE_URL: url, LEDGER_MIGRATE_DATABASE_URL: undefined });
    expect(complaints(findings)).toEqual(["ledger.migrations"]);
    expect(find(findings, "ledger.migrations")).toMatchObject({ level: "fault", remedy: "Run `ispmodules migrate`." });
    expect(find(findings, "hook.heartbeat")).toBeUndefined();
  });

  test("columns out of sight are named, and a database that is no WHMCS is told apart", async () => {
    const hidden = ["tblinvoices.datepaid", "tblclients.email"];
    const url = await here.addUser("shop", readerGrants(hidden));
    const findings = await here.examine({ WHMCS_DATABASE_URL: url });
    expect(complaints(findings)).toEqual(["whmcs.columns"]);
    const { message, remedy } = find(findings, "whmcs.columns") ?? {};
    for (const column of hidden) expect(message).toContain(column);
    expect(remedy).toContain("SELECT");
    expect(find(findings, "whmcs.products")).toBeUndefined();

    const foreign = find(await here.examine({ WHMCS_DATABASE_URL: await here.emptyDatabase() }), "whmcs.columns");
    expect(foreign?.message).toMatch(/and \d+ more\.$/);
    expect(foreign?.remedy).toContain("names WHMCS's database");
  });

  test("the columns that older releases lack are no fault", async () => {
    const hidden = ["tblhosting.qty", "tblhostingaddons.qty"];
    const findings = await here.examine({ WHMCS_DATABASE_URL: await here.addUser("shop", readerGrants(hidden)) });
    expect(complaints(findings)).toEqual([]);
  });

  test("columns of product addons out of sight are a warning that says what is not sold", async () => {
    const hidden = ["tbladdons.module", "tblmodule_configuration.value"];
    const findings = await here.examine({ WHMCS_DATABASE_URL: await here.addUser("shop", readerGrants(hidden)) });
    expect(complaints(findings)).toEqual(["whmcs.columns"]);
    const { level, message, remedy } = find(findings, "whmcs.columns") ?? {};
    expect([level, remedy]).toEqual(["warning", expect.stringContaining("`ispmodules grants`")]);
    for (const column of hidden) expect(message).toContain(column);
  });
});

describe("clocks", () => {
  const aheadBy = (ms: number): Clock => ({
    ...systemClock,
    now: () => new Date(systemClock.now().getTime() + ms),
  });

  test.each([
    [1_000, undefined, ""],
    [5_000, "warning", "5 s behind"],
    [-5_000, "warning", "5 s ahead of"],
    [3_600_000, "fault", "3600 s behind"],
  ] as const)("a machine %i ms ahead of its databases: %s", async (ms, level, text) => {
    const findings = await here.examine({}, aheadBy(ms));
    const found = ["clock.ledger", "clock.whmcs"].map((id) => find(findings, id));
    for (const finding of found) {
      expect(finding?.level).toBe(level ?? "ok");
      expect(finding?.message).toContain(text);
      expect(finding?.remedy ?? null).toEqual(level === undefined ? null : expect.stringContaining("NTP"));
    }
  });
});

describe("a server set up otherwise", () => {
  test("without durable commits, or read-only, is a fault for what it holds", async () => {
    const server = await startMariaDb({ serverOptions: ["--innodb-flush-log-at-trx-commit=2", "--log-bin"] });
    const root = await createConnection(server.rootUrl());
    try {
      const url = await server.createDatabase("ledger");
      const durability = (
        await here.examine({ LEDGER_DATABASE_URL: url, LEDGER_MIGRATE_DATABASE_URL: undefined })
      ).filter(({ id }) => id === "ledger.durability");
      expect(durability.map(({ level, message }) => [level, message])).toEqual([
        ["fault", expect.stringContaining("innodb_flush_log_at_trx_commit is 2")],
        ["fault", expect.stringContaining("sync_binlog is 0")],
      ]);
      expect(durability.map(({ remedy }) => remedy)).toEqual([
        expect.stringContaining("SET GLOBAL innodb_flush_log_at_trx_commit=1"),
        expect.stringContaining("SET GLOBAL sync_binlog=1"),
      ]);

      await root.query("SET GLOBAL read_only = 1");
      const replica = find(await here.examine({ WHMCS_DATABASE_URL: url }), "whmcs.primary");
      expect(replica).toMatchObject({ level: "fault", remedy: expect.stringContaining("primary") });
    } finally {
      await root.end();
      await server.stop();
    }
  });
});
