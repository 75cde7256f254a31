// Are the faults of the ispmanager account, of WHMCS's API and of the settings found, with what is to be changed?
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { documentedVariants } from "../../src/sandbox/account/variants.ts";
import { startWhmcsApi } from "../../src/sandbox/whmcs-api.ts";
import { apiActions } from "../../src/whmcs/api.ts";
import { admitPatient, complaints, find, type Patient } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterEach(() => {
  here.whmcsApi.setFault(null);
  here.account.set(documentedVariants);
  here.account.setBalance("1000.00");
});

afterAll(() => here.end());

describe("the ispmanager account", () => {
  test("a refused login is named once, and nothing more is asked", async () => {
    const before = here.account.requests().length;
    const findings = await here.examine({ ISPMANAGER_PASSWORD: "hidden-wrong" });
    expect(complaints(findings)).toEqual(["ispmanager.login"]);
    expect(find(findings, "ispmanager.login")).toMatchObject({
      level: "fault",
      message: "The ispmanager account refused login or password.",
      remedy: expect.stringContaining("ISPMANAGER_PASSWORD"),
    });
    expect(here.account.requests().length - before).toBe(1);
    expect(JSON.stringify(findings)).not.toContain("hidden");
  });

  test("a user without the right to see licences, modules or prices", async () => {
    here.account.set({ refused: { soft: { type: "access", object: "soft" } } });
    expect(find(await here.examine(), "ispmanager.login")).toMatchObject({
      level: "fault",
      message: expect.stringContaining("(access)"),
      remedy: expect.stringContaining("right"),
    });
    const access = { type: "access", object: "" };
    here.account.set({ refused: { addition: access, "pricelist.export": access } });
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["ispmanager.modules", "ispmanager.tariffs"]);
  });

  test("a page of a proxy in place of an answer, and an incomplete list", async () => {
    const broken = here.account.arm({ func: "soft", fault: "bad-gateway" });
    const page = find(await here.examine(), "ispmanager.login");
    expect(page?.message).toContain("(http 502)");
    expect(page?.remedy).toContain("ISPMANAGER_API_URL");
    const short = here.account.arm({ func: "soft", fault: { kind: "missing-rows", count: 1 }, times: 9 });
    expect(find(await here.examine(), "ispmanager.login")?.level).toBe("fault");
    short.disarm();
    expect(broken.fired()).toBe(1);
    expect(short.fired()).toBeGreaterThan(0);
  });

  test("a balance that cannot be read, or is used up, is a warning", async () => {
    here.account.set({ balanceIn: "neither" });
    const hidden = await here.examine();
    expect(complaints(hidden)).toEqual(["ispmanager.balance"]);
    expect(find(hidden, "ispmanager.balance")?.message).toContain("cannot be read");
    here.account.set({ balanceIn: "whoami" });
    expect(find(await here.examine(), "ispmanager.balance")).toMatchObject({
      level: "ok",
      message: "The account's balance is 1000.00 EUR.",
    });
    here.account.setBalance("0.00");
    const empty = await here.examine();
    expect(complaints(empty)).toEqual(["ispmanager.balance"]);
    expect(find(empty, "ispmanager.balance")?.remedy).toContain("Top up");
  });

  test("a login that ends in the middle is a fault of the settings", async () => {
    const findings = await here.examine({ ISPMANAGER_LOGIN: "part:ner" });
    expect(complaints(findings)).toEqual(["settings.login"]);
    expect(JSON.stringify(findings)).not.toContain("part:ner");
  });
});

describe("WHMCS's API", () => {
  test("without credentials nothing is written back, which is a warning", async () => {
    const findings = await here.examine({ WHMCS_API_IDENTIFIER: undefined, WHMCS_API_SECRET: undefined });
    expect(complaints(findings)).toEqual(["whmcs_api.settings"]);
    expect(find(findings, "whmcs_api.settings")).toMatchObject({
      level: "warning",
      message: expect.stringContaining("nothing is written back"),
      remedy: expect.stringContaining("WHMCS_API_IDENTIFIER"),
    });
  });

  test("an address that is not on WHMCS's list names both ways past it", async () => {
    here.whmcsApi.setFault({ kind: "invalid_ip" });
    const findings = await here.examine();
    expect(complaints(findings)).toEqual(["whmcs_api.call"]);
    const { level, message, remedy } = find(findings, "whmcs_api.call") ?? {};
    expect(level).toBe("fault");
    expect(message).toContain("127.0.0.1");
    expect(remedy).toContain("Setup → General Settings → Security → API IP Access Restriction");
    expect(remedy).toContain("$api_access_key");
    expect(remedy).toContain("WHMCS_API_ACCESS_KEY");
    expect(here.whmcsApi.countFaults()).toBe(1);
  });

  test("with the access key the same address is accepted", async () => {
    const { WHMCS_API_IDENTIFIER: identifier = "", WHMCS_API_SECRET: secret = "" } = here.environment;
    const api = await startWhmcsApi({ shop: here.shop, identifier, secret, accessKey: "hidden-key" });
    api.setFault({ kind: "invalid_ip" });
    const settings = { WHMCS_API_URL: api.url };
    expect(complaints(await here.examine({ ...settings, WHMCS_API_ACCESS_KEY: "hidden-key" }))).toEqual([]);
    expect(complaints(await here.examine(settings))).toEqual(["whmcs_api.call"]);
    await api.stop();
  });

  test("wrong credentials, a role without the action, a text that is not ours to repeat", async () => {
    const wrong = await here.examine({ WHMCS_API_SECRET: "hidden-wrong" });
    expect(find(wrong, "whmcs_api.call")).toMatchObject({
      level: "fault",
      remedy: expect.stringContaining("WHMCS_API_SECRET"),
    });
    expect(JSON.stringify(wrong)).not.toContain("hidden");

    here.whmcsApi.setFault({ kind: "error", action: "WhmcsDetails", message: "Invalid Permissions: not allowed" });
    const role = find(await here.examine(), "whmcs_api.call");
    expect(role?.message).toContain("Invalid Permissions: not allowed");
    expect(role?.remedy).toContain(`Allow ${apiActions.join(", ")} in the API role`);

    here.whmcsApi.setFault({ kind: "error", action: "WhmcsDetails", message: "see https://10.0.0.1/?secret=x" });
    expect(find(await here.examine(), "whmcs_api.call")?.message).toBe("WHMCS's API refused the call.");
  });

  test("no answer, and a page in place of one", async () => {
    here.whmcsApi.setFault({ kind: "bad_gateway" });
    expect(find(await here.examine(), "whmcs_api.call")).toMatchObject({
      level: "fault",
      message: expect.stringContaining("status 502"),
      remedy: expect.stringContaining("WHMCS_API_URL"),
    });
    here.whmcsApi.setFault({ kind: "down" });
    expect(find(await here.examine(), "whmcs_api.call")?.level).toBe("fault");
  });
});

test("settings that are sound each for itself and yet unsafe", async () => {
  const findings = await here.examine({ CONSOLE_HOST: "0.0.0.0", SPEND_CAP_DAY: "2000", SPEND_CAP_MONTH: "1500" });
  expect(complaints(findings)).toEqual(["settings.console_host", "settings.spend_caps"]);
  expect(find(findings, "settings.console_host")?.remedy).toContain("127.0.0.1");
});
