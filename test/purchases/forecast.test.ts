// Is somebody warned before the account runs dry, once, whichever process looks and however often it was restarted?
import { expect, it } from "vitest";
import { createConsoleApp } from "../../src/console/app.ts";
import { silentLog } from "../../src/log.ts";
import { createAlarm } from "../../src/purchases/alarm.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { type AccountEngine, atEach } from "../../src/purchases/engine.ts";
import { forecastRenewals } from "../../src/purchases/forecast.ts";
import { addDays } from "../../src/purchases/period.ts";
import { createRemoteSweep } from "../../src/purchases/remote-sweep.ts";
import { listenTo } from "./alerts.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
const today = new Date().toISOString().slice(0, 10);

/** An active service that is due in so many days. */
async function serve(stage: Stage, days: number, change: object = {}): Promise<number> {
  const { serviceId } = await stage.sell();
  const row = { domainstatus: "Active", nextduedate: addDays(today, days), ...change };
  await stage.shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [row, serviceId]);
  return serviceId;
}

/** A sweep of a process that has just been started, whenever its turn was. */
async function sweepAnew(stage: Stage, engine: Engine): Promise<string[]> {
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6)");
  const heard = listenTo(engine);
  await createRemoteSweep(heard.engine, createAlarm(heard.engine))();
  return heard.told;
}

/** An active addon of ours on an active server, due in so many days, at 10.00 EUR a month; `change` is of its row. */
async function serveAddon(stage: Stage, days: number, change: object = {}) {
  const prices = { USD: { monthly: "15.00" } };
  const server = await stage.shop.addProduct({ name: "Server", serverType: "virtualizor", prices });
  const options = ["23221", "DDoSGUARD"];
  const { addonId } = await stage.shop.addAddon({ name: "DDoS-GUARD", packages: [server.productId], options, prices });
  const items = [{ productId: server.productId, licence: stage.newLicence() }];
  const { serviceIds } = await stage.shop.placeOrder({ clientId: stage.catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  await stage.shop.setServiceStatus(serviceId, "Active");
  const order = await stage.shop.orderAddon({ serviceId, addonId });
  const row = { status: "Active", nextduedate: addDays(today, days), ...change };
  await stage.shop.sql("UPDATE tblhostingaddons SET ? WHERE id = ?", [row, order.serviceAddonId]);
  return { ...order, serviceId };
}

const forecast = (stage: Stage) => forecastRenewals(atEach(stage.engine)[0] as AccountEngine);
const none = { count: 0, unknown: 0, costs: new Map() };

it("counts active services that are due within 7 and 30 days, at the account's price of their cycle", async () => {
  const stage = await raise();
  await serve(stage, 6);
  await serve(stage, 12, { billingcycle: "Annually" });
  await serve(stage, 13, { billingcycle: "Quarterly" });
  await serve(stage, 40);
  await serve(stage, 3, { domainstatus: "Suspended" });
  await serve(stage, 3, { nextduedate: "0000-00-00" });
  expect(await forecast(stage)).toEqual({
    balance: { amount: "1000.00", currency: "EUR" },
    waiting: none,
    week: { count: 1, unknown: 0, costs: new Map([["EUR", "10"]]) },
    month: { count: 3, unknown: 1, costs: new Map([["EUR", "118"]]) },
    isLow: false,
  });
});

it("counts those that are overdue as if they paid today, as long as the account may keep their modules", async () => {
  const stage = await raise();
  await serve(stage, -1);
  await serve(stage, -31);
  await serve(stage, -32);
  expect(await forecast(stage)).toMatchObject({ week: { count: 2 }, month: { count: 2 } });
});

it("counts active addons of ours as well, page by page behind the services, but none of an ended server", async () => {
  const stage = await raise();
  await serve(stage, 6);
  await serveAddon(stage, 6);
  await serveAddon(stage, 12);
  await serveAddon(stage, -1);
  await serveAddon(stage, 3, { status: "Suspended" });
  const { serviceId } = await serveAddon(stage, 3);
  await stage.shop.setServiceStatus(serviceId, "Terminated");
  await serveAddon(stage, 3);
  await stage.shop.sql("UPDATE tbladdons SET module = 'cpanel' ORDER BY id DESC LIMIT 1");
  expect(await forecast(stage)).toMatchObject({
    week: { count: 3, unknown: 0, costs: new Map([["EUR", "30"]]) },
    month: { count: 4 },
  });
  const page = { from: addDays(today, -31), until: addDays(today, 30), limit: 2 };
  const { reader } = stage.engine;
  const first = await reader.listUpcoming({ ...page, after: null });
  const rest = await reader.listUpcoming({ ...page, after: first.at(-1)?.ref ?? null });
  expect([first, rest].map((rows) => rows.map(({ ref }) => ref[0]))).toEqual([
    ["h", "a"],
    ["a", "a"],
  ]);
});

it("counts what is paid and waits beside the renewals, once, and warns of both together", async () => {
  const stage = await raise({ account: { balance: "15.00" } });
  await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
  const [waiting, unpaid] = [await stage.sellPaid(), await stage.sellPaid()];
  await stage.reach(waiting.lineId, "Pending", "buying_off");
  await stage.shop.setInvoiceUnpaid(unpaid.invoiceId);
  await stage.reach(unpaid.lineId, "Pending", "unpaid");
  expect(await forecast(stage)).toMatchObject({
    waiting: { count: 1, unknown: 0, costs: new Map([["EUR", "10"]]) },
    ...{ week: { count: 0 }, isLow: false },
  });
  // Somebody has set the date back: still one period.
  const row = { domainstatus: "Active", nextduedate: (await stage.purchaseOf(waiting.lineId)).period?.start };
  await stage.shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [row, waiting.serviceId]);
  expect(await forecast(stage)).toMatchObject({ waiting: { count: 1 }, week: { count: 0 }, isLow: false });
  await serve(stage, 1);
  expect(await forecast(stage)).toMatchObject({ week: { count: 1 }, isLow: true });
});

it("warns once before the balance is spent, in whatever process, and again only after it had recovered", async () => {
  const stage = await raise({ account: { balance: "19.99" } });
  for (const days of [1, 5]) await serve(stage, days);
  const second = stage.createSecondEngine();
  expect(await sweepAnew(stage, stage.engine)).toEqual(["alert.balance_low"]);
  expect(await sweepAnew(stage, second)).toEqual([]);
  expect(await sweepAnew(stage, stage.createSecondEngine())).toEqual([]);
  stage.account.topUp("0.01");
  expect(await sweepAnew(stage, stage.engine)).toEqual([]);
  stage.account.setBalance("3.00");
  expect(await sweepAnew(stage, second)).toEqual(["alert.balance_low"]);
  expect(await stage.engine.ledger.readForecast()).toEqual({
    ...{ balance: "3.00", currency: "EUR", weekCost: "20", monthCost: "20", unknown: 0, lowSince: expect.any(String) },
  });
  const readiness = async () => ({ isReady: true, checks: {} });
  const console = createConsoleApp({ ledger: stage.engine.ledger, readiness, log: silentLog });
  const metrics = await (await console.request("/metrics")).text();
  expect(metrics).toContain('ispmodules_balance{currency="EUR"} 3\n');
  expect(metrics).toContain('ispmodules_renewals_cost{currency="EUR",days="7"} 20\n');
});

it("asks nothing of the account while buying is off", async () => {
  const stage = await raise({ account: { balance: "0.00" }, isBuying: false });
  await serve(stage, 1);
  expect(await sweepAnew(stage, stage.engine)).toEqual([]);
  expect(stage.account.requests()).toEqual([]);
});
