// How long does WHMCS wait for a bridge that is slow or away, in one request and in those that follow?
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeAll, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { type HookCall, runHook, runHooks } from "../../src/sandbox/php.ts";
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

/** Accepts every event after so long. */
async function startSlowBridge(delayMs: number) {
  const bridge = { url: "", calls: 0 };
  const server = createServer(async (request, response) => {
    bridge.calls += 1;
    request.resume();
    if (delayMs > 0) await sleep(delayMs);
    response.writeHead(202).end();
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
