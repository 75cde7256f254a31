// Do the users that `ispmodules grants` makes suffice for everything, and for nothing else?
import { randomBytes } from "node:crypto";
import { getTableConfig } from "drizzle-orm/mysql-core";
import { createConnection } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { listBridgeRights } from "../../src/database/rights.ts";
import * as schema from "../../src/database/schema.ts";
import { silentLog } from "../../src/log.ts";
import { startBridge } from "../../src/main.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { quickTimes } from "../purchases/stage.ts";
import { asRoot, freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { ispmodules } from "./program.ts";

interface Ground {
  readonly sandbox: Sandbox;
  readonly shop: TestDatabase;
  readonly ledger: TestDatabase;
  readonly users: string;
  /** Settings that lead to both databases as the printed users. */
  readonly settings: Readonly<Record<string, string>>;
  readonly sql: string;
}

/** A WHMCS, an empty ledger, and what the command printed for them, run as root. */
async function prepare(...words: string[]): Promise<Ground> {
  const [shop, unused, ledger] = [
    await freshDatabase("shop"),
    await freshDatabase("ledger"),
    await freshDatabase("led"),
  ];
  const sandbox = await startSandbox({ shopUrl: shop.url, ledgerUrl: unused.url, clock: systemClock });
  const users = `g_${randomBytes(4).toString("hex")}`;
  const names = ["--users", users, "--whmcs-database", shop.name, "--ledger-database", ledger.name];
  const { stdout: sql } = await ispmodules(["grants", ...names, ...words], {});
  await runAsRoot(sql);
  const port = new URL(shop.url).port;
  const addresses = [...sql.matchAll(/^-- {3}([A-Z_]+)=(\S+)$/gm)].map(
    ([, name = "", url = ""]) => [name, url.replace(":3306/", `:${port}/`)] as const,
  );
  const settings = { ...sandbox.environment, ...quickTimes, SPEND_CAP_DAY: "none", ...Object.fromEntries(addresses) };
  return { sandbox, shop, ledger, users, settings, sql };
}

async function runAsRoot(sql: string): Promise<void> {
  const statements = sql.replace(/^--.*$/gm, "").split(";\n");
  await asRoot(...statements.map((statement) => statement.trim()).filter((statement) => statement !== ""));
}

async function clear({ sandbox, shop, ledger, users }: Ground): Promise<void> {
  await sandbox.stop();
  await asRoot(
    ...["reader", "bridge", "migrator"].map((role) => `DROP USER IF EXISTS '${users}_${role}'@'127.0.0.1'`),
    `DROP DATABASE IF EXISTS ${users}_views`,
  );
  await Promise.all([shop.drop(), ledger.drop()]);
}

describe.each([
  ["grants", []],
  ["grants --cpanel", ["--cpanel"]],
])("%s", (_, words) => {
  let ground: Ground;
  beforeAll(async () => {
    ground = await prepare(...words);
  });
  afterAll(() => clear(ground));

  test("its users migrate, sell, buy, renew, check and are found sound", async () => {
    const { settings, sandbox } = ground;
    expect(await ispmodules(["migrate"], settings)).toMatchObject({ status: 0 });
    expect(await ispmodules(["buying", "on", "--yes", "--paid-since", "2020-01-01"], settings)).toMatchObject({
      status: 0,
    });
    const bridge = await startBridge(loadConfig(settings), { clock: systemClock, log: silentLog });
    try {
      const list = await fetch(`http://127.0.0.1:${bridge.port}/?func=pricelist.export&itemtype=addition`);
      expect(await list.text()).toContain("<additionintname>DDoSGUARD</additionintname>");
      await buyAndRenew(ground);
    } finally {
      await bridge.stop();
    }
    expect(sandbox.account.debits()).toHaveLength(2);
    const findings = JSON.parse((await ispmodules(["doctor", "--json"], settings)).stdout) as {
      id: string;
      level: string;
    }[];
    // The hook is not installed here; everything else is sound.
    expect(findings.filter(({ level }) => level !== "ok").map(({ id }) => id)).toEqual(["hook.heartbeat"]);
    for (const command of [["check"], ["reconcile"], ["modules", "list"], ["purchases", "list"]]) {
      expect(await ispmodules(command, settings)).toMatchObject({ status: 0, stderr: "" });
    }
  }, 60_000);

  test.each([
    "INSERT INTO tblcurrencies (id, code) VALUES (9, 'X')",
    "UPDATE tblconfiguration SET value = ''",
    "DELETE FROM tblinvoices",
    "DROP TABLE tblclients",
    "CREATE TABLE tblown (id int)",
    "SELECT password FROM tblclients",
    "SELECT * FROM tblcredit",
    "SELECT notes FROM tblhosting",
  ])("the reader is refused: %s", async (statement) => {
    await expect(runAs(ground, "WHMCS_DATABASE_URL", statement)).rejects.toMatchObject({
      code: expect.stringMatching(
        /^ER_(TABLEACCESS_DENIED|COLUMNACCESS_DENIED|DBACCESS_DENIED|BAD_FIELD)|ER_NO_SUCH_TABLE/,
      ),
    });
  });

  test.each([
    "UPDATE mod_ispmodules_attempts SET owner = ''",
    "DELETE FROM mod_ispmodules_inbox",
    "CREATE TABLE mod_ispmodules_outcomes2 (id int)",
    "DROP TABLE mod_ispmodules_inbox",
  ])("the bridge is refused: %s", async (statement) => {
    await expect(runAs(ground, "LEDGER_DATABASE_URL", statement)).rejects.toMatchObject({
      code: expect.stringMatching(/^ER_(TABLEACCESS|DBACCESS)_DENIED_ERROR$/),
    });
  });

  test("it may be run again, and the users keep their passwords", async () => {
    await runAsRoot(ground.sql.replace(/IDENTIFIED BY '[^']+'/g, "IDENTIFIED BY 'another'"));
    expect(await runAs(ground, "WHMCS_DATABASE_URL", "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });
});

/** One module sold and paid, and its next period, until the ledger says that both are bought. */
async function buyAndRenew({ sandbox: { shop, catalogue, account }, settings }: Ground): Promise<void> {
  account.addLicence({ id: "2000001", licname: "web", ip: "198.51.100.1" });
  const order = await shop.placeOrder({
    clientId: catalogue.clientIds[0],
    items: [{ productId: catalogue.products.ddosGuard, licence: "2000001", ip: "198.51.100.1" }],
  });
  await shop.payInvoice(order.invoiceId);
  const renewal = await shop.issueRenewalInvoice(order.serviceIds[0] ?? 0);
  await shop.payInvoice(renewal.invoiceId);
  const states = async () =>
    (await runAs({ settings }, "LEDGER_DATABASE_URL", "SELECT state FROM mod_ispmodules_purchases")).map(
      ({ state }) => state,
    );
  await expect.poll(states, { timeout: 30_000 }).toEqual(["Purchased", "Purchased"]);
}

async function runAs(
  { settings }: Pick<Ground, "settings">,
  setting: string,
  statement: string,
): Promise<Record<string, unknown>[]> {
  const connection = await createConnection(settings[setting] ?? "");
  try {
    const [rows] = await connection.query(statement);
    return rows as Record<string, unknown>[];
  } finally {
    await connection.end();
  }
}

test("through the views no other row of WHMCS's configuration can be seen, and no other table", async () => {
  const ground = await prepare();
  try {
    await ground.sandbox.shop.setSetting("SMTPPassword", "hidden");
    expect(await runAs(ground, "WHMCS_DATABASE_URL", "SELECT setting FROM tblconfiguration")).not.toContainEqual({
      setting: "SMTPPassword",
    });
    const direct = `SELECT value FROM ${ground.shop.name}.tblconfiguration`;
    await expect(runAs(ground, "WHMCS_DATABASE_URL", direct)).rejects.toMatchObject({
      code: "ER_TABLEACCESS_DENIED_ERROR",
    });
  } finally {
    await clear(ground);
  }
});

test("through the views the module settings of our addons can be seen, and of others none", async () => {
  const ground = await prepare();
  try {
    const { shop } = ground.sandbox;
    await shop.addAddon({ name: "Ours", packages: [], options: ["23221"] });
    await shop.addAddon({ name: "Other", packages: [], module: "cpanel", options: ["hidden"] });
    const seen = "SELECT setting_name, value FROM tblmodule_configuration";
    expect(await runAs(ground, "WHMCS_DATABASE_URL", seen)).toEqual([
      { setting_name: "configoption1", value: "23221" },
    ]);
  } finally {
    await clear(ground);
  }
});

test("no table of the ledger is forgotten", () => {
  const tables = Object.values(schema).map((table) => getTableConfig(table).name);
  const granted = listBridgeRights().map(({ table }) => table);
  expect(new Set(granted)).toEqual(new Set([...tables, "mod_ispmodules_migrations"]));
});

test.each([
  [["--users", "a'b"], "--users"],
  [["--whmcs-database", "a`b"], "--whmcs-database"],
  [["--ledger-database", ""], "--ledger-database"],
  [["--from", "'; --"], "--from"],
])("%j is wrong usage and prints no SQL", async (words, option) => {
  const { status, stdout, stderr } = await ispmodules(["grants", ...words], {});
  expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
  expect(stderr).toContain(option);
});
