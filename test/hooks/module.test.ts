// What do the functions of the server module ask the bridge, and what do they return to WHMCS?
import { describe, expect, test } from "vitest";
import { runModule, runWhmcs } from "../../src/sandbox/php.ts";
import { secret } from "../webhook/signing.ts";
import { activeService, startAnsweringBridge } from "./answering-bridge.ts";
import { freePort } from "./bridge.ts";
import { useModuleShop } from "./module-shop.ts";

const whmcs = useModuleShop();
const { call } = whmcs;
const done = { result: "success", message: "Done.", purchases: [], service: activeService };

function expectQuiet(run: { stdout: string; exitCode: number | null }): void {
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
}

describe("of a product addon, for which WHMCS gives the service on which it stands, the bridge is not asked", () => {
  const bought = /^The bridge buys the module of this addon by itself/;

  test.each([
    ["CreateAccount", expect.stringMatching(bought)],
    ["SuspendAccount", "success"],
    ["UnsuspendAccount", "success"],
    ["TerminateAccount", "success"],
    ["Renew", "success"],
    ["checknow", expect.stringMatching(bought)],
    ["AdminServicesTabFields", { State: expect.stringMatching(bought) }],
    ["ClientArea", []],
  ])("%s", async (name, returned) => {
    const bridge = await startAnsweringBridge(
      Object.fromEntries(
        ["create", "suspend", "unsuspend", "terminate", "renew", "check", "status"].map((of) => [of, done]),
      ),
    );
    const step = { function: name, serviceId: whmcs.serviceId, params: { addonId: 7 } };
    const run = await runModule(whmcs.site(bridge.url), step);
    expect(run.returned).toEqual(returned);
    expectQuiet(run);
    expect(bridge.calls).toEqual([]);
  });
});

describe("provisioning", () => {
  test.each([
    ["CreateAccount", "create", "success", "success"],
    ["CreateAccount", "create", "pending", "Waits for the account."],
    ["CreateAccount", "create", "error", "Waits for the account."],
    ["Renew", "renew", "success", "success"],
    ["Renew", "renew", "pending", "success"],
    ["Renew", "renew", "error", "Waits for the account."],
    ["SuspendAccount", "suspend", "success", "success"],
    ["SuspendAccount", "suspend", "pending", "success"],
    ["UnsuspendAccount", "unsuspend", "success", "success"],
    ["TerminateAccount", "terminate", "success", "success"],
    ["TerminateAccount", "terminate", "error", "Waits for the account."],
    ["checknow", "check", "pending", "success"],
    ["checknow", "check", "error", "Waits for the account."],
  ])("%s calls %s; %s is answered with %s", async (name, action, result, returned) => {
    const run = await call(name, { [action]: { ...done, result, message: "Waits for the account." } });
    expect(run.returned).toBe(returned);
    expectQuiet(run);
    const path = `/whmcs/services/${whmcs.serviceId}/${action}`;
    const timestamp = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(run.bridge.calls).toEqual([{ path, body: { action, service_id: whmcs.serviceId, timestamp } }]);
  });

  describe("what suspending or terminating leaves undone at ispmanager", () => {
    const message = "Nothing was changed at <ispmanager>: the module runs to 2027-01-31.";
    const noted = "Nothing was changed at ispmanager : the module runs to 2027-01-31.";
    const answers = Object.fromEntries(
      ["suspend", "unsuspend", "terminate"].map((action) => [action, { ...done, message }]),
    );

    async function request(...names: readonly string[]): Promise<readonly string[]> {
      const { serviceId } = whmcs;
      const bridge = await startAnsweringBridge(answers);
      const steps = names.map((name) => ({ function: name, serviceId }));
      return (await runWhmcs(whmcs.site(bridge.url), steps)).activityLog;
    }

    test("is one line of the activity log for each service and action", async () => {
      const lines = await request("SuspendAccount", "SuspendAccount", "TerminateAccount", "TerminateAccount");
      const { serviceId } = whmcs;
      expect(lines).toEqual([
        `ispmodules: suspend of service ${serviceId}: ${noted}`,
        `ispmodules: terminate of service ${serviceId}: ${noted}`,
      ]);
    });

    test("is no line when a service goes on", async () => {
      expect(await request("UnsuspendAccount")).toEqual([]);
    });
  });

  test("an answer that says success in its message is not taken for one", async () => {
    const run = await call("CreateAccount", { create: { ...done, result: "pending", message: "success" } });
    expect(run.returned).toBe("The module is not bought yet.");
  });

  test("a message that is no text, or has markup, reaches staff as plain text", async () => {
    const odd = await call("CreateAccount", { create: { ...done, result: "pending", message: ["x"] } });
    expect(odd.returned).toBe("The module is not bought yet.");
    const marked = await call("CreateAccount", {
      create: { ...done, result: "pending", message: "<b>no\n licence</b>" },
    });
    expect(marked.returned).toBe("b no licence /b");
  });

  describe("keeps expiry and ispmanager id in the service's fields", () => {
    /** Gives the product these fields beside licence and address, and lets the bridge say this of the service. */
    async function createWith(fields: readonly string[], answer: object, rest = {}) {
      const { shop, catalogue } = whmcs;
      const relid = catalogue.products.ddosGuard;
      await shop.sql("DELETE FROM tblcustomfields WHERE relid = ? AND adminonly = 'on'", [relid]);
      for (const fieldname of fields) {
        await shop.sql("INSERT INTO tblcustomfields SET ?", [{ type: "product", relid, fieldname, adminonly: "on" }]);
      }
      const run = await call("CreateAccount", { create: answer }, rest);
      const [{ count } = { count: 0 }] = await shop.sql(
        "SELECT COUNT(*) AS count FROM tblcustomfields WHERE relid = ? AND adminonly = 'on'",
        [relid],
      );
      expect(count).toBe(fields.length);
      return run;
    }

    test("when the module is bought, and only then", async () => {
      await createWith(["Paid until", "Module ID"], { ...done, result: "pending" });
      expect(await whmcs.fieldValues()).not.toHaveProperty("Paid until");
      await createWith(["Paid until", "Module ID"], done);
      expect(await whmcs.fieldValues()).toMatchObject({ "Paid until": ["2027-01-31"], "Module ID": ["777"] });
    });

    test("under the names that staff have given them", async () => {
      await createWith(["Оплачен до", "module_id|Module"], done, { without: ["collections"] });
      expect(await whmcs.fieldValues()).toMatchObject({ "Оплачен до": ["2027-01-31"], "module_id|Module": ["777"] });
    });

    test("and in no field that customers fill in, whatever its name", async () => {
      const relid = whmcs.catalogue.products.ddosGuard;
      const visible = { type: "product", relid, fieldname: "ispmanager ID", showorder: "on" };
      await whmcs.shop.sql("INSERT INTO tblcustomfields SET ?", [visible]);
      await createWith(["Module ID"], done);
      const values = await whmcs.fieldValues();
      await whmcs.shop.sql("DELETE FROM tblcustomfields WHERE relid = ? AND fieldname = ?", [relid, visible.fieldname]);
      expect(values).not.toHaveProperty("ispmanager ID");
      expect(values).toMatchObject({ "Module ID": ["777"] });
    });

    test("and makes none where staff have removed them", async () => {
      expect(await createWith([], done)).toMatchObject({ returned: "success", stdout: "", activityLog: [] });
      await createWith(["Module ID"], done);
      expect(await whmcs.fieldValues()).toMatchObject({ "Module ID": ["777"] });
    });
  });
});

describe("a bridge that does not answer", () => {
  test.each(["CreateAccount", "checknow"])("%s says so within 3 s", async (name) => {
    const run = await call(name, { create: "never", check: "never" });
    expect(run.bridge.calls).toHaveLength(1);
    expect(run.returned).toBe("ispmodules: no answer from the bridge, curl error 28.");
    expect(run.elapsedMs).toBeLessThan(3100);
    expectQuiet(run);
  });

  test.each([
    ["SuspendAccount", "suspend"],
    ["UnsuspendAccount", "unsuspend"],
    ["TerminateAccount", "terminate"],
    ["Renew", "renew"],
  ])("%s goes on, because the bridge finds out by itself; the activity log says it", async (name, action) => {
    const { serviceId } = whmcs;
    const site = whmcs.site(`http://127.0.0.1:${await freePort()}`);
    const run = await runModule(site, { function: name, serviceId });
    expect(run.returned).toBe("success");
    expect(run.activityLog).toEqual([
      `ispmodules: ${action} of service ${serviceId} was not told to the bridge: no answer from the bridge, curl error 7. It will find out by itself.`,
    ]);
  });

  test.each(["Renew", "SuspendAccount"])("a cron run of many %s waits for it once and says so once", async (name) => {
    const { serviceId } = whmcs;
    const bridge = await startAnsweringBridge({ renew: "never", suspend: "never" });
    const steps = Array.from({ length: 10 }, () => ({ function: name, serviceId }));
    const run = await runWhmcs(whmcs.site(bridge.url), steps);
    expect(bridge.calls).toHaveLength(1);
    expect(run.elapsedMs).toBeLessThan(3500);
    expect(run.results.map(({ returned }) => returned)).toEqual(Array(10).fill("success"));
    expect(run.activityLog).toEqual([expect.stringContaining("curl error 28. It will find out by itself.")]);
  });

  test.each([
    [
      401,
      "the bridge refuses the signature: the secret of ispmodules-settings.php and WEBHOOK_SECRET differ, or a clock is wrong",
    ],
    [404, "the bridge answered HTTP 404: check the url in ispmodules-settings.php"],
    [503, "the bridge answered HTTP 503"],
  ])("HTTP %i tells staff what to look at", async (status, problem) => {
    expect((await call("CreateAccount", { create: status })).returned).toBe(`ispmodules: ${problem}.`);
    expect((await call("TestConnection", { tariffs: status })).returned).toEqual({
      success: false,
      error: `ispmodules: ${problem}.`,
    });
  });

  test("every function survives a missing settings file and a missing library", async () => {
    const { serviceId } = whmcs;
    const names = ["ConfigOptions", "CreateAccount", "SuspendAccount", "Renew", "TestConnection", "checknow"];
    const pages = ["AdminServicesTabFields", "ClientArea", "AdminCustomButtonArray", "MetaData"];
    const steps = [...names, ...pages].map((name) => ({ function: name, serviceId }));
    for (const configuration of ["", "unlink(ROOTDIR . '/modules/servers/ispmanagermodules/lib/service.php');"]) {
      const run = await runWhmcs(whmcs.site("", { settings: null, configuration }), steps);
      expect(run.results).toHaveLength(steps.length);
      if (configuration === "") expectQuiet(run);
    }
  });
});

describe("TestConnection", () => {
  test("succeeds when the bridge reads the account's tariffs", async () => {
    const run = await call("TestConnection", { tariffs: { result: "success", tariffs: [] } });
    expect(run.returned).toEqual({ success: true, error: "" });
  });

  test("fails with the bridge's own words", async () => {
    const run = await call("TestConnection", { tariffs: { result: "error", message: "The account is away." } });
    expect(run.returned).toEqual({ success: false, error: "The account is away." });
  });
});

test("the module log has each call and no secret in any form", async () => {
  const encoded = secret.slice("whsec_".length);
  const run = await call("CreateAccount", { create: { ...done, message: `leaks ${secret} and ${encoded}` } });
  expect(run.moduleLog).toEqual([expect.objectContaining({ module: "ispmanagermodules", action: "create" })]);
  const written = JSON.stringify(run.moduleLog);
  expect(written).toContain("leaks ***");
  for (const secretText of [secret, encoded, "password-of-the-service", "password-of-the-server"]) {
    expect(written).not.toContain(secretText);
  }
});
