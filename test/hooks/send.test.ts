// What does the hook file send when WHMCS reaches a hook point?
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { type HookCall, runHook, runHooks } from "../../src/sandbox/php.ts";
import { readEvent } from "../../src/webhook/event.ts";
import { createVerifier } from "../../src/webhook/signature.ts";
import { otherSecret, secret } from "../webhook/signing.ts";
import { type ReceivedCall, startBridge, type TestBridge } from "./bridge.ts";

let phpPath: string;
let bridge: TestBridge;
beforeAll(async () => {
  phpPath = await requirePhp();
});
beforeEach(async () => {
  bridge = await startBridge();
});
afterEach(() => bridge.stop());

function site(url = bridge.url) {
  return { phpPath, settings: { url, secret } };
}

function paid(invoiceid: unknown): HookCall {
  return { point: "InvoicePaid", vars: { invoiceid } };
}

function verdictOf(call: ReceivedCall | undefined, active = secret) {
  const headers = new Headers();
  for (const [name, value] of Object.entries(call?.headers ?? {})) headers.set(name, String(value));
  return createVerifier({ secrets: [active], clock: systemClock }).verify(headers, call?.body ?? Buffer.of());
}

const quiet = { stdout: "", activityLog: [], exitCode: 0 };

describe("events", () => {
  test.each([
    ["InvoicePaid", { invoiceid: 123 }, "invoice.paid", { invoice_id: 123 }],
    ["InvoicePaid", { invoiceid: "123", invoice: {} }, "invoice.paid", { invoice_id: 123 }],
    ["InvoiceUnpaid", { invoiceid: 7 }, "invoice.unpaid", { invoice_id: 7 }],
    ["InvoiceRefunded", { invoiceid: 4_294_967_295 }, "invoice.refunded", { invoice_id: 4_294_967_295 }],
    ["InvoiceCancelled", { invoiceid: 8 }, "invoice.cancelled", { invoice_id: 8 }],
    ["OrderPaid", { orderId: 1, userId: 2, invoiceId: 9 }, "invoice.paid", { invoice_id: 9 }],
    ["InvoiceCreated", { source: "autogen", invoiceid: 4, status: "Paid" }, "invoice.paid", { invoice_id: 4 }],
    ["AddTransaction", { id: 1, amountout: 15, refundid: 3, invocieid: 6 }, "transaction.refunded", { invoice_id: 6 }],
    [
      "AddTransaction",
      { id: 1, amountout: "0.01", refundid: 0, invoiceid: "6" },
      "transaction.refunded",
      { invoice_id: 6 },
    ],
    ["AcceptOrder", { orderid: 11 }, "order.accepted", { order_id: 11 }],
    ["FraudOrder", { orderid: 11 }, "order.fraud", { order_id: 11 }],
    ["CancelOrder", { orderid: "11" }, "order.cancelled", { order_id: 11 }],
    ["CancelAndRefundOrder", { orderid: 11 }, "order.cancelled", { order_id: 11 }],
    ["DeleteOrder", { orderid: 11 }, "order.cancelled", { order_id: 11 }],
    ["AfterModuleSuspend", { params: { serviceid: 21 } }, "service.suspended", { service_id: 21 }],
    ["AfterModuleUnsuspend", { params: { serviceid: 21 } }, "service.unsuspended", { service_id: 21 }],
    ["AfterModuleTerminate", { params: { serviceid: 21 } }, "service.terminated", { service_id: 21 }],
    ["CancellationRequest", { userid: 2, relid: 21 }, "service.cancellation_requested", { service_id: 21 }],
    ...["Suspended", "Unsuspended", "Terminated", "Cancelled", "Fraud"].map((end): [string, object, string, object] => [
      `Addon${end}`,
      // What was sold stands beside what was ordered.
      { id: 31, userid: 2, serviceid: 21, addonid: 4 },
      `addon.${end.toLowerCase()}`,
      { service_addon_id: 31 },
    ]),
  ])("%s with %j sends a signed %s that the receiver understands", async (point, vars, type, data) => {
    expect(await runHook({ ...site(), point, vars })).toMatchObject(quiet);
    const [call, ...others] = bridge.calls;
    expect(others).toEqual([]);
    expect(call).toMatchObject({ method: "POST", path: "/webhooks/whmcs" });
    expect(call?.headers["content-type"]).toBe("application/json");
    expect(verdictOf(call)).toMatchObject({ kind: "valid" });
    expect(verdictOf(call, otherSecret)).toMatchObject({ kind: "invalid" });
    const timestamp = new Date(Number(call?.headers["webhook-timestamp"]) * 1000).toISOString().replace(".000Z", "Z");
    expect(JSON.parse(String(call?.body))).toEqual({ type, timestamp, data });
    expect(readEvent(call?.body ?? Buffer.of())?.type).toBe(type);
  });

  test.each([{}, null])("AfterCronJob with %j sends a heartbeat that names version, PHP and machine", async (vars) => {
    const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    // Without a database the set-up of the same hook point complains, and harms nothing.
    expect(await runHook({ ...site(), point: "AfterCronJob", vars })).toMatchObject({ stdout: "", exitCode: 0 });
    expect(bridge.calls).toHaveLength(1);
    const { type, data } = JSON.parse(String(bridge.calls[0]?.body));
    expect({ type, data }).toEqual({
      type: "hook.heartbeat",
      data: { version, php: expect.stringMatching(/^\d+\.\d+\.\d+/), node: hostname() },
    });
  });

  test.each([
    ["an invoice that is created unpaid", "InvoiceCreated", { invoiceid: 4, status: "Unpaid" }],
    ["a payment", "AddTransaction", { id: 1, amountin: 15, amountout: 0, refundid: 0, invocieid: 6 }],
    ["a refund without an invoice", "AddTransaction", { id: 1, amountout: 15, refundid: 3, invocieid: 0 }],
    ["a suspension without its service", "AfterModuleSuspend", { serviceid: 21 }],
  ])("%s is no event", async (_, point, vars) => {
    expect(await runHook({ ...site(), point, vars })).toMatchObject(quiet);
    expect(bridge.calls).toEqual([]);
  });

  test.each([
    [0],
    [-1],
    ["0"],
    ["01"],
    ["1.5"],
    [1.5],
    ["12x"],
    ["1\n"],
    [""],
    [null],
    [true],
    [[5]],
    ["9".repeat(20)],
  ])("an invoice id of %j is ignored", async (invoiceid) => {
    expect(await runHook({ ...site(), ...paid(invoiceid) })).toMatchObject(quiet);
    expect(bridge.calls).toEqual([]);
  });

  test.each([[null], [[]], ["text"], [{ invoiceId: 5 }]])("hook variables %j are ignored", async (vars) => {
    expect(await runHook({ ...site(), point: "InvoicePaid", vars })).toMatchObject(quiet);
    expect(bridge.calls).toEqual([]);
  });

  test("a hook point that WHMCS calls twice for one invoice is sent once, each event under an id of its own", async () => {
    const unpaid = { point: "InvoiceUnpaid", vars: { invoiceid: 5 } };
    await runHooks(site(), [paid(5), paid("5"), paid(6), unpaid, paid(5)]);
    const sent = bridge.calls.map(({ body }) => JSON.parse(String(body)));
    expect(sent.map(({ type, data }) => `${type} ${data.invoice_id}`)).toEqual([
      "invoice.paid 5",
      "invoice.paid 6",
      "invoice.unpaid 5",
    ]);
    const ids = bridge.calls.map(({ headers }) => headers["webhook-id"]);
    expect(new Set(ids).size).toBe(3);
  });

  test("the same event of a later PHP request has another id", async () => {
    await runHook({ ...site(), ...paid(5) });
    await runHook({ ...site(), ...paid(5) });
    const [first, second] = bridge.calls.map(({ headers }) => headers["webhook-id"]);
    expect(first).toMatch(/^[A-Za-z0-9_-]{20,64}$/);
    expect(second).not.toBe(first);
  });

  test("including the file does nothing but register", async () => {
    const { points, ...run } = await runHooks(site(), []);
    expect(run).toMatchObject(quiet);
    expect(points).toContain("InvoicePaid");
    expect(bridge.calls).toEqual([]);
  });
});

describe("the address", () => {
  test.each([
    ["/", "/webhooks/whmcs"],
    ["/bridge", "/bridge/webhooks/whmcs"],
    ["/bridge/", "/bridge/webhooks/whmcs"],
  ])("a base ending in %s gets the webhook's path appended once", async (base, path) => {
    expect(await runHook({ ...site(bridge.url + base), ...paid(5) })).toMatchObject(quiet);
    expect(bridge.calls.map((call) => call.path)).toEqual([path]);
  });

  test("what the bridge answers does not reach the page", async () => {
    const chatty = await startBridge({ status: 202, body: "a body nobody asked for" });
    expect(await runHook({ ...site(chatty.url), ...paid(5) })).toMatchObject(quiet);
    expect(chatty.calls).toHaveLength(1);
    await chatty.stop();
  });
});
