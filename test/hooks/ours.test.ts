// Of which invoices, orders and services does the bridge hear?
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { type HookCall, runHook, runHooks } from "../../src/sandbox/php.ts";
import { rootUrlOf } from "../sandbox-database.ts";
import { secret } from "../webhook/signing.ts";
import { addModule, openTestShop, orderModule, type TestShop } from "../whmcs/test-shop.ts";
import { freePort, startBridge, type TestBridge } from "./bridge.ts";

let phpPath: string;
let here: TestShop;
let bridge: TestBridge;
let databaseUrl: string;
let ours: Awaited<ReturnType<typeof orderModule>>;
let others: Awaited<ReturnType<typeof orderModule>>;

beforeAll(async () => {
  phpPath = await requirePhp();
  here = await openTestShop();
  databaseUrl = rootUrlOf(new URL(here.readerUrl).pathname.slice(1));
  ours = await orderModule(here.shop, { ...(await addModule(here.shop)), licence: "1234567" });
  const hosting = await here.shop.addProduct({
    name: "Hosting",
    serverType: "cpanel",
    fields: [],
    prices: { USD: { monthly: "5.00" } },
  });
  others = await orderModule(here.shop, hosting);
});
beforeEach(async () => {
  bridge = await startBridge();
});
afterEach(() => bridge.stop());
afterAll(() => here.close());

function site(database = databaseUrl) {
  return { phpPath, settings: { url: bridge.url, secret }, database };
}

function sent(): string[] {
  return bridge.calls.map(({ body }) => {
    const { type, data } = JSON.parse(String(body));
    return [type, ...Object.values(data)].join(" ");
  });
}

const hooksOf = ({ invoiceId, orderId, serviceId }: typeof ours): HookCall[] => [
  { point: "InvoicePaid", vars: { invoiceid: invoiceId } },
  { point: "AcceptOrder", vars: { orderid: orderId } },
  { point: "AfterModuleSuspend", vars: { params: { serviceid: serviceId } } },
];

test("what concerns a product of ours is sent", async () => {
  const run = await runHooks(site(), hooksOf(ours));
  expect(run).toMatchObject({ stdout: "", activityLog: [] });
  expect(sent()).toEqual([
    `invoice.paid ${ours.invoiceId}`,
    `order.accepted ${ours.orderId}`,
    `service.suspended ${ours.serviceId}`,
  ]);
});

test("what concerns only other products, or nothing at all, is not sent, and not logged", async () => {
  const nothing = hooksOf({ ...others, invoiceId: 9999, orderId: 9999, serviceId: 9999 });
  const run = await runHooks(site(), [...hooksOf(others), ...nothing]);
  expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
  expect(bridge.calls).toEqual([]);
});

test("an invoice with one line of ours among others is sent", async () => {
  const { invoiceId } = await here.shop.placeOrder({
    clientId: ours.clientId,
    items: [{ productId: await productOf(others.serviceId) }, { productId: await productOf(ours.serviceId) }],
  });
  await runHook({ ...site(), point: "InvoicePaid", vars: { invoiceid: invoiceId } });
  expect(sent()).toEqual([`invoice.paid ${invoiceId}`]);
});

test("an upgrade of a service of ours is sent, of another one not", async () => {
  // The other one first, so that no upgrade has its service's id.
  for (const { serviceId } of [others, ours]) {
    const upgrade = { serviceId, newProductId: await productOf(serviceId), amount: "3.00" };
    const { invoiceId } = await here.shop.orderUpgrade(upgrade);
    await runHook({ ...site(), point: "InvoicePaid", vars: { invoiceid: invoiceId } });
    expect(sent()).toEqual(serviceId === ours.serviceId ? [`invoice.paid ${invoiceId}`] : []);
    bridge.calls.length = 0;
  }
});

test("a line of another kind that has the id of a service of ours is not sent", async () => {
  const { invoiceId, lineIds } = await here.shop.placeOrder({
    clientId: others.clientId,
    items: [{ productId: await productOf(others.serviceId) }],
  });
  const change = "UPDATE tblinvoiceitems SET type = 'AddFunds', relid = ? WHERE id = ?";
  await here.shop.sql(change, [ours.serviceId, lineIds[0]]);
  await runHook({ ...site(), point: "InvoicePaid", vars: { invoiceid: invoiceId } });
  expect(bridge.calls).toEqual([]);
});

test("invoice, order and end of an addon of ours are sent, and of the service on which it stands; of another addon none", async () => {
  for (const module of ["cpanel", "ispmanagermodules"]) {
    const { addonId } = await here.shop.addAddon({
      ...{ name: "Module", packages: [await productOf(others.serviceId)], module },
      prices: { USD: { monthly: "9.00" } },
    });
    const order = await here.shop.orderAddon({ serviceId: others.serviceId, addonId });
    const { invoiceId, orderId, serviceAddonId } = order;
    const params = { serviceid: ours.serviceId, addonId: serviceAddonId };
    const run = await runHooks(site(), [
      { point: "InvoicePaid", vars: { invoiceid: invoiceId } },
      { point: "AcceptOrder", vars: { orderid: orderId } },
      { point: "AfterModuleSuspend", vars: { params } },
      { point: "AddonTerminated", vars: { id: serviceAddonId, serviceid: others.serviceId, addonid: addonId } },
      { point: "AfterModuleTerminate", vars: { params: { serviceid: others.serviceId } } },
    ]);
    expect(run).toMatchObject({ stdout: "", activityLog: [] });
    const expected = [
      ...[`invoice.paid ${invoiceId}`, `order.accepted ${orderId}`],
      ...[`addon.terminated ${serviceAddonId}`, `service.terminated ${others.serviceId}`],
    ];
    expect(sent()).toEqual(module === "ispmanagermodules" ? expected : []);
  }
});

describe("where the database does not answer", () => {
  test("everything is sent: the bridge leaves alone what is not ours", async () => {
    const away = `mysql://nobody:x@127.0.0.1:${await freePort()}/whmcs`;
    const run = await runHooks(site(away), hooksOf(others));
    expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
    expect(bridge.calls).toHaveLength(3);
  });
});

async function productOf(serviceId: number): Promise<number> {
  const [row] = await here.shop.sql("SELECT packageid FROM tblhosting WHERE id = ?", [serviceId]);
  return Number(row?.packageid);
}
