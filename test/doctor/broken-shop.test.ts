// Does one run of the doctor name everything that is broken in a shop, each with what is to be done?
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Finding } from "../../src/doctor/finding.ts";
import type { NewProduct } from "../../src/sandbox/shop/catalog.ts";
import { ispmodules } from "../cli/program.ts";
import { addHeartbeat, admitPatient, find, type Patient } from "./patient.ts";

const prices = { USD: { monthly: "15.00" }, EUR: { monthly: "13.80" } };

/** By finding: a product that is broken in this one way, and a word of the remedy. */
const brokenProducts: Readonly<Record<string, readonly [product: Partial<NewProduct>, remedy: string]>> = {
  "whmcs.bad_tariff": [{ options: ["DDoS", "DDoSGUARD"] }, "configoption1"],
  "whmcs.no_additionintname": [{ options: ["23221", ""] }, "configoption2"],
  "whmcs.bad_cost_limit": [{ options: ["23221", "DDoSGUARD", "", "a lot"] }, "configoption4"],
  "whmcs.cost_above_limit": [{ options: ["23221", "DDoSGUARD", "", "0.01 EUR"] }, "configoption4"],
  "whmcs.bad_order_fields": [{ options: ["23221", "DDoSGUARD", "", "", "", "sok=ok"] }, "configoption6"],
  "whmcs.tariff_not_in_account": [{ options: ["99999", "DDoSGUARD"] }, "configoption1"],
  "whmcs.no_licence_field": [{ fields: [] }, "License ID"],
  "whmcs.licence_field_hidden": [{ fields: [{ name: "License ID", isRequired: true }] }, "Show on Order Form"],
  "whmcs.not_recurring": [{ payType: "onetime" }, "Recurring"],
  "whmcs.no_price": [{ prices: { EUR: { monthly: "13.80" } } }, "Pricing"],
  "whmcs.sold_at_loss": [{ prices: { USD: { monthly: "10.86" } } }, "configoption7"],
  "whmcs.no_positive_price": [{ prices: { USD: { monthly: "0.00" } } }, "configoption5"],
};

/** Faults of the installation around the products. */
const brokenSurroundings: Readonly<Record<string, string>> = {
  "whmcs.vendor_modules:ispmanager_noc": "--despite-noc",
  "whmcs_api.call": "API IP Access Restriction",
  "buying.position": "ispmodules check",
  "ledger.restored": "ispmodules reconcile --after-restore",
  "ledger.rights": "ispmodules grants",
};

const warnings: Readonly<Record<string, string>> = {
  "hook.heartbeat": "cron",
  "hook.version:web-9": "ispmodules install-hooks",
  "whmcs.grants": "ispmodules grants",
  "settings.console_host": "CONSOLE_HOST",
  "ispmanager.balance": "Top up",
  "whmcs.service_no_licence": "License ID",
};

let here: Patient;
let broken: Readonly<Record<string, string>>;
const productIds = new Map<string, number>();

beforeAll(async () => {
  here = await admitPatient();
  for (const [id, [product]] of Object.entries(brokenProducts)) {
    const sound = { name: id, options: ["23221", "DDoSGUARD"], prices };
    productIds.set(id, (await here.shop.addProduct({ ...sound, ...product })).productId);
  }
  await here.shop.addProduct({ name: "Licence", serverType: "ispmanager_noc", prices: {} });
  await here.shop.placeOrder({
    clientId: here.catalogue.clientIds[0],
    items: [{ productId: here.catalogue.products.ddosGuard, licence: "", ip: "" }],
  });
  here.whmcsApi.setFault({ kind: "invalid_ip" });
  here.account.setBalance("0.00");
  await here.ledgerSql("DELETE FROM mod_ispmodules_inbox");
  const old = { version: "0.0.1", php: "7.4.33", node: "web-9" };
  await addHeartbeat(here.ledgerSql, { ageSeconds: 3 * 3_600, data: old });
  await here.ledgerSql(
    "UPDATE mod_ispmodules_switches SET value = 'off', actor = 'machine', why = 'I1 is broken' WHERE name = 'buying'",
  );
  await here.ledgerSql(
    "UPDATE mod_ispmodules_switches SET value = '2026-11-23T10:00:00.000000Z' WHERE name = 'restore'",
  );
  broken = {
    ...here.settings,
    WHMCS_DATABASE_URL: here.rootUrls.shop,
    LEDGER_DATABASE_URL: await here.addUser("ledger", ["SELECT, INSERT ON DB.*"]),
    CONSOLE_HOST: "0.0.0.0",
  };
});

afterAll(() => here.end());

describe("a shop with everything broken at once", () => {
  let findings: Finding[];
  let faults: Map<string, string>;
  beforeAll(async () => {
    findings = await here.examine(broken);
    const ofProducts = Object.entries(brokenProducts).map(
      ([id, [, remedy]]) => [`${id}:${productIds.get(id)}`, remedy] as const,
    );
    faults = new Map([...ofProducts, ...Object.entries(brokenSurroundings)]);
  });

  test("more than fifteen kinds of fault are named, each with its remedy in one line", () => {
    expect(faults.size).toBeGreaterThan(15);
    for (const [id, remedy] of faults) {
      expect(find(findings, id), id).toMatchObject({ level: "fault", remedy: expect.stringContaining(remedy) });
    }
    for (const [id, remedy] of Object.entries(warnings)) {
      expect(find(findings, id), id).toMatchObject({ level: "warning", remedy: expect.stringContaining(remedy) });
    }
    for (const { message, remedy } of findings) expect(`${message}${remedy}`).not.toMatch(/[\r\n]/);
  });

  test("nothing that is sound is called a fault", () => {
    const named = findings.filter(({ level }) => level === "fault").map(({ id }) => id);
    expect(new Set(named)).toEqual(new Set(faults.keys()));
  });

  test("the command says the same to people, and fails", async () => {
    const { status, stdout } = await ispmodules(["doctor"], broken);
    expect(status).toBe(1);
    expect(stdout).toContain(`\n${faults.size} faults, `);
    for (const [id, remedy] of faults) {
      expect(stdout).toContain(`FAULT    ${find(findings, id)?.message}\n`);
      expect(stdout).toContain(remedy);
    }
  });
});
