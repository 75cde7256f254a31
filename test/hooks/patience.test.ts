// How long does WHMCS wait for a bridge that is slow or away, in one request and in those that follow?
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import {
  type HookCall,
  type ModuleCall,
  runHook,
  runHooks,
  runWhmcs,
  type WhmcsRun,
  type WhmcsSite,
} from "../../src/sandbox/php.ts";
import { secret } from "../webhook/signing.ts";
import { listen, startBridge, stop } from "./bridge.ts";
import { makeKeptOlder, makeRoot } from "./whmcs-site.ts";

let phpPath: string;
const endings: (() => Promise<unknown>)[] = [];
beforeAll(async () => {
  phpPath = await requirePhp();
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** Accepts every event, and says of every service that it waits, after so long. */
async function startSlowBridge(delayMs: number) {
  const bridge = { url: "", calls: 0 };
  const server = createServer(async (request, response) => {
    bridge.calls += 1;
    request.resume();
    if (delayMs > 0) await sleep(delayMs);
    const isEvent = request.url === "/webhooks/whmcs";
    response.writeHead(isEvent ? 202 : 200).end(JSON.stringify({ result: "pending", message: "It waits." }));
  });
  bridge.url = `http://127.0.0.1:${await listen(server)}`;
  endings.push(() => stop(server));
  return bridge;
}

const paidInvoices = (count: number): HookCall[] =>
  Array.from({ length: count }, (_, index) => ({ point: "InvoicePaid", vars: { invoiceid: index + 1 } }));

test("a payment that makes twenty events waits one second in all for a slow bridge", async () => {
  const bridge = await startSlowBridge(90);
  const run = await runHooks({ phpPath, settings: { url: bridge.url, secret } }, paidInvoices(20));
  expect(bridge.calls).toBeGreaterThan(3);
  expect(bridge.calls).toBeLessThan(10);
  expect(run.elapsedMs).toBeGreaterThan(600);
  expect(run.elapsedMs).toBeLessThan(1_300);
  expect(run.activityLog).toEqual([]);
});

test("a cron run announces 300 paid invoices to a bridge that is quick", async () => {
  const bridge = await startSlowBridge(0);
  const run = await runHooks({ phpPath, settings: { url: bridge.url, secret } }, paidInvoices(300));
  expect(run.activityLog).toEqual([]);
  expect(bridge.calls).toBe(300);
});

/** What WHMCS runs at the payment of so many services, which are created or renewed before their invoice's event. */
const paidServices = (name: string, count: number): (HookCall | ModuleCall)[] => [
  ...Array.from({ length: count }, (_, index) => ({ function: name, params: { serviceid: index + 1 } })),
  ...paidInvoices(1),
];

const returned = ({ results }: WhmcsRun) => results.map((result) => result.returned).slice(0, -1);
const away = "ispmodules: no answer from the bridge, curl error 28.";
const awayBefore = "ispmodules: the bridge did not answer a moment ago.";

describe("a payment for several services", () => {
  test("waits one second in all for a slow bridge, and WHMCS is told what is not bought", async () => {
    const bridge = await startSlowBridge(90);
    const run = await runWhmcs({ phpPath, settings: { url: bridge.url, secret } }, paidServices("CreateAccount", 20));
    expect(run.elapsedMs).toBeLessThan(1_300);
    expect(run.activityLog).toEqual([]);
    const asked = bridge.calls;
    expect(asked).toBeGreaterThan(3);
    expect(returned(run)).toEqual([
      ...Array(asked).fill("It waits."),
      ...Array(20 - asked).fill("ispmodules: no time was left to ask the bridge."),
    ]);
  });

  test.each(["Renew", "UnsuspendAccount"])(
    "has %s that a slow bridge finds by itself: nobody is alarmed",
    async (name) => {
      const bridge = await startSlowBridge(90);
      const run = await runWhmcs({ phpPath, settings: { url: bridge.url, secret } }, paidServices(name, 20));
      expect(run.elapsedMs).toBeLessThan(1_300);
      expect(returned(run)).toEqual(Array(20).fill("success"));
      expect(run.activityLog).toEqual([]);
    },
  );

  test("waits one second once for a bridge that is silent, and the next payment not at all", async () => {
    const bridge = await startBridge("never");
    endings.push(() => bridge.stop());
    const { root, remove } = await makeRoot(bridge.url);
    endings.push(remove);
    const site = { phpPath, root, settings: null };
    const run = await runWhmcs(site, paidServices("CreateAccount", 3));
    expect(run.elapsedMs).toBeLessThan(1_300);
    expect(returned(run)).toEqual([away, awayBefore, awayBefore]);
    const next = await runWhmcs(site, paidServices("CreateAccount", 3));
    expect(next.elapsedMs).toBeLessThan(200);
    expect(returned(next)).toEqual(Array(3).fill(awayBefore));
    expect(bridge.calls).toHaveLength(1);
  });

  test("asks a bridge that is only slow until its second is over, and so does the next payment", async () => {
    const bridge = await startSlowBridge(610);
    const { root, remove } = await makeRoot(bridge.url);
    endings.push(remove);
    for (const _payment of [1, 2]) {
      const run = await runWhmcs({ phpPath, root, settings: null }, paidServices("CreateAccount", 3));
      expect(run.elapsedMs).toBeLessThan(1_300);
      const late = expect.stringMatching(/^ispmodules: no .* time (?:that )?was left/);
      expect(returned(run)).toEqual(["It waits.", late, "ispmodules: no time was left to ask the bridge."]);
      expect(run.activityLog).toEqual([]);
    }
  });

  const backstage: Record<string, Partial<WhmcsSite>> = {
    "WHMCS's API": { request: { server: { SCRIPT_FILENAME: "/var/www/whmcs/includes/api.php" } } },
    "the admin area": { configuration: "define('ADMINAREA', true);" },
  };

  test.each(Object.entries(backstage))("asks for each in %s", async (_, site) => {
    const bridge = await startSlowBridge(90);
    const steps = paidServices("CreateAccount", 13);
    const run = await runWhmcs({ phpPath, settings: { url: bridge.url, secret }, ...site }, steps);
    expect(returned(run)).toEqual(Array(13).fill("It waits."));
    expect(bridge.calls).toBe(14);
  });

  test("asks anew in WHMCS's API after a failure elsewhere", async () => {
    const bridge = await startBridge({ status: 503 });
    endings.push(() => bridge.stop());
    const { root, remove } = await makeRoot(bridge.url);
    endings.push(remove);
    const site = { phpPath, root, settings: null };
    await runHooks(site, paidInvoices(1));
    await runWhmcs({ ...site, ...backstage["WHMCS's API"] }, paidServices("CreateAccount", 1));
    expect(bridge.calls).toHaveLength(2);
  });
});

test("after a failure the requests of the next half minute do without the bridge, and say nothing", async () => {
  const bridge = await startBridge("never");
  endings.push(() => bridge.stop());
  const { root, remove } = await makeRoot(bridge.url);
  endings.push(remove);
  const site = { phpPath, root, settings: null };
  const paid = { point: "InvoicePaid", vars: { invoiceid: 5 } };
  const first = await runHook({ ...site, ...paid });
  expect(first.activityLog).toHaveLength(1);
  expect(first.elapsedMs).toBeGreaterThan(900);
  const second = await runHook({ ...site, ...paid });
  expect(second.activityLog).toEqual([]);
  expect(second.elapsedMs).toBeLessThan(100);
  expect(bridge.calls).toHaveLength(1);
});

test("a machine without a cron run of its own is heard of once an hour, after an event", async () => {
  const bridge = await startBridge();
  endings.push(() => bridge.stop());
  const { root, remove } = await makeRoot(bridge.url);
  endings.push(remove);
  const types = async (count: number) => {
    bridge.calls.length = 0;
    await runHooks({ phpPath, root, settings: null }, paidInvoices(count));
    return bridge.calls.map(({ body }) => JSON.parse(String(body)).type);
  };
  expect(await types(1)).toEqual(["invoice.paid"]);
  await makeKeptOlder(root, /heartbeat/, 3_601);
  expect(await types(2)).toEqual(["invoice.paid", "hook.heartbeat", "invoice.paid"]);
  expect(await types(1)).toEqual(["invoice.paid"]);
});
