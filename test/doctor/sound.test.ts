// Does the doctor leave a sound installation alone, keep its secrets, and change nothing?
import { afterAll, beforeAll, expect, test } from "vitest";
import { admitPatient, complaints, type Patient } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterAll(() => here.end());

test("a sound installation has no fault and no warning, and what was looked at is named", async () => {
  const findings = await here.examine();
  expect(findings.filter(({ level }) => level !== "ok")).toEqual([]);
  const ids = findings.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids).toEqual([
    "settings",
    "ledger.reachable",
    "ledger.durability",
    "ledger.grants",
    "ledger.sql_mode",
    "ledger.primary",
    "clock.ledger",
    "ledger.migrating_user",
    "ledger.migrations",
    "ledger.rights",
    "hook.heartbeat",
    "hook.version:web-1",
    "serve.sweep",
    "buying.position",
    "purchases.needs_operator",
    "whmcs.reachable",
    "whmcs.sql_mode",
    "whmcs.primary",
    "clock.whmcs",
    "whmcs.grants",
    "whmcs.columns",
    "whmcs.products",
    "whmcs.services",
    "whmcs_api.call",
    "ispmanager.login",
    "ispmanager.licences",
    "ispmanager.modules",
    "ispmanager.tariffs",
    "ispmanager.balance",
    "whmcs.vendor_modules",
  ]);
  expect(findings.every(({ remedy }) => remedy === null)).toBe(true);
});

test("the doctor reads: no order, no renewal, no change of the account, and no write to WHMCS", async () => {
  const before = await here.shop.sql("SELECT COUNT(*) AS n FROM tblactivitylog");
  await here.examine();
  expect(new Set(here.account.requests().map(({ func }) => func))).toEqual(
    new Set(["soft", "addition", "pricelist.export", "dashboard.info"]),
  );
  expect(here.account.requests().every(({ credentialsInUrl }) => !credentialsInUrl)).toBe(true);
  expect(here.account.debits()).toEqual([]);
  expect(new Set(here.whmcsApi.calls.map(({ action }) => action))).toEqual(new Set(["WhmcsDetails"]));
  expect(await here.shop.sql("SELECT COUNT(*) AS n FROM tblactivitylog")).toEqual(before);
});

test("with everything away each part is one fault with a remedy, and no secret or address is told", async () => {
  const nowhere = "127.0.0.1:1";
  const findings = await here.examine({
    WHMCS_DATABASE_URL: `mysql://reader:hidden-canary@${nowhere}/whmcs`,
    LEDGER_DATABASE_URL: `mysql://bridge:hidden-canary@${nowhere}/ledger`,
    LEDGER_MIGRATE_DATABASE_URL: undefined,
    WHMCS_API_URL: `http://${nowhere}/includes/api.php`,
    WHMCS_API_SECRET: "hidden-canary",
    ISPMANAGER_API_URL: `http://${nowhere}/manager/billmgr`,
    ISPMANAGER_PASSWORD: "hidden-canary",
  });
  expect(complaints(findings)).toEqual(["ispmanager.login", "ledger.reachable", "whmcs.reachable", "whmcs_api.call"]);
  for (const { level, remedy } of findings.filter(({ id }) => id !== "settings")) {
    expect(level).toBe("fault");
    expect(remedy).toMatch(/LEDGER_DATABASE_URL|WHMCS_DATABASE_URL|WHMCS_API_URL|ISPMANAGER_API_URL/);
  }
  expect(JSON.stringify(findings)).not.toMatch(/hidden|127\.0\.0\.1|SELECT/);
});
