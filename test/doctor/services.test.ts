// Are the services and lines that cannot be bought named by their ids, and no more of them than a person can read?
import { afterAll, beforeAll, expect, test } from "vitest";
import { admitPatient, complaints, find, type Patient } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterAll(() => here.end());

async function order(licence?: string) {
  const item = { productId: here.catalogue.products.ddosGuard, ip: "192.0.2.10", ...(licence ? { licence } : {}) };
  const placed = await here.shop.placeOrder({ clientId: here.catalogue.clientIds[0], items: [item] });
  return { serviceId: placed.serviceIds[0] ?? 0, lineId: placed.lineIds[0] ?? 0, invoiceId: placed.invoiceId };
}

/** What the doctor finds after `spoil`; the service is ended afterwards, so that the next test starts sound. */
async function examineService(
  spoil: (ids: Awaited<ReturnType<typeof order>>) => Promise<unknown>,
  licence = "1234567",
) {
  const ids = await order(licence);
  await spoil(ids);
  const findings = await here.examine();
  await here.shop.setServiceStatus(ids.serviceId, "Terminated");
  return { ...ids, findings };
}

const setService = (column: string, value: unknown) => (ids: { serviceId: number }) =>
  here.shop.sql("UPDATE tblhosting SET ?? = ? WHERE id = ?", [column, value, ids.serviceId]);

test("a sound service is counted and nothing is said about it, nor about an ended one", async () => {
  const { findings } = await examineService(async () => {});
  expect(complaints(findings)).toEqual([]);
  expect(find(findings, "whmcs.services")?.message).toContain("1 service of our products");
  const ended = await order("not a number");
  await here.shop.setServiceStatus(ended.serviceId, "Cancelled");
  expect(complaints(await here.examine())).toEqual([]);
});

test("letters in the licence, and no licence at all", async () => {
  const bad = await examineService(async () => {}, "12345 67x");
  expect(complaints(bad.findings)).toEqual(["whmcs.service_bad_licence"]);
  expect(find(bad.findings, "whmcs.service_bad_licence")).toMatchObject({
    level: "warning",
    message: `1 service whose licence is not a number of 1 to 10 digits: ${bad.serviceId}.`,
    remedy: expect.stringContaining("License ID"),
  });
  expect(JSON.stringify(bad.findings)).not.toContain("67x");

  const none = await examineService(({ serviceId }) =>
    here.shop.sql("DELETE FROM tblcustomfieldsvalues WHERE relid = ?", [serviceId]),
  );
  expect(complaints(none.findings)).toEqual(["whmcs.service_no_licence"]);
  expect(find(none.findings, "whmcs.service_no_licence")?.message).toContain(`: ${none.serviceId}.`);
});

test.each([
  ["whmcs.service_odd_cycle", "billingcycle", "Quarterly"],
  ["whmcs.service_odd_cycle", "billingcycle", "One Time"],
  ["whmcs.service_quantity", "qty", 3],
  ["whmcs.service_no_client", "userid", 987_654],
])("%s: %s is %s", async (id, column, value) => {
  const { findings, serviceId } = await examineService(setService(column, value));
  expect(complaints(findings)).toEqual([id]);
  expect(find(findings, id)?.message).toContain(`: ${serviceId}.`);
  expect(find(findings, id)?.remedy).toBeTruthy();
});

test("a client whose currency does not exist", async () => {
  const [clientId] = here.catalogue.clientIds;
  const [client] = await here.shop.sql("SELECT currency FROM tblclients WHERE id = ?", [clientId]);
  const { findings, serviceId } = await examineService(() =>
    here.shop.sql("UPDATE tblclients SET currency = 77 WHERE id = ?", [clientId]),
  );
  await here.shop.sql("UPDATE tblclients SET currency = ? WHERE id = ?", [client?.currency, clientId]);
  expect(complaints(findings)).toEqual(["whmcs.service_no_currency"]);
  expect(find(findings, "whmcs.service_no_currency")?.message).toContain(`: ${serviceId}.`);
});

test("a line whose invoice does not exist is named: the engine leaves it out", async () => {
  const { findings, lineId } = await examineService(({ invoiceId }) =>
    here.shop.sql("DELETE FROM tblinvoices WHERE id = ?", [invoiceId]),
  );
  expect(complaints(findings)).toEqual(["whmcs.line_without_invoice"]);
  expect(find(findings, "whmcs.line_without_invoice")).toMatchObject({
    level: "warning",
    message: expect.stringMatching(new RegExp(`^1 invoice line of our services .*: ${lineId}\\.$`)),
    remedy: expect.stringContaining("bill the period again"),
  });
});

test("amounts that are text, in a shop whose columns allow it", async () => {
  const money = (kind: string) => [
    `ALTER TABLE tblhosting MODIFY amount ${kind} NOT NULL DEFAULT '0.00'`,
    `ALTER TABLE tblinvoiceitems MODIFY amount ${kind} NOT NULL`,
  ];
  for (const statement of money("VARCHAR(20)")) await here.shop.sql(statement);
  const { findings, serviceId, lineId } = await examineService(async (ids) => {
    await setService("amount", "on request")(ids);
    await here.shop.sql("UPDATE tblinvoiceitems SET amount = '15,00' WHERE id = ?", [ids.lineId]);
  });
  await here.shop.sql("UPDATE tblhosting SET amount = '15.00' WHERE id = ?", [serviceId]);
  await here.shop.sql("UPDATE tblinvoiceitems SET amount = '15.00' WHERE id = ?", [lineId]);
  for (const statement of money("DECIMAL(16,2)")) await here.shop.sql(statement);
  expect(complaints(findings)).toEqual(["whmcs.line_unreadable_amount", "whmcs.service_unreadable_amount"]);
  expect(find(findings, "whmcs.service_unreadable_amount")?.message).toContain(`: ${serviceId}.`);
  expect(find(findings, "whmcs.line_unreadable_amount")?.message).toContain(`: ${lineId}.`);
});

test("addons are looked through like services, named by a and their number, with what stands in their server's fields", async () => {
  const { shop, catalogue } = here;
  const server = await shop.addProduct({
    ...{ name: "Server", serverType: "virtualizor", prices: { USD: { monthly: "50.00" } } },
  });
  const { addonId } = await shop.addAddon({
    ...{ name: "DDoS-GUARD", packages: [server.productId], options: ["23221", "DDoSGUARD"] },
    prices: { USD: { monthly: "15.00" } },
  });
  const add = async (licence: string) => {
    const items = [{ productId: server.productId, licence }];
    const { serviceIds } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
    const serviceId = serviceIds[0] ?? 0;
    return { serviceId, ...(await shop.orderAddon({ serviceId, addonId })) };
  };
  const [sound, none, bad, odd, lost] = [await add("1"), await add(""), await add("x"), await add("2"), await add("3")];
  expect(find(await here.examine(), "whmcs.services")?.message).toContain("not ended, and 5 product addons.");
  await shop.sql("UPDATE tblhostingaddons SET billingcycle = 'Quarterly', qty = 2 WHERE id = ?", [odd.serviceAddonId]);
  await shop.sql("DELETE FROM tblinvoices WHERE id = ?", [lost.invoiceId]);
  const findings = await here.examine();
  const named = (id: string) => find(findings, id)?.message.match(/: (.*)\.$/)?.[1];
  expect(["no_licence", "bad_licence", "odd_cycle", "quantity"].map((id) => named(`whmcs.service_${id}`))).toEqual([
    ...[`a${none.serviceAddonId}`, `a${bad.serviceAddonId}`, `a${odd.serviceAddonId}`, `a${odd.serviceAddonId}`],
  ]);
  expect(named("whmcs.line_without_invoice")).toBe(String(lost.lineIds[0]));
  const complained = findings.filter(({ level }) => level !== "ok").map(({ message }) => message);
  expect(complained.join(" ")).not.toMatch(new RegExp(`\\ba${sound.serviceAddonId}\\b`));
  for (const { serviceAddonId } of [sound, none, bad, odd, lost]) {
    await shop.setAddonStatus(serviceAddonId, "Terminated");
  }
  await shop.sql("UPDATE tbladdons SET retired = 1, module = 'cpanel' WHERE id = ?", [addonId]);
});

test("of many the first twenty are named, and how many more there are", async () => {
  const { ddosGuard } = here.catalogue.products;
  await here.shop.sql(
    `INSERT INTO tblhosting (id, userid, packageid, domainstatus, billingcycle)
     SELECT 500000 + seq, ?, ?, 'Active', 'Monthly' FROM seq_1_to_1203`,
    [here.catalogue.clientIds[0], ddosGuard],
  );
  const { message } = find(await here.examine(), "whmcs.service_no_licence") ?? { message: "" };
  expect(message).toMatch(/^1203 services without a licence: 500001, .*, 500020 and 1183 more\.$/);
  await here.shop.sql("DELETE FROM tblhosting WHERE id > 500000");
});
