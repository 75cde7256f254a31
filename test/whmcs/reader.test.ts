// Are lines and services found, and what else does the reader say about them, odd rows included?
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DatabaseError } from "../../src/errors.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { addModule, openTestShop, orderModule, type TestShop } from "./test-shop.ts";

let here: TestShop;
let module: Awaited<ReturnType<typeof addModule>>;

beforeAll(async () => {
  here = await openTestShop();
  module = await addModule(here.shop);
});

afterAll(() => here.close());

const reader = () => createPurchaseReader(here.database.query);
const sql = (text: string, params: readonly unknown[] = []) => here.shop.sql(text, params);
const placeOrder = () => orderModule(here.shop, { productId: module.productId, licence: "1234567" });

describe("an upgrade line", () => {
  test("belongs to the service behind tblupgrades", async () => {
    const { serviceId, invoiceId } = await placeOrder();
    await here.shop.payInvoice(invoiceId);
    const upgrade = await here.shop.orderUpgrade({ serviceId, newProductId: module.productId, amount: "3.00" });
    const lineId = upgrade.lineIds[0] ?? 0;
    expect(await reader().readLines([lineId])).toMatchObject([
      { line: { id: lineId, type: "Upgrade", amount: "3.00", isFirstOfService: false }, service: { id: serviceId } },
    ]);
    expect(await reader().listLinesOfInvoice(upgrade.invoiceId)).toEqual([lineId]);
    const lines = await reader().listLinesOfServices([`h${serviceId}`]);
    expect(lines.map((line) => line.lineId)).toContain(lineId);
  });

  test("of an addon is not ours, though the numbers match", async () => {
    const { serviceId } = await placeOrder();
    const upgrade = await here.shop.orderUpgrade({ serviceId, newProductId: module.productId, amount: "3.00" });
    await sql("UPDATE tblupgrades SET type='addon' WHERE relid=?", [serviceId]);
    expect(await reader().readLines(upgrade.lineIds)).toEqual([]);
    expect(await reader().listLinesOfInvoice(upgrade.invoiceId)).toEqual([]);
    const lines = await reader().listLinesOfServices([`h${serviceId}`]);
    expect(lines.map((line) => line.lineId)).not.toContain(upgrade.lineIds[0]);
  });
});

describe("the lines of an invoice", () => {
  test("are its own ones that are ours", async () => {
    const foreign = await here.shop.addProduct({
      name: "Hosting",
      serverType: "cpanel",
      prices: { USD: { monthly: "5.00" } },
    });
    const clientId = await here.shop.addClient();
    const items = [module.productId, foreign.productId, module.productId].map((productId) => ({ productId }));
    const { invoiceId, lineIds } = await here.shop.placeOrder({ clientId, items });
    const [first, , third] = lineIds;
    expect(await reader().listLinesOfInvoice(invoiceId)).toEqual([first, third]);
  });

  test("of a mass payment are those of the invoices it pays, one level deep", async () => {
    const clientId = await here.shop.addClient();
    const items = [{ productId: module.productId }];
    const one = await here.shop.placeOrder({ clientId, items });
    const two = await here.shop.placeOrder({ clientId, items });
    const parent = await here.shop.openMassPayment([one.invoiceId, two.invoiceId]);
    expect(await reader().listLinesOfInvoice(parent.invoiceId)).toEqual([...one.lineIds, ...two.lineIds]);
    const grandparent = await here.shop.openMassPayment([parent.invoiceId]);
    expect(await reader().listLinesOfInvoice(grandparent.invoiceId)).toEqual([]);
  });

  test("that does not exist are none", async () => {
    expect(await reader().listLinesOfInvoice(999_999)).toEqual([]);
  });
});

test("the lines of services come with the present status of their invoice, other clients' lines left aside", async () => {
  const { serviceId, invoiceId, lineId } = await placeOrder();
  await here.shop.payInvoice(invoiceId);
  const renewal = await here.shop.issueRenewalInvoice(serviceId);
  await here.shop.cancelInvoice(renewal.invoiceId);
  await sql("INSERT INTO tblinvoiceitems SET invoiceid=?, userid=999999, type='Hosting', relid=?", [
    renewal.invoiceId,
    serviceId,
  ]);
  expect(await reader().listLinesOfServices([`h${serviceId}`, "h999999"])).toEqual([
    { lineId, serviceRef: `h${serviceId}`, invoiceId, invoiceStatus: "Paid" },
    {
      lineId: renewal.lineIds[0],
      serviceRef: `h${serviceId}`,
      invoiceId: renewal.invoiceId,
      invoiceStatus: "Cancelled",
    },
  ]);
  expect(await reader().listLinesOfServices([])).toEqual([]);
});

test("the services of an order are ours only, and order 0 has none", async () => {
  const foreign = await here.shop.addProduct({
    name: "Hosting",
    serverType: "cpanel",
    prices: { USD: { monthly: "5.00" } },
  });
  const clientId = await here.shop.addClient();
  const items = [{ productId: foreign.productId }, { productId: module.productId }];
  const { orderId, serviceIds } = await here.shop.placeOrder({ clientId, items });
  expect(await reader().listServicesOfOrder(orderId)).toEqual([`h${serviceIds[1]}`]);
  await sql("INSERT INTO tblhosting SET userid=1, orderid=0, packageid=?", [module.productId]);
  expect(await reader().listServicesOfOrder(0)).toEqual([]);
});

describe("a service as it stands now", () => {
  test("is null when it is gone", async () => expect(await reader().readService("h999999")).toBeNull());

  test("has no order when its order is gone", async () => {
    const { serviceId, orderId, clientId } = await placeOrder();
    await sql("DELETE FROM tblorders WHERE id=?", [orderId]);
    expect(await reader().readService(`h${serviceId}`)).toEqual({
      id: serviceId,
      clientId,
      status: "Pending",
      orderId: null,
      orderStatus: null,
      isWholeOrderActive: false,
    });
  });

  test("knows whether every service, addon and domain of its order is Active", async () => {
    const { serviceId, orderId, clientId } = await placeOrder();
    const isWhole = async () => (await reader().readService(`h${serviceId}`))?.isWholeOrderActive;
    expect(await isWhole()).toBe(false);
    await here.shop.setServiceStatus(serviceId, "Active");
    expect(await isWhole()).toBe(true);
    for (const [table, statusColumn] of [
      ["tblhosting", "domainstatus"],
      ["tblhostingaddons", "status"],
      ["tbldomains", "status"],
    ]) {
      await sql(`INSERT INTO ${table} SET userid=?, orderid=?, ${statusColumn}='Pending'`, [clientId, orderId]);
      expect(await isWhole(), table).toBe(false);
      await sql(`UPDATE ${table} SET ${statusColumn}='Active' WHERE orderid=?`, [orderId]);
      expect(await isWhole(), table).toBe(true);
    }
    expect(await reader().readService(`h${serviceId}`)).toMatchObject({
      orderId,
      orderStatus: "Pending",
      status: "Active",
    });
  });
});

test("an unreachable WHMCS is a DatabaseError that names the question", async () => {
  const lost = await openTestShop();
  const lostReader = createPurchaseReader(lost.database.query);
  await lost.close();
  for (const question of [
    lostReader.readLines([1]),
    lostReader.listLinesOfInvoice(1),
    lostReader.listServicesOfOrder(1),
    lostReader.listServices({ after: null, limit: 1, openOnly: false }),
    lostReader.listLinesOfServices(["h1"]),
    lostReader.readService("h1"),
    lostReader.readServiceStatuses(["h1"]),
  ]) {
    await expect(question).rejects.toBeInstanceOf(DatabaseError);
  }
});
