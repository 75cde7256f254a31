// Does the doctor say of which of several accounts a finding is, and which one the settings have lost?
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { type SimulatedAccount, startAccount } from "../../src/sandbox/account/account.ts";
import { documentedVariants } from "../../src/sandbox/account/variants.ts";
import { admitPatient, complaints, find, type Patient } from "./patient.ts";

let here: Patient;
let ru: SimulatedAccount;
let settings: Record<string, string>;

beforeAll(async () => {
  [here, ru] = [await admitPatient(), await startAccount({ login: "ru@example.com" })];
  settings = {
    ISPMANAGER_ACCOUNTS: "main,ru",
    ISPMANAGER_RU_API_URL: ru.url,
    ISPMANAGER_RU_LOGIN: ru.login,
    ISPMANAGER_RU_PASSWORD: ru.password,
  };
});

afterEach(async () => {
  ru.set(documentedVariants);
  await here.ledgerSql("DELETE FROM mod_ispmodules_bindings");
  await here.ledgerSql("DELETE FROM mod_ispmodules_switches WHERE name LIKE '%:ru'");
});

afterAll(async () => {
  await ru?.close();
  await here?.end();
});

test("two sound accounts have nothing to complain of, and each is read", async () => {
  const findings = await here.examine(settings);
  expect(complaints(findings)).toEqual([]);
  expect(find(findings, "ispmanager.login:ru")?.message).toBe("Account ru: The account takes login and password.");
  expect(find(findings, "ispmanager.balance:main")?.level).toBe("ok");
});

test("a refused login names the settings of that account", async () => {
  const findings = await here.examine({ ...settings, ISPMANAGER_RU_PASSWORD: "hidden-wrong" });
  expect(complaints(findings)).toEqual(["ispmanager.login:ru"]);
  expect(find(findings, "ispmanager.login:ru")).toMatchObject({
    message: "Account ru: The ispmanager account refused login or password.",
    remedy: expect.stringContaining("Correct ISPMANAGER_RU_LOGIN and ISPMANAGER_RU_PASSWORD;"),
  });
});

test("a tariff is missing only where no account has it", async () => {
  ru.set({ refused: { "pricelist.export": { type: "access", object: "" } } });
  expect(complaints(await here.examine(settings))).toEqual(["ispmanager.tariffs:ru"]);
});

test("an account that holds modules of services that go on, and is named no more, is a fault", async () => {
  const item = { productId: here.catalogue.products.ddosGuard, licence: "1000001" };
  const { serviceIds } = await here.shop.placeOrder({ clientId: here.catalogue.clientIds[0], items: [item] });
  const stand = (status: string) => here.shop.sql("UPDATE tblhosting SET domainstatus = ?", [status]);
  await here.ledgerSql(`INSERT INTO mod_ispmodules_bindings
    (purchase_id, account, remote_service_id, expiry_after, service_ref, licence, tariff, created_at)
    VALUES ('p', 'ru', '901', UTC_DATE(), 'h${serviceIds[0]}', '1', '2', UTC_TIMESTAMP(6))`);
  expect(complaints(await here.examine(settings))).toEqual([]);
  const findings = await here.examine();
  expect(find(findings, "ispmanager.account_not_configured:ru")).toMatchObject({
    level: "fault",
    message: expect.stringContaining(`not renewed: services ${serviceIds[0]}.`),
    remedy: expect.stringContaining("ISPMANAGER_ACCOUNTS"),
  });
  await stand("Terminated");
  expect(find(await here.examine(), "ispmanager.account_not_configured:ru")).toBeUndefined();
  await stand("Pending");
  await here.shop.sql("RENAME TABLE tblhosting TO tblhosting_away");
  const blind = await here.examine().finally(() => here.shop.sql("RENAME TABLE tblhosting_away TO tblhosting"));
  expect(find(blind, "ispmanager.account_not_configured:ru")?.level).toBe("fault");
});

test("a pause names its account", async () => {
  await here.ledgerSql(`INSERT INTO mod_ispmodules_switches (name, value, actor, why, at) VALUES ('account_pause:ru',
    JSON_OBJECT('reason', 'awaiting_balance', 'errorType', 'not_enough_money', 'stepMs', 1, 'until', '2099-01-01 00:00:00'),
    'machine', '', UTC_TIMESTAMP(6))`);
  const findings = await here.examine(settings);
  expect(complaints(findings)).toEqual(["ispmanager.pause:ru"]);
  expect(find(findings, "ispmanager.pause:ru")?.message).toContain("to the account ru");
});
