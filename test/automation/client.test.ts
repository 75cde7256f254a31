// Does a signed event reach the host's own automation, and is a delivery only what was answered 2xx in time?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAutomation } from "../../src/automation/client.ts";
import { systemClock } from "../../src/clock.ts";
import { decodeSecret } from "../../src/webhook/signature.ts";
import { eventsSecret, startReceiver, type TestReceiver } from "./receiver.ts";

const event = {
  id: "aaaabbbbccccdddd-purchased",
  type: "module.purchased",
  timestamp: "2026-11-23T10:00:00.000Z",
  data: { licence: "1234567", ip: null },
};

let receiver: TestReceiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.stop());

const keyOf = (secret: string) => decodeSecret(secret) ?? Buffer.alloc(0);
const clientOf = (changes: Partial<Parameters<typeof createAutomation>[0]> = {}) =>
  createAutomation({
    url: receiver.url,
    keys: [keyOf(eventsSecret)],
    timeoutMs: 5_000,
    clock: systemClock,
    ...changes,
  });

it("an event is believed by the reference library, and holds type, time and data", async () => {
  expect(await clientOf().tell(event)).toEqual({ kind: "delivered" });
  const { id, ...content } = event;
  expect(receiver.deliveries).toEqual([{ id, event: content }]);
});

it("while the secret is rotated both sign", async () => {
  const other = await startReceiver(`whsec_${Buffer.alloc(24, 5).toString("base64")}`);
  try {
    const keys = [keyOf(eventsSecret), Buffer.alloc(24, 5)];
    for (const { url } of [receiver, other]) await clientOf({ url, keys }).tell(event);
    expect([receiver.deliveries.length, other.deliveries.length]).toEqual([1, 1]);
    await clientOf({ keys: [Buffer.alloc(24, 6)] }).tell(event);
    expect(receiver.forged).toHaveLength(1);
  } finally {
    await other.stop();
  }
});

describe("no delivery is", () => {
  it.each([302, 307, 400, 401, 410, 429, 500, 503])("an answer with status %d, wherever it leads", async (status) => {
    const elsewhere = await startReceiver();
    receiver.answer((response) => {
      response.writeHead(status, { location: elsewhere.url }).end("secret words of the receiver");
    });
    expect(await clientOf().tell(event)).toEqual({ kind: "failed", why: `http_${status}` });
    expect([receiver.deliveries.length, elsewhere.deliveries.length]).toEqual([1, 0]);
    await elsewhere.stop();
  });

  it("one without an answer in time", async () => {
    receiver.answer(() => {});
    const begunMs = systemClock.monotonicMs();
    expect(await clientOf({ timeoutMs: 80 }).tell(event)).toEqual({ kind: "failed", why: "TimeoutError" });
    expect(systemClock.monotonicMs() - begunMs).toBeLessThan(3_000);
  });

  it("one whose receiver is away", async () => {
    await receiver.stop();
    expect(await clientOf().tell(event)).toEqual({ kind: "failed", why: "ECONNREFUSED" });
  });
});

it("an accepting status counts whatever becomes of the words behind it", async () => {
  receiver.answer((response) => {
    response.writeHead(200, { "content-length": "1000000" });
    response.write("only the beginning");
  });
  expect(await clientOf({ timeoutMs: 200 }).tell(event)).toEqual({ kind: "delivered" });
});
