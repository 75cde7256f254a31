// Does the shop write what WHMCS writes when money comes in and goes back?
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type DemoShop, fillDemoShop } from "../../src/sandbox/shop/demo-shop.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { shopClock } from "./shop-clock.ts";

let database: TestDatabase;
let shop: Shop;
let demo: DemoShop;
let clientId: number;

beforeAll(async () => {
  database = await freshDatabase("payments");
  shop = await createShop({ url: database.url, clock: shopClock, timezone: "Asia/Tokyo" });
  demo = await fillDemoShop(shop);
});

afterAll(async () => {
  await shop.close();
  await database.drop();
});

beforeEach(async () => {
  clientId = await shop.addClient({});
});

async function order() {
  const placed = await shop.placeOrder({ clientId, items: [{ productId: demo.products.ddosGuard, licence: "7" }] });
  return { ...placed, serviceId: placed.serviceIds[0] ?? 0 };
}

async function invoice(id: number) {
  const [row] = await shop.sql("SELECT status, datepaid, credit, total FROM tblinvoices WHERE id = ?", [id]);
  return row;
}

async function transactions(invoiceId: number) {
  return shop.sql("SELECT amountin, amountout, refundid, date FROM tblaccounts WHERE invoiceid = ? ORDER BY id", [
    invoiceId,
  ]);
}

async function dueDates(serviceId: number) {
  const [row] = await shop.sql("SELECT nextduedate, nextinvoicedate FROM tblhosting WHERE id = ?", [serviceId]);
  return row;
}

const paidAt = "2026-11-23 21:00:00";

test("a payment writes a transaction and Paid in local time, and moves the due date one cycle", async () => {
  const { invoiceId, serviceId, orderId } = await order();
  const { hooks } = await shop.payInvoice(invoiceId, { transactionId: "tx-1" });
  expect(await invoice(invoiceId)).toEqual({ status: "Paid", datepaid: paidAt, credit: "0.00", total: "15.00" });
  expect(await transactions(invoiceId)).toEqual([{ amountin: "15.00", amountout: "0.00", refundid: 0, date: paidAt }]);
  expect(await dueDates(serviceId)).toEqual({ nextduedate: "2026-12-23", nextinvoicedate: "2026-12-23" });
  expect(hooks.map(({ point }) => point)).toEqual([
    "AddTransaction",
    "AddInvoicePayment",
    "InvoicePaidPreEmail",
    "InvoicePaid",
    "OrderPaid",
  ]);
  expect(hooks[3]).toEqual({ point: "InvoicePaid", vars: { invoiceid: invoiceId } });
  expect(hooks[4]).toEqual({ point: "OrderPaid", vars: { orderId, userId: clientId, invoiceId } });
});

test("a paid service stays pending: there is no server module here", async () => {
  const { invoiceId, serviceId } = await order();
  await shop.payInvoice(invoiceId);
  expect(await shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [serviceId])).toEqual([
    { domainstatus: "Pending" },
  ]);
});

test("a part payment leaves the invoice unpaid until the rest comes", async () => {
  const { invoiceId } = await order();
  const part = await shop.payInvoice(invoiceId, { amount: "5.00" });
  expect(part.hooks.map(({ point }) => point)).toEqual(["AddTransaction", "AddInvoicePayment"]);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Unpaid" });
  await shop.payInvoice(invoiceId);
  expect((await transactions(invoiceId)).map((row) => row.amountin)).toEqual(["5.00", "10.00"]);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Paid" });
});

test("credit pays without a transaction and brings the total to zero", async () => {
  const { invoiceId, serviceId } = await order();
  await expect(shop.payInvoiceByCredit(invoiceId)).rejects.toThrow("less credit");
  await shop.addCredit(clientId, "20.00");
  const { hooks } = await shop.payInvoiceByCredit(invoiceId);
  expect(await invoice(invoiceId)).toEqual({ status: "Paid", datepaid: paidAt, credit: "15.00", total: "0.00" });
  expect(await transactions(invoiceId)).toEqual([]);
  expect(await shop.sql("SELECT amount FROM tblcredit WHERE clientid = ? ORDER BY id", [clientId])).toEqual([
    { amount: "20.00" },
    { amount: "-15.00" },
  ]);
  expect(await shop.sql("SELECT credit FROM tblclients WHERE id = ?", [clientId])).toEqual([{ credit: "5.00" }]);
  expect(await dueDates(serviceId)).toMatchObject({ nextduedate: "2026-12-23" });
  expect(hooks.map(({ point }) => point)).toEqual(["InvoicePaidPreEmail", "InvoicePaid", "OrderPaid"]);
});

test("a mass payment pays its children without transactions of their own, and each runs its hooks", async () => {
  const [one, two] = [await order(), await order()];
  const parent = await shop.openMassPayment([one.invoiceId, two.invoiceId]);
  expect(await shop.sql("SELECT type, relid FROM tblinvoiceitems WHERE invoiceid = ?", [parent.invoiceId])).toEqual([
    { type: "Invoice", relid: one.invoiceId },
    { type: "Invoice", relid: two.invoiceId },
  ]);
  const { hooks } = await shop.payInvoice(parent.invoiceId);
  expect(await transactions(parent.invoiceId)).toMatchObject([{ amountin: "30.00" }]);
  for (const { invoiceId, serviceId } of [one, two]) {
    expect(await invoice(invoiceId)).toEqual({ status: "Paid", datepaid: paidAt, credit: "15.00", total: "0.00" });
    expect(await transactions(invoiceId)).toEqual([]);
    expect(await dueDates(serviceId)).toMatchObject({ nextduedate: "2026-12-23" });
  }
  const paid = hooks.filter(({ point }) => point === "InvoicePaid").map(({ vars }) => vars.invoiceid);
  expect(paid).toEqual([one.invoiceId, two.invoiceId, parent.invoiceId]);
  expect(await shop.sql("SELECT credit FROM tblclients WHERE id = ?", [clientId])).toEqual([{ credit: "0.00" }]);
});

test("set back to unpaid and paid again: no second transaction, no second move of the due date", async () => {
  const { invoiceId, serviceId } = await order();
  await shop.payInvoice(invoiceId);
  const unpaid = await shop.setInvoiceUnpaid(invoiceId);
  expect(unpaid.hooks).toEqual([{ point: "InvoiceUnpaid", vars: { invoiceid: invoiceId } }]);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Unpaid", datepaid: "0000-00-00 00:00:00" });
  const again = await shop.payInvoice(invoiceId);
  expect(again.hooks.map(({ point }) => point)).toContain("InvoicePaid");
  expect(await transactions(invoiceId)).toHaveLength(1);
  expect(await dueDates(serviceId)).toMatchObject({ nextduedate: "2026-12-23" });
});

test("a full refund makes the invoice Refunded, with a transaction that names the payment", async () => {
  const { invoiceId } = await order();
  await shop.payInvoice(invoiceId);
  const [payment] = await shop.sql("SELECT id FROM tblaccounts WHERE invoiceid = ?", [invoiceId]);
  const { hooks } = await shop.refundInvoice(invoiceId);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Refunded", datepaid: paidAt });
  expect(await transactions(invoiceId)).toMatchObject([
    { amountin: "15.00" },
    { amountin: "0.00", amountout: "15.00", refundid: payment?.id },
  ]);
  expect(await shop.sql("SELECT date_refunded FROM tblinvoices WHERE id = ?", [invoiceId])).toEqual([
    { date_refunded: paidAt },
  ]);
  expect(hooks.map(({ point }) => point)).toEqual(["AddTransaction", "InvoiceRefunded"]);
});

test("a partial refund leaves the invoice Paid and runs no refund hook; the rest completes it", async () => {
  const { invoiceId } = await order();
  await shop.payInvoice(invoiceId);
  const part = await shop.refundInvoice(invoiceId, "5.00");
  expect(part.hooks.map(({ point }) => point)).toEqual(["AddTransaction"]);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Paid" });
  await shop.refundInvoice(invoiceId);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Refunded" });
});

test("the refund of an invoice paid by credit goes back to the credit", async () => {
  const { invoiceId } = await order();
  await shop.addCredit(clientId, "15.00");
  await shop.payInvoiceByCredit(invoiceId);
  await shop.refundInvoice(invoiceId);
  expect(await invoice(invoiceId)).toMatchObject({ status: "Refunded" });
  expect(await shop.sql("SELECT credit FROM tblclients WHERE id = ?", [clientId])).toEqual([{ credit: "15.00" }]);
});

test("a cancelled invoice says when", async () => {
  const { invoiceId } = await order();
  const { hooks } = await shop.cancelInvoice(invoiceId);
  expect(hooks).toEqual([{ point: "InvoiceCancelled", vars: { invoiceid: invoiceId } }]);
  expect(await shop.sql("SELECT status, date_cancelled FROM tblinvoices WHERE id = ?", [invoiceId])).toEqual([
    { status: "Cancelled", date_cancelled: paidAt },
  ]);
});
