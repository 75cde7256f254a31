// Do commands work with two accounts, and name the account of what they list?
import { expect, test } from "vitest";
import { addMonths } from "../../src/purchases/period.ts";
import { useTwoAccounts } from "../purchases/accounts/two.ts";
import { ispmodules } from "./program.ts";

const raise = useTwoAccounts();

test("purchases are listed and shown with their account, and what waits has the price of its own", async () => {
  const two = await raise();
  const [here, there] = [await two.sellPaid(), await two.sellPaidAtRu()];
  await two.settle();
  const { id } = await two.purchaseOf(there.lineId);
  const run = async (...words: string[]) => (await ispmodules(words, two.environment)).stdout;
  const rows = JSON.parse(await run("purchases", "list", "--json")) as Record<string, unknown>[];
  const accountOf = (lineId: number) => rows.find((row) => row.invoice_line_id === String(lineId))?.account;
  expect([accountOf(here.lineId), accountOf(there.lineId)]).toEqual(["main", "ru"]);
  expect(JSON.parse(await run("purchases", "show", id, "--json"))).toMatchObject({ account: "ru" });
  expect(await run("purchases", "show", id)).toMatch(/^ {2}Account +ru$/m);
  expect((await run("purchases", "list")).split("\n")[0]).toMatch(/MODULE +ACCOUNT$/);

  two.ru.setTariff({
    ...{ id: "23221", name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "41", currency: "RUB" },
    costs: { 1: "900.00" },
  });
  await run("buying", "off");
  const lines = [(await two.sellPaid()).lineId, (await two.sellPaidAtRu()).lineId];
  await two.settle((all) => lines.every((lineId) => all.some((row) => row.lineId === lineId)));
  const { waiting } = JSON.parse(await run("buying", "on", "--yes", "--json"));
  expect(waiting.costs).toEqual([
    { amount: "10.00", currency: "EUR" },
    { amount: "900.00", currency: "RUB" },
  ]);
  expect(JSON.parse(await run("reconcile", "--json")).differences.map(({ kind }: { kind: string }) => kind)).toEqual([
    "paid_not_bought",
    "paid_not_bought",
  ]);
});

test("an account is closed: its service moves to the module at the other one, and the settings forget it", async () => {
  const two = await raise();
  const there = await two.sellPaidAtRu();
  const { id } = await two.reach(there.lineId, "Purchased");
  await two.shop.sql("UPDATE tblhosting SET domainstatus = 'Active'");
  await two.ru.refuseConnections();
  const today = two.shop.today();
  two.account.addLicence({ id: there.licence });
  const bought = { licence: there.licence, tariff: "23221", createdate: today, expiredate: addMonths(today, 1) };
  const module = two.account.addForeignModule(bought);

  const closed = Object.fromEntries(Object.entries(two.environment).filter(([name]) => !/ACCOUNTS|_RU_/.test(name)));
  const { ISPMANAGER_RU_LOGIN: leftOver = "" } = two.environment;
  const run = (settings: Readonly<Record<string, string>>, ...words: string[]) => ispmodules(words, settings);
  expect((await run({ ...closed, ISPMANAGER_RU_LOGIN: leftOver }, "buying")).status).toBe(78);
  const faults = async () => {
    const findings = JSON.parse((await run(closed, "doctor", "--json")).stdout) as { id: string; message: string }[];
    return findings.filter((finding) => finding.id.startsWith("ispmanager.account_not_configured"));
  };
  expect(await faults()).toMatchObject([{ message: expect.stringContaining(`services ${there.serviceId}.`) }]);

  // As long as the account is named, only a pair moves; and of several accounts the one with the module has to be named.
  const named = await run(two.environment, "adopt", "--account", "main");
  expect(named.stdout).toContain(`service ${there.serviceId} has its module at the account ru`);
  const pair = ["--module", module, "--service", String(there.serviceId), "--reason", "closed", "--apply", "--yes"];
  expect((await run(two.environment, "adopt", ...pair)).status).toBe(64);
  const moved = await run(two.environment, "adopt", "--account", "main", ...pair);
  expect([moved.status, moved.stdout]).toEqual([0, expect.stringContaining("1 of 1 modules linked")]);
  expect(await faults()).toEqual([]);
  const shown = await run(closed, "reconcile", "--json");
  expect([shown.status, JSON.parse(shown.stdout).differences]).toEqual([0, []]);
  expect((await run(closed, "check")).status).toBe(0);
  expect(JSON.parse((await run(closed, "purchases", "show", id, "--json")).stdout)).toMatchObject({
    state: "Purchased",
  });
});

test("a module is bound by its number, of several accounts with the account's name", async () => {
  const two = await raise();
  const licence = two.newLicence();
  two.ru.addLicence({ id: licence });
  const sold = await two.sellPaid({ licence });
  const { id } = await two.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
  const [module] = [two.account, two.ru].map((account) => account.addForeignModule({ licence, tariff: "23221" }));
  const bind = (word: string) => ispmodules(["decide", id, "bind", word, "--reason", "ours", "--yes"], two.environment);
  expect((await bind("ru:x")).status).toBe(64);
  expect((await bind(String(module))).stderr).toContain("say whose it is, as ACCOUNT:MODULE");
  const bound = await bind(`ru:${module}`);
  expect([bound.status, bound.stdout]).toEqual([0, expect.stringContaining("The account ru now, licence")]);
});
