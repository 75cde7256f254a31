import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/purchases/state.ts";
import { putOff, recheck, say } from "./deciding.ts";
import { type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const orders = () => stage.account.requests("addition.order.param");

async function expectWaiting(sold: Pick<Sold, "lineId">, reason: Reason, debits = 0) {
  const waiting = await stage.reach(sold.lineId, "Pending", reason);
  expect(stage.account.debits()).toHaveLength(debits);
  return waiting;
}

async function expectBought(sold: Pick<Sold, "lineId">, debits = 1) {
  await stage.reach(sold.lineId, "Purchased");
  expect(stage.account.debits()).toHaveLength(debits);
}

describe("an account", () => {
  it("that refuses connections is waited for; no attempt is made", async () => {
    await begin();
    await stage.account.refuseConnections();
    const sold = await stage.sellPaid();
    expect(await expectWaiting(sold, "account_unreachable")).toMatchObject({ attempts: 0 });
    await stage.account.acceptConnections();
    await expectBought(sold);
  });

  it("that goes away between the last look and the order has provably not got the order", async () => {
    await begin();
    const sold = await stage.sellPaid();
    const gone = stage.account.nextRequest("dashboard.info").then(() => stage.account.refuseConnections());
    const waiting = await expectWaiting(sold, "account_unreachable");
    await gone;
    expect(waiting).toMatchObject({ attempts: 1, sends: 0, detail: { not_sent: "ECONNREFUSED" } });
    await stage.account.acceptConnections();
    await expectBought(sold);
    expect(orders()).toMatchObject([{ params: { remoteid: `im-${waiting.id}-2` } }]);
  });

  it("that answers pages instead of lists is waited for", async () => {
    await begin();
    const fault = stage.account.arm({ func: "addition", fault: "bad-gateway", times: 1000 });
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "account_unreachable");
    expect(fault.fired()).toBeGreaterThan(0);
    expect(orders()).toEqual([]);
    fault.disarm();
    await expectBought(sold);
  });

  it("that lists fewer modules than it announces is not believed", async () => {
    await begin();
    stage.account.addForeignModule({ licence: "1234568", tariff: "23221" });
    const fault = stage.account.arm({ func: "addition", fault: "missing-rows", times: 1000 });
    const sold = await stage.sellPaid({ licence: "1234568" });
    await expectWaiting(sold, "account_unreachable");
    expect(fault.fired()).toBeGreaterThan(0);
    fault.disarm();
    await stage.reach(sold.lineId, "Purchased", "manual");
    expect(stage.account.debits()).toEqual([]);
  });

  it("whose list lacks a module that is still paid is asked twice before it is believed", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await expectBought(sold);
    const fault = stage.account.arm({ func: "addition", fault: "stale-list" });
    const next = await stage.renewPaid(sold.serviceId);
    await expectWaiting(next, "account_unreachable", 1);
    expect(fault.fired()).toBe(1);
    await expectBought(next, 2);
    expect(stage.account.debits().map(({ kind }) => kind)).toEqual(["order", "renewal"]);
  });
});

describe("a refused login", () => {
  it("pauses the account for everyone, one asks again, and everyone goes on when it is mended", async () => {
    await begin({ settings: { RETRY_SECONDS: "0.3" } });
    const fault = stage.account.arm({ func: "*", fault: { kind: "refused", type: "auth" }, times: 1000 });
    const sold = [await stage.sellPaid(), await stage.sellPaid(), await stage.sellPaid()];
    await stage.settle((all) => all.filter(({ reason }) => reason === "account_paused").length === 3);
    const asked = stage.account.requests("addition").length;
    expect(asked).toBeLessThanOrEqual(4);
    expect(orders()).toEqual([]);
    expect(fault.fired()).toBeGreaterThan(0);
    fault.disarm();
    for (const { lineId } of sold) await stage.reach(lineId, "Purchased");
    expect(stage.account.debits()).toHaveLength(3);
    expect(await stage.engine.ledger.readPause("main")).toBeNull();
  });

  it("for the order alone pauses as well, and the refused order is sent again once", async () => {
    await begin();
    const fault = stage.account.arm({
      func: "addition.order.param",
      fault: { kind: "refused", type: "access" },
      times: 2,
    });
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "account_paused");
    await expectBought(sold);
    expect(fault.fired()).toBe(2);
    expect(orders()).toHaveLength(3);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ attempts: 3, sends: 1 });
  });
});

describe("money", () => {
  it("short on the account is waited for, and a top-up goes on", async () => {
    await begin({ account: { balance: "9.99" } });
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "awaiting_balance");
    expect(orders()).toEqual([]);
    stage.account.topUp("0.01");
    await expectBought(sold);
  });

  it("short is kept for whoever waits longest: what costs less does not overtake", async () => {
    await begin({ account: { balance: "50.00" } });
    const dear = await stage.sellPaid({ billingCycle: "Annually", productId: stage.catalogue.products.bitNinja });
    await expectWaiting(dear, "awaiting_balance");
    const cheap = [await stage.sellPaid(), await stage.sellPaid()];
    await stage.settle((all) => all.filter(({ reason }) => reason === "awaiting_balance").length === 3);
    for (let rounds = 0; rounds < 10; rounds++) await stage.settle(() => true);
    expect(orders()).toEqual([]);
    stage.account.topUp("78.00");
    for (const { lineId } of [dear, ...cheap]) await stage.reach(lineId, "Purchased");
    expect(stage.account.debits().map(({ licence }) => licence)).toEqual(
      [dear, ...cheap].map(({ licence }) => licence),
    );
  });

  it("short for one that a person has put off goes to the others, and to that one when its time has come", async () => {
    await begin({ account: { balance: "50.00" } });
    const dear = await stage.sellPaid({ billingCycle: "Annually", productId: stage.catalogue.products.bitNinja });
    await expectWaiting(dear, "awaiting_balance");
    const cheap = await stage.sellPaid();
    await expectWaiting(cheap, "awaiting_balance");
    const asked = await stage.purchaseOf(dear.lineId);
    expect(await say(stage, asked, { decision: recheck })).toBe("not-at-rest");
    expect(await say(stage, asked, { decision: putOff() })).toBe("Pending");
    await expectBought(cheap);
    stage.account.topUp("1000.00");
    for (let rounds = 0; rounds < 10; rounds++) await stage.settle(() => true);
    expect(await stage.purchaseOf(dear.lineId)).toMatchObject({ reason: "awaiting_balance", attempts: 0 });
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_purchases SET hold_until = UTC_TIMESTAMP(6), not_before = UTC_TIMESTAMP(6)",
    );
    await expectBought(dear, 2);
  });

  it("given back to the customer of one that was put off ends that, so that the service's next period is bought", async () => {
    await begin({ account: { balance: "0.00" } });
    const first = await stage.sellPaid();
    expect(await say(stage, await expectWaiting(first, "awaiting_balance"), { decision: putOff() })).toBe("Pending");
    const next = await stage.renewPaid(first.serviceId);
    await expectWaiting(next, "earlier_period");
    stage.account.topUp("1000.00");
    await stage.shop.refundInvoice(first.invoiceId);
    await stage.reach(first.lineId, "Refunded", "before_send");
    await expectBought(next);
  });

  it("enough again goes to the oldest due date first", async () => {
    await begin({ account: { balance: "0.00" } });
    const sold = [await stage.sell(), await stage.sell(), await stage.sell()];
    const days = ["2026-11-20", "2026-11-10", "2026-11-15"];
    for (const [at, { lineId, invoiceId }] of sold.entries()) {
      await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = ? WHERE id = ?", [days[at], lineId]);
      await stage.shop.payInvoice(invoiceId);
    }
    await stage.settle((all) => all.filter(({ reason }) => reason === "awaiting_balance").length === 3);
    stage.account.topUp("30.00");
    for (const { lineId } of sold) await stage.reach(lineId, "Purchased");
    const byDueDate = [1, 2, 0].map((at) => sold[at]?.licence);
    expect(stage.account.debits().map(({ licence }) => licence)).toEqual(byDueDate);
  });

  it("short where no balance is shown is learnt from the refusal, and then asked for by one at a time", async () => {
    const retryMs = 300;
    await begin({
      account: { balance: "5.00", variants: { balanceIn: "neither" } },
      settings: { RETRY_SECONDS: String(retryMs / 1000) },
    });
    const sold = [await stage.sellPaid(), await stage.sellPaid(), await stage.sellPaid()];
    await stage.settle((all) => all.filter(({ reason }) => reason === "awaiting_balance").length === 3);
    const asked = orders().length;
    const beganMs = performance.now();
    for (let rounds = 0; rounds < 5; rounds++) await stage.round();
    expect(orders().length - asked).toBeLessThanOrEqual(1 + Math.floor((performance.now() - beganMs) / retryMs));
    stage.account.topUp("100.00");
    for (const { lineId } of sold) await stage.reach(lineId, "Purchased");
    expect(stage.account.debits()).toHaveLength(3);
    expect(await stage.engine.ledger.readPause("main")).toBeNull();
  });

  it("in another currency than the price never waits", async () => {
    await begin({ account: { currency: "USD", balance: "0.50", variants: { exchangeRates: { EUR: "0.01" } } } });
    await expectBought(await stage.sellPaid());
  });

  it("beyond the day's cap is not spent", async () => {
    await begin({ settings: { SPEND_CAP_DAY: "25.00" } });
    const sold = [await stage.sellPaid(), await stage.sellPaid(), await stage.sellPaid()];
    await stage.settle((all) => all.filter(({ state }) => state === "Purchased").length === 2);
    await stage.settle((all) => all.filter(({ reason }) => reason === "spend_cap").length === 1);
    expect(sold).toHaveLength(3);
    expect(stage.account.debits()).toHaveLength(2);
    await stage.ledgerSql("UPDATE mod_ispmodules_attempts SET created_at = created_at - INTERVAL 25 HOUR");
    await stage.settle();
    expect(stage.account.debits()).toHaveLength(3);
  });

  it("beyond the month's cap is not spent, and what was refused does not count", async () => {
    await begin({ settings: { SPEND_CAP_MONTH: "10.00" } });
    stage.account.arm({ func: "addition.order.param", fault: { kind: "refused", type: "limit" } });
    const first = await stage.sellPaid();
    await expectBought(first);
    const second = await stage.sellPaid();
    await expectWaiting(second, "spend_cap", 1);
  });
});

describe("a renewal", () => {
  it("too early waits for the day the account names", async () => {
    await begin({
      account: {
        variants: { renewalWindow: { daysBeforeExpiry: 5, error: { type: "value", object: "" }, refusesForm: true } },
      },
    });
    const sold = await stage.sellPaid();
    await expectBought(sold);
    const next = await stage.renewPaid(sold.serviceId);
    const waiting = await expectWaiting(next, "remote_date", 1);
    expect(waiting).toMatchObject({ attempts: 1, sends: 0 });
    await stage.settle(() => true);
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
    stage.account.set({ renewalWindow: null });
    await expectBought(next, 2);
  });
});
