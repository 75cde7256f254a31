// Does the running bridge keep its promises to panels, to WHMCS's hook and to whoever watches it?
import { XMLValidator } from "fast-xml-parser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook } from "../../src/sandbox/php.ts";
import { isStatement, startTcpProxy } from "../database/tcp-proxy.ts";
import { freshDatabase } from "../sandbox-database.ts";
import {
  createGround,
  type Ground,
  runCommand,
  type Serving,
  sellPaid,
  serve,
  signedCall,
  waitForPurchases,
} from "./serving.ts";

/** Sends an event as the hook does; `webhook-id` decides whether it is new. */
async function sendEvent(ground: Ground, bridge: Serving, event: { id: string; type: string; data: object }) {
  return await fetch(`http://127.0.0.1:${bridge.port}/webhooks/whmcs`, signedCall(ground.webhookSecret, event));
}

describe("a bridge whose sweep is far away", () => {
  let ground: Ground;
  let bridge: Serving;
  beforeAll(async () => {
    ground = await createGround({ settings: { SWEEP_INTERVAL_SECONDS: "3600" } });
    bridge = await serve(ground.environment);
  });
  afterAll(async () => {
    await bridge.stop();
    await ground.end();
  });

  it("is ready within its first second or so and tells what it is", async () => {
    const ready = await fetch(`http://127.0.0.1:${bridge.port}/readyz`);
    expect([ready.status, await ready.text()]).toEqual([200, ""]);
    const reasons = await fetch(`http://127.0.0.1:${bridge.consolePort}/readyz`);
    expect(await reasons.json()).toEqual({
      ready: true,
      ledger: "ok",
      migrations: "ok",
      whmcs: "ok",
      whmcs_api: "set",
    });
    expect(await (await fetch(`http://127.0.0.1:${bridge.consolePort}/`)).text()).toContain("Buying is on");
    expect((await fetch(`http://127.0.0.1:${bridge.port}/metrics`)).status).toBe(404);
  });

  it("buys when WHMCS's real hook file says that an invoice is paid, and counts it", async () => {
    const { invoiceId } = await sellPaid(ground);
    const phpPath = await requirePhp();
    const settings = { url: `http://127.0.0.1:${bridge.port}`, secret: ground.webhookSecret };
    const vars = { invoiceid: invoiceId };
    const run = await runHook({ phpPath, settings, point: "InvoicePaid", vars });
    expect(run.activityLog).toEqual([]);
    const purchases = await waitForPurchases(ground, (list) => list.some(({ state }) => state === "Purchased"));
    expect(purchases).toHaveLength(1);
    const metrics = await (await fetch(`http://127.0.0.1:${bridge.consolePort}/metrics`)).text();
    expect(metrics).toContain('ispmodules_purchases{state="Purchased",reason=""} 1');
  });

  it("tells WHMCS's server module of the service that was bought, and buys what it is asked to look at", async () => {
    const ask = async (serviceId: number, action: string) => {
      const said = { id: `call_${serviceId}_${action}`, action, service_id: serviceId };
      const call = signedCall(ground.webhookSecret, { ...said, timestamp: systemClock.now().toISOString() });
      const answer = await fetch(`http://127.0.0.1:${bridge.port}/whmcs/services/${serviceId}/${action}`, call);
      expect([answer.status, answer.headers.get("cache-control")]).toEqual([200, "no-store"]);
      return (await answer.json()) as { result: string; service: { state: string } };
    };
    const { serviceId } = await sellPaid(ground, "1234569");
    // A buyer that is quick may have bought it before the answer is written.
    const { result, service } = await ask(serviceId, "create");
    expect(["pending waiting", "success active"]).toContain(`${result} ${service.state}`);
    const isBought = ({ serviceRef, state }: Purchase) => serviceRef === `h${serviceId}` && state === "Purchased";
    await waitForPurchases(ground, (list) => list.some(isBought));
    expect(await ask(serviceId, "status")).toMatchObject({ result: "success", service: { state: "active" } });
  });

  it("answers a repeated event id as a duplicate, and a signed event for an unpaid invoice buys nothing", async () => {
    const order = await ground.shop.placeOrder({
      clientId: ground.catalogue.clientIds[1],
      items: [{ productId: ground.catalogue.products.bitNinja, licence: "1234568" }],
    });
    const event = { id: "evt_unpaid", type: "invoice.paid", data: { invoice_id: order.invoiceId } };
    const answers = [await sendEvent(ground, bridge, event), await sendEvent(ground, bridge, event)];
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.json()]))).toEqual([
      [202, { status: "accepted" }],
      [202, { status: "duplicate" }],
    ]);
    const { stdout } = await runCommand(ground.environment, "purchases", "list", "--json");
    expect((JSON.parse(stdout) as { invoice_id: string }[]).map((row) => row.invoice_id)).not.toContain(
      String(order.invoiceId),
    );
  });

  it("shows a price changed by SQL within five seconds", async () => {
    const address = `http://127.0.0.1:${bridge.port}/?func=pricelist.export&itemtype=addition&out=xml`;
    const before = await (await fetch(address)).text();
    expect(XMLValidator.validate(before)).toBe(true);
    expect(before).toContain('cost="15.0000"');
    await ground.shop.sql(
      "UPDATE tblpricing SET monthly = 17.50 WHERE type = 'product' AND relid = ? AND currency = 1",
      [ground.catalogue.products.ddosGuard],
    );
    const changedMs = systemClock.monotonicMs();
    let after = before;
    while (!after.includes('cost="17.5000"') && systemClock.monotonicMs() - changedMs < 5_000) {
      await systemClock.sleep(50);
      after = await (await fetch(address)).text();
    }
    expect(after).toContain('cost="17.5000"');
  });
});

describe("a bridge without its databases", () => {
  it("does not start where a server overrides what every session sets", async () => {
    const ground = await createGround({ isBuying: false });
    const ledgerUrl = ground.environment.LEDGER_DATABASE_URL ?? "";
    const proxy = await startTcpProxy(ledgerUrl);
    proxy.decide((bytes) => {
      if (!isStatement(bytes, "SET SESSION sql_mode")) return "pass";
      const harmless = Buffer.from(bytes);
      harmless.fill(" ", 5).write("DO 0", 5);
      return harmless;
    });
    try {
      const overridden = { ...ground.environment, LEDGER_DATABASE_URL: proxy.urlOf(ledgerUrl) };
      await expect(serve(overridden)).rejects.toThrow(/serve ended with 1: .*NO_BACKSLASH_ESCAPES/);
    } finally {
      await proxy.close();
      await ground.end();
    }
  });

  it("starts, is alive and not ready, and takes no webhook before the ledger is migrated", async () => {
    const ground = await createGround({ isBuying: false });
    const empty = await freshDatabase("unmigrated");
    const bridge = await serve({ ...ground.environment, LEDGER_DATABASE_URL: empty.url });
    try {
      const at = (path: string) => fetch(`http://127.0.0.1:${bridge.port}${path}`);
      expect((await at("/healthz")).status).toBe(200);
      expect((await at("/readyz")).status).toBe(503);
      expect((await at("/?func=pricelist.export")).status).toBe(200);
      const event = { id: "evt_early", type: "invoice.paid", data: { invoice_id: 1 } };
      const answer = await sendEvent(ground, bridge, event);
      expect([answer.status, answer.headers.has("retry-after")]).toEqual([503, true]);
    } finally {
      expect(await bridge.stop()).toBe(0);
      await ground.end();
      await empty.drop();
    }
  });

  it("serves the price list it kept when WHMCS's database is away after a restart", async () => {
    const ground = await createGround({ isBuying: false });
    const address = (bridge: Serving) => `http://127.0.0.1:${bridge.port}/?func=pricelist.export`;
    const first = await serve(ground.environment);
    const list = await (await fetch(address(first))).text();
    await first.stop();
    const nobody = "mysql://reader:x@127.0.0.1:9/whmcs";
    const second = await serve({ ...ground.environment, WHMCS_DATABASE_URL: nobody });
    try {
      const kept = await fetch(address(second));
      expect([kept.status, await kept.text()]).toEqual([200, list]);
      expect(kept.headers.get("warning")).toContain("110");
    } finally {
      await second.stop();
      await ground.end();
    }
  });
});
