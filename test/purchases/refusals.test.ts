import { describe, expect, it } from "vitest";
import { addDays } from "../../src/purchases/period.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { listenTo } from "./alerts.ts";
import { type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const order = "addition.order.param";
const orders = () => stage.account.requests(order).length;
const refuse = (type: string, more: { times: number; value?: string }) => {
  const { times, ...fault } = more;
  return stage.account.arm({ func: order, fault: { kind: "refused", type, ...fault }, times });
};

const makeDue = () => stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");

/** Every row is looked at once more, whatever it waits for. */
async function lookAgain() {
  await makeDue();
  await stage.round();
}

/** When the row is looked at next: the moment, and in how many seconds. */
async function nextLook({ lineId }: Sold) {
  const [row] = await stage.ledgerSql(
    `SELECT not_before AS at, TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6), not_before) / 1000000 AS seconds
       FROM mod_ispmodules_purchases WHERE invoice_line_id = ?`,
    [lineId],
  );
  return { at: String(row?.at), seconds: Number(row?.seconds) };
}

describe("an order that was refused three times", () => {
  const grow = (hours: number) =>
    stage.ledgerSql(`UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL ${hours} HOUR`);

  it("is tried once more after a day, and not before", async () => {
    await begin();
    refuse("value", { times: 4 });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "NeedsOperator", "refused");
    await grow(23);
    for (let looks = 0; looks < 3; looks++) await lookAgain();
    expect(orders()).toBe(3);
    await grow(2);
    for (let looks = 0; looks < 3; looks++) await lookAgain();
    expect(orders()).toBe(4);
    const asked = await stage.purchaseOf(sold.lineId);
    expect(asked).toMatchObject({ state: "NeedsOperator", reason: "refused", attempts: 4, sends: 0 });
    await grow(25);
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ attempts: 5, sends: 1 });
    expect(stage.account.debits()).toHaveLength(1);
  });

  it("rests with a person for however many days it is refused", async () => {
    await begin();
    refuse("value", { times: 9 });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "NeedsOperator", "refused");
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET refusals = 255");
    await grow(25);
    for (let looks = 0; looks < 3; looks++) await lookAgain();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({
      state: "NeedsOperator",
      reason: "refused",
      attempts: 4,
    });
  });

  it("is tried at once when what it asks for has changed", async () => {
    await begin();
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, mistyped",
      options: ["99999", "DDoSGUARD"],
      prices: { USD: { monthly: "15.00" } },
    });
    refuse("value", { times: 3 });
    const sold = await stage.sellPaid({ productId });
    await stage.reach(sold.lineId, "NeedsOperator", "refused");
    await stage.shop.sql("UPDATE tblproducts SET configoption1 = '23221' WHERE id = ?", [productId]);
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ attempts: 4, tariff: "23221" });
    expect(orders()).toBe(4);
  });
});

describe("an order that was refused with a date", () => {
  const today = () => new Date().toISOString().slice(0, 10);

  it("to come waits for that day", async () => {
    await begin();
    const until = addDays(today(), 3);
    refuse("limit", { times: 1, value: until });
    const sold = await stage.sellPaid();
    const waiting = await stage.reach(sold.lineId, "Pending", "remote_date");
    expect(waiting).toMatchObject({ attempts: 1, sends: 0, refusals: 0, detail: { until } });
    const day = Date.parse(`${until}T00:00:00Z`);
    expect(Math.abs(Date.parse(`${(await nextLook(sold)).at.replace(" ", "T")}Z`) - day)).toBeLessThan(5_000);
    for (let rounds = 0; rounds < 3; rounds++) await stage.round();
    expect(orders()).toBe(1);
    await lookAgain();
    await stage.reach(sold.lineId, "Purchased");
  });

  it("of today is asked again ever later, and never becomes a case for a person", async () => {
    await begin({ settings: { RETRY_SECONDS: "100" } });
    refuse("limit", { times: 4, value: today() });
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    for (const seconds of [100, 200, 400, 800]) {
      await lookAgain();
      const next = await nextLook(sold);
      expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ reason: "remote_date", refusals: 0 });
      // Shortly before midnight the day itself may be over sooner.
      expect(next.seconds).toBeLessThanOrEqual(seconds);
      expect(next.seconds).toBeGreaterThan(seconds - 20);
    }
    expect(orders()).toBe(4);
    await lookAgain();
    await stage.reach(sold.lineId, "Purchased");
  });

  it("that has passed counts like any refusal: the third time a person is asked", async () => {
    await begin();
    refuse("limit", { times: 9, value: addDays(today(), -1) });
    const sold = await stage.sellPaid();
    expect(await stage.reach(sold.lineId, "NeedsOperator", "refused")).toMatchObject({ attempts: 3, refusals: 3 });
    expect(orders()).toBe(3);
  });

  it.each([
    ["that has passed", -1],
    ["to come", 20],
  ])("%s, for want of money, pauses the account and is told", async (_, days) => {
    await begin({ settings: { RETRY_SECONDS: "100" } });
    refuse("not_enough_money", { times: 9, value: addDays(today(), days) });
    const { engine, told } = listenTo(stage.engine);
    const sold = await stage.sellPaid();
    await sweepServices(engine, false);
    await stage.round(engine);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Pending", reason: "awaiting_balance" });
    expect(await engine.ledger.readPause("main")).toMatchObject({ reason: "awaiting_balance", stepMs: 100_000 });
    expect(told).toEqual(["alert.awaiting_balance not_enough_money"]);
  });
});

describe("an order that is refused at last", () => {
  it("is told to a person, and each pause for its own cause", async () => {
    await begin();
    const { engine, told } = listenTo(stage.engine);
    for (const type of ["value", "value", "access", "not_enough_money", "value"]) refuse(type, { times: 1 });
    const sold = await stage.sellPaid();
    await sweepServices(engine, false);
    for (let looks = 0; looks < 20 && orders() < 5; looks++) {
      await makeDue();
      await stage.round(engine);
      await engine.clock.sleep(50);
    }
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "NeedsOperator", reason: "refused" });
    expect(told).toEqual([
      "alert.account_paused access",
      "alert.awaiting_balance not_enough_money",
      "alert.needs_operator refused",
    ]);
  });
});
