// Do `check`, `reconcile` and `buying on` show what is broken, and hold buying back after a restore?
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { createStage, type Sold, type Stage } from "../purchases/stage.ts";
import { ispmodules } from "./program.ts";

let stage: Stage;
let sold: Sold;
let purchase: Purchase;

beforeAll(async () => {
  stage = await createStage();
  sold = await stage.sellPaid();
  purchase = await stage.reach(sold.lineId, "Purchased");
});
beforeEach(async () => {
  await stage.ledgerSql("UPDATE mod_ispmodules_switches SET value = '' WHERE name IN ('restore', 'known_breaches')");
  await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET remote_service_id = ?", [purchase.remoteServiceId]);
});
afterAll(() => stage?.end());

const run = (...words: string[]) => ispmodules(words, stage.environment);
const breakTerm = () => stage.ledgerSql("UPDATE mod_ispmodules_bindings SET remote_service_id = '77'");

describe("check", () => {
  test("prints every rule, and ends with 0 when all hold", async () => {
    const { status, stdout, stderr } = await run("check", "--json");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const verdicts = JSON.parse(stdout) as Record<string, unknown>[];
    expect(verdicts.map(({ id }) => id)).toEqual([
      ...["I1", "I2", "I4", "I5", "I6", "I7", "I8", "I10", "I11", "I16", "I17", "I20"],
    ]);
    expect(verdicts[0]).toEqual({ id: "I1", verdict: "ok", key: null, what: expect.any(String) });
  });

  test("names each breach, and ends with 1", async () => {
    await breakTerm();
    const { status, stdout } = await run("check");
    expect(status).toBe(1);
    expect(stdout).toContain(`I6   BREACH  purchase ${purchase.id} is bound to module 77`);
    expect(stdout).toMatch(/^I1 {3}ok/m);
  });

  test("says what the account would not tell", async () => {
    await stage.account.refuseConnections();
    const { status, stdout } = await run("check", "--json");
    await stage.account.acceptConnections();
    const verdicts = JSON.parse(stdout) as Record<string, unknown>[];
    expect([status, verdicts.filter(({ verdict }) => verdict === "unread").map(({ id }) => id)]).toEqual([
      1,
      ["I8", "I20"],
    ]);
  });
});

describe("switching on over a broken rule", () => {
  test("shows it, and remembers that a person has seen it", async () => {
    await breakTerm();
    await run("buying", "off");
    const refused = await run("buying", "on");
    expect(refused.status).toBe(1);
    expect(refused.stdout).toContain(`I6: purchase ${purchase.id}`);
    expect(await stage.engine.ledger.readKnownBreaches()).toEqual([]);
    expect((await run("buying", "on", "--yes")).status).toBe(0);
    expect(await stage.engine.ledger.readKnownBreaches()).toContain(`I6:${purchase.id}`);
  });

  test("says why the bridge switched it off", async () => {
    await stage.engine.ledger.stopBuying(`rule I6 is broken: no term (I6:${purchase.id})`);
    expect((await run("buying")).stdout).toContain(`Set by machine at `);
    expect((await run("buying")).stdout).toContain(`rule I6 is broken: no term (I6:${purchase.id})`);
    await run("buying", "on", "--yes");
  });
});

describe("reconcile", () => {
  test("ends with 0 where nothing differs", async () => {
    const { status, stdout } = await run("reconcile");
    expect({ status, stdout }).toEqual({ status: 0, stdout: "WHMCS, ledger and account agree.\n" });
  });

  test("lists each difference with ids as texts, and ends with 1", async () => {
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff: "23221" });
    const { status, stdout } = await run("reconcile", "--json");
    stage.account.changeModule(module, { status: 4 });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toEqual({
      differences: [
        {
          kind: "unclaimed_same",
          purchase_id: null,
          invoice_line_id: null,
          module_id: module,
          what: expect.stringContaining(`module ${module} for licence ${sold.licence}`),
          suggestion: expect.objectContaining({ service_id: String(sold.serviceId) }),
        },
      ],
      foreign_modules: [],
    });
  });

  test("after a restore holds buying back and says when to run it again", async () => {
    const { status, stdout } = await run("reconcile", "--after-restore", "--json");
    expect(status).toBe(1);
    const { restore } = JSON.parse(stdout) as { restore: Record<string, unknown> };
    expect(restore).toMatchObject({ passed: false, blockers: [] });
    expect(Date.parse(String(restore.again_at))).toBeGreaterThan(Date.parse(String(restore.since)));
    const refused = await run("buying", "on", "--yes");
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("reconcile --after-restore")]);
    expect((await run("buying", "shadow")).status).toBe(0);
    expect((await run("buying")).stdout).toContain("cannot be switched on");
    const findings = JSON.parse((await run("doctor", "--json")).stdout) as Record<string, unknown>[];
    expect(findings).toContainEqual(
      expect.objectContaining({ id: "ledger.restored", level: "fault", remedy: expect.stringContaining("reconcile") }),
    );
  });

  test("passes at last", async () => {
    const settings = { ...stage.environment, LOOK_INTERVAL_SECONDS: "0.01", SETTLE_SECONDS: "0.01" };
    const quick = { ...settings, SEND_WITHIN_SECONDS: "0.01", ORDER_TIMEOUT_SECONDS: "0.01" };
    expect((await ispmodules(["reconcile", "--after-restore"], quick)).status).toBe(1);
    const { status, stdout } = await ispmodules(["reconcile", "--after-restore"], quick);
    expect([status, stdout]).toEqual([0, expect.stringContaining("run `ispmodules buying on`")]);
    expect(await stage.engine.ledger.readRestore()).toBeNull();
  });

  test.each([
    ["--explained", "5"],
    ["--after-restore", "--explained", "five"],
  ])("%s %s is wrong usage", async (...words) => {
    expect((await run("reconcile", ...words)).status).toBe(64);
  });
});
