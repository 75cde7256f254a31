// Are the facts of an invoice line what WHMCS's own tables say, odd rows included?
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LineFacts } from "../../src/whmcs/facts.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { shapeOfRun } from "../shape.ts";
import { addModule, openTestShop, orderModule, type TestShop } from "./test-shop.ts";

let here: TestShop;
let module: Awaited<ReturnType<typeof addModule>>;

beforeAll(async () => {
  here = await openTestShop();
  module = await addModule(here.shop, {
    options: [" 23221 ", "DDoSGUARD", "", "12.50 EUR"],
    prices: {
      USD: {
        monthly: { price: "15.00", setupFee: "2.00" },
        annually: "150.00",
        quarterly: "-1.00",
        biennially: "0.00",
      },
      EUR: { monthly: "13.80" },
    },
    autoSetup: "payment",
    isProrated: true,
  });
});

afterAll(() => here.close());

const reader = () => createPurchaseReader(here.database.query);
const sql = (text: string, params: readonly unknown[] = []) => here.shop.sql(text, params);

const placeOrder = (item: { licence?: string; ip?: string; productId?: number } = { licence: "1234567" }) =>
  orderModule(here.shop, { productId: module.productId, ...item });

async function factsOf(lineId: number): Promise<LineFacts> {
  const [facts, ...others] = await reader().readLines([lineId]);
  expect(others).toEqual([]);
  if (facts === undefined) throw new Error("the line was left out");
  return facts;
}

describe("a paid line", () => {
  test("arrives with everything around it", async () => {
    const order = await placeOrder({ licence: " 1234567 ", ip: "192.0.2.10" });
    await here.shop.payInvoice(order.invoiceId);
    await sql(
      "UPDATE tblinvoices SET date='2026-11-20', duedate='2026-11-22', datepaid='2026-11-21 10:20:30' WHERE id=?",
      [order.invoiceId],
    );
    await sql("UPDATE tblinvoiceitems SET duedate='2026-11-23' WHERE id=?", [order.lineId]);
    await sql("UPDATE tblaccounts SET date='2026-11-21 10:20:29' WHERE invoiceid=?", [order.invoiceId]);
    expect(await factsOf(order.lineId)).toEqual({
      line: {
        id: order.lineId,
        invoiceId: order.invoiceId,
        type: "Hosting",
        amount: "17.00",
        isTaxed: false,
        dueDate: "2026-11-23",
        isFirstOfService: true,
      },
      invoice: {
        id: order.invoiceId,
        status: "Paid",
        date: "2026-11-20",
        dueDate: "2026-11-22",
        paidAt: "2026-11-21 10:20:30",
        newestTransactionAt: "2026-11-21 10:20:29",
        taxRates: ["0.000", "0.000"],
        currencyId: 1,
      },
      invoiceLines: [{ type: "Hosting", relid: order.serviceId, amount: "17.00", isTaxed: false }],
      service: {
        id: order.serviceId,
        parentId: null,
        clientId: order.clientId,
        status: "Pending",
        billingCycle: "Monthly",
        amount: "15.00",
        firstPaymentAmount: "17.00",
        quantity: 1,
      },
      product: {
        id: module.productId,
        options: ["23221", "DDoSGUARD", "", "12.50 EUR", "", "", "", ""],
        isProrated: true,
        autoSetup: "payment",
      },
      order: { id: order.orderId, status: "Pending" },
      client: {
        id: order.clientId,
        status: "Active",
        email: "anna@example.com",
        createdOn: "2026-10-01",
        hasOtherActiveService: false,
      },
      licence: "1234567",
      ip: "192.0.2.10",
      prices: {
        monthly: { price: "15.00", setupFee: "2.00" },
        quarterly: null,
        semiannually: null,
        annually: { price: "150.00", setupFee: "0.00" },
        biennially: { price: "0.00", setupFee: "0.00" },
        triennially: null,
      },
      provisionsExistingClientsOnly: false,
      cancellations: [],
      tax: { isInclusive: true, isCompound: true },
      currencies: [
        { id: 1, code: "USD", rate: "1.00000" },
        { id: 2, code: "EUR", rate: "0.92000" },
      ],
    });
  });

  test("has no dates where WHMCS stored zeros or nothing", async () => {
    const { lineId, invoiceId, clientId } = await placeOrder();
    await sql("UPDATE tblinvoices SET date=NULL, duedate='0000-00-00' WHERE id=?", [invoiceId]);
    await sql("UPDATE tblinvoiceitems SET duedate='0000-00-00' WHERE id=?", [lineId]);
    await sql("UPDATE tblclients SET datecreated='0000-00-00' WHERE id=?", [clientId]);
    await sql("INSERT INTO tblaccounts SET invoiceid=?, date='0000-00-00 00:00:00'", [invoiceId]);
    const { line, invoice, client } = await factsOf(lineId);
    expect([line.dueDate, invoice.date, invoice.dueDate, invoice.paidAt, invoice.newestTransactionAt]).toEqual(
      Array(5).fill(null),
    );
    expect(client?.createdOn).toBeNull();
  });

  test.skipIf(shapeOfRun().isAged)("has the service's quantity", async () => {
    const { lineId, serviceId } = await placeOrder();
    await sql("UPDATE tblhosting SET qty=3 WHERE id=?", [serviceId]);
    expect((await factsOf(lineId)).service.quantity).toBe(3);
  });

  test("keeps decimals exact, negative discounts included", async () => {
    const { lineId, invoiceId, serviceId, clientId } = await placeOrder();
    await sql("UPDATE tblhosting SET amount=99999999999999.10 WHERE id=?", [serviceId]);
    await sql("INSERT INTO tblinvoiceitems SET invoiceid=?, userid=?, type='PromoHosting', relid=?, amount=-1.70", [
      invoiceId,
      clientId,
      serviceId,
    ]);
    const { service, invoiceLines } = await factsOf(lineId);
    expect(service.amount).toBe("99999999999999.10");
    expect(invoiceLines).toEqual([
      { type: "Hosting", relid: serviceId, amount: "17.00", isTaxed: false },
      { type: "PromoHosting", relid: serviceId, amount: "-1.70", isTaxed: false },
    ]);
  });

  test("names the newest of several transactions", async () => {
    const { lineId, invoiceId } = await placeOrder();
    for (const date of ["2026-11-21 10:00:00", "2026-11-22 09:00:00", "2026-11-20 11:00:00"]) {
      await sql("INSERT INTO tblaccounts SET invoiceid=?, date=?", [invoiceId, date]);
    }
    expect((await factsOf(lineId)).invoice.newestTransactionAt).toBe("2026-11-22 09:00:00");
  });

  test("of a renewal is not the first of its service", async () => {
    const { lineId, serviceId, invoiceId } = await placeOrder();
    await here.shop.payInvoice(invoiceId);
    const renewal = await here.shop.issueRenewalInvoice(serviceId);
    expect((await factsOf(renewal.lineIds[0] ?? 0)).line.isFirstOfService).toBe(false);
    expect((await factsOf(lineId)).line.isFirstOfService).toBe(true);
  });

  test("of a client in another currency has that currency's prices, of duplicate rows the newest", async () => {
    const clientId = await here.shop.addClient({ currency: "EUR" });
    const { lineIds } = await here.shop.placeOrder({ clientId, items: [{ productId: module.productId }] });
    const priceOf = async () => (await factsOf(lineIds[0] ?? 0)).prices?.monthly?.price;
    expect(await priceOf()).toBe("13.80");
    await sql(
      "INSERT INTO tblpricing SET type='product', currency=2, relid=?, monthly=14.20, quarterly=-1, semiannually=-1, annually=-1, biennially=-1, triennially=-1",
      [module.productId],
    );
    expect(await priceOf()).toBe("14.20");
    await sql("UPDATE tblclients SET currency=77 WHERE id=?", [clientId]);
    expect((await factsOf(lineIds[0] ?? 0)).prices).toBeNull();
  });

  test("knows whether the client has another active service, of any kind", async () => {
    const { lineId, serviceId, clientId } = await placeOrder();
    const hasOther = async () => (await factsOf(lineId)).client?.hasOtherActiveService;
    await here.shop.setServiceStatus(serviceId, "Active");
    expect(await hasOther()).toBe(false);
    await sql("INSERT INTO tblhosting SET userid=?, packageid=999, domainstatus='Suspended'", [clientId]);
    expect(await hasOther()).toBe(false);
    await sql("INSERT INTO tblhosting SET userid=?, packageid=999, domainstatus='Active'", [clientId]);
    expect(await hasOther()).toBe(true);
    await here.shop.setServiceStatus(serviceId, "Pending");
    expect(await hasOther()).toBe(true);
  });

  test("follows the setting AutoProvisionExistingOnly", async () => {
    const { lineId } = await placeOrder();
    await here.shop.setSetting("AutoProvisionExistingOnly", "on");
    expect((await factsOf(lineId)).provisionsExistingClientsOnly).toBe(true);
    await here.shop.setSetting("AutoProvisionExistingOnly", "");
    expect((await factsOf(lineId)).provisionsExistingClientsOnly).toBe(false);
  });

  test("says which lines are taxed, at which rates, and what stands beside it", async () => {
    const { lineId, serviceId, invoiceId } = await placeOrder();
    const discount = { invoiceid: invoiceId, type: "PromoHosting", relid: serviceId, amount: "-2.00", taxed: 1 };
    await sql("INSERT INTO tblinvoiceitems SET ?", [discount]);
    await sql("UPDATE tblinvoiceitems SET taxed=1 WHERE id=?", [lineId]);
    await sql("UPDATE tblinvoices SET taxrate=20, taxrate2=7.125 WHERE id=?", [invoiceId]);
    const { line, invoice, invoiceLines } = await factsOf(lineId);
    expect([line.isTaxed, ...invoiceLines.map(({ isTaxed }) => isTaxed)]).toEqual([true, true, true]);
    expect(invoice.taxRates).toEqual(["20.000", "7.125"]);
  });

  test.each([
    ["Exclusive", "", { isInclusive: false, isCompound: false }],
    ["exclusive ", "on", { isInclusive: false, isCompound: true }],
    ["Inclusive", "", { isInclusive: true, isCompound: false }],
    ["", "1", { isInclusive: true, isCompound: true }],
  ])("counts tax as WHMCS is set up: TaxType %j, TaxL2Compound %j", async (type, compound, tax) => {
    const { lineId } = await placeOrder();
    await here.shop.setSetting("TaxType", type);
    await here.shop.setSetting("TaxL2Compound", compound);
    expect((await factsOf(lineId)).tax).toEqual(tax);
    await sql("DELETE FROM tblconfiguration WHERE setting IN ('TaxType', 'TaxL2Compound')");
  });
});

describe("the licence", () => {
  test("is null where nothing was typed, and follows a correction", async () => {
    const { lineId, serviceId } = await placeOrder({});
    expect(await factsOf(lineId)).toMatchObject({ licence: null, ip: null });
    await here.shop.setLicence(serviceId, "  ");
    expect((await factsOf(lineId)).licence).toBeNull();
    await here.shop.setLicence(serviceId, "12x");
    expect((await factsOf(lineId)).licence).toBe("12x");
  });

  test("is the newest of duplicate values, in the oldest of duplicate fields of the present product", async () => {
    const { lineId, serviceId } = await placeOrder({ licence: "111" });
    const add = (fieldId: number, value: string) =>
      sql("INSERT INTO tblcustomfieldsvalues SET fieldid=?, relid=?, value=?", [fieldId, serviceId, value]);
    await add(module.licenceFieldId, "222");
    const other = await here.shop.addProduct({ name: "Other", fields: [{ name: "Licence" }], options: ["1", "other"] });
    await add(other.fieldIds[0] ?? 0, "333");
    expect((await factsOf(lineId)).licence).toBe("222");
    await sql("UPDATE tblhosting SET packageid=? WHERE id=?", [other.productId, serviceId]);
    await sql("INSERT INTO tblcustomfields SET type='product', relid=?, fieldname='License ID'", [other.productId]);
    expect((await factsOf(lineId)).licence).toBe("333");
  });

  test("of a client field with the same name and number is not taken", async () => {
    const { productId } = await addModule(here.shop, { fields: [] });
    const { lineId, serviceId } = await placeOrder({ productId });
    await sql("INSERT INTO tblcustomfields SET id=900001, type='client', relid=?, fieldname='License ID'", [productId]);
    await sql("INSERT INTO tblcustomfieldsvalues SET fieldid=900001, relid=?, value='555'", [serviceId]);
    expect((await factsOf(lineId)).licence).toBeNull();
    await sql("UPDATE tblcustomfields SET type='product' WHERE id=900001");
    expect((await factsOf(lineId)).licence).toBe("555");
  });
});

describe("left out, without an error, is", () => {
  const present = async (lineId: number) => (await reader().readLines([lineId])).length;

  test("a line that is gone", async () => {
    const { lineId } = await placeOrder();
    expect(await present(lineId)).toBe(1);
    await here.shop.deleteLine(lineId);
    expect(await present(lineId)).toBe(0);
  });
  test("a line whose service is gone", async () => {
    const { lineId, serviceId } = await placeOrder();
    await here.shop.deleteService(serviceId);
    expect(await present(lineId)).toBe(0);
  });
  test("a line whose product is gone or of another server module", async () => {
    const { lineId, serviceId } = await placeOrder();
    await sql("UPDATE tblhosting SET packageid=999999 WHERE id=?", [serviceId]);
    expect(await present(lineId)).toBe(0);
    const foreign = await here.shop.addProduct({ name: "Hosting", serverType: "cpanel" });
    await sql("UPDATE tblhosting SET packageid=? WHERE id=?", [foreign.productId, serviceId]);
    expect(await present(lineId)).toBe(0);
  });
  test("a line whose invoice is gone", async () => {
    const { lineId, invoiceId } = await placeOrder();
    await sql("DELETE FROM tblinvoices WHERE id=?", [invoiceId]);
    expect(await present(lineId)).toBe(0);
  });
  test("a line of another type that points at the same number", async () => {
    const { lineId } = await placeOrder();
    for (const type of ["Addon", "Item", "", "RCOrder", "Setup"]) {
      await sql("UPDATE tblinvoiceitems SET type=? WHERE id=?", [type, lineId]);
      expect(await present(lineId)).toBe(0);
    }
  });
});

test("orphans around a line arrive as null: its order, its client", async () => {
  const { lineId, orderId, clientId } = await placeOrder();
  await sql("DELETE FROM tblorders WHERE id=?", [orderId]);
  await sql("DELETE FROM tblclients WHERE id=?", [clientId]);
  expect(await factsOf(lineId)).toMatchObject({ order: null, client: null, prices: null, licence: "1234567" });
});

test("a retired product's line is still ours", async () => {
  const { productId } = await addModule(here.shop, { isRetired: true });
  const { lineId } = await placeOrder({ productId, licence: "1" });
  expect((await factsOf(lineId)).product.id).toBe(productId);
});
