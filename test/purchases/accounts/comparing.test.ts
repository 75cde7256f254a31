// Do sweep, comparison, restore and decisions tell several accounts apart, and one that the settings no longer name?
import { describe, expect, it } from "vitest";
import { runBuyer } from "../../../src/purchases/buyer.ts";
import type { Engine } from "../../../src/purchases/engine.ts";
import { addDays } from "../../../src/purchases/period.ts";
import { reconcile } from "../../../src/purchases/reconcile.ts";
import { reconcileRestored } from "../../../src/purchases/restore.ts";
import { sweepServices } from "../../../src/purchases/sweep.ts";
import { runVerifier } from "../../../src/purchases/verifier.ts";
import { bind, buyAgain, say } from "../deciding.ts";
import { quickAbsence } from "../stage.ts";
import { createSweep, without } from "./sweeping.ts";
import { type Two, useTwoAccounts } from "./two.ts";

const raise = useTwoAccounts();
let two: Two;
const tariff = "23221";

const listings = () => [two.account, two.ru].map((account) => account.requests("addition").length);
const markerOf = async (lineId: number) => {
  const { id } = await two.purchaseOf(lineId);
  return (await two.engine.ledger.newestAttempt(id))?.marker ?? "";
};

async function buyAtBoth() {
  const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
  await two.settle();
  return { here, there };
}

describe("the remote sweep", () => {
  it("of a sound pair tells nothing", async () => {
    two = await raise();
    await buyAtBoth();
    const { sweep, told, warned } = createSweep(two, two.engine);
    await sweep();
    expect([told, warned, (await two.engine.ledger.readBuying()).position]).toEqual([[], [], "on"]);
  });

  it("goes on with one account while the other is away, and soon asks that one alone again", async () => {
    two = await raise();
    const { here } = await buyAtBoth();
    const { remoteServiceId: module } = await two.purchaseOf(here.lineId);
    two.account.changeModule(String(module), { autoprolong: 1 });
    await two.ru.refuseConnections();
    const { sweep, warned } = createSweep(two, two.engine);
    const before = listings();
    await sweep();
    expect(two.account.modules()).toMatchObject([{ autoprolong: null }]);
    expect(warned).toEqual(["remote_sweep.unread unreadable"]);
    await two.ru.acceptConnections();
    const between = listings();
    await two.engine.clock.sleep(60);
    await sweep();
    expect(between).toEqual([(before[0] ?? 0) + 1, before[1]]);
    expect(listings()).toEqual([between[0], (between[1] ?? 0) + 1]);
    await sweep();
    expect(listings()).toEqual([(between[0] ?? 0) + 1, (between[1] ?? 0) + 2]);
  });

  it("names the account of what it finds: a module of the same number at the other is sound", async () => {
    two = await raise();
    const { there } = await buyAtBoth();
    const module = String((await two.purchaseOf(there.lineId)).remoteServiceId);
    two.ru.changeModule(module, { status: 4 });
    const { sweep, told } = createSweep(two, two.engine);
    await sweep();
    expect(told).toEqual(["alert.account_differs missing"]);
    const { differences } = await reconcile(two.engine);
    expect(differences.map(({ what }) => what)).toEqual([expect.stringContaining(`module ru:${module} is paid until`)]);
  });
});

it("each account's balance is held against the renewals of what it holds", async () => {
  two = await raise();
  await buyAtBoth();
  const [more] = [await two.sellPaidAtRu(), await two.settle()];
  await two.shop.sql("UPDATE tblhosting SET nextduedate = ?", [addDays(two.shop.today(), 5)]);
  two.ru.setBalance("15.00");
  const { sweep, told } = createSweep(two, two.engine);
  await sweep();
  expect([told, more.licence]).toEqual([["alert.balance_low"], "3000002"]);
  const kept = await Promise.all(["main", "ru"].map((name) => two.engine.ledger.readForecast(name)));
  expect(kept).toMatchObject([
    { weekCost: "10", lowSince: null },
    { weekCost: "20", balance: "15.00", lowSince: expect.any(String) },
  ]);
});

describe("a restored ledger", () => {
  const compare = async (explained: readonly string[] = []) => {
    const quick = { sendWithinMs: 1, orderTimeoutMs: 1, settleMs: 1, lookIntervalMs: 1 };
    const engine = { ...two.engine, settings: { ...two.engine.settings, ...quick } };
    for (let tries = 0; tries < 40; tries++) {
      const { restore } = await reconcileRestored(engine, { actor: "cli:test", explained });
      if (restore.hasPassed || restore.blockers.length > 0) return restore;
      await two.engine.clock.sleep(20);
    }
    throw new Error("the comparison never came to its end");
  };

  it("is compared with both accounts, and a module that was checked at one stays open at the other", async () => {
    two = await raise();
    const { here, there } = await buyAtBoth();
    for (const [account, sold] of [
      [two.account, here],
      [two.ru, there],
    ] as const) {
      const { id } = await two.purchaseOf(sold.lineId);
      const foreign = { licence: sold.licence, tariff, remoteid: `im-${id}-2` };
      account.addForeignModule(foreign);
    }
    const [module] = two.ru.modules().slice(-1);
    const number = String(module?.id);
    expect(two.account.modules().at(-1)?.id).toBe(number);
    const open = await compare();
    expect(open.blockers).toEqual([
      expect.stringContaining(`module ${number} carries the marker`),
      expect.stringContaining(`module ru:${number} carries the marker`),
    ]);
    expect((await compare([`ru:${number}`])).blockers).toEqual([expect.stringContaining(`module ${number} carries`)]);
    expect(await compare([number])).toMatchObject({ hasPassed: true, blockers: [] });
  });

  it("waits for the account that is away", async () => {
    two = await raise();
    await buyAtBoth();
    await two.ru.refuseConnections();
    expect(await compare()).toMatchObject({ hasPassed: false, blockers: ["the account ru could not be read"] });
    await two.ru.acceptConnections();
    await two.engine.clock.sleep(60);
    expect(await compare()).toMatchObject({ hasPassed: true });
  });
});

describe("a person", () => {
  it("decides by a look at the account to which it was sent", async () => {
    two = await raise({ settings: quickAbsence });
    const lost = two.ru.arm({ func: "addition.order.param", fault: "lost-before" });
    const there = await two.sellPaidAtRu();
    const asked = await two.reach(there.lineId, "NeedsOperator", "absent");
    await two.account.refuseConnections();
    const module = two.ru.addForeignModule({ licence: there.licence, tariff, remoteid: await markerOf(there.lineId) });
    expect(await say(two, asked, { decision: buyAgain })).toBe("not-absent");
    expect(await say(two, asked, { decision: bind(module) })).toBe("Ordered");
    await two.reach(there.lineId, "Purchased");
    expect([lost.fired(), two.debits()]).toEqual([1, { main: [], ru: [] }]);
    expect((await two.engine.ledger.listAccountsOf([asked.id])).get(asked.id)).toBe("ru");
    await two.account.acceptConnections();
  });
});

describe("an account that the settings name no more", () => {
  it("keeps the purchases of its licences waiting; none is bought elsewhere, and the remote sweep suspects nothing", async () => {
    two = await raise();
    const { here } = await buyAtBoth();
    const { lineId } = await two.renewPaid(here.serviceId);
    // The same account under another name: its list has the licence, and modules with markers of ours.
    const [{ account, looker }, ...rest] = two.engine.accounts;
    const engine: Engine = { ...two.engine, accounts: [{ account: { ...account, name: "eu" }, looker }, ...rest] };
    await sweepServices(engine, false);
    await two.round(engine);
    const detail = { account_not_configured: "main" };
    expect(await two.purchaseOf(lineId)).toMatchObject({ state: "Pending", reason: "account_unreachable", detail });
    const { sweep, told } = createSweep(two, engine);
    await sweep();
    expect(told).toEqual(["alert.account_not_configured"]);
    expect([two.debits(), (await engine.ledger.readBuying()).position]).toEqual([
      { main: ["order"], ru: ["order"] },
      "on",
    ]);
    await two.reach(lineId, "Purchased");
    expect(two.debits()).toEqual({ main: ["order", "renewal"], ru: ["order"] });
  });

  it("leaves what was sent to it unknown until it is named again", async () => {
    two = await raise();
    const fault = two.ru.arm({ func: "addition.order.param", fault: "lost-after" });
    const { lineId } = await two.sellPaidAtRu();
    await sweepServices(two.engine, false);
    await runBuyer(two.engine);
    await runVerifier(without(two.engine, "ru"));
    expect([fault.fired(), (await two.purchaseOf(lineId)).state]).toEqual([1, "Unknown"]);
    await two.reach(lineId, "Purchased");
    expect(two.debits()).toEqual({ main: [], ru: ["order"] });
  });
});
