import { describe, expect, it } from "vitest";
import type { Reason } from "../../src/purchases/state.ts";
import { quickAbsence, type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const said = { actor: "test", why: "test" };
const setBuying = (position: "off" | "shadow" | "on", paidSince: string | null = null) =>
  stage.engine.ledger.setBuying({ position, paidSince, ...said });
const orders = () => stage.account.requests("addition.order.param");

async function expectWaiting(sold: Pick<Sold, "lineId">, reason: Reason) {
  const waiting = await stage.reach(sold.lineId, "Pending", reason);
  expect(stage.account.debits()).toEqual([]);
  return waiting;
}

async function expectBoughtOnce(sold: Pick<Sold, "lineId">) {
  await stage.reach(sold.lineId, "Purchased");
  expect(stage.account.debits()).toHaveLength(1);
}

describe("WHMCS's side", () => {
  it("an invoice set back to Unpaid waits, and paid again it is bought once", async () => {
    await begin({ isBuying: false });
    await setBuying("off", "2020-01-01 00:00:00");
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "buying_off");
    await stage.shop.setInvoiceUnpaid(sold.invoiceId);
    await setBuying("on");
    await expectWaiting(sold, "unpaid");
    await stage.shop.payInvoice(sold.invoiceId);
    await expectBoughtOnce(sold);
  });

  it.each(["Collections", "Payment Pending", "Draft"])("status %s after Paid is not paid", async (status) => {
    await begin({ isBuying: false });
    await setBuying("off", "2020-01-01 00:00:00");
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "buying_off");
    await stage.shop.sql("UPDATE tblinvoices SET status = ? WHERE id = ?", [status, sold.invoiceId]);
    await setBuying("on");
    await expectWaiting(sold, "unpaid");
  });

  it("an order waits to be accepted where the product says so", async () => {
    await begin();
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, by hand",
      options: ["23221", "DDoSGUARD"],
      autoSetup: "on",
      prices: { USD: { monthly: "15.00" } },
    });
    const sold = await stage.sellPaid({ productId });
    await expectWaiting(sold, "awaiting_acceptance");
    await stage.shop.setOrderStatus(sold.orderId, "Active");
    await expectBoughtOnce(sold);
  });

  it("an order of a client without active services waits where WHMCS provisions existing clients only", async () => {
    await begin();
    await stage.shop.setSetting("AutoProvisionExistingOnly", "on");
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "awaiting_acceptance");
    const other = await stage.sell();
    await stage.shop.setServiceStatus(other.serviceId, "Active");
    await expectBoughtOnce(sold);
  });

  it("a new client's first purchase is held, an older one's is not", async () => {
    await begin({ settings: { HOLD_NEW_CLIENT_HOURS: "48" } });
    const newcomer = await stage.shop.addClient({});
    const elder = await stage.shop.addClient({ createdOn: "2020-01-01" });
    const held = await stage.sellPaid({ clientId: newcomer });
    await expectWaiting(held, "new_client_hold");
    const sold = await stage.sellPaid({ clientId: elder });
    await expectBoughtOnce(sold);
    await stage.shop.sql("UPDATE tblclients SET datecreated = '2020-01-01' WHERE id = ?", [newcomer]);
    await stage.reach(held.lineId, "Purchased");
  });

  it("nothing is sent while WHMCS cannot be read, and goes on when it can", async () => {
    await begin({ isBuying: false });
    await setBuying("off", "2020-01-01 00:00:00");
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "buying_off");
    await setBuying("on");
    await stage.shop.sql("RENAME TABLE tblhosting TO tblhosting_away");
    try {
      for (let rounds = 0; rounds < 3; rounds++) await stage.round();
      expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Pending", reason: "whmcs_unreachable" });
      expect(orders()).toEqual([]);
    } finally {
      await stage.shop.sql("RENAME TABLE tblhosting_away TO tblhosting");
    }
    await expectBoughtOnce(sold);
  });
});

describe("an earlier period", () => {
  it("that is unresolved holds the next one back; that is unpaid again does not", async () => {
    await begin({ settings: quickAbsence });
    const fault = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "NeedsOperator", "absent");
    expect(fault.fired()).toBe(1);
    const next = await stage.renewPaid(sold.serviceId);
    await expectWaiting(next, "earlier_period");
  });

  it("that fell back to Unpaid lets the next one be ordered", async () => {
    await begin({ isBuying: false });
    await setBuying("off", "2020-01-01 00:00:00");
    const sold = await stage.sellPaid();
    const next = await stage.renewPaid(sold.serviceId);
    await expectWaiting(next, "earlier_period");
    await stage.shop.setInvoiceUnpaid(sold.invoiceId);
    await setBuying("on");
    await stage.reach(sold.lineId, "Pending", "unpaid");
    await expectBoughtOnce(next);
    expect(await stage.purchaseOf(next.lineId)).toMatchObject({ action: "order" });
  });
});

describe("the position of buying", () => {
  it("off asks the account nothing at all", async () => {
    await begin();
    await setBuying("off");
    const sold = await stage.sellPaid();
    await expectWaiting(sold, "buying_off");
    await stage.settle(() => true);
    expect(stage.account.requests()).toEqual([]);
    await setBuying("on");
    await expectBoughtOnce(sold);
  });

  it("shadow shows the request it would send, without credentials, and sends none", async () => {
    await begin();
    await setBuying("shadow");
    const sold = await stage.sellPaid();
    const waiting = await expectWaiting(sold, "shadow");
    expect(waiting.detail).toEqual({
      would_send: {
        ...{ func: "addition.order.param", item: sold.licence, pricelist: "23221", period: "1", autoprolong: "null" },
        ...{ skipbasket: "on", sok: "ok", clicked_button: "finish", remoteid: `im-${waiting.id}-1` },
        ...{ lang: "en", out: "xml" },
      },
      cost: "10.0000",
      currency: "EUR",
    });
    expect(waiting).toMatchObject({ attempts: 0, sends: 0 });
    await stage.settle(() => true);
    expect(orders()).toEqual([]);
    await setBuying("on");
    await expectBoughtOnce(sold);
  });

  it("shadow shows the renewal it would send", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await expectBoughtOnce(sold);
    await setBuying("shadow");
    const next = await stage.renewPaid(sold.serviceId);
    const { detail } = await stage.reach(next.lineId, "Pending", "shadow");
    const elid = (await stage.purchaseOf(sold.lineId)).remoteServiceId;
    expect(detail).toMatchObject({ would_send: { func: "service.prolong", elid, period: "1", sok: "ok" } });
    expect(JSON.stringify(detail)).not.toContain(stage.account.password);
    expect(stage.account.requests("service.prolong").filter(({ params }) => params.sok === "ok")).toEqual([]);
  });

  it("off in the middle still brings what was sent to its end", async () => {
    await begin();
    stage.account.set({ activationMs: null });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Ordered");
    await setBuying("off");
    stage.account.activate();
    await expectBoughtOnce(sold);
  });
});
