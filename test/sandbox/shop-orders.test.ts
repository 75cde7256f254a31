// Does the shop write what WHMCS writes when products are set up and ordered, renewed and changed?
import { afterAll, beforeAll, expect, test } from "vitest";
import { type DemoShop, fillDemoShop } from "../../src/sandbox/shop/demo-shop.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { shopClock } from "./shop-clock.ts";

let database: TestDatabase;
let shop: Shop;
let demo: DemoShop;
let clientId: number;

beforeAll(async () => {
  database = await freshDatabase("orders");
  shop = await createShop({ url: database.url, clock: shopClock });
  demo = await fillDemoShop(shop);
  [clientId] = demo.clientIds;
});

afterAll(async () => {
  await shop.close();
  await database.drop();
});

async function orderDdosGuard(more: { licence?: string; ip?: string } = {}) {
  const item = { productId: demo.products.ddosGuard, ...more };
  const placed = await shop.placeOrder({ clientId, items: [item] });
  return { ...placed, serviceId: placed.serviceIds[0] ?? 0, lineId: placed.lineIds[0] ?? 0 };
}

async function one(sql: string, ...params: unknown[]) {
  const [row] = await shop.sql(sql, params);
  return row;
}

test("cycles that are not offered have the price -1.00", async () => {
  const sql = "SELECT monthly, quarterly, semiannually, annually FROM tblpricing WHERE relid = ? AND currency = 1";
  expect(await one(sql, demo.products.ddosGuard)).toEqual({
    monthly: "15.00",
    quarterly: "-1.00",
    semiannually: "85.00",
    annually: "160.00",
  });
});

test("a price change shows in the row of its currency only", async () => {
  const productId = demo.products.drWeb;
  await shop.setPrice({ productId, currency: "EUR", cycle: "monthly", price: "9.55", setupFee: "1.00" });
  const rows = await shop.sql("SELECT monthly, msetupfee FROM tblpricing WHERE relid = ? ORDER BY currency", [
    productId,
  ]);
  expect(rows).toEqual([
    { monthly: "9.90", msetupfee: "0.00" },
    { monthly: "9.55", msetupfee: "1.00" },
  ]);
});

test("every product option reaches its column", async () => {
  const { productId, fieldIds } = await shop.addProduct({
    name: "Odd one",
    options: ["1", "a", "b", "12.50 EUR", "no", "bitninja_email={client.email}"],
    isHidden: true,
    isRetired: true,
    stock: 3,
    isProrated: true,
    autoSetup: "payment",
    payType: "onetime",
    allowQuantity: 2,
    showsDomainOptions: true,
    fields: [{ name: "licence|Your licence", isAdminOnly: true }],
    columns: { tagline: "odd" },
  });
  expect(await one("SELECT * FROM tblproducts WHERE id = ?", productId)).toMatchObject({
    servertype: "ispmanagermodules",
    configoption4: "12.50 EUR",
    configoption6: "bitninja_email={client.email}",
    configoption7: "",
    hidden: 1,
    retired: 1,
    stockcontrol: 1,
    qty: 3,
    proratabilling: 1,
    autosetup: "payment",
    paytype: "onetime",
    allowqty: 2,
    showdomainoptions: 1,
    tagline: "odd",
  });
  expect(
    await shop.sql("SELECT id, fieldname, adminonly, required FROM tblcustomfields WHERE relid = ?", [productId]),
  ).toEqual([{ id: fieldIds[0], fieldname: "licence|Your licence", adminonly: "on", required: "" }]);
});

test("an order writes a pending order, a pending service, its fields and an unpaid invoice", async () => {
  const placed = await orderDdosGuard({ licence: "1234567", ip: "192.0.2.10" });
  const { serviceId, orderId, invoiceId } = placed;
  expect(await one("SELECT status, invoiceid, amount, date FROM tblorders WHERE id = ?", orderId)).toEqual({
    status: "Pending",
    invoiceid: invoiceId,
    amount: "15.00",
    date: "2026-11-23 12:00:00",
  });
  expect(await one("SELECT * FROM tblhosting WHERE id = ?", serviceId)).toMatchObject({
    userid: clientId,
    orderid: orderId,
    packageid: demo.products.ddosGuard,
    domainstatus: "Pending",
    billingcycle: "Monthly",
    firstpaymentamount: "15.00",
    amount: "15.00",
    nextduedate: "2026-11-23",
    nextinvoicedate: "2026-12-23",
    qty: 1,
  });
  const values = await shop.sql("SELECT value FROM tblcustomfieldsvalues WHERE relid = ? ORDER BY fieldid", [
    serviceId,
  ]);
  expect(values.map((row) => row.value)).toEqual(["1234567", "192.0.2.10"]);
  expect(await one("SELECT * FROM tblinvoices WHERE id = ?", invoiceId)).toMatchObject({
    status: "Unpaid",
    total: "15.00",
    date: "2026-11-23",
    datepaid: "0000-00-00 00:00:00",
  });
  expect(await shop.sql("SELECT * FROM tblinvoiceitems WHERE invoiceid = ?", [invoiceId])).toMatchObject([
    { id: placed.lineId, type: "Hosting", relid: serviceId, amount: "15.00", duedate: "2026-11-23" },
  ]);
  expect(placed.hooks.map(({ point }) => point)).toEqual([
    "InvoiceCreation",
    "InvoiceCreationPreEmail",
    "InvoiceCreated",
    "AfterShoppingCartCheckout",
  ]);
});

test("setup fees and quantity stand in the first payment, discounts in a line of their own", async () => {
  const { productId } = await shop.addProduct({
    name: "With setup",
    prices: { USD: { semiannually: { price: "50.00", setupFee: "5.00" } } },
  });
  const placed = await shop.placeOrder({
    clientId,
    items: [{ productId, billingCycle: "Semi-Annually", quantity: 2 }],
    promo: { code: "TEN", type: "Percentage", value: "10" },
  });
  expect(await one("SELECT * FROM tblhosting WHERE id = ?", placed.serviceIds[0])).toMatchObject({
    amount: "100.00",
    firstpaymentamount: "99.00",
    qty: 2,
    nextinvoicedate: "2027-05-23",
  });
  const lines = await shop.sql("SELECT type, relid, amount FROM tblinvoiceitems WHERE invoiceid = ?", [
    placed.invoiceId,
  ]);
  expect(lines).toEqual([
    { type: "Hosting", relid: placed.serviceIds[0], amount: "110.00" },
    { type: "PromoHosting", relid: placed.serviceIds[0], amount: "-11.00" },
  ]);
  expect(placed.total).toBe("99.00");
});

test("a cycle without a price in the client's currency cannot be ordered", async () => {
  const items = [{ productId: demo.products.ddosGuard, billingCycle: "Quarterly" as const }];
  await expect(shop.placeOrder({ clientId, items })).rejects.toThrow(RangeError);
});

test("a free order is paid inside the checkout", async () => {
  const { productId } = await shop.addProduct({ name: "Gift", prices: { USD: { monthly: "0.00" } } });
  const placed = await shop.placeOrder({ clientId, items: [{ productId }] });
  expect(await one("SELECT status, datepaid FROM tblinvoices WHERE id = ?", placed.invoiceId)).toEqual({
    status: "Paid",
    datepaid: "2026-11-23 12:00:00",
  });
  expect(placed.hooks.map(({ point }) => point)).toContain("InvoicePaid");
  expect(await shop.sql("SELECT id FROM tblaccounts WHERE invoiceid = ?", [placed.invoiceId])).toEqual([]);
});

test("a renewal invoice is dated today and due when the service is", async () => {
  const { serviceId, invoiceId } = await orderDdosGuard();
  await shop.payInvoice(invoiceId);
  const renewal = await shop.issueRenewalInvoice(serviceId);
  expect(await one("SELECT date, duedate, status, total FROM tblinvoices WHERE id = ?", renewal.invoiceId)).toEqual({
    date: "2026-11-23",
    duedate: "2026-12-23",
    status: "Unpaid",
    total: "15.00",
  });
  expect(await one("SELECT type, relid, duedate FROM tblinvoiceitems WHERE id = ?", renewal.lineIds[0])).toEqual({
    type: "Hosting",
    relid: serviceId,
    duedate: "2026-12-23",
  });
  expect(await one("SELECT nextduedate, nextinvoicedate FROM tblhosting WHERE id = ?", serviceId)).toEqual({
    nextduedate: "2026-12-23",
    nextinvoicedate: "2027-01-23",
  });
});

test("a corrected licence replaces the value; a missing one is added", async () => {
  const typed = await orderDdosGuard({ licence: "12x" });
  const empty = await orderDdosGuard();
  await shop.setLicence(typed.serviceId, "123");
  await shop.setLicence(empty.serviceId, "456");
  const sql = "SELECT value FROM tblcustomfieldsvalues WHERE relid = ?";
  expect(await shop.sql(sql, [typed.serviceId])).toEqual([{ value: "123" }]);
  expect(await shop.sql(sql, [empty.serviceId])).toEqual([{ value: "456" }]);
});

test("statuses of services and orders change with their hooks", async () => {
  const { serviceId, orderId } = await orderDdosGuard();
  const suspended = await shop.runModuleAction(serviceId, "Suspend");
  expect(suspended.hooks).toContainEqual({ point: "AfterModuleSuspend", vars: { params: { serviceid: serviceId } } });
  expect(await one("SELECT domainstatus FROM tblhosting WHERE id = ?", serviceId)).toEqual({
    domainstatus: "Suspended",
  });
  await shop.setServiceStatus(serviceId, "Cancelled");
  expect(await one("SELECT domainstatus, termination_date FROM tblhosting WHERE id = ?", serviceId)).toEqual({
    domainstatus: "Cancelled",
    termination_date: "2026-11-23",
  });
  const fraud = await shop.setOrderStatus(orderId, "Fraud");
  expect(fraud.hooks).toEqual([{ point: "FraudOrder", vars: { orderid: orderId } }]);
  expect(await one("SELECT status FROM tblorders WHERE id = ?", orderId)).toEqual({ status: "Fraud" });
});

test("an upgrade's line leads through tblupgrades to the service", async () => {
  const { serviceId } = await orderDdosGuard();
  const upgrade = await shop.orderUpgrade({ serviceId, newProductId: demo.products.bitNinja, amount: "3.00" });
  expect(await one("SELECT type, relid, amount FROM tblinvoiceitems WHERE id = ?", upgrade.lineIds[0])).toEqual({
    type: "Upgrade",
    relid: upgrade.upgradeId,
    amount: "3.00",
  });
  expect(await one("SELECT relid, newvalue, paid FROM tblupgrades WHERE id = ?", upgrade.upgradeId)).toEqual({
    relid: serviceId,
    newvalue: `${demo.products.bitNinja},monthly`,
    paid: "N",
  });
});

test("a cancellation request leaves the service as it is", async () => {
  const { serviceId } = await orderDdosGuard();
  const { hooks } = await shop.requestCancellation({ serviceId, type: "End of Billing Period", reason: "moving" });
  expect(hooks.map(({ point }) => point)).toEqual(["CancellationRequest"]);
  expect(await one("SELECT type, reason FROM tblcancelrequests WHERE relid = ?", serviceId)).toEqual({
    type: "End of Billing Period",
    reason: "moving",
  });
  expect(await one("SELECT domainstatus FROM tblhosting WHERE id = ?", serviceId)).toEqual({ domainstatus: "Pending" });
});

test("a deleted service leaves an orphaned line, a deleted line lowers the total", async () => {
  const { serviceId, invoiceId, lineId } = await orderDdosGuard({ licence: "1" });
  await shop.deleteService(serviceId);
  expect(await shop.sql("SELECT id FROM tblhosting WHERE id = ?", [serviceId])).toEqual([]);
  expect(await shop.sql("SELECT id FROM tblcustomfieldsvalues WHERE relid = ?", [serviceId])).toEqual([]);
  expect(await shop.sql("SELECT id FROM tblinvoiceitems WHERE id = ?", [lineId])).toHaveLength(1);
  await shop.deleteLine(lineId);
  expect(await one("SELECT total FROM tblinvoices WHERE id = ?", invoiceId)).toEqual({ total: "0.00" });
});
