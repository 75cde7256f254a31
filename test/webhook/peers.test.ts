// Whose invalid signatures are counted together, and when do they stop filling the log?
import { afterEach, expect, test } from "vitest";
import { createComplaintLimit, createPeerFinder } from "../../src/webhook/peers.ts";
import { createTestClock } from "./clock.ts";
import { startIso, startReceiver, type TestReceiver } from "./receiver.ts";
import { otherSecret } from "./signing.ts";

const paid = '{"type":"invoice.paid","data":{"invoice_id":123}}';
let receiver: TestReceiver | null = null;
afterEach(async () => {
  await receiver?.stop();
  receiver = null;
});

/** Sends this many calls with a wrong signature, as forwarded for this address, and returns the answers' statuses. */
async function refuse(to: TestReceiver, times: number, forwardedFor?: string): Promise<Set<number>> {
  const headers = forwardedFor === undefined ? {} : { "x-forwarded-for": forwardedFor };
  const calls = Array.from({ length: times }, () => to.send(paid, { secret: otherSecret, headers }));
  return new Set((await Promise.all(calls)).map(({ status }) => status));
}

test("beyond 100 a minute a peer still gets 401 and is no longer logged; the next minute it is logged again", async () => {
  receiver = await startReceiver();
  expect(await refuse(receiver, 150)).toEqual(new Set([401]));
  expect(receiver.logged).toHaveLength(100);
  receiver.clock.pass(60_000);
  await refuse(receiver, 1);
  expect(receiver.logged).toHaveLength(101);
  expect(receiver.logged[0]?.fields).toEqual({ peer: "127.0.0.1", why: "mismatch" });
});

test("signed events of a peer that is over its limit are accepted", async () => {
  receiver = await startReceiver();
  await refuse(receiver, 120);
  expect((await receiver.send(paid)).status).toBe(202);
});

test("behind a trusted proxy each forwarded address has its own limit", async () => {
  receiver = await startReceiver({ trustedProxies: ["127.0.0.1"] });
  await refuse(receiver, 120, "198.51.100.1");
  await refuse(receiver, 1, "198.51.100.2");
  expect(receiver.logged).toHaveLength(101);
  expect(receiver.logged.at(-1)?.fields.peer).toBe("198.51.100.2");
});

test("a forwarded address from anybody else is not believed", async () => {
  receiver = await startReceiver({ trustedProxies: ["::1", "198.51.100.1"] });
  for (let index = 0; index < 120; index += 20) await refuse(receiver, 20, `203.0.113.${index}`);
  expect(receiver.logged).toHaveLength(100);
  expect(new Set(receiver.logged.map(({ fields }) => fields.peer))).toEqual(new Set(["127.0.0.1"]));
});

const proxies = ["127.0.0.1", "::1", "10.0.0.0/8", "2001:db8::/32"];
test.each([
  ["nothing forwarded", "127.0.0.1", undefined, "127.0.0.1"],
  ["one hop", "127.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["the sender's own claim in front", "127.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"],
  ["a chain of trusted proxies", "::1", "192.0.2.9, 198.51.100.1, 10.1.2.3,2001:db8::7", "198.51.100.1"],
  ["only trusted proxies", "127.0.0.1", "10.0.0.1, 10.0.0.2", "10.0.0.1"],
  ["an untrusted connection", "192.0.2.1", "198.51.100.1", "192.0.2.1"],
  ["an IPv4 address in IPv6 clothes", "::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"],
  ["rubbish from the nearest proxy", "127.0.0.1", "198.51.100.1, unknown", "127.0.0.1"],
  ["rubbish in front of the address", "127.0.0.1", "<script>, 198.51.100.1", "198.51.100.1"],
  ["an empty header", "127.0.0.1", "", "127.0.0.1"],
  ["no connection at all", undefined, "198.51.100.1", "unknown"],
])("the peer with %s", (_, connection, forwarded, peer) => {
  expect(createPeerFinder(proxies)(connection, forwarded)).toBe(peer);
});

test("a flood of addresses costs bounded memory: late ones share one count", () => {
  const clock = createTestClock(startIso);
  const mayComplain = createComplaintLimit({ limit: 2, clock });
  const logged = Array.from({ length: 5000 }, (_, index) => mayComplain(`peer ${index}`)).filter(Boolean);
  expect(logged).toHaveLength(1002);
  expect(mayComplain("peer 0")).toBe(true);
  clock.pass(60_000);
  expect(mayComplain("peer 4999")).toBe(true);
});
