import { describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { runVerifier } from "../../src/purchases/verifier.ts";
import type { Fault, SimpleFault } from "../../src/sandbox/account/faults.ts";
import { quickAbsence, type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const orders = () => stage.account.requests("addition.order.param");
const kinds = () => stage.account.debits().map(({ kind }) => kind);

/**
 * Each engine sweeps and plays its own rounds, none waiting for another, until so many are bought. Meanwhile every row is
 * woken again and again, so that engines keep taking the same ones.
 */
async function playTogether(engines: readonly Engine[], count: number): Promise<void> {
  const { ledger, clock } = stage.engine;
  let isOver = false;
  const play = async (engine: Engine) => {
    for (let rounds = 0; rounds < 200 && !isOver; rounds++) {
      await sweepServices(engine, false);
      await stage.round(engine);
      isOver ||= (await ledger.listPurchases({ state: "Purchased" })).length === count;
    }
  };
  const wake = async () => {
    while (!isOver) {
      await ledger.wake((await ledger.listPurchases()).map(({ id }) => id));
      await clock.sleep(20);
    }
  };
  const playing = Promise.all(engines.map(play)).finally(() => {
    isOver = true;
  });
  await Promise.all([playing, wake()]);
}

describe("several engines on one ledger", () => {
  it.each([2, 3])("%i of them buy twenty paid invoices once each", async (count) => {
    await begin();
    const sold: Sold[] = [];
    const engines = [stage.engine, ...Array.from({ length: count - 1 }, () => stage.createSecondEngine())];
    const sell = async () => {
      for (let services = 0; services < 20; services++) sold.push(await stage.sellPaid());
    };
    await Promise.all([sell(), playTogether(engines, 20)]);
    const debits = stage.account.debits();
    expect(debits).toHaveLength(20);
    expect(new Set(debits.map(({ licence }) => licence))).toEqual(new Set(sold.map(({ licence }) => licence)));
    expect(orders()).toHaveLength(20);
    const owners = await stage.ledgerSql("SELECT DISTINCT owner FROM mod_ispmodules_attempts");
    expect(owners.length).toBeGreaterThan(1);
  });

  it("renew once what both find paid in the same moment", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    const next = await stage.renewPaid(sold.serviceId);
    const second = stage.createSecondEngine();
    await playTogether([stage.engine, second], 2);
    expect(await stage.purchaseOf(next.lineId)).toMatchObject({ state: "Purchased", attempts: 1 });
    expect(kinds()).toEqual(["order", "renewal"]);
  });

  it("together hold no more orders in flight than one may", async () => {
    await begin({ settings: { ORDERS_IN_FLIGHT: "2" } });
    for (let services = 0; services < 5; services++) await stage.sellPaid();
    const held = stage.account.arm({ func: "addition.order.param", fault: "hang", times: 5 });
    const playing = playTogether([stage.engine, stage.createSecondEngine()], 5);
    await held.reached;
    await stage.engine.clock.sleep(100);
    await stage.engine.clock.sleep(100);
    expect(orders()).toHaveLength(2);
    held.release();
    await playing;
    expect(kinds()).toHaveLength(5);
  });
});

describe("an engine that has looked and not yet claimed", () => {
  const changes: [string, (sold: Sold) => Promise<unknown>, string][] = [
    ["the money went back", ({ invoiceId }) => stage.shop.setInvoiceUnpaid(invoiceId), "unpaid"],
    [
      "the order is to be accepted first",
      () => stage.shop.setSetting("AutoProvisionExistingOnly", "on"),
      "awaiting_acceptance",
    ],
  ];
  it.each(changes)("sends nothing when another has found meanwhile that %s", async (_, change, reason) => {
    await begin();
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const held = stage.account.arm({ func: "dashboard.info", fault: "hang" });
    const looking = runBuyer(stage.engine);
    await held.reached;
    await change(sold);
    await stage.engine.ledger.wake([(await stage.purchaseOf(sold.lineId)).id]);
    await runBuyer(stage.createSecondEngine());
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Pending", reason });
    held.release();
    await looking;
    for (let rounds = 0; rounds < 3; rounds++) await stage.round();
    expect([orders(), (await stage.purchaseOf(sold.lineId)).attempts]).toEqual([[], 0]);
  });

  it("sends nothing when another has bought for the same licence meanwhile", async () => {
    await begin();
    const late = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const held = stage.account.arm({ func: "dashboard.info", fault: "hang" });
    const looking = runBuyer(stage.engine);
    await held.reached;
    const other = stage.createSecondEngine();
    const early = await stage.sellPaid({ licence: late.licence });
    await sweepServices(other, false);
    for (let rounds = 0; rounds < 50 && (await stage.purchaseOf(early.lineId)).state !== "Purchased"; rounds++) {
      await stage.round(other);
    }
    held.release();
    await looking;
    await stage.reach(late.lineId, "NeedsOperator", "already_owned");
    expect(orders()).toMatchObject([{ params: { remoteid: `im-${(await stage.purchaseOf(early.lineId)).id}-1` } }]);
  });

  it("sends nothing when buying is switched off in that moment", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const held = stage.account.arm({ func: "dashboard.info", fault: "hang" });
    const looking = runBuyer(stage.engine);
    await held.reached;
    await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
    held.release();
    await looking;
    await stage.reach(sold.lineId, "Pending", "buying_off");
    expect(orders()).toEqual([]);
  });
});

describe("a sender whose lease ran out", () => {
  const longTimes = { ORDER_TIMEOUT_SECONDS: "10", SEND_WITHIN_SECONDS: "5", SETTLE_SECONDS: "60" };

  /** The order hangs at the account, its lease is over, and another engine has taken the row over. */
  async function outliveLease(fault: Fault | SimpleFault) {
    await begin({ settings: longTimes });
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const held = stage.account.arm({ func: "addition.order.param", fault });
    const blind = stage.account.arm({
      func: "addition",
      fault: "bad-gateway",
      times: 1000,
      when: () => held.fired() > 0,
    });
    const sending = runBuyer(stage.engine);
    await held.reached;
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Sending");
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
    const other = stage.createSecondEngine();
    await runVerifier(other);
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Unknown");
    return { sold, held, blind, sending, other };
  }

  it("leaves its late answer where the verifier finds it", async () => {
    const { sold, held, sending } = await outliveLease("hang");
    held.release();
    await sending;
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Unknown");
    const outcomes = await stage.ledgerSql("SELECT kind FROM mod_ispmodules_outcomes");
    expect(outcomes).toEqual([{ kind: "accepted" }]);
    await stage.reach(sold.lineId, "Ordered");
    expect(await stage.ledgerSql("SELECT * FROM mod_ispmodules_observations WHERE verdict = 'found'")).toEqual([]);
    expect(kinds()).toEqual(["order"]);
  });

  it("changes nothing when the verifier has found the module before it", async () => {
    const { sold, held, blind, sending, other } = await outliveLease("hang");
    blind.disarm();
    for (let rounds = 0; rounds < 20 && (await stage.purchaseOf(sold.lineId)).state !== "Purchased"; rounds++) {
      await runVerifier(other);
      await other.clock.sleep(20);
    }
    const { version, state } = await stage.purchaseOf(sold.lineId);
    expect(state).toBe("Purchased");
    held.release();
    await sending;
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased", version, attempts: 1 });
    expect(await stage.ledgerSql("SELECT kind FROM mod_ispmodules_outcomes")).toEqual([{ kind: "accepted" }]);
    expect(kinds()).toEqual(["order"]);
  });

  it("whose late answer is a refusal lets the order be sent again", async () => {
    const { sold, held, blind, sending } = await outliveLease({ kind: "hang", execution: "on-release" });
    stage.account.setBalance("0.00");
    held.release();
    await sending;
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Unknown");
    await stage.reach(sold.lineId, "Pending", "awaiting_balance");
    blind.disarm();
    stage.account.topUp("100.00");
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ attempts: 2, sends: 1 });
    expect(kinds()).toEqual(["order"]);
  });

  it("and that never answers is found by looking", async () => {
    await begin({ settings: quickAbsence });
    const sold = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const held = stage.account.arm({ func: "addition.order.param", fault: "hang" });
    const { ledger } = stage.engine;
    // A process that dies with its request on the wire: the answer is never written down.
    const dying: Engine = { ...stage.engine, ledger: { ...ledger, newestAttempt: () => new Promise(() => {}) } };
    void runBuyer(dying);
    await held.reached;
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ sends: 1 });
    expect(await stage.ledgerSql("SELECT * FROM mod_ispmodules_outcomes WHERE kind <> 'not-sent'")).toEqual([]);
    expect(kinds()).toEqual(["order"]);
  });
});
