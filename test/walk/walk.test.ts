// Does one sale go the whole way, from an empty WHMCS to the customer's page, with every real file of ours on it?
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { type ModulePage, renderClientArea } from "../hooks/client-area.ts";
import { buildHome, type Home } from "./home.ts";

const licence = "1234567";
const ip = "192.0.2.10";
const tariff = "90001";
const module = "siteguard";
/** A run of ours in which nobody has to be told of anything. */
const quiet = { stdout: "", activityLog: [], exitCode: 0 };

// Dozens of PHP processes and several programs take their time on a busy machine.
vi.setConfig({ testTimeout: 150_000 });

let home: Home;
beforeEach(async () => {
  home = await buildHome();
  const costs = { 1: "7.00" };
  home.account.setTariff({ id: tariff, name: "Site Guard", intname: module, itemtype: "41", currency: "EUR", costs });
});
afterEach(() => home.end());

/** Staff save a new product; the page of the products gives it its fields and its e-mail. */
async function saveProduct(): Promise<{ productId: number; fields: Record<string, number>; welcome: string }> {
  const { shop, catalogue } = home;
  const prices = { USD: { monthly: "11.00" } };
  const options = [tariff, module];
  const product = { name: "Site Guard", groupId: catalogue.groupId, options, prices, fields: [] };
  const { productId } = await shop.addProduct(product);
  const run = await home.fire([{ point: "AdminAreaHeadOutput", vars: { filename: "configproducts" } }]);
  expect(run).toMatchObject(quiet);
  const rows = await shop.sql("SELECT id, fieldname AS name FROM tblcustomfields WHERE relid = ? ORDER BY id", [
    productId,
  ]);
  const [mail] = await shop.sql(
    "SELECT e.id, e.name FROM tblproducts p JOIN tblemailtemplates e ON e.id = p.welcomeemail WHERE p.id = ?",
    [productId],
  );
  expect(mail?.name).toBe("ispmanager module ready");
  const fields = Object.fromEntries(rows.map(({ id, name }) => [String(name), Number(id)]));
  return { productId, fields, welcome: `#${mail?.id}` };
}

/** The panel's price list and its Buy button; where Buy leads. */
async function pressBuy(front: string): Promise<URL> {
  const list = await fetch(`${front}/?func=pricelist.export&itemtype=addition&out=xml`);
  expect([list.status, await list.text()]).toEqual([200, expect.stringContaining(module)]);
  const query = new URLSearchParams({ module, license: licence, ip, module_id: tariff });
  const answer = await fetch(`${front}/?${query}`, { redirect: "manual" });
  expect(answer.status).toBe(302);
  return new URL(answer.headers.get("location") ?? "");
}

async function waitUntilTold(times: number): Promise<void> {
  const lines = () => home.whmcsApi.calls.filter(({ action }) => action === "LogActivity");
  await vi.waitFor(() => expect(lines()).toHaveLength(times), { timeout: 60_000, interval: 20 });
}

/**
 * Pays, lets WHMCS run what it runs then, and waits until it has been told so many times in all. Of a renewal it runs the
 * module's `Renew` first.
 */
async function pay({ invoiceId, told, renews }: { invoiceId: number; told: number; renews?: number }): Promise<void> {
  const { hooks } = await home.shop.payInvoice(invoiceId);
  expect(hooks.map(({ point }) => point)).toContain("InvoicePaid");
  if (renews !== undefined) expect(await home.call("Renew", renews)).toBe("success");
  expect(await home.fire(hooks)).toMatchObject(quiet);
  await waitUntilTold(told);
}

async function standing(serviceId: number) {
  const [row] = await home.shop.sql(
    "SELECT h.domainstatus AS service, o.status AS `order` FROM tblhosting h JOIN tblorders o ON o.id = h.orderid WHERE h.id = ?",
    [serviceId],
  );
  return { service: String(row?.service), order: String(row?.order) };
}

async function showClientArea(serviceId: number): Promise<string> {
  const page = (await home.call("ClientArea", serviceId)) as ModulePage;
  return renderClientArea(home.tree.root, page, (await standing(serviceId)).service);
}

const debits = () => home.account.debits().map(({ kind, amount }) => `${kind} ${amount}`);
const actions = () => home.whmcsApi.calls.map(({ action, answer }) => `${action} ${answer}`);
const moduleQueue = () => home.shop.sql("SELECT * FROM tblmodulequeue");
const expiry = () => home.account.modules()[0]?.expiredate ?? "no module";

const fronts = {
  "a proxy rule": async () => home.bridgeUrl,
  "WHMCS's own front page": () => home.openFrontPage(),
};

test.each(Object.entries(fronts))("led by %s a customer buys a module and renews it", async (_name, openFront) => {
  const installed = await home.installHooks();
  expect(installed).toMatchObject({ status: 0, stderr: "" });
  const { productId, fields, welcome } = await saveProduct();
  expect(Object.keys(fields)).toEqual(["License ID", "Server IP", "Paid until", "Module ID"]);
  await home.startBridge();

  const cart = await pressBuy(await openFront());
  expect(cart.pathname).toBe("/cart.php");
  expect(Object.fromEntries(cart.searchParams)).toMatchObject({
    ...{ a: "add", pid: String(productId) },
    ...{ [`customfield[${fields["License ID"]}]`]: licence, [`customfield[${fields["Server IP"]}]`]: ip },
  });
  const { shop, catalogue, whmcsApi, moduleAnswers } = home;
  const items = [{ productId, licence, ip }];
  const { serviceIds, invoiceId } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  expect(await standing(serviceId)).toEqual({ service: "Pending", order: "Pending" });
  expect(debits()).toEqual([]);
  expect(await showClientArea(serviceId)).toContain("Site Guard");

  await pay({ invoiceId, told: 1 });
  expect(debits()).toEqual(["order 7.00"]);
  expect(home.account.modules()).toMatchObject([{ licence, tariff }]);
  expect(moduleAnswers).toEqual([{ name: "CreateAccount", returned: "success" }]);
  const created = ["UpdateClientProduct", "ModuleCreate", "AcceptOrder", "LogActivity"];
  expect(actions()).toEqual(created.map((action) => `${action} success`));
  expect(await standing(serviceId)).toEqual({ service: "Active", order: "Active" });
  const bought = await showClientArea(serviceId);
  for (const shown of ["Site Guard", licence, ip, "The module is active"]) expect(bought).toContain(shown);
  const until = expiry();
  expect(bought).toMatch(new RegExp(`<th>Paid until</th><td>${until}</td>`));

  const next = await shop.issueRenewalInvoice(serviceId);
  await pay({ invoiceId: next.invoiceId, told: 2, renews: serviceId });
  expect(debits()).toEqual(["order 7.00", "renewal 7.00"]);
  expect(expiry() > until).toBe(true);
  expect(await showClientArea(serviceId)).toContain(`<td>${expiry()}</td>`);
  expect(actions().slice(created.length)).toEqual(["UpdateClientProduct success", "LogActivity success"]);

  const told = whmcsApi.calls.flatMap(({ hooks }) => hooks);
  expect(told.map(({ point }) => point)).toEqual(expect.arrayContaining(["AfterModuleCreate", "AcceptOrder"]));
  expect(await home.fire(told)).toMatchObject(quiet);
  const mail = { point: "EmailPreSend", vars: { messagename: "ispmanager module ready", relid: serviceId } };
  const { results } = await home.fire([mail]);
  const facts = { ispmanager_licence: licence, ispmanager_ip: ip, ispmanager_paid_until: expiry() };
  expect(results.map(({ returned }) => returned)).toEqual([[facts]]);
  expect(await moduleQueue()).toEqual([]);
  expect(whmcsApi.mails).toEqual([{ template: welcome, serviceId }]);
  expect(whmcsApi.notifications).toEqual([]);
  expect(debits()).toHaveLength(2);
});

test("a customer who pays two periods at once is welcomed when the current one is bought", async () => {
  await home.installHooks();
  const { productId, welcome } = await saveProduct();
  home.account.setBalance("10.00");
  await home.startBridge();
  const { shop, catalogue, moduleAnswers, whmcsApi } = home;
  const items = [{ productId, licence, ip }];
  const { serviceIds, invoiceId } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  await shop.sql("UPDATE tblinvoiceitems SET duedate = CURDATE() - INTERVAL 40 DAY WHERE invoiceid = ?", [invoiceId]);
  await shop.sql("UPDATE tblhosting SET nextduedate = CURDATE() - INTERVAL 40 DAY WHERE id = ?", [serviceId]);
  const first = await shop.payInvoice(invoiceId);
  const current = await shop.issueRenewalInvoice(serviceId);
  // Only the module's own call lets the bridge know of this payment.
  await shop.payInvoice(current.invoiceId);
  await home.fire(first.hooks);

  await vi.waitFor(() => expect(moduleAnswers).toHaveLength(1), { timeout: 60_000, interval: 20 });
  expect(moduleAnswers[0]?.returned).toContain("Purchase ");
  expect(debits()).toEqual(["order 7.00"]);
  expect([await standing(serviceId), whmcsApi.mails]).toEqual([{ service: "Pending", order: "Pending" }, []]);
  home.account.topUp("100.00");
  await waitUntilTold(2);
  expect(moduleAnswers.slice(1)).toEqual([{ name: "CreateAccount", returned: "success" }]);
  expect(debits()).toEqual(["order 7.00", "renewal 7.00"]);
  expect(await standing(serviceId)).toEqual({ service: "Active", order: "Active" });
  expect(whmcsApi.mails).toEqual([{ template: welcome, serviceId }]);
  expect(await moduleQueue()).toEqual([]);
});

test("a product that WHMCS sets up at payment is asked for before it is bought, and active when it is", async () => {
  await home.installHooks();
  const { productId, welcome } = await saveProduct();
  const { shop, catalogue, moduleAnswers, whmcsApi, account } = home;
  await shop.sql("UPDATE tblproducts SET autosetup = 'payment' WHERE id = ?", [productId]);
  account.setBalance("0.00");
  await home.startBridge();
  const items = [{ productId, licence, ip }];
  const { serviceIds, invoiceId } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  const { hooks } = await shop.payInvoice(invoiceId);
  expect(await home.call("CreateAccount", serviceId)).toMatch(/^Purchase .+\.$/);
  expect(debits()).toEqual([]);
  expect(await home.fire(hooks)).toMatchObject(quiet);

  account.topUp("100.00");
  await waitUntilTold(1);
  expect(debits()).toEqual(["order 7.00"]);
  expect(moduleAnswers).toEqual([{ name: "CreateAccount", returned: "success" }]);
  expect(await standing(serviceId)).toEqual({ service: "Active", order: "Active" });
  expect(await showClientArea(serviceId)).toContain("The module is active");
  expect(whmcsApi.mails).toEqual([{ template: welcome, serviceId }]);
});
