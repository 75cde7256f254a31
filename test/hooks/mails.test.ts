// What do customers read in the two e-mails, once WHMCS has filled in their templates?
import { expect, test } from "vitest";
import { runHook, runModule } from "../../src/sandbox/php.ts";
import { shapeOfRun } from "../shape.ts";
import { activeService, startAnsweringBridge } from "./answering-bridge.ts";
import { useModuleShop } from "./module-shop.ts";
import { renderTemplate } from "./smarty.ts";

const whmcs = useModuleShop();
const usual = { client_name: "Anna Weber", service_product_name: "DDoS-GUARD", signature: "Example Hosting" };
const values = { ispmanager_licence: "1234567", ispmanager_ip: "192.0.2.10", ispmanager_paid_until: "2027-01-31" };

async function templates(): Promise<{ name: string; language: string; message: string; subject: string }[]> {
  const bridge = await startAnsweringBridge({ create: { result: "success", service: activeService } });
  await whmcs.setUp();
  await runModule(whmcs.site(bridge.url), { function: "CreateAccount", serviceId: whmcs.serviceId });
  const rows = await whmcs.shop.sql("SELECT name, language, subject, message FROM tblemailtemplates ORDER BY id");
  return rows as { name: string; language: string; message: string; subject: string }[];
}

test("each names the module, licence, address and expiry; the ready ones say how to refresh the licence", async () => {
  const found = await templates();
  expect(found).toHaveLength(shapeOfRun().isAged ? 2 : 4);
  for (const { name, subject, message } of found) {
    const text = await renderTemplate(`string:${subject}\n${message}`, { ...usual, ...values });
    for (const shown of ["Anna Weber", "DDoS-GUARD", "1234567", "192.0.2.10", "2027-01-31", "Example Hosting"]) {
      expect(text).toContain(shown);
    }
    expect(text).not.toMatch(/[{}]/);
    expect(text.includes("/usr/local/mgr5/sbin/licctl fetch ispmgr")).toBe(name === "ispmanager module ready");
  }
});

const nothing = { ispmanager_licence: "", ispmanager_ip: "", ispmanager_paid_until: "" };

test("without our values the lines for them are left out", async () => {
  for (const { message } of await templates()) {
    const text = await renderTemplate(`string:${message}`, { ...usual, ...nothing });
    expect(text).not.toMatch(/(?:Licence|Лицензия|IP|Paid until|Оплачен до):/);
  }
});

test("when WHMCS sends one of the two, it gets licence, address and expiry of that service; other e-mails get nothing", async () => {
  await templates();
  const bridge = await startAnsweringBridge({});
  const send = async (messagename: string) => {
    const vars = { messagename, relid: whmcs.serviceId };
    const run = await runHook({ ...whmcs.site(bridge.url), point: "EmailPreSend", vars });
    expect(run).toMatchObject({ stdout: "", activityLog: [] });
    return run.results[0]?.returned;
  };
  expect(await send("ispmanager module ready")).toEqual([values]);
  expect(await send("ispmanager module being activated")).toEqual([values]);
  expect(await send("Invoice Created")).toEqual([null]);
});
