// Does a ledger from an old backup buy nothing a second time, and does it come back to buying?
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { createAlarm } from "../../src/purchases/alarm.ts";
import type { Reconciliation } from "../../src/purchases/reconcile.ts";
import { reconcile } from "../../src/purchases/reconcile.ts";
import { createRemoteSweep } from "../../src/purchases/remote-sweep.ts";
import { type RestoreProgress, reconcileRestored } from "../../src/purchases/restore.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { createStage, type Stage } from "./stage.ts";

const tables = ["purchases", "bindings", "attempts", "outcomes", "observations", "transitions", "decisions"];
const name = (table: string) => `mod_ispmodules_${table}`;

let stage: Stage;
beforeAll(async () => {
  stage = await createStage();
});
afterAll(() => stage?.end());

const tariff = "23221";
const said = { actor: "test", why: "test" };
const position = async () => (await stage.engine.ledger.readBuying()).position;
const setBuying = (wanted: "off" | "shadow" | "on") =>
  stage.engine.ledger.setBuying({ position: wanted, paidSince: null, ...said });
/** What a person would wait for takes a moment. */
const quickEngine = () => ({
  ...stage.engine,
  settings: { ...stage.engine.settings, sendWithinMs: 100, orderTimeoutMs: 100, settleMs: 100, lookIntervalMs: 50 },
});
const compare = (explained: readonly string[] = []) =>
  reconcileRestored(quickEngine(), { actor: "cli:test", explained });

/** A backup of everything but the switches, which live on. */
async function backUp(): Promise<void> {
  for (const table of tables) {
    await stage.ledgerSql(`DROP TABLE IF EXISTS backup_${table}`);
    await stage.ledgerSql(`CREATE TABLE backup_${table} AS SELECT * FROM ${name(table)}`);
  }
}
async function restore(): Promise<void> {
  for (const table of tables) {
    await stage.ledgerSql(`DELETE FROM ${name(table)}`);
    await stage.ledgerSql(`INSERT INTO ${name(table)} SELECT * FROM backup_${table}`);
  }
}

/** Again and again, as a person would, until it passes or only a person can go on. */
async function compareUntilDone(
  explained: readonly string[] = [],
): Promise<Reconciliation & { restore: RestoreProgress }> {
  for (let tries = 0; tries < 40; tries++) {
    const found = await compare(explained);
    if (found.restore.hasPassed || found.restore.againAt === null) return found;
    await stage.engine.clock.sleep(50);
  }
  throw new Error("the comparison never came to its end");
}

beforeEach(async () => {
  for (const table of tables) await stage.ledgerSql(`DELETE FROM ${name(table)}`);
  await stage.ledgerSql("UPDATE mod_ispmodules_switches SET value = '' WHERE name IN ('restore', 'known_breaches')");
  for (const { id } of stage.account.modules()) stage.account.changeModule(id, { status: 4 });
  await stage.shop.sql("DELETE FROM tblinvoiceitems");
  await setBuying("on");
});

async function buy() {
  const sold = await stage.sellPaid();
  const purchase = await stage.reach(sold.lineId, "Purchased");
  return { sold, purchase, module: String(purchase.remoteServiceId) };
}
const live = () => stage.account.modules().filter(({ status }) => status !== 4);
const paidTimes = (module: string) => stage.account.debits().filter(({ moduleId }) => moduleId === module).length;

/** The account's whole list against the ledger, as `serve` makes it by itself. */
async function look() {
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
  await createRemoteSweep(stage.engine, createAlarm(stage.engine))();
  return { restore: await stage.engine.ledger.readRestore(), position: await position() };
}

describe("a module ordered since the backup", () => {
  it("is taken over by its purchase, and nothing is bought again", async () => {
    await backUp();
    const { sold, module } = await buy();
    const debits = stage.account.debits().length;
    await restore();
    const { restore: progress } = await compare();
    expect(progress).toMatchObject({ hasPassed: false, blockers: [], againAt: expect.any(String) });
    expect(await position()).toBe("off");
    expect(await setBuying("on")).toBe("restored");
    await compareUntilDone();
    expect(await stage.engine.ledger.readRestore()).toBeNull();
    expect(await position()).toBe("off");
    expect(await setBuying("on")).toBe("set");
    expect(await stage.reach(sold.lineId, "Purchased", "manual")).toMatchObject({
      remoteServiceId: module,
      attempts: 0,
    });
    expect([stage.account.debits().length, live().length]).toEqual([debits, 1]);
  });

  it("shows that the ledger was restored once its line is taken in again: the purchase has the id that the marker names", async () => {
    await backUp();
    const { purchase } = await buy();
    await restore();
    expect(await look()).toEqual({ restore: null, position: "on" });
    await sweepServices(stage.engine, false);
    expect((await stage.engine.ledger.listPurchases()).map(({ id }) => id)).toEqual([purchase.id]);
    expect(await look()).toMatchObject({ restore: { look: null }, position: "off" });
  });

  it("and renewed since pays for both periods, and is renewed for the third only", async () => {
    await backUp();
    const { sold, module } = await buy();
    const second = await stage.renewPaid(sold.serviceId);
    await stage.reach(second.lineId, "Purchased");
    await restore();
    await compareUntilDone();
    await setBuying("on");
    for (const { lineId } of [sold, second]) await stage.reach(lineId, "Purchased", "manual");
    expect(paidTimes(module)).toBe(2);
    const third = await stage.renewPaid(sold.serviceId);
    await stage.reach(third.lineId, "Purchased");
    expect([paidTimes(module), live().length]).toEqual([3, 1]);
  });
});

it("a purchase whose marker a module of another licence carries goes to a person, whatever the ledger has forgotten", async () => {
  stage.account.set({ remoteid: "list" });
  await setBuying("off");
  const sold = await stage.sellPaid();
  const { id } = await stage.reach(sold.lineId, "Pending", "buying_off");
  const module = stage.account.addForeignModule({ licence: stage.newLicence(), tariff, remoteid: `im-${id}-1` });
  await setBuying("on");
  expect(await stage.reach(sold.lineId, "NeedsOperator", "evidence_conflict")).toMatchObject({
    detail: { marked_module: module },
  });
  stage.account.set({ remoteid: "edit" });
});

describe("renewals made since the backup", () => {
  it("pay for their periods, and nothing is renewed again", async () => {
    const { sold, module } = await buy();
    await backUp();
    const renewals = [];
    for (let times = 0; times < 2; times++) {
      const next = await stage.renewPaid(sold.serviceId);
      await stage.reach(next.lineId, "Purchased");
      renewals.push(next);
    }
    await restore();
    await compareUntilDone();
    await setBuying("on");
    for (const { lineId } of renewals) await stage.reach(lineId, "Purchased", "manual");
    expect(paidTimes(module)).toBe(3);
  });
});

describe("a renewal made since the backup of a service that got another licence", () => {
  it("holds buying back until somebody has looked: its period would be ordered anew", async () => {
    const { sold, module } = await buy();
    await backUp();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    await restore();
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    const { restore: progress } = await compareUntilDone();
    const blockers = [`modules paid for longer than the ledger knows, by nothing that waits: ${module}`];
    expect(progress).toMatchObject({ hasPassed: false, blockers });
    await stage.shop.setLicence(sold.serviceId, sold.licence);
    expect((await compareUntilDone()).restore).toMatchObject({ hasPassed: true, blockers: [] });
    await setBuying("on");
    await stage.reach(next.lineId, "Purchased", "manual");
    expect(paidTimes(module)).toBe(2);
  });
});

describe("what keeps a restored ledger from buying", () => {
  it("is a module with our marker that no purchase would take, until a person has explained it", async () => {
    await backUp();
    const { sold, module } = await buy();
    await restore();
    // Its purchase never comes back; the next one of the service wants such a module, and must not take or buy it.
    await stage.shop.sql("DELETE FROM tblinvoiceitems WHERE id = ?", [sold.lineId]);
    const next = await stage.renewPaid(sold.serviceId);
    const debits = stage.account.debits().length;
    const { restore: progress } = await compareUntilDone();
    expect(progress).toMatchObject({ hasPassed: false, againAt: null });
    expect(progress.blockers).toEqual([expect.stringContaining(`module ${module} carries the marker`)]);
    expect((await compareUntilDone([module])).restore).toMatchObject({ hasPassed: true, blockers: [] });
    expect(await setBuying("on")).toBe("set");
    await stage.reach(next.lineId, "NeedsOperator", "already_owned");
    expect(stage.account.debits().length).toBe(debits);
  });

  it("is no module with the marker of another installation, for a licence that nobody of ours wants", async () => {
    await buy();
    stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: "im-aaaaaaaaaaaaaaaa-1" });
    expect((await compareUntilDone()).restore).toMatchObject({ hasPassed: true, blockers: [] });
  });

  it("is a paid line that the ledger does not take", async () => {
    const { lineId } = await stage.sellPaid();
    await stage.ledgerSql(
      "CREATE TRIGGER take_nothing BEFORE INSERT ON mod_ispmodules_purchases FOR EACH ROW SIGNAL SQLSTATE '45000'",
    );
    const { restore: progress } = await compareUntilDone().finally(() => stage.ledgerSql("DROP TRIGGER take_nothing"));
    const blockers = [`paid invoice lines that could not be taken in: ${lineId}`];
    expect(progress).toMatchObject({ blockers, hasPassed: false });
    expect((await compareUntilDone()).restore).toMatchObject({ blockers: [], hasPassed: true });
  });

  describe("is what was ordered for a licence that its service has no more", () => {
    const forget = async (remoteid: "edit" | "none") => {
      stage.account.set({ remoteid });
      await buy();
      await backUp();
      const { sold, module } = await buy();
      await restore();
      await stage.shop.setLicence(sold.serviceId, stage.newLicence());
      return { sold, module };
    };
    afterEach(() => stage.account.set({ remoteid: "edit" }));

    it("where the account shows no markers, until a person has explained it", async () => {
      const { sold, module } = await forget("none");
      const { restore: progress } = await compareUntilDone();
      const blockers = [`modules bought since buying began that nothing explains: ${module}`];
      expect(progress).toMatchObject({ blockers, hasPassed: false });
      expect((await compareUntilDone([module])).restore).toMatchObject({ blockers: [], hasPassed: true });
      expect((await stage.purchaseOf(sold.lineId)).state).toBe("Pending");
    });

    it("and where it shows them, by its marker", async () => {
      const { module } = await forget("edit");
      const { restore: progress } = await compareUntilDone();
      expect(progress.blockers).toEqual([expect.stringContaining(`module ${module} carries the marker`)]);
      await compareUntilDone([module]);
    });

    it("and where its purchase was known, and would order it anew", async () => {
      await setBuying("off");
      const sold = await stage.sellPaid();
      await stage.reach(sold.lineId, "Pending", "buying_off");
      await backUp();
      await setBuying("on");
      const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
      await restore();
      await stage.shop.setLicence(sold.serviceId, stage.newLicence());
      const { restore: progress } = await compareUntilDone();
      expect(progress.blockers).toEqual([expect.stringContaining(`module ${remoteServiceId} carries the marker`)]);
      await stage.shop.setLicence(sold.serviceId, sold.licence);
      expect((await compareUntilDone()).restore).toMatchObject({ blockers: [], hasPassed: true });
      await setBuying("on");
      expect(await stage.reach(sold.lineId, "Purchased", "manual")).toMatchObject({ remoteServiceId });
      expect(paidTimes(String(remoteServiceId))).toBe(1);
    });

    it("but no module that others bought, where ours show their markers in their form", async () => {
      await buy();
      stage.account.addForeignModule({ licence: "1234567", tariff });
      expect((await compareUntilDone()).restore).toMatchObject({ hasPassed: true, blockers: [] });
    });
  });

  it("is again a module that its purchase was to take over, once it would not any more", async () => {
    await backUp();
    const { sold, module } = await buy();
    await restore();
    expect((await compareUntilDone()).restore.hasPassed).toBe(true);
    await setBuying("shadow");
    await look();
    expect(await stage.engine.ledger.readRestore()).toBeNull();
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Refunded' WHERE id = ?", [sold.invoiceId]);
    await look();
    expect(await stage.engine.ledger.readRestore()).not.toBeNull();
    expect((await compareUntilDone([module])).restore.hasPassed).toBe(true);
    await look();
    expect(await stage.engine.ledger.readRestore()).toBeNull();
  });

  it("is an account that cannot be read", async () => {
    await stage.account.refuseConnections();
    const { restore: progress, differences } = await compare();
    await stage.account.acceptConnections();
    expect(progress).toMatchObject({ hasPassed: false, blockers: ["the account could not be read"], againAt: null });
    expect(differences.map(({ kind }) => kind)).toEqual(["unread"]);
    expect(await stage.engine.ledger.readRestore()).toMatchObject({ look: null });
  });

  it("is a second look that shows something else of ours", async () => {
    const { sold, module } = await buy();
    const digest = async () => {
      await compare();
      return (await stage.engine.ledger.readRestore())?.look?.digest;
    };
    const digests = [await digest()];
    stage.account.changeModule(module, { expiredate: "2030-01-01" });
    digests.push(await digest());
    stage.account.addForeignModule({ licence: sold.licence, tariff, createdate: "2019-01-01" });
    digests.push(await digest());
    stage.account.changeModule(module, { status: 4 });
    digests.push(await digest());
    expect(new Set(digests).size).toBe(digests.length);
    await compareUntilDone();
  });

  it("is nothing that others buy at the same account meanwhile", async () => {
    await buy();
    const first = await reconcileRestored(stage.engine, { actor: "cli:test", explained: [] });
    expect(first.restore.hasPassed).toBe(false);
    const before = (await stage.engine.ledger.readRestore())?.look;
    stage.account.addForeignModule({ licence: "1234567", tariff });
    await reconcileRestored(stage.engine, { actor: "cli:test", explained: [] });
    expect((await stage.engine.ledger.readRestore())?.look).toEqual(before);
  });

  it("is a module that the account does not show whole, until a person has explained it", async () => {
    await stage.engine.ledger.throwRestore(said);
    const many = Array.from({ length: 22 }, () => stage.account.addForeignModule({ licence: "1234567", tariff }));
    const fault = stage.account.arm({
      func: "addition.edit",
      fault: { kind: "refused", type: "access" },
      times: 1_000,
    });
    const { restore: progress, differences } = await compareUntilDone();
    expect(progress.blockers).toEqual([`modules that could not be read: ${many.slice(0, 20).join(", ")} and 2 more`]);
    expect(differences.map(({ kind, moduleId }) => [kind, moduleId])).toEqual(many.map((id) => ["unread", id]));
    const [last = "", ...others] = many.toReversed();
    expect((await compareUntilDone(others)).restore.blockers).toEqual([`modules that could not be read: ${last}`]);
    expect((await compareUntilDone([last])).restore).toMatchObject({ hasPassed: true, blockers: [] });
    fault.disarm();
    expect(fault.fired()).toBeGreaterThan(0);
  });

  it("is the time that what was under way may still take", async () => {
    const found = await reconcileRestored(stage.engine, { actor: "cli:test", explained: [] });
    const { since, againAt } = found.restore;
    const { sendWithinMs, orderTimeoutMs, settleMs } = stage.engine.settings;
    expect(Date.parse(againAt ?? "") - Date.parse(since)).toBe(sendWithinMs + orderTimeoutMs + settleMs);
  });
});

describe("the comparison of all three", () => {
  const kinds = async () => (await reconcile(stage.engine)).differences.map(({ kind }) => kind);

  it("finds nothing where all agree, whatever else the account holds", async () => {
    await buy();
    stage.account.addForeignModule({ licence: "1234567", tariff });
    const { differences, foreign } = await reconcile(stage.engine);
    expect([differences, foreign.length]).toEqual([[], 1]);
  });

  it("finds what was paid and not bought, also where nobody has taken the line in", async () => {
    await setBuying("off");
    const waiting = await stage.sellPaid();
    await stage.reach(waiting.lineId, "Pending", "buying_off");
    const unknown = await stage.sellPaid();
    const { differences } = await reconcile(stage.engine);
    expect(differences).toMatchObject([
      { kind: "paid_not_bought", lineId: waiting.lineId, what: expect.stringContaining("buying_off") },
      { kind: "paid_not_bought", lineId: unknown.lineId, purchaseId: null },
    ]);
  });

  it("finds what was bought and is not paid any more, or whose line is gone", async () => {
    const { sold } = await buy();
    const gone = await buy();
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Unpaid' WHERE id = ?", [sold.invoiceId]);
    await stage.shop.sql("DELETE FROM tblinvoiceitems WHERE id = ?", [gone.sold.lineId]);
    const { differences } = await reconcile(stage.engine);
    expect(differences).toMatchObject([
      { kind: "bought_not_paid", lineId: sold.lineId, what: expect.stringContaining("Unpaid") },
      { kind: "bought_not_paid", moduleId: gone.module, what: expect.stringContaining("gone") },
    ]);
  });

  it("finds modules that nobody claims, other terms, auto-renewal and broken rules", async () => {
    const { sold, purchase, module } = await buy();
    stage.account.addForeignModule({ licence: sold.licence, tariff });
    stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: `im-${purchase.id}-2` });
    stage.account.changeModule(module, { expiredate: "2035-01-01", autoprolong: 1 });
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET refusals = 9");
    expect(new Set(await kinds())).toEqual(
      new Set(["unclaimed_same", "unclaimed_marked", "expiry", "auto_renewal", "rule"]),
    );
  });
});
