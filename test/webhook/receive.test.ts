// What does a sender get to hear, and what is stored, for each request that can arrive?
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DatabaseError } from "../../src/errors.ts";
import { type RequestChange, startReceiver, type TestReceiver } from "./receiver.ts";
import { otherSecret, signBytes } from "./signing.ts";

const paid = '{"type":"invoice.paid","timestamp":"2026-11-23T10:00:00Z","data":{"invoice_id":123}}';
const limitBytes = 16 * 1024;

let receiver: TestReceiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

/** A paid event padded with spaces to exactly this many bytes. */
function paidOf(bytes: number): string {
  return paid + " ".repeat(bytes - paid.length);
}

function expectNothingAccepted(): void {
  expect(receiver.inbox).toEqual([]);
  expect(receiver.wakes()).toBe(0);
}

describe("accepted", () => {
  test("a signed event is stored as it was sent, the loops wake, and the answer is 202", async () => {
    const response = await receiver.send(paid, { id: "msg_a" });
    expect(response.status).toBe(202);
    expect(response.headers.get("content-type")).toContain("application/json");
    expect(await response.json()).toEqual({ status: "accepted" });
    expect(receiver.inbox).toEqual([{ webhookId: "msg_a", type: "invoice.paid", body: paid }]);
    expect(receiver.wakes()).toBe(1);
  });

  test("a replay is a duplicate without further effect, also with another body under the same id", async () => {
    const answers = [];
    for (const body of [paid, paid, paid.replace("123", "124")]) {
      answers.push(await (await receiver.send(body, { id: "msg_a" })).json());
    }
    expect(answers).toEqual([{ status: "accepted" }, { status: "duplicate" }, { status: "duplicate" }]);
    expect(receiver.inbox).toHaveLength(1);
    expect(receiver.wakes()).toBe(1);
  });

  const invoice = '{"invoice_id":1}';
  test.each([
    ["invoice.paid", invoice],
    ["invoice.unpaid", invoice],
    ["invoice.cancelled", invoice],
    ["invoice.refunded", invoice],
    ["transaction.refunded", invoice],
    ["order.accepted", '{"order_id":1}'],
    ["order.fraud", '{"order_id":1}'],
    ["order.cancelled", '{"order_id":1}'],
    ["service.suspended", '{"service_id":1}'],
    ["service.unsuspended", '{"service_id":1}'],
    ["service.terminated", '{"service_id":1}'],
    ["service.cancellation_requested", '{"service_id":9007199254740991}'],
    ...["addon.suspended", "addon.unsuspended", "addon.terminated", "addon.cancelled", "addon.fraud"].map((type) => [
      type,
      '{"service_addon_id":1}',
    ]),
    ["hook.heartbeat", "{}"],
  ])("%s is a known type", async (type, data) => {
    expect((await receiver.send(`{"type":"${type}","data":${data}}`)).status).toBe(202);
    expect(receiver.inbox[0]?.type).toBe(type);
  });

  test.each([
    ["no timestamp", '{"type":"invoice.paid","data":{"invoice_id":123}}'],
    ["a heartbeat without data", '{"type":"hook.heartbeat"}'],
    ["an unknown type with nothing else", '{"type":"invoice.renamed"}'],
    ["an unknown type with other data", '{"type":"toString","data":[null]}'],
    ["a type longer than any column", `{"type":"${"x".repeat(5000)}"}`],
    [
      "further members",
      '{"type":"invoice.paid","data":{"invoice_id":1,"price":"9.99"},"source":"x","__proto__":{"a":1}}',
    ],
    ["spaces around", ` \n${paid}\t `],
    ["text beyond ASCII", '{"type":"hook.heartbeat","note":"модуль 🚀"}'],
  ])("the body may have %s", async (_, body) => {
    const response = await receiver.send(body);
    expect(response.status).toBe(202);
    expect(receiver.inbox[0]?.body).toBe(body);
    expect(receiver.inbox[0]?.type.length).toBeLessThanOrEqual(64);
  });

  test.each(["application/json; charset=utf-8", "Application/JSON", "application/json ;charset=UTF-8;v=1"])(
    "%s is JSON",
    async (contentType) => {
      expect((await receiver.send(paid, { headers: { "content-type": contentType } })).status).toBe(202);
    },
  );

  test("exactly 16 KiB fit", async () => {
    expect((await receiver.send(paidOf(limitBytes))).status).toBe(202);
  });

  test("a body of unannounced length fits as well", async () => {
    const response = await receiver.send(paid, { sentBody: new Blob([paid]).stream() });
    expect(response.status).toBe(202);
    expect(receiver.inbox[0]?.body).toBe(paid);
  });

  test("a thousand paid invoices of one cron run are all accepted", async () => {
    const statuses: number[] = [];
    const sendEvery = async (first: number, step: number) => {
      for (let id = first; id <= 1000; id += step) {
        statuses.push((await receiver.send(paid.replace("123", String(id)))).status);
      }
    };
    await Promise.all(Array.from({ length: 20 }, (_, index) => sendEvery(index + 1, 20)));
    expect(new Set(statuses)).toEqual(new Set([202]));
    expect(receiver.inbox).toHaveLength(1000);
  });
});

describe("refused", () => {
  test.each(["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])("%s is answered 405", async (method) => {
    const response = await receiver.send(paid, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
    expectNothingAccepted();
  });

  test.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "text/json",
    "application/json, text/plain",
  ])("%s is answered 415", async (contentType) => {
    expect((await receiver.send(paid, { headers: { "content-type": contentType } })).status).toBe(415);
    expectNothingAccepted();
  });

  test("a request without a content type is answered 415", async () => {
    const answer = await receiver.sendRaw(
      `POST /webhooks/whmcs HTTP/1.1\r\nHost: bridge\r\nConnection: close\r\nContent-Length: ${paid.length}\r\n\r\n${paid}`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 415 /);
    expectNothingAccepted();
  });

  test("one byte beyond 16 KiB is answered 413", async () => {
    expect((await receiver.send(paidOf(limitBytes + 1))).status).toBe(413);
    expectNothingAccepted();
  });

  test("one byte beyond 16 KiB of unannounced length is answered 413", async () => {
    const body = paidOf(limitBytes + 1);
    expect((await receiver.send(body, { sentBody: new Blob([body]).stream() })).status).toBe(413);
    expectNothingAccepted();
  });

  test("a large announcement is answered 413 before its body is sent", async () => {
    const answer = await receiver.sendRaw(
      "POST /webhooks/whmcs HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\nContent-Length: 999999999\r\n\r\n",
    );
    expect(answer).toMatch(/^HTTP\/1\.1 413 [\s\S]*\r\nconnection: close\r\n/i);
  });

  test.each(["Content-Length: 500", "Transfer-Encoding: chunked"])(
    "a body that never comes to its end is answered 408 after 5 s (%s)",
    async (length) => {
      const answer = receiver.sendRaw(
        `POST /webhooks/whmcs HTTP/1.1\r\nHost: bridge\r\nContent-Type: application/json\r\n${length}\r\n\r\n1\r\n{`,
      );
      await expect.poll(() => receiver.clock.sleepers(), { interval: 5 }).toBe(1);
      receiver.clock.pass(5_000);
      expect(await answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*\r\nconnection: close\r\n/i);
      expectNothingAccepted();
    },
  );

  const now = Math.floor(Date.parse("2026-11-23T10:00:00Z") / 1000);
  const badlySigned: [string, RequestChange][] = [
    ["no id", { headers: { "webhook-id": "" } }],
    ["an id with a dot", { headers: { "webhook-id": "a.b" } }],
    ["no timestamp", { headers: { "webhook-timestamp": "" } }],
    ["a timestamp in words", { headers: { "webhook-timestamp": "now" } }],
    ["a timestamp 301 s old", { timestamp: now - 301 }],
    ["a timestamp 301 s ahead", { timestamp: now + 301 }],
    ["no signature", { headers: { "webhook-signature": "" } }],
    ["another secret", { secret: otherSecret }],
    ["another body", { sentBody: paid.replace("123", "124") }],
    ["a newline after the body", { sentBody: `${paid}\n` }],
    ["no body", { sentBody: "" }],
    ["a body that is not JSON either", { sentBody: "{" }],
  ];
  test.each(badlySigned)("%s: the uniform 401", async (_, change) => {
    const response = await receiver.send(paid, change);
    expect(response.status).toBe(401);
    expect(await response.text()).toBe('{"error":"unauthorized"}');
    expectNothingAccepted();
    expect(receiver.logged.map(({ event }) => event)).toEqual(["webhook.refused"]);
  });

  test.each([
    "",
    "null",
    "[]",
    '"invoice.paid"',
    "{",
    `\ufeff${paid}`,
    `${paid}{}`,
    "[".repeat(limitBytes),
    "{}",
    '{"type":null}',
    '{"type":""}',
    '{"type":["invoice.paid"],"data":{"invoice_id":1}}',
    '{"type":"invoice.paid"}',
    '{"type":"invoice.paid","data":null}',
    '{"type":"invoice.paid","data":{}}',
    '{"type":"invoice.paid","data":{"order_id":1}}',
    '{"type":"invoice.paid","data":{"invoice_id":"123"}}',
    '{"type":"invoice.paid","data":{"invoice_id":0}}',
    '{"type":"invoice.paid","data":{"invoice_id":-1}}',
    '{"type":"invoice.paid","data":{"invoice_id":1.5}}',
    '{"type":"invoice.paid","data":{"invoice_id":9007199254740992}}',
    '{"type":"invoice.paid","data":{"invoice_id":1e999}}',
    '{"type":"invoice.paid","data":{"invoice_id":[1]}}',
    '{"type":"invoice.paid","timestamp":1795428000,"data":{"invoice_id":1}}',
    '{"type":"order.accepted","data":{"invoice_id":1}}',
    '{"type":"service.suspended","data":{"invoice_id":1}}',
    '{"type":"addon.suspended","data":{"service_id":1}}',
  ])("a signed body that is no event is answered 400: %j", async (body) => {
    expect((await receiver.send(body)).status).toBe(400);
    expectNothingAccepted();
  });

  test("a signed body that is not UTF-8 is answered 400", async () => {
    const raw = Buffer.from([0x22, 0xff, 0x22]);
    const headers = { "webhook-id": "msg_u", "webhook-signature": signBytes("msg_u", String(now), raw) };
    expect((await receiver.send("", { sentBody: raw, headers })).status).toBe(400);
  });

  test("a ledger that cannot be written is answered 503 with Retry-After, and the same event is accepted later", async () => {
    receiver.failure = new DatabaseError("ledger_unavailable", "the ledger does not answer", {
      cause: new Error(paid),
    });
    const response = await receiver.send(paid, { id: "msg_a" });
    expect(response.status).toBe(503);
    expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(0);
    expectNothingAccepted();
    receiver.failure = null;
    expect(await (await receiver.send(paid, { id: "msg_a" })).json()).toEqual({ status: "accepted" });
  });

  test("a defect in storing is not dressed up as a database that is away", async () => {
    receiver.failure = new TypeError("defect");
    expect((await receiver.send(paid)).status).toBe(500);
    expectNothingAccepted();
  });
});

describe("order of the checks", () => {
  const big = paidOf(limitBytes + 1);
  const unsigned = { headers: { "webhook-signature": "v1,AAAA" } };
  test.each<[number, string, string, RequestChange]>([
    [405, "a GET of another type", paid, { method: "GET", headers: { "content-type": "text/plain" } }],
    [415, "a large body of another type", big, { headers: { "content-type": "text/plain" } }],
    [413, "a large unsigned body", big, unsigned],
    [401, "an unsigned body that is not JSON", "{", unsigned],
    [400, "a signed body that is not JSON, while the ledger is away", "{", {}],
    [503, "a signed event, while the ledger is away", paid, {}],
  ])("%i: %s", async (status, _, body, change) => {
    receiver.failure = new DatabaseError("ledger_unavailable", "the ledger does not answer");
    expect((await receiver.send(body, change)).status).toBe(status);
  });
});

describe("what is logged", () => {
  test("neither ids that were not signed, nor bodies, nor secrets", async () => {
    await receiver.send(paid, { secret: otherSecret, id: "canary-id", sentBody: '{"canary":"body"}' });
    await receiver.send('{"canary":"body"}');
    receiver.failure = new DatabaseError("ledger_unavailable", "no answer", { cause: new Error("canary") });
    await receiver.send(paid);
    expect(receiver.logged.map(({ event }) => event)).toEqual([
      "webhook.refused",
      "webhook.malformed",
      "webhook.not_stored",
    ]);
    expect(JSON.stringify(receiver.logged)).not.toMatch(/canary|whsec|v1,/);
  });
});
