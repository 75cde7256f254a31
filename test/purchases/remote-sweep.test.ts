// Is everything noticed that the account holds and no purchase explains, and nothing that has an explanation?
import { describe, expect, it } from "vitest";
import { reviewAccount } from "../../src/purchases/account-review.ts";
import { createAlarm } from "../../src/purchases/alarm.ts";
import { runBuyer } from "../../src/purchases/buyer.ts";
import { type AccountEngine, atEach } from "../../src/purchases/engine.ts";
import { addDays, addMonths } from "../../src/purchases/period.ts";
import { reconcile } from "../../src/purchases/reconcile.ts";
import { createRemoteSweep } from "../../src/purchases/remote-sweep.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import { listenTo } from "./alerts.ts";
import { askAbsent, refunded, say } from "./deciding.ts";
import { quickAbsence, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
let told: string[];
let warned: string[];
let sweep: () => Promise<void>;

async function begin(options: StageOptions = {}): Promise<void> {
  stage = await raise(options);
  const heard = listenTo(stage.engine);
  ({ told, warned } = heard);
  const run = createRemoteSweep(heard.engine, createAlarm(heard.engine));
  sweep = async () => {
    await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
    await run();
  };
}

const tariff = "23221";
const today = () => stage.shop.today();
const position = async () => (await stage.engine.ledger.readBuying()).position;
const setBuying = (wanted: "off" | "shadow" | "on", paidSince: string | null = null) =>
  stage.engine.ledger.setBuying({ position: wanted, paidSince, actor: "test", why: "test" });

async function buy(item: Parameters<Stage["sellPaid"]>[0] = {}) {
  const sold = await stage.sellPaid(item);
  const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
  return { sold, module: String(remoteServiceId) };
}

/** A line that was paid the day before buying began, and is left to staff. */
async function sellBefore(day: string, licence = stage.newLicence()) {
  const old = await stage.sellPaid({ licence });
  const paidAt = `${addDays(day, -1)} 05:06:07`;
  await stage.shop.sql("UPDATE tblinvoices SET datepaid = ? WHERE id = ?", [paidAt, old.invoiceId]);
  await setBuying("on", `${day} 00:00:00`);
  await stage.reach(old.lineId, "Ignored");
  return old;
}

async function expectQuiet(): Promise<void> {
  await sweep();
  expect([told, await position(), await stage.engine.ledger.readRestore()]).toEqual([[], "on", null]);
}

describe("an account that holds what was bought", () => {
  it.each(["list", "edit", "none"] as const)("is left in peace; markers shown: %s", async (remoteid) => {
    await begin({ account: { variants: { remoteid } } });
    const { sold } = await buy();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    stage.account.addForeignModule({ licence: "1234567", tariff });
    await expectQuiet();
    const review = await reviewAccount(atEach(stage.engine)[0] as AccountEngine, { most: 50, known: new Map() });
    expect(review).toMatchObject({ kind: "ok", value: { unclaimed: [{ kind: "foreign", isSuspect: false }] } });
  });

  it("is not asked while buying is off, and is in shadow", async () => {
    await begin({ isBuying: false });
    const asked = () => stage.account.requests("addition").length;
    await sweep();
    expect(asked()).toBe(0);
    await setBuying("shadow", "2020-01-01 00:00:00");
    await sweep();
    expect(asked()).toBe(1);
  });

  it("is not asked while buying is off even where something is under way", async () => {
    await begin();
    const fault = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
    await stage.sellPaid();
    await stage.settle((purchases) => purchases.some(({ state }) => state === "Unknown"));
    expect(fault.fired()).toBe(1);
    await setBuying("off");
    const asked = stage.account.requests("addition").length;
    await sweep();
    expect(stage.account.requests("addition").length).toBe(asked);
  });

  it("that cannot be read proves nothing", async () => {
    await begin();
    await buy();
    const fault = stage.account.arm({ func: "addition", fault: "truncated" });
    await expectQuiet();
    expect(fault.fired()).toBeGreaterThan(0);
  });
});

describe("a sweep that did not come to its end", () => {
  /** Twice in a row, without waiting for the hour. */
  const sweepTwice = async (engine = stage.engine) => {
    const alarm = createAlarm(engine);
    await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
    const run = createRemoteSweep(engine, alarm);
    const first = await run().catch(() => "failed");
    const asked = () => stage.account.requests("addition").length;
    const before = asked();
    await expect
      .poll(async () => {
        await createRemoteSweep(stage.engine, alarm)();
        return asked();
      })
      .toBe(before + 1);
    return first;
  };

  it("because the account could not be read is soon repeated", async () => {
    await begin();
    const fault = stage.account.arm({ func: "addition", fault: "truncated" });
    expect(await sweepTwice()).toBe(0);
    expect(fault.fired()).toBe(1);
  });

  it("because the account lets nobody in is not", async () => {
    await begin();
    const fault = stage.account.arm({ func: "addition", fault: { kind: "refused", type: "auth" } });
    await sweep();
    await stage.engine.clock.sleep(100);
    await createRemoteSweep(stage.engine, createAlarm(stage.engine))();
    expect([fault.fired(), stage.account.requests("addition").length]).toEqual([1, 1]);
  });

  it("because of an error is soon repeated, by another process too", async () => {
    await begin();
    const ledger = { ...stage.engine.ledger, readKnownBreaches: () => Promise.reject(new Error("away")) };
    expect(await sweepTwice({ ...stage.createSecondEngine(), ledger })).toBe("failed");
  });

  it("is the only one: else it comes once in its interval", async () => {
    await begin();
    await sweep();
    const asked = stage.account.requests("addition").length;
    await stage.engine.clock.sleep(100);
    await createRemoteSweep(stage.engine, createAlarm(stage.engine))();
    expect(stage.account.requests("addition").length).toBe(asked);
  });
});

describe("a module with a marker that the ledger does not know", () => {
  it.each(["list", "edit"] as const)(
    "holds buying back until a person has compared; shown in: %s",
    async (remoteid) => {
      await begin({ account: { variants: { remoteid } } });
      const { sold } = await buy();
      const { id } = await stage.purchaseOf(sold.lineId);
      const module = stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: `im-${id}-2` });
      await sweep();
      await sweep();
      expect(told).toEqual(["alert.ledger_restored", `alert.invariant I20:${module}`]);
      expect(await position()).toBe("off");
      expect(await stage.engine.ledger.readRestore()).toMatchObject({ look: null });
      expect(await setBuying("on")).toBe("restored");
    },
  );

  it("is no matter when a person has said so, or when it is none of ours by its shape, or deleted", async () => {
    await begin();
    const { sold } = await buy();
    const { id } = await stage.purchaseOf(sold.lineId);
    const module = stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: `im-${id}-2` });
    await stage.engine.ledger.rememberBreaches([`I20:${module}`], { actor: "test", why: "explained" });
    stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: `im-${id.toUpperCase()}-3` });
    stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: `im-${id}-4`, status: 4 });
    await expectQuiet();
  });

  it("is another installation's when no purchase of ours has its id", async () => {
    await begin();
    await buy();
    stage.account.addForeignModule({ licence: "1234567", tariff, remoteid: "im-aaaaaaaaaaaaaaaa-1" });
    await expectQuiet();
  });
});

describe("a module of a purchase's licence and tariff that belongs to none", () => {
  it("turns buying off, and no more once a person has seen it; a further one does again", async () => {
    await begin();
    const { sold } = await buy();
    const second = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect(told).toEqual([`alert.invariant I20:${second}`, `alert.buying_stopped I20:${second}`]);
    expect([await position(), await stage.engine.ledger.readRestore()]).toEqual(["off", null]);
    expect(await stage.engine.ledger.readBuyingOrigin()).toMatchObject({
      actor: "machine",
      why: expect.stringContaining(`module ${second}`),
    });
    await stage.engine.ledger.rememberBreaches([`I20:${second}`], { actor: "test", why: "seen" });
    await setBuying("on");
    told.length = 0;
    await expectQuiet();
    const third = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect([told[0], await position()]).toEqual([`alert.invariant I20:${third}`, "off"]);
  });

  it("is found behind the names of licence and tariff too", async () => {
    await begin({ account: { variants: { item: "licence-name", pricelist: "name" } } });
    const { sold } = await buy();
    const second = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect(told).toContain(`alert.invariant I20:${second}`);
  });

  it("was bought by somebody else where we never sent anything: that is told once, and buying goes on", async () => {
    await begin();
    const sold = await stage.sell();
    const module = stage.account.addForeignModule({
      ...{ licence: sold.licence, tariff },
      createdate: addDays(today(), -3),
    });
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "NeedsOperator", "already_owned");
    await expectQuiet();
    await expectQuiet();
    expect(warned).toEqual([`alert.module_unclaimed ${module}`]);
    const { differences } = await reconcile(stage.engine);
    expect(differences.map(({ kind, moduleId }) => [kind, moduleId])).toContainEqual(["unclaimed_same", module]);
  });

  it("is found where what we sent may have bought it, whatever came of that", async () => {
    await begin({ settings: quickAbsence });
    const asked = await askAbsent(stage);
    expect(await say(stage, asked, { decision: refunded })).toBe("Refunded");
    const module = stage.account.addForeignModule({ licence: asked.licence ?? "", tariff });
    await sweep();
    expect([told[0], await position()]).toEqual([`alert.invariant I20:${module}`, "off"]);
  });

  it("is found when it carries the marker of a request that the account had refused", async () => {
    await begin();
    const fault = stage.account.arm({
      func: "addition.order.param",
      fault: { kind: "refused", type: "value" },
      times: 3,
    });
    const sold = await stage.sell();
    await stage.shop.payInvoice(sold.invoiceId);
    const refused = await stage.reach(sold.lineId, "NeedsOperator", "refused");
    expect([fault.fired(), refused.sends]).toEqual([3, 0]);
    const attempt = await stage.engine.ledger.newestAttempt(refused.id);
    expect(await say(stage, refused, { decision: refunded })).toBe("Refunded");
    stage.account.addForeignModule({ licence: sold.licence, tariff, remoteid: attempt?.marker ?? "" });
    await sweep();
    expect(await position()).toBe("off");
  });

  it("was bought by staff for a module of ours that is gone: that is told, and buying goes on", async () => {
    await begin();
    const { sold, module } = await buy();
    stage.account.changeModule(module, { status: 4 });
    const replacement = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect([warned, await position()]).toEqual([[`alert.module_unclaimed ${replacement}`], "on"]);
    stage.account.changeModule(module, { status: 2 });
    await sweep();
    expect(await position()).toBe("off");
  });

  it("is found by the marker of a request that is over, also while a later one for its licence is under way", async () => {
    await begin();
    const { sold } = await buy();
    const fault = stage.account.arm({
      func: "service.prolong",
      fault: "lost-before",
      when: ({ params }) => isCommit(params),
    });
    await stage.renewPaid(sold.serviceId);
    await stage.settle((purchases) => purchases.some(({ state }) => state === "Unknown"));
    expect(fault.fired()).toBe(1);
    const [first] = await stage.engine.ledger.findByLines([sold.lineId]);
    const attempt = await stage.engine.ledger.newestAttempt(first?.id ?? "");
    const { licence } = sold;
    const module = stage.account.addForeignModule({ licence, tariff, remoteid: attempt?.marker ?? "" });
    stage.account.addForeignModule({ licence, tariff });
    await sweep();
    expect([told, await position()]).toEqual([
      [`alert.invariant I20:${module}`, `alert.buying_stopped I20:${module}`],
      "off",
    ]);
  });

  it("was there before buying began", async () => {
    await begin();
    const { sold } = await buy();
    await setBuying("on", `${today()} 00:00:00`);
    stage.account.addForeignModule({ licence: sold.licence, tariff, createdate: addDays(today(), -1) });
    await expectQuiet();
  });

  it("was bought by hand for a line paid before buying began, or for one that only a person can buy", async () => {
    await begin();
    const old = await sellBefore(addDays(today(), -20));
    const odd = await stage.sellPaid();
    await stage.shop.sql("UPDATE tblhosting SET billingcycle = 'Quarterly' WHERE id = ?", [odd.serviceId]);
    await stage.reach(odd.lineId, "NeedsOperator", "odd_period");
    for (const { licence } of [old, odd]) stage.account.addForeignModule({ licence, tariff });
    await expectQuiet();
    expect(warned).toEqual([]);
    stage.account.addForeignModule({ licence: old.licence, tariff });
    await expectQuiet();
    expect(warned).toHaveLength(2);
  });

  it("was bought by hand long after buying began, whatever was paid before it", async () => {
    await begin();
    const { sold } = await buy();
    await sellBefore("2020-01-01", sold.licence);
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect([told[0], await position()]).toEqual([`alert.invariant I20:${module}`, "off"]);
  });

  it("was bought by hand for what a person has settled, beside one of the same licence that we bought", async () => {
    await begin();
    const { sold } = await buy();
    const odd = await stage.sellPaid({ licence: sold.licence });
    await stage.shop.sql("UPDATE tblhosting SET billingcycle = 'Quarterly' WHERE id = ?", [odd.serviceId]);
    const asked = await stage.reach(odd.lineId, "NeedsOperator", "odd_period");
    stage.account.addForeignModule({ licence: sold.licence, tariff });
    await expectQuiet();
    expect(await say(stage, asked, { decision: refunded })).toBe("Refunded");
    await expectQuiet();
    stage.account.addForeignModule({ licence: sold.licence, tariff });
    await sweep();
    expect(await position()).toBe("off");
  });

  it("will be taken over by a purchase that waits, or is what a lost answer has bought", async () => {
    await begin();
    await setBuying("shadow");
    const waiting = await stage.sellPaid();
    await stage.reach(waiting.lineId, "Pending", "shadow");
    stage.account.addForeignModule({ licence: waiting.licence, tariff });
    await sweep();
    expect([told, await position()]).toEqual([[], "shadow"]);
    await setBuying("on");
    await stage.reach(waiting.lineId, "Purchased", "manual");
    const lost = await stage.sellPaid();
    const fault = stage.account.arm({ func: "addition.order.param", fault: "lost-after" });
    await stage.settle((purchases) => purchases.some(({ state }) => state === "Unknown" || state === "Ordered"));
    expect(fault.fired()).toBe(1);
    await expectQuiet();
    await stage.reach(lost.lineId, "Purchased");
  });
});

describe("a term that the account shows differently", () => {
  it.each([
    ["behind", { by: -10 }],
    ["beyond", { by: 10 }],
    ["missing", { status: 4 as const }],
  ])("is told once: %s", async (kind, change) => {
    await begin();
    const { module } = await buy();
    const expiredate = addDays(addMonths(today(), 1), "by" in change ? change.by : 0);
    stage.account.changeModule(module, "status" in change ? { status: change.status } : { expiredate });
    await sweep();
    await sweep();
    expect([told, await position()]).toEqual([[`alert.account_differs ${kind}`], "on"]);
  });

  it("by a few days does not, and a term that has run out may be gone", async () => {
    await begin();
    const { module } = await buy();
    stage.account.changeModule(module, { expiredate: addDays(addMonths(today(), 1), 3) });
    await expectQuiet();
    const yesterday = addDays(today(), -1);
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [yesterday]);
    stage.account.changeModule(module, { status: 4 });
    await expectQuiet();
  });
});

describe("auto-renewal on a module of ours", () => {
  it("is switched off", async () => {
    await begin();
    const { module, sold } = await buy();
    stage.account.changeModule(module, { autoprolong: 1 });
    await expectQuiet();
    expect(stage.account.modules()).toMatchObject([{ id: module, autoprolong: null }]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ hasAutoRenewal: false });
  });

  it("that cannot be switched off is flagged", async () => {
    await begin({ account: { variants: { autoprolongChange: "refused" } } });
    const { module, sold } = await buy();
    stage.account.changeModule(module, { autoprolong: 1 });
    const breaches = async () => {
      const review = await reviewAccount(atEach(stage.engine)[0] as AccountEngine, { most: 50, known: new Map() });
      return review.kind === "ok" ? review.value.breaches.map(({ key }) => key) : null;
    };
    expect(await breaches()).toEqual([`I8:${module}`]);
    await sweep();
    expect(told).toEqual(["alert.auto_renewal_on"]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased", hasAutoRenewal: true });
    expect(await breaches()).toEqual([]);
  });

  const stops = () => stage.account.requests("addition.edit").filter(({ params }) => params.sok === "ok").length;
  const beginRefusing = () => begin({ account: { variants: { autoprolongChange: "refused" } } });

  it("that stays on is tried again and told once a day, and flagged no more once it is off", async () => {
    await beginRefusing();
    const { module, sold } = await buy();
    stage.account.changeModule(module, { autoprolong: 1 });
    let aheadMs = 0;
    const clock = { ...stage.engine.clock, monotonicMs: () => stage.engine.clock.monotonicMs() + aheadMs };
    const heard = listenTo({ ...stage.engine, clock });
    const run = createRemoteSweep(heard.engine, createAlarm(heard.engine));
    const sweepAfter = async (hours: number) => {
      aheadMs += hours * 3_600_000;
      await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
      await run();
      return [stops(), heard.told.length];
    };
    expect(await sweepAfter(0)).toEqual([1, 1]);
    expect(await sweepAfter(1)).toEqual([1, 1]);
    expect(await sweepAfter(22)).toEqual([1, 1]);
    expect(await sweepAfter(2)).toEqual([2, 2]);
    stage.account.changeModule(module, { autoprolong: null });
    expect(await sweepAfter(1)).toEqual([2, 2]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased", hasAutoRenewal: false });
    stage.account.changeModule(module, { autoprolong: 1 });
    expect(await sweepAfter(1)).toEqual([3, 3]);
  });

  it("is flagged also on a purchase that is not bought to its end", async () => {
    await beginRefusing();
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    await runBuyer(stage.engine);
    const ordered = await stage.purchaseOf(sold.lineId);
    expect(ordered.state).toBe("Ordered");
    await stage.engine.ledger.change(ordered, { to: "NeedsOperator", reason: "not_active", actor: "verifier" });
    stage.account.changeModule(ordered.remoteServiceId ?? "", { autoprolong: 1 });
    await sweep();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({
      ...{ state: "NeedsOperator", reason: "not_active" },
      hasAutoRenewal: true,
    });
    await sweep();
    expect([stops(), told]).toEqual([1, ["alert.auto_renewal_on"]]);
  });
});
