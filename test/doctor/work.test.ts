// Is it found when the work does not go on: hook silent, nobody serving, buying off, purchases standing still?
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { createEngine, type Databases, openDatabases } from "../../src/main.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { admitPatient, complaints, find, hearHeartbeat, type Patient } from "./patient.ts";

let here: Patient;
let databases: Databases;
let engine: Engine;

beforeAll(async () => {
  here = await admitPatient();
  const config = loadConfig({ ...here.environment });
  databases = openDatabases(config);
  engine = createEngine(config, databases, { clock: systemClock, log: silentLog });
});

afterAll(async () => {
  await databases.close();
  await here.end();
});

beforeEach(async () => {
  await hearHeartbeat(here.ledgerSql, 60);
  await here.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6)");
  await here.ledgerSql("UPDATE mod_ispmodules_switches SET value = 'on', actor = 'cli:test' WHERE name = 'buying'");
  await here.ledgerSql("UPDATE mod_ispmodules_switches SET value = '' WHERE name = 'account_pause'");
});

describe("the hook", () => {
  test("one that was never heard says how it is installed", async () => {
    await here.ledgerSql("DELETE FROM mod_ispmodules_inbox");
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["hook.heartbeat"]);
    expect(find(findings, "hook.heartbeat")?.level).toBe("warning");
    expect(find(findings, "hook.heartbeat")?.remedy).toContain("ispmodules install-hooks");
  });

  test("one that has been silent for more than a quarter of an hour", async () => {
    await hearHeartbeat(here.ledgerSql, 14 * 60);
    expect(complaints(await here.examine())).toEqual([]);
    await hearHeartbeat(here.ledgerSql, 3 * 3_600 + 60);
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["hook.heartbeat"]);
    expect(find(findings, "hook.heartbeat")).toMatchObject({
      message: expect.stringContaining("3 h ago"),
      remedy: expect.stringContaining("cron"),
    });
  });

  test("another event of the hook is no heartbeat", async () => {
    await here.ledgerSql("DELETE FROM mod_ispmodules_inbox");
    await engine.ledger.storeEvent({ webhookId: "other-event", type: "invoice.paid", body: "{}" });
    expect(complaints(await here.examine())).toEqual(["hook.heartbeat"]);
  });
});

test("a sweep that is long due means that no bridge serves", async () => {
  await here.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) - INTERVAL 20 MINUTE");
  const findings = await here.examine();
  expect(complaints(findings)).toEqual(["serve.sweep"]);
  expect(find(findings, "serve.sweep")?.remedy).toContain("ispmodules serve");
  expect(complaints(await here.examine({ SWEEP_INTERVAL_SECONDS: "900" }))).toEqual([]);
});

describe("buying", () => {
  test.each([
    ["off", "warning", "ispmodules buying on"],
    ["shadow", "warning", "ispmodules buying on"],
  ] as const)("in position %s is a %s", async (position, level, remedy) => {
    await engine.ledger.setBuying({ position, paidSince: null, actor: "cli:test", why: "test" });
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["buying.position"]);
    expect(find(findings, "buying.position")).toMatchObject({ level, remedy: expect.stringContaining(remedy) });
  });

  test("switched off by the bridge itself is a fault with its cause", async () => {
    await engine.ledger.stopBuying("a renewal form without sok moved the expiry of a module");
    expect(find(await here.examine(), "buying.position")).toMatchObject({
      level: "fault",
      message: expect.stringContaining("moved the expiry"),
    });
  });

  test("paused, because the account refused the login", async () => {
    await engine.ledger.pauseAccount({ account: "main", reason: "account_paused", errorType: "auth", stepMs: 60_000 });
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["ispmanager.pause"]);
    expect(find(findings, "ispmanager.pause")?.remedy).toContain("ISPMANAGER_LOGIN");
  });
});

describe("changes that the account refuses", () => {
  const step = { account: "main", moduleId: "901", n: 1, serviceRef: "h1", change: "suspend" } as const;

  test("are named with their right, until one is allowed", async () => {
    const { ledger } = engine;
    const refused = { ...step, step: "refused", detail: "access" } as const;
    await ledger.takeModuleStep(refused);
    await ledger.takeModuleStep({ ...refused, moduleId: "902" });
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["ispmanager.may_not_suspend:access"]);
    expect(find(findings, "ispmanager.may_not_suspend:access")).toMatchObject({
      level: "warning",
      message: "The account refused to suspend 2 modules (access).",
      remedy: expect.stringContaining("addition.suspend"),
    });
    for (const moduleId of ["901", "902"])
      await ledger.takeModuleStep({ ...step, moduleId, n: 2, step: "seen", detail: "" });
    expect(complaints(await here.examine())).toEqual([]);
  });
});

describe("the host's own automation", () => {
  const settings = {
    EVENTS_URL: "http://127.0.0.1:1/hooks/hidden-path",
    EVENTS_SECRET: `whsec_${Buffer.alloc(32, 11).toString("base64")}`,
  };
  const addFailed = (type: string, failure: string, dueAt: "UTC_TIMESTAMP(6)" | "NULL") =>
    here.ledgerSql(
      `INSERT INTO mod_ispmodules_announcements (purchase_id, type, created_at, due_at, tries, failure)
       VALUES ('p', ?, UTC_TIMESTAMP(6) - INTERVAL 3 HOUR, ${dueAt}, 4, ?)`,
      [type, failure],
    );
  afterEach(() => here.ledgerSql("DELETE FROM mod_ispmodules_announcements"));

  test("that hears everything is in order, and none is no finding", async () => {
    expect(find(await here.examine(settings), "events")?.level).toBe("ok");
    expect(find(await here.examine(), "events")).toBeUndefined();
  });

  test("that refuses events or is away is named with what failed last, and never its address", async () => {
    await addFailed("purchased", "http_503", "UTC_TIMESTAMP(6)");
    await addFailed("renewed", "http_503", "NULL");
    await addFailed("expired", "ECONNREFUSED", "UTC_TIMESTAMP(6)");
    const findings = await here.examine(settings);
    expect(complaints(findings)).toEqual(["events:ECONNREFUSED", "events:http_503"]);
    expect(find(findings, "events:http_503")).toMatchObject({
      level: "warning",
      message: "1 event to be sent again, 1 event given up, the oldest of 3 h ago; last failure: http_503.",
      remedy: expect.stringContaining("EVENTS_URL"),
    });
    expect(JSON.stringify(findings)).not.toMatch(/hidden-path|whsec_/);
  });
});

describe("purchases", () => {
  async function sellPaid(licence: string): Promise<number> {
    const item = { productId: here.catalogue.products.ddosGuard, licence, ip: "192.0.2.10" };
    const order = await here.shop.placeOrder({ clientId: here.catalogue.clientIds[0], items: [item] });
    await here.shop.payInvoice(order.invoiceId);
    await sweepServices(engine, true);
    for (const id of order.serviceIds) await here.shop.setServiceStatus(id, "Completed");
    return order.lineIds[0] ?? 0;
  }

  const age = (lineId: number, hours: number) =>
    here.ledgerSql(
      "UPDATE mod_ispmodules_purchases SET state_since = UTC_TIMESTAMP(6) - INTERVAL ? HOUR WHERE invoice_line_id = ?",
      [hours, lineId],
    );

  beforeEach(async () => {
    await here.ledgerSql("DELETE FROM mod_ispmodules_transitions");
    await here.ledgerSql("DELETE FROM mod_ispmodules_purchases");
  });

  test("those for a person are counted by reason, with their lines and what is to be done", async () => {
    const lines = [await sellPaid("12x"), await sellPaid("13x")];
    const findings = await here.examine();
    // The services have ended since: only the ledger speaks of them.
    const bad = find(findings, "purchases.needs_operator:bad_licence");
    expect(bad?.level).toBe("warning");
    expect(bad?.message).toContain(`2 purchases for a person to decide, invoice lines ${lines.join(", ")}.`);
    expect(bad?.remedy).toContain("License ID");
    expect(find(findings, "purchases.needs_operator")).toBeUndefined();
  });

  test("one that a person has put off is counted, and no complaint until then", async () => {
    const line = await sellPaid("12x");
    const hold = (when: string) =>
      here.ledgerSql(
        `UPDATE mod_ispmodules_purchases SET hold_until = UTC_TIMESTAMP(6) ${when} WHERE invoice_line_id = ?`,
        [line],
      );
    await hold("+ INTERVAL 1 HOUR");
    const findings = await here.examine();
    expect(complaints(findings)).toEqual([]);
    expect(find(findings, "purchases.needs_operator")).toMatchObject({
      level: "ok",
      message: "No purchase waits for a person. 1 purchase put off by decision.",
    });
    await hold("- INTERVAL 1 SECOND");
    expect(complaints(await here.examine())).toEqual(["purchases.needs_operator:bad_licence"]);
  });

  test("one that has waited for more than a day is told, one whose invoice is unpaid again is not", async () => {
    const line = await sellPaid("1234567");
    expect(complaints(await here.examine())).toEqual([]);
    await age(line, 23);
    expect(complaints(await here.examine())).toEqual([]);
    await age(line, 25);
    expect(complaints(await here.examine())).toEqual(["purchases.waiting:ready"]);
    await here.ledgerSql("UPDATE mod_ispmodules_purchases SET reason = 'awaiting_acceptance'");
    const waiting = find(await here.examine(), "purchases.waiting:awaiting_acceptance");
    expect(waiting).toMatchObject({ level: "warning", remedy: "Accept the order in WHMCS." });
    expect(waiting?.message).toContain("1 paid purchase not bought yet, the oldest for 25 h.");
    await here.ledgerSql("UPDATE mod_ispmodules_purchases SET reason = 'unpaid'");
    expect(complaints(await here.examine())).toEqual([]);
  });

  test("one that may have been bought and is not found for an hour", async () => {
    const line = await sellPaid("1234567");
    await here.ledgerSql("UPDATE mod_ispmodules_purchases SET state = 'Unknown', reason = NULL, queue = 'look'");
    await age(line, 0);
    expect(complaints(await here.examine())).toEqual([]);
    await age(line, 2);
    expect(complaints(await here.examine())).toEqual(["purchases.unknown"]);
  });
});

test("a balance that does not cover a week's renewals is a warning with the sums, until it does", async () => {
  const low = { balance: "3.00", currency: "EUR", weekCost: "20", monthCost: "50", unknown: 2 };
  await engine.ledger.keepForecast({ ...low, lowSince: "2026-11-23T10:00:00.000Z" });
  const finding = find(await here.examine(), "balance_low");
  expect(finding).toMatchObject({
    level: "warning",
    message:
      "The account's balance was 3.00 EUR; what is to be bought costs 20 EUR within 7 days and 50 EUR within 30, beside 2 periods at a cost that is not known.",
  });
  await engine.ledger.keepForecast({ ...low, balance: "30.00", lowSince: null });
  expect(find(await here.examine(), "balance_low")).toBeUndefined();
});
