import { beforeEach, describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import { addDays, addMonths } from "../../src/purchases/period.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { recheck, say } from "./deciding.ts";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const tariff = "23221";
const kinds = () => stage.account.debits().map(({ kind }) => kind);
const orders = () => stage.account.requests("addition.order.param");
const renewals = () => stage.account.requests("service.prolong").filter(({ params }) => params.sok === "ok");
const today = () => stage.shop.today();

/** A service with its module, bought by us. */
async function buy(item: Parameters<Stage["sellPaid"]>[0] = {}) {
  const sold = await stage.sellPaid(item);
  const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
  return { sold, module: String(remoteServiceId) };
}

const expiryOf = (module: string) => stage.account.modules().find(({ id }) => id === module)?.expiredate ?? "";

describe("a module that staff bought by hand", () => {
  it("since the invoice pays for the purchase, and nothing is ordered", async () => {
    const sold = await stage.sell();
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff, autoprolong: 1 });
    await stage.shop.payInvoice(sold.invoiceId);
    const purchase = await stage.reach(sold.lineId, "Purchased", "manual");
    expect(purchase).toMatchObject({ remoteServiceId: module, attempts: 0, sends: 0, hasAutoRenewal: false });
    expect([orders(), kinds()]).toEqual([[], []]);
    expect(stage.account.modules()).toMatchObject([{ id: module, autoprolong: null }]);
    expect(stage.whmcsApi.calls.at(-1)?.parameters.description).toContain("found bought");
  });

  it("the day before the invoice still does, two days before does not", async () => {
    const near = await stage.sell();
    const far = await stage.sell();
    const later = addMonths(today(), 2);
    const bought = (licence: string, days: number) =>
      stage.account.addForeignModule({ licence, tariff, createdate: addDays(today(), -days), expiredate: later });
    bought(near.licence, 1);
    bought(far.licence, 2);
    for (const { invoiceId } of [near, far]) await stage.shop.payInvoice(invoiceId);
    await stage.reach(near.lineId, "Purchased", "manual");
    await stage.reach(far.lineId, "NeedsOperator", "already_owned");
  });

  it("for a shorter time than was paid is asked about", async () => {
    const sold = await stage.sell({ billingCycle: "Annually" });
    stage.account.addForeignModule({ licence: sold.licence, tariff });
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "NeedsOperator", "already_owned");
  });

  it("twice is asked about", async () => {
    const sold = await stage.sell();
    for (let copies = 0; copies < 2; copies++) stage.account.addForeignModule({ licence: sold.licence, tariff });
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "NeedsOperator", "already_owned");
  });

  it("while a person was asked lets the purchase go on to it", async () => {
    const sold = await stage.sellPaid({ licence: "7777777" });
    await stage.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    stage.account.addLicence({ id: "7777777" });
    stage.account.addForeignModule({ licence: "7777777", tariff });
    await stage.reach(sold.lineId, "Purchased", "manual");
    expect(orders()).toEqual([]);
  });

  it("and renewed before our order was confirmed keeps that term for the next period", async () => {
    stage.account.set({ activationMs: null });
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Ordered");
    const module = String(remoteServiceId);
    stage.account.changeModule(module, { expiredate: addMonths(expiryOf(module), 1) });
    stage.account.activate();
    await stage.reach(sold.lineId, "Purchased");
    const { lineId } = await stage.renewPaid(sold.serviceId);
    await stage.reach(lineId, "Purchased", "manual");
    expect([kinds(), renewals()]).toEqual([["order"], []]);
  });

  it("pays for one of two purchases only", async () => {
    const licence = stage.newLicence();
    const both = [await stage.sell({ licence }), await stage.sell({ licence })];
    stage.account.addForeignModule({ licence, tariff });
    for (const { invoiceId } of both) await stage.shop.payInvoice(invoiceId);
    const all = await stage.settle();
    const outcomes = new Set(all.map(({ state, reason }) => `${state} ${reason}`));
    expect(outcomes).toEqual(new Set(["Purchased manual", "NeedsOperator already_owned"]));
  });

  it("is renewed by us when its next period is paid", async () => {
    const sold = await stage.sell();
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff });
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "Purchased", "manual");
    const next = await stage.renewPaid(sold.serviceId);
    expect(await stage.reach(next.lineId, "Purchased")).toMatchObject({ action: "renew", remoteServiceId: module });
    expect(kinds()).toEqual(["renewal"]);
  });
});

describe("a module that another purchase is just buying", () => {
  /** One engine looks for the later purchase while another sends the earlier one's order, which is not answered yet. */
  async function lookDuringOrder() {
    const late = await stage.sellPaid();
    await sweepServices(stage.engine, false);
    const list = stage.account.arm({ func: "addition", fault: { kind: "hang", execution: "on-release" } });
    const looking = runBuyer(stage.engine);
    await list.reached;
    const early = await stage.sellPaid({ licence: late.licence });
    const other = stage.createSecondEngine();
    await sweepServices(other, false);
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR WHERE invoice_line_id = ?",
      [late.lineId],
    );
    const answer = stage.account.arm({ func: "addition.order.param", fault: "hang" });
    const sending = runBuyer(other);
    await answer.reached;
    list.release();
    await looking;
    return { early, late, answer, sending };
  }

  it.each(["none", "edit"] as const)(
    "is not taken for one bought by hand; its marker is shown by: %s",
    async (where) => {
      stage.account.set({ remoteid: where });
      const { early, late, answer, sending } = await lookDuringOrder();
      expect(await stage.purchaseOf(early.lineId)).toMatchObject({ state: "Sending" });
      const isTold = where === "edit";
      expect(await stage.purchaseOf(late.lineId)).toMatchObject({
        state: isTold ? "NeedsOperator" : "Pending",
        reason: isTold ? "already_owned" : null,
        remoteServiceId: null,
      });
      answer.release();
      await sending;
      await stage.reach(early.lineId, "Purchased");
      await stage.reach(late.lineId, "NeedsOperator", "already_owned");
      expect([orders().length, kinds()]).toEqual([1, ["order"]]);
    },
  );
});

describe("a module that staff renewed by hand", () => {
  it("through the paid period pays for it, and nothing is renewed", async () => {
    const { sold, module } = await buy();
    stage.account.changeModule(module, { expiredate: addMonths(expiryOf(module), 1) });
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased", "manual");
    expect([renewals(), kinds()]).toEqual([[], ["order"]]);
  });

  it("for a shorter time than was paid is asked about", async () => {
    const { sold, module } = await buy();
    stage.account.changeModule(module, { expiredate: addDays(expiryOf(module), 10) });
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "NeedsOperator", "already_owned");
    expect(renewals()).toEqual([]);
  });

  it("for a shorter time stays with a person also when it has run out and is gone, until that person lets it go on", async () => {
    const { sold, module } = await buy();
    const start = addDays(today(), -40);
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [start]);
    stage.account.changeModule(module, { expiredate: addDays(start, 20) });
    const { invoiceId } = await stage.shop.issueRenewalInvoice(sold.serviceId);
    const lineId = await stage.lineOf(invoiceId);
    await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = ? WHERE id = ?", [start, lineId]);
    await stage.shop.payInvoice(invoiceId);
    const asked = await stage.reach(lineId, "NeedsOperator", "already_owned");
    stage.account.changeModule(module, { status: 4 });
    for (let rounds = 0; rounds < 3; rounds++) {
      await stage.engine.ledger.wake([asked.id]);
      await stage.settle(() => true);
    }
    expect(await stage.purchaseOf(lineId)).toMatchObject({
      state: "NeedsOperator",
      detail: { modules: [{ id: module }] },
    });
    expect(kinds()).toEqual(["order"]);
    expect(await say(stage, asked, { decision: recheck })).toBe("Pending");
    await stage.reach(lineId, "Purchased");
    expect(kinds()).toEqual(["order", "order"]);
  });

  it("by a day only, as accounts count days, is renewed", async () => {
    const { sold, module } = await buy();
    stage.account.changeModule(module, { expiredate: addDays(expiryOf(module), 1) });
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    expect(kinds()).toEqual(["order", "renewal"]);
  });
});

describe("a module of another service", () => {
  const endings: [string, (sold: Sold) => Promise<unknown>][] = [
    ["is terminated", ({ serviceId }) => stage.shop.setServiceStatus(serviceId, "Terminated")],
    ["is cancelled", ({ serviceId }) => stage.shop.setServiceStatus(serviceId, "Cancelled")],
    ["was deleted", ({ serviceId }) => stage.shop.deleteService(serviceId)],
  ];
  it.each(endings)("that %s is renewed for the new one", async (_, end) => {
    const { sold, module } = await buy();
    await end(sold);
    const next = await stage.sellPaid({ licence: sold.licence });
    expect(await stage.reach(next.lineId, "Purchased")).toMatchObject({ action: "renew", remoteServiceId: module });
    expect(kinds()).toEqual(["order", "renewal"]);
  });

  it.each(["Active", "Suspended"] as const)("that is %s is left alone", async (status) => {
    const { sold, module } = await buy();
    await stage.shop.setServiceStatus(sold.serviceId, status);
    const next = await stage.sellPaid({ licence: sold.licence });
    const asked = await stage.reach(next.lineId, "NeedsOperator", "already_owned");
    expect(asked.detail).toMatchObject({ modules: [{ id: module }] });
    expect(kinds()).toEqual(["order"]);
  });
});

describe("our own module", () => {
  it("that the account suspended is renewed", async () => {
    const { sold, module } = await buy();
    const expiredate = addDays(today(), -3);
    stage.account.changeModule(module, { status: 3, expiredate });
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ?", [expiredate]);
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    expect(stage.account.modules()).toMatchObject([{ id: module, status: 2 }]);
    expect(kinds()).toEqual(["order", "renewal"]);
  });

  it("that the account deleted is ordered anew", async () => {
    const { sold, module } = await buy();
    stage.account.changeModule(module, { status: 4 });
    const next = await stage.renewPaid(sold.serviceId);
    const purchase = await stage.reach(next.lineId, "Purchased");
    expect(purchase.action).toBe("order");
    expect(purchase.remoteServiceId).not.toBe(module);
    expect(kinds()).toEqual(["order", "order"]);
  });

  it("on another licence than the service now names is not renewed", async () => {
    const { sold } = await buy({ ip: "" });
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    expect(kinds()).toEqual(["order", "order"]);
  });
});
