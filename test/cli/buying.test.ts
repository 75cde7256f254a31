// Can buying only be switched by somebody who has seen what it costs and said from when?
import { userInfo } from "node:os";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { migrateLedger } from "../../src/database/migrate.ts";
import { startMariaDb } from "../../src/sandbox/mariadb.ts";
import { createStage, type Stage } from "../purchases/stage.ts";
import { type Environment, ispmodules, nowhere, program, start } from "./program.ts";

let stage: Stage;
let settings: Environment;

beforeAll(async () => {
  stage = await createStage({ isBuying: false });
  settings = { ...stage.environment, WHMCS_TIMEZONE: "Europe/Berlin" };
});

beforeEach(async () => {
  await stage.ledgerSql("UPDATE mod_ispmodules_switches SET value = IF(name = 'buying', 'off', '')");
});

afterAll(() => stage.end());

const buying = (...words: string[]) => ispmodules(["buying", ...words], settings);

/** Position and date as the ledger holds them, in WHMCS's own zone. */
const ledger = () => stage.engine.ledger.readBuying();

describe("the position", () => {
  test("is off on a fresh ledger, with no date", async () => {
    expect((await buying()).stdout).toMatch(/^Buying is off; no date set\.\n/);
  });

  test("says who set it, and when", async () => {
    await buying("shadow", "--paid-since", "2026-11-23T08:00:00Z");
    const { at, ...said } = JSON.parse((await buying("--json")).stdout) as Record<string, unknown>;
    expect(said).toEqual({
      position: "shadow",
      paid_since: "2026-11-23T09:00:00",
      timezone: "Europe/Berlin",
      by: `cli:${userInfo().username}`,
      why: "ispmodules buying shadow",
    });
    expect(Math.abs(Date.parse(String(at)) - Date.now())).toBeLessThan(60_000);
    const { stdout } = await buying();
    expect(stdout).toContain("Buying is shadow; what was paid since 2026-11-23T09:00:00 (Europe/Berlin).");
  });
});

describe("the date", () => {
  test.each(["on", "shadow"])("is required the first time for %s", async (position) => {
    const { status, stdout, stderr } = await buying(position, ...(position === "on" ? ["--yes"] : []));
    expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
    expect(stderr.trimEnd().split("\n")).toEqual([expect.stringContaining("--paid-since")]);
    expect(await ledger()).toMatchObject({ position: "off", paidSince: null });
  });

  test("is kept when it is not given again, also over off", async () => {
    await buying("on", "--yes", "--paid-since", "2026-11-23");
    await buying("off");
    expect(await ledger()).toMatchObject({ position: "off", paidSince: "2026-11-23 00:00:00" });
    expect((await buying("on", "--yes")).status).toBe(0);
    expect(await ledger()).toMatchObject({ position: "on", paidSince: "2026-11-23 00:00:00" });
  });

  test("moves later and never earlier", async () => {
    await buying("shadow", "--paid-since", "2026-11-23T00:00:00");
    const earlier = await buying("on", "--yes", "--paid-since", "2026-11-22T23:59:59");
    expect(earlier).toMatchObject({ status: 1, stdout: "" });
    expect(earlier.stderr).toContain("can only be moved later");
    expect(await ledger()).toMatchObject({ position: "shadow", paidSince: "2026-11-23 00:00:00" });
    expect((await buying("shadow", "--paid-since", "2026-11-23T00:00:01")).status).toBe(0);
    expect(await ledger()).toMatchObject({ paidSince: "2026-11-23 00:00:01" });
  });

  test("now is the present moment in WHMCS's zone", async () => {
    await buying("shadow", "--paid-since", "now");
    const berlin = new Date(Date.now()).toLocaleString("sv-SE", { timeZone: "Europe/Berlin" });
    const apartMs =
      Date.parse(`${berlin.replace(" ", "T")}Z`) -
      Date.parse(`${String((await ledger()).paidSince).replace(" ", "T")}Z`);
    expect(apartMs).toBeGreaterThanOrEqual(0);
    expect(apartMs).toBeLessThan(60_000);
  });
});

describe("switching on", () => {
  test("without a terminal and without --yes is refused", async () => {
    const { status, stderr } = await buying("on", "--paid-since", "now");
    expect(status).toBe(1);
    expect(stderr).toContain("--yes");
    expect(await ledger()).toMatchObject({ position: "off", paidSince: null });
  });

  test("says how many purchases wait and what they cost together", async () => {
    const first = await stage.sellPaid();
    const second = await stage.sellPaid({ productId: stage.catalogue.products.bitNinja, billingCycle: "Annually" });
    const old = await stage.sellPaid();
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = '2021-03-04 05:06:07' WHERE id = ?", [old.invoiceId]);
    for (const { lineId } of [first, second, old]) await stage.reach(lineId, "Pending", "buying_off");

    const asked = await buying("on", "--paid-since", "2022-01-01");
    expect(asked.status).toBe(1);
    expect(asked.stdout).toContain("2 purchases wait for it and will cost 118.00 EUR together.");
    expect(asked.stdout).toContain("1 was paid before the date");

    await stage.account.refuseConnections();
    const blind = await buying("on", "--paid-since", "2022-01-01");
    expect(blind.stdout).toContain("2 purchases wait for it; what they cost is not known");
    await stage.account.acceptConnections();

    const done = await buying("on", "--paid-since", "2022-01-01", "--yes", "--json");
    expect(done.status).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({
      position: "on",
      waiting: { count: 2, costs: [{ amount: "118.00", currency: "EUR" }], without_price: 0, ignored: 1 },
    });
    expect(await stage.purchaseOf(old.lineId)).toMatchObject({ state: "Ignored" });
    expect(await stage.purchaseOf(first.lineId)).toMatchObject({ state: "Pending" });
  });

  test.each([
    { typed: "y\n", position: "on", status: 0 },
    { typed: "n\n", position: "off", status: 1 },
    { typed: "\n", position: "off", status: 1 },
    { typed: "\u0004", position: "off", status: 1 },
  ])("asks on a terminal, and $typed leaves it $position", async ({ typed, position, status }) => {
    const line = `${process.execPath} ${program} buying on --paid-since now`;
    const running = start(["script", "-qec", line, "/dev/null"], settings, { input: null });
    await running.shows("Switch buying on? [y/N]");
    running.child.stdin?.write(typed);
    const ended = await running.ended;
    expect(ended.status).toBe(status);
    expect(await ledger()).toMatchObject({ position });
  });
});

describe("a ledger server that could lose a commit", () => {
  test("refuses on, names each variable with its remedy, and lets shadow and off through", async () => {
    const server = await startMariaDb({
      serverOptions: ["--innodb-flush-log-at-trx-commit=2", "--log-bin=binary", "--sync-binlog=0"],
    });
    try {
      const url = await server.createDatabase("ledger");
      await migrateLedger(url);
      const careless = { ...nowhere, LEDGER_DATABASE_URL: url };
      const on = await ispmodules(["buying", "on", "--yes", "--paid-since", "now"], careless);
      expect(on).toMatchObject({ status: 1, stdout: "" });
      expect(on.stderr).toContain("innodb_flush_log_at_trx_commit is 2");
      expect(on.stderr).toContain("SET GLOBAL innodb_flush_log_at_trx_commit=1");
      expect(on.stderr).toContain("sync_binlog is 0");
      expect((await ispmodules(["buying", "--json"], careless)).stdout).toContain('"position": "off"');
      expect((await ispmodules(["buying", "shadow", "--paid-since", "now"], careless)).status).toBe(0);
      expect((await ispmodules(["buying", "off"], careless)).status).toBe(0);
    } finally {
      await server.stop();
    }
  });
});
