import { describe, expect, it } from "vitest";
import { decided } from "./ledger/given.ts";
import { quickAbsence, type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const tariff = "23221";
const kinds = () => stage.account.debits().map(({ kind }) => kind);
const said = { actor: "test", why: "test" };

/** A purchase that is paid by what staff bought, while the account is still preparing that. */
async function bindUnfinished(): Promise<Sold & { module: string }> {
  const sold = await stage.sell();
  const module = stage.account.addForeignModule({ licence: sold.licence, tariff, status: 5 });
  await stage.shop.payInvoice(sold.invoiceId);
  await stage.reach(sold.lineId, "Ordered", "manual");
  return { ...sold, module };
}

async function playOn() {
  for (let rounds = 0; rounds < 5; rounds++) {
    await stage.settle(() => true);
    await stage.engine.clock.sleep(50);
  }
}

describe("a module that staff bought and that pays for a purchase", () => {
  it("but never becomes active asks a person, and is not renewed instead", async () => {
    await begin();
    const sold = await bindUnfinished();
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET state_since = state_since - INTERVAL 25 HOUR");
    await stage.reach(sold.lineId, "NeedsOperator", "not_active");
    await playOn();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "NeedsOperator", reason: "not_active" });
    stage.account.changeModule(sold.module, { status: 2 });
    await stage.reach(sold.lineId, "Purchased", "manual");
    expect(stage.account.requests("service.prolong")).toEqual([]);
  });

  it("still pays for it when the customer's money went back and came again", async () => {
    await begin();
    const sold = await bindUnfinished();
    await stage.shop.refundInvoice(sold.invoiceId);
    await stage.settle((all) => all[0]?.isReversed === true);
    stage.account.changeModule(sold.module, { status: 2 });
    await stage.reach(sold.lineId, "NeedsOperator", "reversed_after_send");
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [sold.invoiceId]);
    await stage.reach(sold.lineId, "Purchased", "manual");
    expect([kinds(), stage.account.requests("service.prolong")]).toEqual([[], []]);
  });
});

describe("the facts of a purchase that waits", () => {
  it("are those of now: a corrected licence, a later payment", async () => {
    await begin();
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, by hand",
      options: [tariff, "DDoSGUARD"],
      autoSetup: "on",
      prices: { USD: { monthly: "15.00" } },
    });
    const sold = await stage.sellPaid({ productId, ip: "" });
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = '2026-03-01 10:00:00' WHERE id = ?", [sold.invoiceId]);
    await stage.reach(sold.lineId, "Pending", "awaiting_acceptance");
    const licence = stage.newLicence();
    await stage.shop.setLicence(sold.serviceId, licence);
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = '2026-03-20 10:00:00' WHERE id = ?", [sold.invoiceId]);
    await stage.settle(([purchase]) => purchase?.licence === licence);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ paidAt: "2026-03-20 10:00:00" });
    await stage.engine.ledger.setBuying({ position: "on", paidSince: "2026-03-10 00:00:00", ...said });
    await stage.shop.setOrderStatus(sold.orderId, "Active");
    await stage.reach(sold.lineId, "Purchased");
  });

  it("do not make a purchase old that was sent once", async () => {
    await begin({ settings: quickAbsence });
    stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
    const sold = await stage.sellPaid();
    const absent = await stage.reach(sold.lineId, "NeedsOperator", "absent");
    await stage.engine.ledger.setBuying({ position: "off", paidSince: "2099-01-01 00:00:00", ...said });
    const again = { to: "Pending", reason: null, actor: "test", decision: decided("buy-again") } as const;
    await stage.engine.ledger.change(absent, again);
    await playOn();
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, ...said });
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ sends: 2 });
    expect(kinds()).toEqual(["order"]);
  });
});

describe("the renewal form", () => {
  it("that was refused proves nothing: the first one shown is watched", async () => {
    const window = { daysBeforeExpiry: 5, error: { type: "value", object: "" }, refusesForm: true };
    await begin({ account: { variants: { renewalWindow: window } } });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Pending", "remote_date");
    stage.account.set({ renewalWindow: null, renewalForm: "acts" });
    await stage.engine.ledger.wake([(await stage.purchaseOf(next.lineId)).id]);
    await stage.reach(next.lineId, "NeedsOperator", "evidence_conflict");
    expect(kinds()).toEqual(["order", "renewal"]);
  });
});
