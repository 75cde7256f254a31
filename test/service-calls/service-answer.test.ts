// Does WHMCS learn about a service what the ledger knows, after WHMCS was read anew?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { silentLog } from "../../src/log.ts";
import { type Stage, useStages } from "../purchases/stage.ts";
import { type Calling, startCalling } from "./calling.ts";

const raise = useStages();
let stage: Stage;
let here: Calling;
beforeEach(async () => {
  stage = await raise();
  here = await startCalling(stage.engine);
});
afterEach(() => here.stop());

const orders = () => stage.account.requests("addition.order.param").length;

describe("create", () => {
  it("of a paid service that nobody told us of records the purchase, and is pending until it is bought", async () => {
    const sold = await stage.sellPaid();
    const first = await here.call(sold.serviceId, "create");
    expect(first).toMatchObject({ status: 200, body: { result: "pending", service: { state: "waiting" } } });
    expect([first.body.purchases?.length, orders()]).toEqual([1, 0]);
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Pending");

    const { id, remoteServiceId, expectedExpiry } = await stage.reach(sold.lineId, "Purchased");
    const done = await here.call(sold.serviceId, "create");
    expect(done.body).toMatchObject({
      result: "success",
      service: { state: "active", module_id: remoteServiceId, paid_until: expectedExpiry, licence: sold.licence },
    });
    expect(done.body.purchases).toEqual([
      {
        ...{ id, state: "Purchased", reason: null, invoice_id: sold.invoiceId, period_months: 1, action: "order" },
        ...{ period_start: expect.stringMatching(/^\d{4}-\d\d-\d\d$/) },
        ...{ remote_service_id: remoteServiceId, paid_until: expectedExpiry },
      },
    ]);
    expect(orders()).toBe(1);
  });

  it("of an unpaid service buys nothing and is pending", async () => {
    const sold = await stage.sell();
    const answer = await here.call(sold.serviceId, "create");
    expect(answer.body).toMatchObject({ result: "pending", purchases: [], service: { state: "unpaid" } });
    await stage.round();
    expect([await stage.engine.ledger.listPurchases(), orders()]).toEqual([[], 0]);
  });

  it("of a service that is not ours, or not there, is pending", async () => {
    for (const id of [1, 4_000_000_000]) {
      expect((await here.call(id, "create")).body).toMatchObject({ result: "pending", purchases: [] });
    }
  });

  it("is not success for money that went back", async () => {
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    await stage.shop.refundInvoice(sold.invoiceId);
    expect((await here.call(sold.serviceId, "create")).body).toMatchObject({
      result: "pending",
      service: { state: "refunded", paid_until: null },
    });
  });

  it("says what rests with a person, and with which words to settle it", async () => {
    const sold = await stage.sellPaid({ licence: "typo" });
    const answer = await here.call(sold.serviceId, "create");
    const { id } = await stage.purchaseOf(sold.lineId);
    expect(answer.body.message).toContain(`Purchase ${id}, bad_licence:`);
    expect(answer.body.service).toMatchObject({ state: "attention", can_choose_licence: true });
  });

  it("is answered in time while WHMCS's database hangs, and the stored call makes up for it", async () => {
    const sold = await stage.sellPaid();
    let isAsked = false;
    const reader = {
      ...stage.engine.reader,
      listLinesOfServices: () => {
        isAsked = true;
        return new Promise<never>(() => {});
      },
    };
    const waits: number[] = [];
    const sleep = async (milliseconds: number) => void waits.push(milliseconds);
    const clock = { ...stage.engine.clock, sleep };
    const hanging = await startCalling({ ...stage.engine, reader, clock, log: silentLog });
    expect((await hanging.call(sold.serviceId, "create")).body).toMatchObject({ result: "pending", purchases: [] });
    expect(isAsked).toBe(true);
    // A payment in WHMCS waits one second, the way to us and back included.
    expect(Math.max(...waits)).toBeLessThan(800);
    await hanging.stop();
    await stage.round();
    expect((await stage.purchaseOf(sold.lineId)).state).not.toBe("NeedsOperator");
  });

  it("is answered from the ledger while WHMCS's database is away", async () => {
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    const reader = { ...stage.engine.reader, listLinesOfServices: () => Promise.reject(new Error("away")) };
    const away = await startCalling({ ...stage.engine, reader });
    expect((await away.call(sold.serviceId, "create")).body.result).toBe("success");
    await away.stop();
  });
});

describe("other calls", () => {
  it("renew is pending until the next period is bought, and success then", async () => {
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    const next = await stage.renewPaid(sold.serviceId);
    const pending = await here.call(sold.serviceId, "renew");
    expect(pending.body).toMatchObject({ result: "pending", service: { state: "active" } });
    expect(pending.body.purchases?.map(({ invoice_id: invoiceId }) => invoiceId)).toEqual([
      next.invoiceId,
      sold.invoiceId,
    ]);
    expect(pending.body.service?.customer_text.en).toContain("The next period is paid and is being added.");
    await stage.reach(next.lineId, "Purchased");
    expect((await here.call(sold.serviceId, "renew")).body).toMatchObject({
      result: "success",
      service: { paid_until: (await stage.purchaseOf(next.lineId)).expectedExpiry },
    });
  });

  it.each(["suspend", "unsuspend", "terminate"])(
    "%s changes nothing at the account and says until when it runs",
    async (action) => {
      const sold = await stage.sellPaid();
      const { expectedExpiry } = await stage.reach(sold.lineId, "Purchased");
      const before = stage.account.requests().length;
      const answer = await here.call(sold.serviceId, action);
      expect(answer.body).toMatchObject({ result: "success", message: expect.stringContaining(`${expectedExpiry}`) });
      await stage.round();
      expect(stage.account.requests()).toHaveLength(before);
    },
  );

  it("check reads WHMCS anew, so that a corrected licence goes on at once", async () => {
    const sold = await stage.sellPaid({ licence: "typo" });
    await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6) + INTERVAL 1 HOUR");
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    expect((await here.call(sold.serviceId, "check")).body.result).toBe("success");
    for (let rounds = 0; rounds < 100 && (await stage.purchaseOf(sold.lineId)).state !== "Purchased"; rounds++) {
      await stage.round();
      await stage.engine.clock.sleep(20);
    }
    expect((await stage.purchaseOf(sold.lineId)).state).toBe("Purchased");
  });

  it("status reads the ledger and nothing else", async () => {
    const sold = await stage.sellPaid();
    expect((await here.call(sold.serviceId, "status")).body).toMatchObject({ result: "success", purchases: [] });
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
    expect(here.wakes()).toBe(0);
  });

  it("at most twelve purchases are told, the newest first", async () => {
    const sold = await stage.sellPaid();
    const invoices = [sold.invoiceId];
    for (let period = 0; period < 12; period++) invoices.push((await stage.renewPaid(sold.serviceId)).invoiceId);
    await here.call(sold.serviceId, "check");
    const { purchases = [] } = (await here.call(sold.serviceId, "status")).body;
    expect(purchases.map(({ invoice_id: invoiceId }) => invoiceId)).toEqual(invoices.slice(1).reverse());
  });
});

describe("the last error", () => {
  const lastError = async (serviceId: number) => (await here.call(serviceId, "status")).body.service?.last_error;

  it("is the refusal of the purchase that is not done, and nothing once it is bought", async () => {
    stage.account.arm({ func: "addition.order.param", fault: { kind: "refused", type: "value" }, times: 3 });
    const sold = await stage.sellPaid();
    expect(await lastError(sold.serviceId)).toBeNull();
    await stage.reach(sold.lineId, "NeedsOperator", "refused");
    expect(await lastError(sold.serviceId)).toBe("refused: value");
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL 25 HOUR");
    await stage.reach(sold.lineId, "Purchased");
    expect(await lastError(sold.serviceId)).toBeNull();
  });

  it("is the renewal's, beside the period that is bought", async () => {
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    stage.account.arm({ func: "service.prolong", fault: { kind: "refused", type: "limit" }, times: 9 });
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "NeedsOperator", "refused");
    expect((await here.call(sold.serviceId, "status")).body.service).toMatchObject({
      state: "active",
      last_error: "refused: limit",
    });
  });
});
