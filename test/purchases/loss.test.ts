// Would any of these have been bought for more than its customer paid, had nobody held cost against revenue?
import { isDeepStrictEqual } from "node:util";
import { beforeEach, describe, expect, it } from "vitest";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

/** DDoS-GUARD, which costs 10.00 EUR; a US dollar is 0.92 EUR. */
const tariff = "23221";

async function sell(price: string, columns: Record<string, string> = {}): Promise<Sold & { productId: number }> {
  const { productId } = await stage.shop.addProduct({
    name: "DDoS-GUARD, cheap",
    options: [tariff, "DDoSGUARD"],
    prices: { USD: { monthly: price } },
    columns,
  });
  return { productId, ...(await stage.sell({ productId })) };
}

async function expectAsked({ lineId }: Sold, detail: object): Promise<void> {
  const isTold = (purchase: Purchase) =>
    purchase.lineId === lineId &&
    Object.entries(detail).every(([name, value]) => isDeepStrictEqual(purchase.detail?.[name], value));
  await stage.settle((purchases) => purchases.some(isTold));
  expect(await stage.purchaseOf(lineId)).toMatchObject({ state: "NeedsOperator", reason: "price_above_cap", sends: 0 });
  expect(stage.account.debits()).toEqual([]);
}

async function expectBought({ lineId }: Sold): Promise<void> {
  await stage.reach(lineId, "Purchased");
  expect(stage.account.debits()).toHaveLength(1);
}

const edit = (table: string, id: number, change: object) =>
  stage.shop.sql("UPDATE ?? SET ? WHERE id = ?", [table, change, id]);
const allow = ({ productId }: { productId: number }) => edit("tblproducts", productId, { configoption7: "allow" });
const discount = ({ invoiceId, serviceId }: Sold, line: object) =>
  stage.shop.sql("INSERT INTO tblinvoiceitems SET ?", [
    { invoiceid: invoiceId, userid: stage.catalogue.clientIds[0], relid: serviceId, ...line },
  ]);

describe("what brings in less than it costs is not bought", () => {
  it("at the exchange rate, until the product allows a loss", async () => {
    const sold = await sell("10.86");
    await stage.shop.payInvoice(sold.invoiceId);
    const told = { cost: "10.0000", currency: "EUR", revenue: "9.9912", paid_in: "USD", rate: "0.92" };
    await expectAsked(sold, told);
    await allow(sold);
    await expectBought(sold);
  });

  it("a cent more is no loss", async () => {
    const sold = await sell("10.87");
    await stage.shop.payInvoice(sold.invoiceId);
    await expectBought(sold);
  });

  it("after its promotion", async () => {
    const sold = await sell("15.00");
    await discount(sold, { type: "PromoHosting", amount: "-4.14" });
    await stage.shop.payInvoice(sold.invoiceId);
    await expectAsked(sold, { revenue: "9.9912" });
    await allow(sold);
    await expectBought(sold);
  });

  it("after the discount of the client's group", async () => {
    const sold = await sell("15.00");
    await discount(sold, { type: "GroupDiscount", relid: 0, amount: "-4.14" });
    await stage.shop.payInvoice(sold.invoiceId);
    await expectAsked(sold, { revenue: "9.9912" });
  });

  it("after the tax that its price contains", async () => {
    const sold = await sell("12.00");
    await edit("tblinvoices", sold.invoiceId, { taxrate: "10.000", taxrate2: "5.000" });
    await edit("tblinvoiceitems", sold.lineId, { taxed: 1 });
    await stage.shop.payInvoice(sold.invoiceId);
    // 12.00 / (1.1 · 1.05) · 0.92
    await expectAsked(sold, { revenue: "9.5584" });
  });

  it("while the account's price list is away for a moment", async () => {
    const sold = await sell("10.86");
    const away = stage.account.arm({ func: "pricelist.export", fault: "bad-gateway", times: 2 });
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "Pending", "account_unreachable");
    expect(away.fired()).toBeGreaterThan(0);
    await expectAsked(sold, { revenue: "9.9912" });
  });

  it("when the money of the client falls while the purchase waits", async () => {
    const sold = await sell("15.00", { configoption4: "9.99 EUR" });
    await stage.shop.payInvoice(sold.invoiceId);
    await expectAsked(sold, { cap: { amount: "9.99", currency: "EUR" } });
    await stage.shop.sql("UPDATE tblcurrencies SET rate = 0.66666 WHERE code = 'EUR'");
    await edit("tblproducts", sold.productId, { configoption4: "" });
    await expectAsked(sold, { revenue: "9.9999", rate: "0.66666" });
    await stage.shop.sql("UPDATE tblcurrencies SET rate = 0.92 WHERE code = 'EUR'");
    await expectBought(sold);
  });
});

it("what is given away is bought", async () => {
  const sold = await sell("0.00", { configoption5: "free" });
  await stage.shop.payInvoice(sold.invoiceId);
  await expectBought(sold);
});

it("where WHMCS has no currency of the account's, nothing is held back", async () => {
  await stage.shop.sql("UPDATE tblcurrencies SET code = 'CHF' WHERE code = 'EUR'");
  try {
    const sold = await sell("1.00");
    await stage.shop.payInvoice(sold.invoiceId);
    await expectBought(sold);
  } finally {
    await stage.shop.sql("UPDATE tblcurrencies SET code = 'EUR' WHERE code = 'CHF'");
  }
});
