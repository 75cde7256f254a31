import { describe, expect, it } from "vitest";
import { addDays } from "../../src/purchases/period.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { Fault, SimpleFault } from "../../src/sandbox/account/faults.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { quickAbsence, type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const tariff = "23221";

const begin = async (variants: Partial<Variants> = {}) => {
  stage = await raise({ settings: quickAbsence, account: { variants } });
};

const loseOrder = (fault: Fault | SimpleFault = "lost-after") =>
  stage.account.arm({ func: "addition.order.param", fault });
const loseRenewal = (fault: Fault | SimpleFault = "lost-after") =>
  stage.account.arm({ func: "service.prolong", fault, when: ({ params }) => isCommit(params) });

/** Arms a fault for the lists that are read once the order has left. */
async function spoilListsAfter(func: string, fault: Fault | SimpleFault, times = 1) {
  const sent = stage.account.nextRequest(func, ({ params }) => isCommit(params));
  const armed = sent.then(() => stage.account.arm({ func: "addition", fault, times }));
  return { fired: async () => (await armed).fired(), disarm: async () => (await armed).disarm() };
}

async function expectBoughtOnce(sold: Pick<Sold, "lineId">, kinds = ["order"]) {
  const purchase = await stage.reach(sold.lineId, "Purchased");
  expect(purchase).toMatchObject({ sends: 1 });
  expect(stage.account.debits().map(({ kind }) => kind)).toEqual(kinds);
  return purchase;
}

async function buyFirst() {
  const sold = await stage.sellPaid();
  await expectBoughtOnce(sold);
  return sold;
}

const verdicts = async (purchaseId: string) =>
  (
    await stage.ledgerSql("SELECT verdict FROM mod_ispmodules_observations WHERE purchase_id = ? ORDER BY id", [
      purchaseId,
    ])
  ).map((row) => row.verdict);

describe("an order whose answer was lost", () => {
  it("is found although the first list is stale", async () => {
    await begin();
    const lost = loseOrder();
    const stale = await spoilListsAfter("addition.order.param", "stale-list");
    const purchase = await expectBoughtOnce(await stage.sellPaid());
    expect([lost.fired(), await stale.fired()]).toEqual([1, 1]);
    expect(await verdicts(purchase.id)).toEqual(["absent", "found"]);
  });

  it("is found although the account lists new modules late", async () => {
    await begin({ listDelay: { ms: 900 } });
    loseOrder();
    const purchase = await expectBoughtOnce(await stage.sellPaid());
    expect(await verdicts(purchase.id)).toContain("absent");
  });

  it.each(["missing-rows", "duplicate-rows", "truncated"] as const)(
    "is not given up over lists with %s, however many",
    async (fault) => {
      await begin();
      const lost = loseOrder("lost-before");
      const spoilt = await spoilListsAfter("addition.order.param", fault, 1000);
      stage.account.addForeignModule({ licence: "1234568", tariff });
      const sold = await stage.sellPaid();
      await stage.reach(sold.lineId, "Unknown");
      await stage.settle((all) => all.length > 0 && (all[0]?.waits ?? 0) > 4);
      expect([lost.fired(), (await stage.purchaseOf(sold.lineId)).state]).toEqual([1, "Unknown"]);
      expect(await spoilt.fired()).toBeGreaterThan(3);
      const { id } = await stage.purchaseOf(sold.lineId);
      expect(new Set(await verdicts(id))).toEqual(new Set(["unreadable"]));
      await spoilt.disarm();
      await stage.reach(sold.lineId, "NeedsOperator", "absent");
    },
  );

  it("is not mistaken for a module that was there before", async () => {
    await begin({ alreadyThere: "second-service" });
    const licence = stage.newLicence();
    stage.account.addForeignModule({ licence, tariff, status: 4, createdate: "2020-01-01" });
    stage.account.set({ deletedRows: "shown" });
    loseOrder("lost-before");
    const sold = await stage.sellPaid({ licence });
    await stage.reach(sold.lineId, "NeedsOperator", "absent");
  });

  it("with two new modules and no marker shown is a case for a person", async () => {
    await begin({ remoteid: "none" });
    const sent = stage.account.nextRequest("addition.order.param", ({ params }) => isCommit(params));
    loseOrder();
    const sold = await stage.sellPaid();
    const added = sent.then(() => stage.account.addForeignModule({ licence: sold.licence, tariff }));
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "many");
    expect(asked.detail).toMatchObject({ ids: expect.arrayContaining([await added]) });
    expect(stage.account.debits()).toHaveLength(1);
  });

  it("is known by its marker among two new modules where the account shows it", async () => {
    await begin({ remoteid: "list" });
    const sent = stage.account.nextRequest("addition.order.param", ({ params }) => isCommit(params));
    loseOrder();
    const sold = await stage.sellPaid();
    const other = sent.then(() => stage.account.addForeignModule({ licence: sold.licence, tariff }));
    const purchase = await expectBoughtOnce(sold);
    expect(purchase.remoteServiceId).not.toBe(await other);
  });

  it("is not taken for a module with somebody else's marker", async () => {
    await begin({ remoteid: "both" });
    const sent = stage.account.nextRequest("addition.order.param", ({ params }) => isCommit(params));
    loseOrder("lost-before");
    const sold = await stage.sellPaid();
    void sent.then(() => stage.account.addForeignModule({ licence: sold.licence, tariff, remoteid: "im-other-1" }));
    await stage.reach(sold.lineId, "NeedsOperator", "absent");
    expect(stage.account.debits()).toEqual([]);
  });

  it("is looked for again after a day of unreadable lists only by a person", async () => {
    await begin();
    loseOrder();
    const spoilt = await spoilListsAfter("addition.order.param", "bad-gateway", 1000);
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Unknown");
    await stage.settle(() => true);
    // A bridge that stood still for a day has not tried: only looks count.
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL 25 HOUR");
    for (let rounds = 0; rounds < 3; rounds++) await stage.round();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Unknown" });
    await stage.ledgerSql("UPDATE mod_ispmodules_observations SET created_at = created_at - INTERVAL 25 HOUR");
    await stage.reach(sold.lineId, "NeedsOperator", "no_view");
    expect(await spoilt.fired()).toBeGreaterThan(0);
  });
});

describe("the cart", () => {
  it("with a position that may be ours forbids believing in absence", async () => {
    await begin();
    const { account } = stage;
    const sold = await stage.sellPaid();
    const form = new URLSearchParams({
      ...{ func: "addition.order.param", item: sold.licence, pricelist: tariff, period: "1", sok: "ok" },
      ...{ skipbasket: "off", autoprolong: "null", authinfo: `${account.login}:${account.password}` },
    });
    await fetch(account.url, { method: "POST", body: form });
    expect(account.cart()).toHaveLength(1);
    const lost = loseOrder("lost-before");
    await stage.reach(sold.lineId, "NeedsOperator", "evidence_conflict");
    expect([lost.fired(), account.debits().length]).toEqual([1, 0]);
  });

  it("that cannot be read says nothing: absence is proven by the lists", async () => {
    await begin({ refused: { basket: { type: "access", object: "basket" } } });
    loseOrder("lost-before");
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "NeedsOperator", "absent");
  });

  it("holds a renewal until somebody pays it: the purchase waits and is never sent twice", async () => {
    await begin({ renewal: "cart" });
    const sold = await buyFirst();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Ordered");
    for (let rounds = 0; rounds < 4; rounds++) await stage.round();
    expect(stage.account.cart()).toHaveLength(1);
    expect(stage.account.payCart()).toBe(true);
    await expectBoughtOnce(next, ["order", "renewal"]);
  });

  it("holding a renewal for a day makes it a case for a person", async () => {
    await begin({ renewal: "cart" });
    const sold = await buyFirst();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Ordered");
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL 25 HOUR WHERE invoice_line_id = ?",
      [next.lineId],
    );
    await stage.reach(next.lineId, "NeedsOperator", "not_active");
    expect(stage.account.debits()).toHaveLength(1);
  });

  it("holding a renewal whose answer was lost forbids believing in absence", async () => {
    await begin({ renewal: "cart" });
    const sold = await buyFirst();
    const lost = loseRenewal();
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "NeedsOperator", "evidence_conflict");
    expect([lost.fired(), stage.account.debits().length]).toEqual([1, 1]);
  });
});

describe("a renewal whose answer was lost", () => {
  it("is found although the first list is stale", async () => {
    await begin();
    const sold = await buyFirst();
    const lost = loseRenewal();
    const stale = await spoilListsAfter("service.prolong", "stale-list");
    const next = await stage.renewPaid(sold.serviceId);
    const purchase = await expectBoughtOnce(next, ["order", "renewal"]);
    expect([lost.fired(), await stale.fired()]).toEqual([1, 1]);
    expect(await verdicts(purchase.id)).toEqual(["absent", "found"]);
  });

  it.each(["announces", "silent"] as const)("is found by its date when the form %s", async (renewalForm) => {
    await begin({ renewalForm });
    const sold = await buyFirst();
    const lost = loseRenewal();
    await expectBoughtOnce(await stage.renewPaid(sold.serviceId), ["order", "renewal"]);
    expect(lost.fired()).toBe(1);
  });

  it("is found where a suspended module counts its new term from today, and no date was announced", async () => {
    await begin({ renewalForm: "silent" });
    const sold = await buyFirst();
    const expiredate = addDays(stage.shop.today(), -9);
    const module = String((await stage.purchaseOf(sold.lineId)).remoteServiceId);
    stage.account.changeModule(module, { status: 3, expiredate });
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [expiredate]);
    const lost = loseRenewal();
    await expectBoughtOnce(await stage.renewPaid(sold.serviceId), ["order", "renewal"]);
    expect(lost.fired()).toBe(1);
  });

  it("that somebody renewed once more by hand is a case for a person", async () => {
    await begin();
    const sold = await buyFirst();
    loseRenewal();
    const module = String((await stage.purchaseOf(sold.lineId)).remoteServiceId);
    const sent = stage.account.nextRequest("service.prolong", ({ params }) => isCommit(params));
    void sent.then(() => stage.account.changeModule(module, { expiredate: "2099-01-01" }));
    const next = await stage.renewPaid(sold.serviceId);
    const asked = await stage.reach(next.lineId, "NeedsOperator", "many");
    expect(asked.detail).toMatchObject({ ids: [module] });
  });
});
