// Does the stand-in for `includes/api.php` answer like WHMCS, and fail on demand?
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type DemoShop, fillDemoShop } from "../../src/sandbox/shop/demo-shop.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import { startWhmcsApi, type WhmcsApiServer } from "../../src/sandbox/whmcs-api.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";
import { shopClock } from "./shop-clock.ts";

const credentials = { identifier: "id-1", secret: "secret-1", responsetype: "json" };

let database: TestDatabase;
let shop: Shop;
let demo: DemoShop;
let api: WhmcsApiServer;

beforeAll(async () => {
  database = await freshDatabase("api");
  shop = await createShop({ url: database.url, clock: shopClock });
  demo = await fillDemoShop(shop);
});

afterAll(async () => {
  await shop.close();
  await database.drop();
});

beforeEach(async () => {
  api = await startWhmcsApi({ shop, identifier: "id-1", secret: "secret-1", accessKey: "key-1" });
});

afterEach(async () => {
  await api.stop();
});

async function call(action: string, parameters: Record<string, string | number> = {}) {
  const form = { ...credentials, action, ...parameters };
  const body = new URLSearchParams(
    Object.entries(form).map(([name, value]) => [name, String(value)] as [string, string]),
  );
  const response = await fetch(api.url, { method: "POST", body, headers: { connection: "close" } });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function order() {
  const clientId = demo.clientIds[0];
  const placed = await shop.placeOrder({ clientId, items: [{ productId: demo.products.ddosGuard }] });
  return { ...placed, serviceId: placed.serviceIds[0] ?? 0 };
}

async function serviceStatus(id: number): Promise<unknown> {
  const [row] = await shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [id]);
  return row?.domainstatus;
}

test("wrong or missing credentials are refused and change nothing", async () => {
  const { serviceId } = await order();
  expect(await call("ModuleCreate", { serviceid: serviceId, secret: "wrong" })).toMatchObject({
    status: 403,
    body: { result: "error" },
  });
  const json = await fetch(api.url, {
    method: "POST",
    body: JSON.stringify({ ...credentials, action: "WhmcsDetails" }),
  });
  expect(json.status).toBe(403);
  expect(await serviceStatus(serviceId)).toBe("Pending");
  expect(api.calls).toEqual([]);
});

test("credentials count under the names of the older login", async () => {
  const body = new URLSearchParams({ username: "id-1", password: "secret-1", action: "WhmcsDetails" });
  const response = await fetch(api.url, { method: "POST", body });
  expect(await response.json()).toMatchObject({ result: "success" });
});

test("WhmcsDetails tells the version", async () => {
  const { body } = await call("WhmcsDetails");
  expect(body).toEqual({
    result: "success",
    whmcs: { version: "8.13.1", canonicalversion: "8.13.1-release.1" },
  });
});

test("ModuleCreate makes a pending service active", async () => {
  const { serviceId } = await order();
  expect(await call("ModuleCreate", { serviceid: serviceId })).toEqual({ status: 200, body: { result: "success" } });
  expect(await serviceStatus(serviceId)).toBe("Active");
});

test("ModuleCreate without the server module is an error and leaves the service pending", async () => {
  const { serviceId } = await order();
  api.setServerModule(false);
  const { body } = await call("ModuleCreate", { serviceid: serviceId });
  expect(body).toMatchObject({ result: "error", message: expect.stringContaining("module") });
  expect(await serviceStatus(serviceId)).toBe("Pending");
  expect(await call("ModuleCreate", { serviceid: 999_999 })).toMatchObject({ body: { result: "error" } });
});

test("UpdateClientProduct sets the status; an empty text clears nothing", async () => {
  const { serviceId } = await order();
  await call("UpdateClientProduct", { serviceid: serviceId, notes: "kept" });
  const { body } = await call("UpdateClientProduct", { serviceid: serviceId, status: "Active", notes: "" });
  expect(body).toEqual({ result: "success", serviceid: String(serviceId) });
  const [row] = await shop.sql("SELECT domainstatus, notes FROM tblhosting WHERE id = ?", [serviceId]);
  expect(row).toEqual({ domainstatus: "Active", notes: "kept" });
});

test("AcceptOrder accepts a pending order once", async () => {
  const { orderId } = await order();
  expect((await call("AcceptOrder", { orderid: orderId })).body).toEqual({ result: "success" });
  expect((await call("AcceptOrder", { orderid: orderId })).body).toMatchObject({ result: "error" });
  expect(await shop.sql("SELECT status FROM tblorders WHERE id = ?", [orderId])).toEqual([{ status: "Active" }]);
});

describe("AddProduct", () => {
  const product = { name: "BitNinja", type: "other", paytype: "recurring", module: "ispmanagermodules" };

  test("makes a product with its prices by currency and cycle, and no custom field", async () => {
    const { body } = await call("AddProduct", {
      ...{ ...product, gid: demo.groupId, hidden: 1, configoption1: "55371" },
      ...{ "pricing[1][monthly]": "13.99", "pricing[1][annually]": "-1.00", "pricing[2][monthly]": "12.99" },
    });
    expect(body).toEqual({ result: "success", pid: expect.any(Number) });
    expect(await shop.sql("SELECT * FROM tblproducts WHERE id = ?", [body.pid])).toMatchObject([
      {
        name: "BitNinja",
        gid: demo.groupId,
        hidden: 1,
        tax: 0,
        servertype: "ispmanagermodules",
        configoption1: "55371",
      },
    ]);
    const rows = await shop.sql("SELECT * FROM tblpricing WHERE type = 'product' AND relid = ? ORDER BY id", [
      body.pid,
    ]);
    expect(rows).toMatchObject([
      { currency: 1, monthly: "13.99", annually: "-1.00", quarterly: "0.00" },
      { currency: 2, monthly: "12.99", annually: "0.00", msetupfee: "0.00" },
    ]);
    expect(await shop.sql("SELECT id FROM tblcustomfields WHERE relid = ?", [body.pid])).toEqual([]);
  });

  test.each([
    [{ name: "" }, "You must supply a name for the product"],
    [{ gid: 4711 }, "You must supply a valid Product Group ID"],
    [{ type: "module" }, expect.stringContaining("Invalid product type.")],
    [{ paytype: "monthly" }, expect.stringContaining("Invalid pay type.")],
    [{ autosetup: "never" }, expect.stringContaining("Invalid autosetup value.")],
  ])("refuses %j", async (change, message) => {
    const before = await shop.sql("SELECT id FROM tblproducts");
    const { body } = await call("AddProduct", { ...product, gid: demo.groupId, ...change });
    expect(body).toEqual({ result: "error", message });
    expect(await shop.sql("SELECT id FROM tblproducts")).toEqual(before);
  });
});

test("LogActivity writes a row for the client", async () => {
  await call("LogActivity", { description: "Module bought: it's done", clientid: demo.clientIds[0] });
  const rows = await shop.sql("SELECT description, userid, date FROM tblactivitylog");
  expect(rows).toEqual([
    { description: "Module bought: it's done", userid: demo.clientIds[0], date: "2026-11-23 12:00:00" },
  ]);
});

test("GetInvoice gives the balance, the lines and an empty text for no transactions", async () => {
  const { invoiceId, serviceId } = await order();
  const unpaid = (await call("GetInvoice", { invoiceid: invoiceId })).body;
  expect(unpaid).toMatchObject({ status: "Unpaid", balance: "15.00", transactions: "" });
  await shop.payInvoice(invoiceId, { amount: "5.00" });
  const { body } = await call("GetInvoice", { invoiceid: invoiceId });
  expect(body).toMatchObject({
    balance: "10.00",
    items: { item: [{ type: "Hosting", relid: serviceId, amount: "15.00" }] },
    transactions: { transaction: [{ amountin: "5.00" }] },
  });
});

test("calls are recorded in their order, without credentials", async () => {
  const { orderId } = await order();
  await call("WhmcsDetails", { accesskey: "key-1" });
  await call("AcceptOrder", { orderid: orderId, autosetup: 0 });
  expect(api.calls).toEqual([
    { action: "WhmcsDetails", parameters: {}, answer: "success", hooks: [] },
    {
      action: "AcceptOrder",
      parameters: { orderid: String(orderId), autosetup: "0" },
      answer: "success",
      hooks: [{ point: "AcceptOrder", vars: { orderid: orderId } }],
    },
  ]);
});

test("an unknown action is an error, another path is not found", async () => {
  expect((await call("AddToDo")).body).toMatchObject({ result: "error" });
  const elsewhere = await fetch(new URL("/index.php", api.url), { method: "POST" });
  expect(elsewhere.status).toBe(404);
});

test("while it is down, connections are reset and nothing happens", async () => {
  const { serviceId } = await order();
  api.setFault({ kind: "down" });
  await expect(call("ModuleCreate", { serviceid: serviceId })).rejects.toThrow();
  expect(await serviceStatus(serviceId)).toBe("Pending");
  expect(api.countFaults()).toBe(1);
  api.setFault(null);
  await expect(call("ModuleCreate", { serviceid: serviceId })).resolves.toMatchObject({ status: 200 });
});

test("a lost reply comes after the action was carried out", async () => {
  const { serviceId } = await order();
  api.setFault({ kind: "reply_lost" });
  await expect(call("ModuleCreate", { serviceid: serviceId })).rejects.toThrow();
  expect(await serviceStatus(serviceId)).toBe("Active");
  expect(api.countFaults()).toBe(1);
});

test("behind a broken proxy there is only its page", async () => {
  api.setFault({ kind: "bad_gateway" });
  const response = await fetch(api.url, {
    method: "POST",
    body: new URLSearchParams({ ...credentials, action: "WhmcsDetails" }),
  });
  expect(response.status).toBe(502);
  expect(await response.text()).toContain("<h1>502 Bad Gateway</h1>");
});

test("a foreign address is refused unless the access key comes along", async () => {
  api.setFault({ kind: "invalid_ip" });
  expect(await call("WhmcsDetails")).toEqual({
    status: 403,
    body: { result: "error", message: "Invalid IP 127.0.0.1" },
  });
  expect((await call("WhmcsDetails", { accesskey: "key-1" })).body).toMatchObject({ result: "success" });
});

test("one action can fail with a message while the others work", async () => {
  const { serviceId } = await order();
  api.setFault({ kind: "error", action: "ModuleCreate", message: "the module says no" });
  expect((await call("ModuleCreate", { serviceid: serviceId })).body).toEqual({
    result: "error",
    message: "the module says no",
  });
  expect((await call("UpdateClientProduct", { serviceid: serviceId, status: "Active" })).body).toMatchObject({
    result: "success",
  });
  expect(await serviceStatus(serviceId)).toBe("Active");
});

test("a silent server never answers", async () => {
  api.setFault({ kind: "silent" });
  const body = new URLSearchParams({ ...credentials, action: "WhmcsDetails" });
  const waiting = fetch(api.url, { method: "POST", body, signal: AbortSignal.timeout(80) });
  await expect(waiting).rejects.toMatchObject({ name: "TimeoutError" });
  expect(api.calls.map(({ answer }) => answer)).toEqual(["silent"]);
});
