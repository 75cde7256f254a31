// What exactly is sent to the account, and to which address may it go?
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { ConfigError } from "../../src/errors.ts";
import { createAccount } from "../../src/ispmanager/client.ts";
import { silentLog } from "../../src/log.ts";
import { accountAt, openAnswering, password } from "./far-side.ts";

const order = {
  licence: "1234567",
  tariff: "55371",
  periodMonths: 6,
  marker: "im-abcdefghijklmnop-1",
  extra: { bitninja_email: "a+b@example.com" },
};
const orderParameters = {
  func: "addition.order.param",
  item: "1234567",
  pricelist: "55371",
  period: "6",
  autoprolong: "null",
  skipbasket: "on",
  sok: "ok",
  clicked_button: "finish",
  remoteid: "im-abcdefghijklmnop-1",
  lang: "en",
  out: "xml",
};
const renewalParameters = {
  func: "service.prolong",
  elid: "900",
  period: "12",
  sok: "ok",
  skipbasket: "on",
  lang: "en",
  out: "xml",
};

test("an order carries exactly its parameters and extra fields, and what is shown is what is sent", async () => {
  const side = await openAnswering(() => "<doc><id>900</id></doc>");
  const account = accountAt(side.origin);
  expect(account.describeOrder(order)).toEqual({ ...orderParameters, bitninja_email: "a+b@example.com" });
  await account.order(order, () => true);
  const { authinfo, ...sent } = Object.fromEntries(side.requests[0]?.form ?? []);
  expect(sent).toEqual(account.describeOrder(order));
  expect(authinfo).toBe(`partner@example.com:${password}`);
});

test("a renewal carries exactly its parameters, and what is shown is what is sent", async () => {
  const side = await openAnswering(() => "<doc><ok/></doc>");
  const account = accountAt(side.origin);
  const renewal = { moduleId: "900", periodMonths: 12 };
  expect(account.describeRenewal(renewal)).toEqual(renewalParameters);
  await account.renew(renewal, () => true);
  const { authinfo, ...sent } = Object.fromEntries(side.requests[0]?.form ?? []);
  expect(sent).toEqual(renewalParameters);
  expect(authinfo).toBeDefined();
});

test("extra fields replace no fixed one and carry no credentials", () => {
  const account = accountAt("http://127.0.0.1:1");
  const hostile = { ...orderParameters, item: "1", skipbasket: "off", period: "12" };
  const extra = { ...hostile, authinfo: "x:y", AUTH: "z", su: "root", licence_agreement: "on" };
  expect(account.describeOrder({ ...order, extra })).toEqual({ ...orderParameters, licence_agreement: "on" });
});

test("credentials stand in the body only, and every call is a form POST on a connection of its own", async () => {
  const side = await openAnswering(() => "<doc><p_elems>0</p_elems></doc>");
  const account = accountAt(side.origin);
  await account.listModules();
  await account.listLicences();
  await account.order(order, () => true);
  expect(side.connections).toBe(3);
  for (const { head } of side.requests) {
    expect(head).toMatch(/^POST \/manager\/billmgr HTTP\/1\.1\r\n/);
    expect(head).toMatch(/content-type: application\/x-www-form-urlencoded/);
    expect(head).toMatch(/connection: close/);
    expect(head).not.toMatch(/canary|partner/);
  }
});

describe("an account is not created", () => {
  const create =
    (url: string, login = "partner@example.com") =>
    () =>
      createAccount({ url, login, password, timeouts: { readMs: 1, orderMs: 1 }, clock: systemClock, log: silentLog });

  test.each([
    "http://api-eu.ispmanager.com/manager/billmgr",
    "http://10.0.0.1/billmgr",
    "http://127.0.0.1.example.com/billmgr",
    "http://localhost.example.com/billmgr",
    "http://[::2]/billmgr",
    "http://0.0.0.0/billmgr",
    "https://user@api.ispmanager.com/billmgr",
    "https://user:word@api.ispmanager.com/billmgr",
    "https://api.ispmanager.com/billmgr?func=x",
    "https://api.ispmanager.com/billmgr#x",
    "ftp://api.ispmanager.com/billmgr",
    "file:///etc/passwd",
    "api.ispmanager.com",
    "",
  ])("for %j", (url) => {
    expect(create(url)).toThrow(ConfigError);
    if (url !== "") expect(create(url)).not.toThrow(url);
  });

  test("with a login that has a colon, where the password would begin", () => {
    expect(create("https://api.ispmanager.com/billmgr", "a:b")).toThrow(ConfigError);
  });

  test.each([
    "https://api-eu.ispmanager.com/manager/billmgr",
    "https://api.ispmanager.ru:8443/billmgr",
    "http://127.0.0.1:8080/billmgr",
    "http://127.9.9.9/billmgr",
    "http://localhost/billmgr",
    "http://[::1]:8080/billmgr",
  ])("unless it may be: %s", (url) => {
    expect(create(url)).not.toThrow();
  });
});
