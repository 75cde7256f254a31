// What does a customer see on the page of their module, and can they choose a licence there?
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runModule, shippedHooks } from "../../src/sandbox/php.ts";
import { type Answers, activeService, choosingService, startAnsweringBridge } from "./answering-bridge.ts";
import { freePort } from "./bridge.ts";
import { type ModulePage, renderClientArea } from "./client-area.ts";
import { useModuleShop } from "./module-shop.ts";

interface Page extends ModulePage {
  readonly templateVariables: {
    readonly ispmanager: Readonly<Record<string, unknown>> & { readonly form_key: string };
    readonly ispmanager_texts: Readonly<Record<string, string>>;
  };
}

const whmcs = useModuleShop();
const status = (service: object) => ({ result: "success", message: "", purchases: [], service });
const nobody = { result: "success", known: null, licences: [] };

async function open(answers: Answers, rest = {}) {
  const run = await whmcs.call("ClientArea", answers, rest);
  return { bridge: run.bridge, run, page: run.returned as Page };
}

/** As WHMCS shows it while the service has the status that it has now. */
async function render(page: ModulePage): Promise<string> {
  const [service] = await whmcs.shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [whmcs.serviceId]);
  return renderClientArea(shippedHooks, page, service?.domainstatus);
}

async function inRussian<T>(work: () => Promise<T>): Promise<T> {
  const [clientId] = whmcs.catalogue.clientIds;
  await whmcs.shop.sql("UPDATE tblclients SET language = 'russian' WHERE id = ?", [clientId]);
  try {
    return await work();
  } finally {
    await whmcs.shop.sql("UPDATE tblclients SET language = '' WHERE id = ?", [clientId]);
  }
}

describe("whatever the status of its service", () => {
  afterEach(() => whmcs.shop.setServiceStatus(whmcs.serviceId, "Pending"));
  const statuses = ["Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud"] as const;

  test.each(statuses)("the page stands by itself, or below WHMCS's own: %s", async (domainstatus) => {
    const { shop, serviceId } = whmcs;
    await shop.setServiceStatus(serviceId, domainstatus);
    const answers = { status: status(choosingService), licences: nobody };
    const [clientId] = whmcs.catalogue.clientIds;
    const bare = { serviceid: serviceId, userid: clientId, pid: whmcs.catalogue.products.ddosGuard };
    const bridge = await startAnsweringBridge(answers);
    const unsaid = await runModule(whmcs.site(bridge.url), { function: "ClientArea", params: bare });
    for (const page of [(await open(answers)).page, unsaid.returned as Page]) {
      const html = await render(page);
      for (const shown of ["DDoS-GUARD", "1234567", "192.0.2.10", '<form method="post">'])
        expect(html).toContain(shown);
      expect("tabOverviewReplacementTemplate" in page).toBe(domainstatus !== "Active");
    }
  });

  test("what only adds to WHMCS's own page is not seen before the service is active", async () => {
    const page = { tabOverviewModuleOutputTemplate: "templates/clientarea.tpl", templateVariables: {} };
    expect(await render(page)).toBe("");
  });
});

describe("a module that is active", () => {
  test("shows module, licence, address, expiry, state and how to refresh the licence", async () => {
    const { page, run } = await open({ status: status(activeService) });
    expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
    const html = await render(page);
    for (const shown of ["DDoS-GUARD", "1234567", "192.0.2.10", "2027-01-31", "The module is active."]) {
      expect(html).toContain(shown);
    }
    expect(html).toContain("License management → Update license information");
    expect(html).toContain("<code>/usr/local/mgr5/sbin/licctl fetch ispmgr</code>");
    expect(html).not.toContain("<form");
  });

  test("is shown in Russian to whoever reads Russian, by profile or by session", async () => {
    const byProfile = await inRussian(() => open({ status: status(activeService) }));
    const bySession = await open({ status: status(activeService) }, { request: { session: { Language: "russian" } } });
    for (const { page } of [byProfile, bySession]) {
      const html = await render(page);
      expect(html).toContain("Модуль активен.");
      expect(html).toContain("31.01.2027");
      expect(html).toContain("Обновить информацию о лицензии");
    }
  });

  test("escapes whatever comes from shop, customer or bridge", async () => {
    const { shop, serviceId } = whmcs;
    const hostile = `"><script>alert(1)</script>`;
    await shop.setLicence(serviceId, hostile);
    const { page } = await open({ status: status({ ...activeService, paid_until: hostile }) });
    await shop.setLicence(serviceId, "1234567");
    const html = await render(page);
    expect(html).toContain("&lt;script&gt;");
    expect(html).not.toContain("<script");
  });
});

describe("while the bridge is away", () => {
  test("the page comes within 3 s and shows what WHMCS knows", async () => {
    const { page, run, bridge } = await open({ status: "never" });
    expect(bridge.calls).toHaveLength(1);
    expect(run.elapsedMs).toBeLessThan(3100);
    const html = await render(page);
    expect(html).toContain("The state cannot be shown right now.");
    expect(html).toContain("1234567");
  });

  test("without a database there is an empty page, not an error", async () => {
    const { database: _database, ...site } = whmcs.site(`http://127.0.0.1:${await freePort()}`);
    const params = { serviceid: 1, userid: 1, pid: 1 };
    const run = await runModule(site, { function: "ClientArea", params });
    expect(run).toMatchObject({ returned: [], stdout: "", exitCode: 0 });
  });
});

describe("choosing the licence after paying", () => {
  const choosing = { status: status(choosingService), licences: nobody };
  const fits = { ...choosing, licence: { result: "success" }, check: status(choosingService) };

  beforeEach(async () => {
    await whmcs.shop.setLicence(whmcs.serviceId, "999");
  });

  async function formKey(): Promise<string> {
    return (await open(choosing)).page.templateVariables.ispmanager.form_key;
  }

  async function choose(answers: Answers, licence: unknown, key?: string) {
    const post = { ispmanager_licence: licence, ispmanager_form: key ?? (await formKey()) };
    return open(answers, { request: { post } });
  }

  async function licences(): Promise<string[] | undefined> {
    return (await whmcs.fieldValues())["License ID"];
  }

  /** What the bridge is asked for while a service of this client has these values. */
  async function addressesAsked(clientId: number, ...services: object[]): Promise<unknown> {
    const { shop, catalogue } = whmcs;
    for (const columns of services) {
      const { serviceIds } = await shop.placeOrder({ clientId, items: [{ productId: catalogue.products.hosting }] });
      await shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [columns, serviceIds[0]]);
    }
    const { bridge } = await open(choosing);
    await shop.sql("UPDATE tblhosting SET dedicatedip = '' WHERE packageid = ?", [catalogue.products.hosting]);
    return bridge.calls.find(({ path }) => path === "/whmcs/licences")?.body.ips;
  }

  test("the page has a form with the licences of the client's own servers", async () => {
    const { shop, serviceId } = whmcs;
    await shop.sql("UPDATE tblhosting SET dedicatedip = ' 198.51.100.7', domainstatus = 'Active' WHERE id = ?", [
      serviceId,
    ]);
    const known = { result: "success", known: null, licences: [{ id: "55", ip: "198.51.100.7", name: "<b>" }] };
    const { page, bridge } = await open({ ...choosing, licences: known });
    const asked = bridge.calls.find(({ path }) => path === "/whmcs/licences")?.body;
    expect(asked).toMatchObject({ action: "licences", licence: null, ips: ["198.51.100.7"] });
    const html = await render(page);
    expect(html).toContain('<form method="post">');
    expect(html).toContain("<strong>55</strong> (198.51.100.7)");
    expect(html).toContain('name="token" value="token-of-whmcs"');
    expect(html).toContain('pattern="[1-9][0-9]{0,9}"');
    await shop.sql("UPDATE tblhosting SET dedicatedip = '' WHERE id = ?", [serviceId]);
  });

  test("only the dedicated addresses of services that run are asked for", async () => {
    const [clientId] = whmcs.catalogue.clientIds;
    const statuses = ["Active", "Suspended", "Pending", "Terminated", "Cancelled", "Fraud", "Completed"];
    const services = statuses.map((domainstatus, index) => ({ domainstatus, dedicatedip: `198.51.100.${index + 1}` }));
    const junk = { domainstatus: "Active", dedicatedip: "198.51.100.9, x", assignedips: "198.51.100.10" };
    expect(await addressesAsked(clientId, ...services, junk)).toEqual(["198.51.100.2", "198.51.100.1"]);
  });

  test("an address that only the customer has typed is not asked for", async () => {
    expect(await whmcs.fieldValues()).toMatchObject({ "Server IP": ["192.0.2.10"] });
    expect(await addressesAsked(whmcs.catalogue.clientIds[0])).toBeUndefined();
  });

  test("addresses of other clients are not asked for", async () => {
    const theirs = { domainstatus: "Active", dedicatedip: "203.0.113.9" };
    expect(await addressesAsked(whmcs.catalogue.clientIds[1], theirs)).toBeUndefined();
  });

  test("a licence that fits is checked, saved, and the purchase is looked at again", async () => {
    const { bridge, page } = await choose(fits, " 1234567 ");
    expect(bridge.calls.map(({ body }) => body.action)).toEqual(["status", "licence", "check", "status"]);
    expect(bridge.calls[1]?.body).toMatchObject({ licence: "1234567", ip: "192.0.2.10" });
    expect(await licences()).toEqual(["1234567"]);
    expect(await render(page)).toContain("The licence is saved");
  });

  test("of several values the newest is written, which is the one that counts", async () => {
    const { shop, serviceId } = whmcs;
    const [field] = await shop.sql("SELECT fieldid FROM tblcustomfieldsvalues WHERE relid = ? AND value = '999'", [
      serviceId,
    ]);
    await shop.sql("INSERT INTO tblcustomfieldsvalues SET ?", [
      { fieldid: field?.fieldid, relid: serviceId, value: "998" },
    ]);
    await choose(fits, "1234567");
    expect(await licences()).toEqual(["999", "1234567"]);
    await shop.sql("DELETE FROM tblcustomfieldsvalues WHERE value = '999'");
  });

  test("a licence that the bridge refuses is not saved, and its reason is shown", async () => {
    const message = { en: "This licence is not ours.", ru: "Это не наша лицензия." };
    const { page } = await choose({ ...choosing, licence: { result: "error", message } }, "1234567");
    expect(await licences()).toEqual(["999"]);
    expect(await render(page)).toContain("This licence is not ours.");
  });

  test.each<[string, unknown, Answers]>([
    ["no number", "12x", fits],
    ["a list", ["1"], fits],
    ["too long", "12345678901", fits],
  ])("%s is refused without asking", async (_, licence, answers) => {
    const { bridge } = await choose(answers, licence);
    expect(bridge.calls.map(({ body }) => body.action)).toEqual(["status"]);
    expect(await licences()).toEqual(["999"]);
  });

  test("a form of another session, or none, changes nothing", async () => {
    const foreign = "0".repeat(64);
    const { bridge, page } = await choose(fits, "1234567", foreign);
    expect(bridge.calls.map(({ body }) => body.action)).not.toContain("licence");
    expect(await licences()).toEqual(["999"]);
    expect(await render(page)).toContain("The page was too old.");
  });

  test("when there is nothing to choose a posted licence changes nothing", async () => {
    const { bridge } = await choose({ ...fits, status: status(activeService) }, "1234567");
    expect(bridge.calls.map(({ body }) => body.action)).toEqual(["status"]);
    expect(await licences()).toEqual(["999"]);
  });

  test("a bridge that is away between the questions saves nothing", async () => {
    const { page } = await choose({ ...choosing, licence: 503 }, "1234567");
    expect(await licences()).toEqual(["999"]);
    expect(await render(page)).toContain("cannot be checked right now");
  });
});
