import { beforeEach, describe, expect, it } from "vitest";
import { addDays, addMonths } from "../../../src/purchases/period.ts";
import { bind, say } from "../deciding.ts";
import { type Sold, type Stage, useStages } from "../stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const charges = () => stage.account.debits().map(({ kind, tariff, licence }) => ({ kind, tariff, licence }));
const moduleOf = (id: string) => stage.account.modules().find((module) => module.id === id);
const edit = (table: string, id: number, change: object) =>
  stage.shop.sql("UPDATE ?? SET ? WHERE id = ?", [table, change, id]);

async function own(item: Parameters<Stage["sellPaid"]>[0] = {}) {
  const sold = await stage.sellPaid(item);
  return { ...sold, module: String((await stage.reach(sold.lineId, "Purchased")).remoteServiceId) };
}

const setBuying = (position: "off" | "on") =>
  stage.engine.ledger.setBuying({ position, paidSince: null, actor: "test", why: "test" });

describe("a service that was switched to another product of ours", () => {
  const [ddosGuard, bitNinja] = ["23221", "55371"];

  it("asks for the licence in the new product's field, then has the new module bought and leaves the old one", async () => {
    const { serviceId, licence, module } = await own();
    const old = moduleOf(module);
    await edit("tblhosting", serviceId, { packageid: stage.catalogue.products.bitNinja, amount: "20.00" });
    const next = await stage.renewPaid(serviceId);
    await stage.reach(next.lineId, "NeedsOperator", "missing_licence");
    await stage.shop.setLicence(serviceId, licence);
    const bought = await stage.reach(next.lineId, "Purchased");
    expect(bought).toMatchObject({ action: "order", tariff: bitNinja, licence });
    expect(moduleOf(module)).toEqual(old);
    const after = await stage.renewPaid(serviceId);
    expect(await stage.reach(after.lineId, "Purchased")).toMatchObject({
      action: "renew",
      remoteServiceId: bought.remoteServiceId,
    });
    // And back: the old module is still this service's.
    await edit("tblhosting", serviceId, { packageid: stage.catalogue.products.ddosGuard, amount: "15.00" });
    const back = await stage.renewPaid(serviceId);
    expect(await stage.reach(back.lineId, "Purchased")).toMatchObject({ action: "renew", remoteServiceId: module });
    expect(charges()).toEqual(
      [
        ["order", ddosGuard],
        ["order", bitNinja],
        ["renewal", bitNinja],
        ["renewal", ddosGuard],
      ].map(([kind, tariff]) => ({ kind, tariff, licence })),
    );
  });
});

describe("a licence that is changed on the service", () => {
  it("while a purchase waits, is the one that is bought for; while it is under way, the next line's", async () => {
    const licence = stage.newLicence();
    await setBuying("off");
    const sold = await stage.sellPaid({ ip: "" });
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.shop.setLicence(sold.serviceId, licence);
    stage.account.set({ activationMs: null });
    const lost = stage.account.arm({ func: "addition.order.param", fault: "lost-after" });
    await setBuying("on");
    await stage.settle(() => lost.fired() > 0);
    const later = stage.newLicence();
    await stage.shop.setLicence(sold.serviceId, later);
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(sold.lineId, "Ordered");
    await stage.reach(next.lineId, "Pending", "earlier_period");
    stage.account.set({ activationMs: 0 });
    stage.account.activate();
    const [first, second] = [await stage.reach(sold.lineId, "Purchased"), await stage.reach(next.lineId, "Purchased")];
    expect([first.licence, second.licence]).toEqual([licence, later]);
    expect(charges()).toMatchObject([
      { kind: "order", licence },
      { kind: "order", licence: later },
    ]);
  });
});

describe("a service that staff moved to another client", () => {
  const move = (serviceId: number, to: 0 | 1) =>
    edit("tblhosting", serviceId, { userid: stage.catalogue.clientIds[to] });

  it("has the lines of both bought and watched, without any event", async () => {
    const sold = await stage.sellPaid();
    const issued = await stage.shop.issueRenewalInvoice(sold.serviceId);
    await stage.shop.payInvoice(issued.invoiceId);
    const lineId = await stage.lineOf(issued.invoiceId);
    await edit("tblinvoiceitems", lineId, { duedate: addMonths(stage.shop.today(), 1) });
    await edit("tblhosting", sold.serviceId, { nextduedate: addMonths(addMonths(stage.shop.today(), 1), 1) });
    await move(sold.serviceId, 1);
    const after = await stage.renewPaid(sold.serviceId);
    for (const line of [sold.lineId, lineId, after.lineId]) await stage.reach(line, "Purchased");
    expect(charges().map(({ kind }) => kind)).toEqual(["order", "renewal", "renewal"]);
    await stage.shop.refundInvoice(issued.invoiceId);
    await stage.settle((all) => all.some((purchase) => purchase.lineId === lineId && purchase.isReversed));
  });

  it("has what the first client paid held against the cost in that client's currency", async () => {
    await setBuying("off");
    // 9.50 euros cost 10.00; as many dollars would be 8.74 euros. 10.50 dollars are 9.66 euros.
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, cheap",
      options: ["23221", "DDoSGUARD"],
      prices: { USD: { monthly: "10.50" }, EUR: { monthly: "10.50" } },
    });
    const dollars = await stage.sellPaid({ productId });
    const euros = await stage.sellPaid({ productId, clientId: stage.catalogue.clientIds[1] });
    await move(dollars.serviceId, 1);
    await move(euros.serviceId, 0);
    await setBuying("on");
    await stage.reach(euros.lineId, "Purchased");
    const asked = await stage.reach(dollars.lineId, "NeedsOperator", "price_above_cap");
    expect(asked.detail).toMatchObject({ paid_in: "USD", revenue: "9.6600" });
    expect(stage.account.debits()).toHaveLength(1);
  });
});

describe("a product that bills to a day of the month", () => {
  const sellProrated = async (): Promise<Sold> => {
    const { productId } = await stage.shop.addProduct({
      name: "DDoS-GUARD, prorated",
      options: ["23221", "DDoSGUARD"],
      prices: { USD: { monthly: "15.00" } },
      columns: { proratabilling: 1 },
    });
    const sold = await stage.sell({ productId });
    await edit("tblinvoiceitems", sold.lineId, { amount: "4.00" });
    await stage.shop.payInvoice(sold.invoiceId);
    await edit("tblhosting", sold.serviceId, {
      nextduedate: addDays(stage.shop.today(), 8),
      firstpaymentamount: "4.00",
    });
    return sold;
  };

  it("leaves the first part of a month to a person only, and has the month bought that begins within it", async () => {
    const unattended = await sellProrated();
    const later = await stage.renewPaid(unattended.serviceId);
    expect(await stage.reach(later.lineId, "Purchased")).toMatchObject({ action: "order" });
    await stage.reach(unattended.lineId, "NeedsOperator", "prorated");
  });

  it("has it renewed with the module that a person bound for the part", async () => {
    const sold = await sellProrated();
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "prorated");
    const module = stage.account.addForeignModule({ licence: sold.licence, tariff: "23221" });
    expect(await say(stage, asked, { decision: bind(module) })).toBe("Ordered");
    await stage.reach(sold.lineId, "Purchased", "manual");
    const next = await stage.renewPaid(sold.serviceId);
    await stage.settle();
    expect(await stage.purchaseOf(next.lineId)).toMatchObject({ state: "Purchased", action: "renew" });
    expect(charges().map(({ kind }) => kind)).toEqual(["renewal"]);
  });
});
