import { beforeEach, describe, expect, it } from "vitest";
import type { OperatorReason } from "../../src/purchases/state.ts";
import type { NewProduct } from "../../src/sandbox/shop/catalog.ts";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

/** A person is asked, nothing was ordered; then the cause goes and the line is bought without anyone's command. */
async function expectAskedThenBought(sold: Sold, reason: OperatorReason, correct: () => Promise<unknown>) {
  await stage.reach(sold.lineId, "NeedsOperator", reason);
  expect(stage.account.requests("addition.order.param")).toEqual([]);
  await correct();
  const bought = await stage.reach(sold.lineId, "Purchased");
  expect(bought).toMatchObject({ action: "order", attempts: 1 });
  expect(stage.account.debits()).toHaveLength(1);
  return bought;
}

async function productWith(change: Partial<NewProduct>): Promise<number> {
  const { productId } = await stage.shop.addProduct({
    name: "DDoS-GUARD special",
    options: ["23221", "DDoSGUARD"],
    prices: { USD: { monthly: "15.00", quarterly: "44.00", semiannually: "85.00", annually: "160.00" } },
    ...change,
  });
  return productId;
}

const setService = (serviceId: number, change: Record<string, string | number>) =>
  stage.shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [change, serviceId]);

describe("a licence", () => {
  it("that is missing is asked for, and bought with once it is typed in", async () => {
    const { shop, catalogue, lineOf, newLicence } = stage;
    const licence = newLicence();
    const order = await shop.placeOrder({
      clientId: catalogue.clientIds[0],
      items: [{ productId: catalogue.products.ddosGuard }],
    });
    const [serviceId = 0] = order.serviceIds;
    await shop.payInvoice(order.invoiceId);
    const sold = { ...order, serviceId, licence, lineId: await lineOf(order.invoiceId) };
    const bought = await expectAskedThenBought(sold, "missing_licence", () => shop.setLicence(serviceId, licence));
    expect(bought.licence).toBe(licence);
  });

  it.each(["web01", "12 34567", "0123", "12345678901"])(
    "typed as %j is bad, and the corrected one is bought",
    async (typed) => {
      const sold = await stage.sellPaid({ licence: typed });
      await expectAskedThenBought(sold, "bad_licence", () => stage.shop.setLicence(sold.serviceId, stage.newLicence()));
    },
  );
});

describe("a product", () => {
  it.each([
    ["a tariff of letters", ["guard", "DDoSGUARD"]],
    ["a cap nobody can read", ["23221", "DDoSGUARD", "", "cheap"]],
    ["an order field that is not allowed", ["23221", "DDoSGUARD", "", "", "", "sok=ok"]],
  ])("with %s is unknown until it is mended", async (_, options) => {
    const productId = await productWith({ options });
    const sold = await stage.sellPaid({ productId });
    const mended = { configoption1: "23221", configoption4: "", configoption6: "" };
    await expectAskedThenBought(sold, "unknown_product", () =>
      stage.shop.sql("UPDATE tblproducts SET ? WHERE id = ?", [mended, productId]),
    );
  });

  it("sold for a part of the month is asked about", async () => {
    const productId = await productWith({ isProrated: true });
    const sold = await stage.sellPaid({ productId });
    await expectAskedThenBought(sold, "prorated", () =>
      stage.shop.sql("UPDATE tblproducts SET proratabilling = 0 WHERE id = ?", [productId]),
    );
  });

  it("that is retired is still bought for those who have it", async () => {
    const sold = await stage.sellPaid({ productId: await productWith({ isRetired: true, isHidden: true }) });
    await stage.reach(sold.lineId, "Purchased");
    expect(stage.account.debits()).toHaveLength(1);
  });
});

describe("a period", () => {
  it("of three months cannot be bought, and one month can", async () => {
    const productId = await productWith({});
    const sold = await stage.sellPaid({ productId, billingCycle: "Quarterly" });
    await expectAskedThenBought(sold, "odd_period", () =>
      setService(sold.serviceId, { billingcycle: "Monthly", firstpaymentamount: "44.00" }),
    );
  });

  it("that is none, of a product sold once, cannot be bought", async () => {
    const sold = await stage.sellPaid({ billingCycle: "One Time" });
    await stage.reach(sold.lineId, "NeedsOperator", "odd_period");
    expect(stage.account.requests("addition.order.param")).toEqual([]);
  });

  it("is unclear when the line costs what another cycle costs, with or without its setup fee", async () => {
    const prices = { USD: { monthly: "15.00", annually: { price: "160.00", setupFee: "9.00" } } };
    for (const amount of ["160.00", "169.00"]) {
      const sold = await stage.sell({ productId: await productWith({ prices }) });
      await stage.shop.sql("UPDATE tblinvoiceitems SET amount = ? WHERE id = ?", [amount, sold.lineId]);
      await stage.shop.payInvoice(sold.invoiceId);
      await stage.reach(sold.lineId, "NeedsOperator", "period_unclear");
      expect(stage.account.debits()).toEqual([]);
      await stage.shop.sql("DELETE FROM tblinvoiceitems WHERE id = ?", [sold.lineId]);
    }
    const sold = await stage.sell();
    await stage.shop.sql("UPDATE tblinvoiceitems SET amount = 160 WHERE id = ?", [sold.lineId]);
    await stage.shop.payInvoice(sold.invoiceId);
    await expectAskedThenBought(sold, "period_unclear", () =>
      setService(sold.serviceId, { billingcycle: "Annually", amount: "160.00" }),
    );
    expect(stage.account.debits()).toMatchObject([{ periodMonths: 12, amount: "108.00" }]);
  });

  it("without any date has no beginning until one is set", async () => {
    const sold = await stage.sellPaid();
    const zero = "0000-00-00";
    await stage.shop.sql("UPDATE tblinvoices SET date = ?, duedate = ? WHERE id = ?", [zero, zero, sold.invoiceId]);
    await stage.shop.sql("UPDATE tblinvoiceitems SET duedate = ? WHERE id = ?", [zero, sold.lineId]);
    await expectAskedThenBought(sold, "no_due_date", () =>
      stage.shop.sql("UPDATE tblinvoices SET duedate = '2026-11-23' WHERE id = ?", [sold.invoiceId]),
    );
    expect((await stage.purchaseOf(sold.lineId)).period).toEqual({ start: "2026-11-23", months: 1 });
  });
});

describe("an amount", () => {
  it("of nothing after a promotion is not bought, unless the product may be free", async () => {
    const { shop, catalogue, newLicence, lineOf } = stage;
    const productId = await productWith({});
    const { invoiceId, orderId, serviceIds } = await shop.placeOrder({
      clientId: catalogue.clientIds[0],
      items: [{ productId, licence: newLicence() }],
      promo: { code: "FREE", value: "100", type: "Percentage" },
    });
    const [serviceId = 0] = serviceIds;
    const sold = { invoiceId, orderId, serviceId, licence: "", lineId: await lineOf(invoiceId) };
    await expectAskedThenBought(sold, "nothing_paid", () =>
      shop.sql("UPDATE tblproducts SET configoption5 = 'free' WHERE id = ?", [productId]),
    );
  });

  it("of part of the price after a promotion is bought", async () => {
    const { shop, catalogue, newLicence, lineOf } = stage;
    const { invoiceId } = await shop.placeOrder({
      clientId: catalogue.clientIds[0],
      items: [{ productId: catalogue.products.ddosGuard, licence: newLicence() }],
      promo: { code: "FIFTH", value: "20", type: "Percentage" },
    });
    await shop.payInvoice(invoiceId);
    await stage.reach(await lineOf(invoiceId), "Purchased");
  });

  it("for two of the same is one too many", async () => {
    const productId = await productWith({ allowQuantity: 1 });
    const sold = await stage.sellPaid({ productId, quantity: 2 });
    await expectAskedThenBought(sold, "quantity", () => setService(sold.serviceId, { qty: 1 }));
  });
});

it("an upgrade rests with a person, and the service itself is bought", async () => {
  const sold = await stage.sellPaid();
  await stage.reach(sold.lineId, "Purchased");
  const upgrade = await stage.shop.orderUpgrade({
    serviceId: sold.serviceId,
    newProductId: stage.catalogue.products.bitNinja,
    amount: "5.00",
  });
  await stage.shop.payInvoice(upgrade.invoiceId);
  const [lineId = 0] = upgrade.lineIds;
  await stage.reach(lineId, "NeedsOperator", "upgrade_line");
  expect(stage.account.debits()).toHaveLength(1);
});

describe("a service that has ended", () => {
  const endings: [string, (sold: Sold) => Promise<unknown>, (sold: Sold) => Promise<unknown>][] = [
    [
      "a terminated service",
      ({ serviceId }) => stage.shop.setServiceStatus(serviceId, "Terminated"),
      ({ serviceId }) => stage.shop.setServiceStatus(serviceId, "Active"),
    ],
    [
      "a fraudulent order",
      ({ orderId }) => stage.shop.setOrderStatus(orderId, "Fraud"),
      ({ orderId }) => stage.shop.setOrderStatus(orderId, "Active"),
    ],
    [
      "a cancelled order",
      ({ orderId }) => stage.shop.setOrderStatus(orderId, "Cancelled"),
      ({ orderId }) => stage.shop.setOrderStatus(orderId, "Pending"),
    ],
    [
      "a closed client",
      () => stage.shop.sql("UPDATE tblclients SET status = 'Closed'"),
      () => stage.shop.sql("UPDATE tblclients SET status = 'Active'"),
    ],
  ];
  it.each(endings)("by %s is not bought for, until that is taken back", async (_, end, takeBack) => {
    const sold = await stage.sellPaid();
    await end(sold);
    await expectAskedThenBought(sold, "service_ended", () => takeBack(sold));
  });
});

describe("a line", () => {
  it("that was deleted while it waited is asked about", async () => {
    await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
    const lineDeleted = await stage.sellPaid();
    const serviceDeleted = await stage.sellPaid();
    await stage.reach(lineDeleted.lineId, "Pending", "buying_off");
    await stage.shop.deleteLine(lineDeleted.lineId);
    await stage.shop.deleteService(serviceDeleted.serviceId);
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "test" });
    await stage.reach(lineDeleted.lineId, "NeedsOperator", "line_gone");
    await stage.reach(serviceDeleted.lineId, "NeedsOperator", "line_gone");
    expect(stage.account.debits()).toEqual([]);
  });

  it("moved to another invoice follows that invoice", async () => {
    const sold = await stage.sellPaid();
    const other = await stage.sell();
    await stage.shop.sql("UPDATE tblinvoiceitems SET invoiceid = ? WHERE id = ?", [other.invoiceId, sold.lineId]);
    await stage.settle(() => true);
    expect(await stage.engine.ledger.findByLines([sold.lineId])).toEqual([]);
    await stage.shop.payInvoice(other.invoiceId);
    await stage.reach(sold.lineId, "Purchased");
    await stage.reach(other.lineId, "Purchased");
    expect(stage.account.debits()).toHaveLength(2);
  });
});
