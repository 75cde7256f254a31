import { describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { pauseFor } from "../../src/purchases/settle.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { listenTo } from "./alerts.ts";
import { type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const order = "addition.order.param";
const orders = () => stage.account.requests(order).length;

const makeDue = () => stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
/** The time of the account's pause is over: one request may try. */
const endPause = () =>
  stage.ledgerSql(`UPDATE mod_ispmodules_switches
    SET value = JSON_SET(value, '$.until', CAST(UTC_TIMESTAMP(6) AS CHAR)) WHERE name = 'account_pause'`);

describe("a pause", () => {
  const pauseFrom = (engine: Engine, errorType: string) =>
    pauseFor(engine, { account: "main", reason: "account_paused", errorType });

  let reading = 0;
  /** An engine that goes on from reading the pause only when all eight have read it. */
  function readingTogether(engine: Engine): Engine {
    const { ledger } = engine;
    const readPause: typeof ledger.readPause = async () => {
      const pause = await ledger.readPause("main");
      reading += 1;
      await expect.poll(() => reading).toBe(8);
      return pause;
    };
    return { ...engine, ledger: { ...ledger, readPause } };
  }

  it("that eight processes begin in the same moment is begun by one", async () => {
    await begin({ settings: { RETRY_SECONDS: "20" } });
    const all = Array.from({ length: 8 }, () => listenTo(readingTogether(stage.createSecondEngine())));
    const waits = await Promise.all(all.map(({ engine }) => pauseFrom(engine, "auth")));
    expect(all.flatMap(({ told }) => told)).toEqual(["alert.account_paused auth"]);
    for (const wait of waits) expect(wait).toBeGreaterThan(15_000);
  });

  it("in force is waited for to its end, whoever is refused meanwhile", async () => {
    await begin({ settings: { RETRY_SECONDS: "20" } });
    const { engine, told } = listenTo(stage.engine);
    await pauseFrom(engine, "auth");
    await stage.ledgerSql(`UPDATE mod_ispmodules_switches SET value = JSON_SET(value, '$.until',
      CAST(UTC_TIMESTAMP(6) + INTERVAL 5 SECOND AS CHAR)) WHERE name = 'account_pause'`);
    expect(await pauseFrom(engine, "access")).toBeLessThanOrEqual(5_000);
    expect(await engine.ledger.readPause("main")).toMatchObject({ errorType: "auth" });
    expect(told).toEqual(["alert.account_paused auth"]);
  });

  it("that has run out is begun again by a refused login, which nobody repeats at once", async () => {
    await begin({ settings: { RETRY_SECONDS: "20" } });
    const { engine, told } = listenTo(stage.engine);
    await pauseFrom(engine, "access");
    await endPause();
    stage.account.arm({ func: "*", fault: { kind: "refused", type: "auth" }, times: 1000 });
    await stage.sellPaid();
    await sweepServices(engine, false);
    await runBuyer(engine);
    const asked = stage.account.requests().length;
    for (let rounds = 0; rounds < 3; rounds++) await runBuyer(engine);
    expect(stage.account.requests()).toHaveLength(asked);
    expect(await engine.ledger.readPause("main")).toMatchObject({ errorType: "auth", stepMs: 20_000 });
    expect(told).toEqual(["alert.account_paused access", "alert.account_paused auth"]);
  });
});

describe("refusals for want of money", () => {
  const settings = { RETRY_SECONDS: "20" };
  const account = { balance: "0.00", variants: { balanceIn: "neither" as const } };
  const step = () => stage.engine.ledger.readPause("main").then((pause) => pause?.stepMs);

  /** Four orders hang at the account, and are refused in the same moment. */
  async function refuseFour() {
    await begin({ settings, account });
    const { engine, told } = listenTo(stage.engine);
    for (let services = 0; services < 4; services++) await stage.sellPaid();
    await sweepServices(engine, false);
    const fault = { kind: "hang", execution: "on-release" } as const;
    const held = stage.account.arm({ func: order, fault, times: 4 });
    const buying = runBuyer(engine);
    await expect.poll(orders, { timeout: 5_000 }).toBe(4);
    held.release();
    await buying;
    return { engine, told };
  }

  it("that come together are one pause and one alert, and a refused probe doubles it", async () => {
    const { engine, told } = await refuseFour();
    const all = await engine.ledger.listPurchases();
    expect(all.map(({ reason }) => reason)).toEqual(Array(4).fill("awaiting_balance"));
    expect(await engine.ledger.readPause("main")).toMatchObject({ errorType: "not_enough_money", isProbed: false });
    expect(await step()).toBe(20_000);
    await endPause();
    await makeDue();
    await runBuyer(engine);
    expect([orders(), await step()]).toEqual([5, 40_000]);
    await endPause();
    await makeDue();
    await runBuyer(engine);
    expect([orders(), await step()]).toEqual([6, 80_000]);
    expect(told).toEqual(["alert.awaiting_balance not_enough_money"]);
  });

  it("leave the probe to a row that is going to send", async () => {
    const { engine } = await refuseFour();
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR");
    const foreign = await stage.sellPaid({ licence: "7654321" });
    await endPause();
    await sweepServices(engine, false);
    await runBuyer(engine);
    expect(await stage.purchaseOf(foreign.lineId)).toMatchObject({ reason: "licence_not_ours" });
    expect(await engine.ledger.readPause("main")).toMatchObject({ isProbed: false });
    expect(orders()).toBe(4);
    stage.account.topUp("100.00");
    await endPause();
    await makeDue();
    await runBuyer(engine);
    expect([orders(), await engine.ledger.readPause("main")]).toEqual([5, null]);
  });
});
