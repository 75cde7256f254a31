import { beforeEach, describe, expect, it } from "vitest";
import { endOf } from "../../src/purchases/period.ts";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const said = { actor: "test", why: "test" };
const setBuying = (position: "off" | "on", paidSince: string | null = null) =>
  stage.engine.ledger.setBuying({ position, paidSince, ...said });
const kinds = () => stage.account.debits().map(({ kind }) => kind);

let events = 0;
/** A signed event, as the receiver stores it; no sweep helps. */
async function tell(type: string, data: Record<string, number>) {
  events += 1;
  const body = JSON.stringify({ type, data });
  return await stage.engine.ledger.storeEvent({ webhookId: `event-${events}`, type, body });
}

/** Rounds of the loops without any sweep. */
async function playRounds(count = 8) {
  for (let rounds = 0; rounds < count; rounds++) {
    await stage.round();
    await stage.engine.clock.sleep(20);
  }
}

describe("an event", () => {
  it("of a paid invoice has it bought without any sweep", async () => {
    const sold = await stage.sellPaid();
    await tell("invoice.paid", { invoice_id: sold.invoiceId });
    await playRounds();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
    expect(kinds()).toEqual(["order"]);
  });

  it("of payment for an unpaid invoice buys nothing, however well it is signed", async () => {
    const sold = await stage.sell();
    await tell("invoice.paid", { invoice_id: sold.invoiceId });
    await tell("order.accepted", { order_id: sold.orderId });
    await tell("service.unsuspended", { service_id: sold.serviceId });
    await playRounds(4);
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
    expect(await stage.engine.ledger.listOpenEvents(10)).toEqual([]);
    expect(stage.account.requests()).toEqual([]);
  });

  it("told twenty times, and swept as well, is one purchase", async () => {
    const sold = await stage.sellPaid();
    for (let copies = 0; copies < 20; copies++) await tell("invoice.paid", { invoice_id: sold.invoiceId });
    await stage.reach(sold.lineId, "Purchased");
    await stage.settle();
    expect(kinds()).toEqual(["order"]);
    expect(await stage.engine.ledger.listPurchases()).toHaveLength(1);
  });

  it("with the same id is stored once", async () => {
    const event = { webhookId: "same", type: "hook.heartbeat", body: '{"type":"hook.heartbeat","data":{}}' };
    expect(await stage.engine.ledger.storeEvent(event)).toBe("accepted");
    expect(await stage.engine.ledger.storeEvent(event)).toBe("duplicate");
  });

  it("of a kind nobody knows, or about nothing, is closed and changes nothing", async () => {
    await tell("invoice.archived", { invoice_id: 1 });
    await tell("invoice.paid", { invoice_id: 999_999 });
    await tell("order.accepted", { order_id: 999_999 });
    await tell("service.terminated", {});
    await playRounds(2);
    expect(await stage.engine.ledger.listOpenEvents(10)).toEqual([]);
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
  });

  it("of acceptance wakes the order that waited for it", async () => {
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, by hand",
      options: ["23221", "DDoSGUARD"],
      autoSetup: "on",
      prices: { USD: { monthly: "15.00" } },
    });
    const sold = await stage.sellPaid({ productId });
    await stage.reach(sold.lineId, "Pending", "awaiting_acceptance");
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = '2099-01-01'");
    await stage.shop.setOrderStatus(sold.orderId, "Active");
    await tell("order.accepted", { order_id: sold.orderId });
    await playRounds();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
  });

  it("that never arrived is made up for by the sweep", async () => {
    const sold = await stage.sellPaid();
    await playRounds(2);
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
    await stage.reach(sold.lineId, "Purchased");
  });
});

describe("a payment", () => {
  it("of the first invoice and of the renewal in the same moment is one order and one renewal", async () => {
    const sold = await stage.sell();
    const { invoiceId } = await stage.shop.issueRenewalInvoice(sold.serviceId);
    // Both fall due on the same day until the first is paid, as when WHMCS issued the second too early.
    const lineId = await stage.lineOf(invoiceId);
    await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = duedate + INTERVAL 1 MONTH WHERE id = ?", [lineId]);
    await Promise.all([stage.shop.payInvoice(sold.invoiceId), stage.shop.payInvoice(invoiceId)]);
    await tell("invoice.paid", { invoice_id: invoiceId });
    await tell("invoice.paid", { invoice_id: sold.invoiceId });
    await stage.settle((all) => all.filter(({ state }) => state === "Purchased").length === 2);
    expect(kinds()).toEqual(["order", "renewal"]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ action: "order" });
    expect(await stage.purchaseOf(lineId)).toMatchObject({ action: "renew" });
  });

  it("of two renewals ahead is two renewals, one after the other", async () => {
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    const ahead = [await stage.renewPaid(sold.serviceId), await stage.renewPaid(sold.serviceId)];
    const all = await stage.settle();
    expect(all.map(({ state, reason }) => [state, reason])).toEqual(Array(3).fill(["Purchased", null]));
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
    const [module] = stage.account.modules();
    const last = (await stage.purchaseOf(ahead[1]?.lineId ?? 0)).period;
    expect(module).toMatchObject({ id: remoteServiceId, expiredate: last === null ? "" : endOf(last) });
  });

  it("of a later period before an earlier one buys both in the end", async () => {
    const sold = await stage.sell();
    const { invoiceId } = await stage.shop.issueRenewalInvoice(sold.serviceId);
    const lineId = await stage.lineOf(invoiceId);
    await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = duedate + INTERVAL 1 MONTH WHERE id = ?", [lineId]);
    await stage.shop.payInvoice(invoiceId);
    expect(await stage.reach(lineId, "Purchased")).toMatchObject({ action: "order" });
    await stage.shop.payInvoice(sold.invoiceId);
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ action: "renew" });
    expect(kinds()).toEqual(["order", "renewal"]);
  });

  it("for two services on one licence and tariff in the same moment buys one module", async () => {
    const licence = stage.newLicence();
    for (let services = 0; services < 2; services++) await stage.sellPaid({ licence });
    const all = await stage.settle();
    const outcomes = new Set(all.map(({ state, reason }) => `${state} ${reason}`));
    expect(outcomes).toEqual(new Set(["Purchased null", "NeedsOperator already_owned"]));
    expect(kinds()).toEqual(["order"]);
  });

  it("for several invoices at once buys what each of them is for", async () => {
    const sold = [await stage.sell(), await stage.sell(), await stage.sell()];
    const { invoiceId } = await stage.shop.openMassPayment(sold.map((each) => each.invoiceId));
    await stage.shop.payInvoice(invoiceId);
    await tell("invoice.paid", { invoice_id: invoiceId });
    await playRounds(10);
    for (const { lineId } of sold) expect(await stage.purchaseOf(lineId)).toMatchObject({ state: "Purchased" });
    expect(kinds()).toEqual(["order", "order", "order"]);
  });

  it("with credit, which leaves no transaction, is a payment", async () => {
    const sold = await stage.sell();
    await stage.shop.addCredit(stage.catalogue.clientIds[0], "15.00");
    await stage.shop.payInvoiceByCredit(sold.invoiceId);
    await stage.reach(sold.lineId, "Purchased");
  });

  it("in part is none", async () => {
    const sold = await stage.sell();
    await stage.shop.payInvoice(sold.invoiceId, { amount: "14.99" });
    await stage.settle(() => true);
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
  });

  it("before the day from which we buy is recorded and never bought", async () => {
    await setBuying("on", "2099-01-01 00:00:00");
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Ignored");
    for (let rounds = 0; rounds < 3; rounds++) await stage.settle(() => true);
    expect(stage.account.requests()).toEqual([]);
  });

  it("that waits is ignored when that day is moved past it", async () => {
    await setBuying("off");
    const sold = await stage.sellPaid();
    const asked = await stage.sellPaid({ licence: "none" });
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.reach(asked.lineId, "NeedsOperator", "bad_licence");
    expect(await setBuying("on", "2099-01-01 00:00:00")).toBe("set");
    expect(await setBuying("on", "2020-01-01 00:00:00")).toBe("earlier");
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Ignored");
    expect((await stage.purchaseOf(asked.lineId)).state).toBe("Ignored");
  });

  it("without a date counts from its newest transaction", async () => {
    const [old, fresh]: Sold[] = [await stage.sellPaid(), await stage.sellPaid()];
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = '0000-00-00 00:00:00'");
    await stage.shop.sql("UPDATE tblaccounts SET date = '2019-12-31 00:00:00' WHERE invoiceid = ?", [old?.invoiceId]);
    await stage.reach(old?.lineId ?? 0, "Ignored");
    await stage.reach(fresh?.lineId ?? 0, "Purchased");
  });
});
