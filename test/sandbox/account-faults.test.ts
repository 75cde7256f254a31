// Does each fault of the simulated account fire, with exactly the effect on the journal that it states?
import { expect, test } from "vitest";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { Arming, SimpleFault } from "../../src/sandbox/account/faults.ts";
import { call, handClock, openAccount, order, orderedModule, renewal, rowsOf, send } from "./account-calls.ts";

const orderFault = (fault: Arming["fault"]): Arming => ({ func: order.func, fault });

/** What became of an order: its answer, or the code of the connection's failure. */
async function outcomeOf(sent: Promise<{ status: number; text: string }>): Promise<string> {
  try {
    const { status, text } = await sent;
    return `${status} ${text.replace(/^<\?xml[^>]*>\s*/, "").trim()}`;
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    return cause instanceof Error && "code" in cause ? String(cause.code) : String(error);
  }
}

test.each<[string, Arming["fault"], RegExp, number]>([
  ["lost before execution", "lost-before", /^UND_ERR_SOCKET$/, 0],
  ["reset before execution", { kind: "lost-before", how: "reset" }, /^ECONNRESET$/, 0],
  ["lost after execution", "lost-after", /^UND_ERR_SOCKET$/, 1],
  ["reset after execution", { kind: "lost-after", how: "reset" }, /^ECONNRESET$/, 1],
  // A slow reader may find the end of the stream before the reset: either way the reply is cut off.
  ["reset in the middle of the reply", "reset-mid-reply", /^(ECONNRESET|UND_ERR_SOCKET)$/, 1],
  ["a 502 page", "bad-gateway", /^502 <html>/, 0],
  ["a 502 page after execution", { kind: "bad-gateway", isExecuted: true }, /^502 <html>/, 1],
  ["a 429", "too-many-requests", /^429 Too many/, 0],
  ["a 429 after execution", { kind: "too-many-requests", isExecuted: true }, /^429 Too many/, 1],
  ["a redirect", "redirect", /^302 $/, 0],
  ["a redirect after execution", { kind: "redirect", isExecuted: true }, /^302 $/, 1],
  ["the answer under status 500", { kind: "http-status", status: 500 }, /^500 <doc><id>900<\/id>/, 1],
  ["truncated XML", "truncated", /^200 <doc><id>(?!.*<\/doc>)/s, 1],
  ["acceptance without an id", "without-id", /^200 <doc><ok\/><\/doc>$/, 1],
  ["a refusal of an unlisted type", { kind: "refused", type: "promocode_not_use" }, /^200 .*promocode_not_use/s, 0],
  ["an empty balance", "empty-balance", /^200 .*not_enough_money.*"deficit">10\.00/s, 0],
  ["a DOCTYPE", "bad-xml", /<!DOCTYPE/, 1],
  ["an entity bomb", { kind: "bad-xml", what: "entity-bomb" }, /<!ENTITY/, 1],
  ["HTML with status 200", { kind: "bad-xml", what: "html" }, /^200 <html>/, 1],
  ["an empty body", { kind: "bad-xml", what: "empty" }, /^200 $/, 1],
  ["names of the prototype", { kind: "bad-xml", what: "prototype" }, /__proto__/, 1],
  ["deep nesting", { kind: "bad-xml", what: "deep" }, /(<doc>){5000}/, 1],
  ["a trickle", { kind: "trickle", bytes: 40, everyMs: 1 }, /^200 <doc><id>900<\/id>.*<\/doc>$/, 1],
])("an order meets %s", async (_name, fault, outcome, debits) => {
  const account = await openAccount();
  const armed = account.arm(orderFault(fault));
  expect(await outcomeOf(call(account, order))).toMatch(outcome);
  expect(armed.fired()).toBe(1);
  expect(account.requests(order.func).map(({ fault: kind }) => kind)).toEqual([
    typeof fault === "string" ? fault : fault.kind,
  ]);
  expect(account.debits()).toHaveLength(debits);
  expect(account.modules()).toHaveLength(debits);
  expect(account.balance()).toBe(debits === 1 ? "990.00" : "1000.00");
});

test.each<[SimpleFault, number]>([
  ["lost-before", 0],
  ["lost-after", 1],
  ["truncated", 1],
  ["empty-balance", 0],
])("a renewal meets %s", async (fault, renewals) => {
  const account = await openAccount();
  const elid = await orderedModule(account);
  const armed = account.arm({ func: "service.prolong", fault });
  await outcomeOf(call(account, renewal(elid)));
  expect(armed.fired()).toBe(1);
  expect(account.debits().filter(({ kind }) => kind === "renewal")).toHaveLength(renewals);
});

test("a fault fires as often as armed, on the armed function only", async () => {
  const account = await openAccount();
  const armed = account.arm({ func: "addition", fault: "bad-gateway", times: 2 });
  const statuses: number[] = [];
  for (const func of ["soft", "addition", "addition", "addition"])
    statuses.push((await call(account, { func })).status);
  expect(statuses).toEqual([200, 502, 502, 200]);
  expect(armed.fired()).toBe(2);
});

test("a fault can be narrowed to requests that commit, and disarmed", async () => {
  const account = await openAccount();
  const elid = await orderedModule(account);
  const armed = account.arm({ func: "*", fault: "bad-gateway", times: 9, when: ({ params }) => isCommit(params) });
  expect((await call(account, { func: "service.prolong", elid })).status).toBe(200);
  expect((await call(account, renewal(elid))).status).toBe(502);
  armed.disarm();
  expect((await call(account, renewal(elid))).status).toBe(200);
  expect(armed.fired()).toBe(1);
});

test("a late order is carried out by the clock, long after the connection was closed", async () => {
  const clock = handClock("2026-03-01T12:00:00Z");
  const account = await openAccount({ clock });
  const armed = account.arm(orderFault({ kind: "late", afterMs: 61_000 }));
  expect(await outcomeOf(call(account, order))).toBe("UND_ERR_SOCKET");
  clock.advance(60_999);
  await Promise.resolve();
  expect(account.debits()).toEqual([]);
  clock.advance(1);
  await Promise.resolve();
  expect(account.debits()).toMatchObject([{ at: new Date("2026-03-01T12:01:01Z"), requestNumber: 1 }]);
  expect(armed.fired()).toBe(1);
});

test("a late order without an answer is carried out once, when told to", async () => {
  const account = await openAccount();
  const armed = account.arm(orderFault({ kind: "late", answer: "none" }));
  const gone = new AbortController();
  const body = new URLSearchParams({ authinfo: `${account.login}:${account.password}`, ...order });
  const sent = outcomeOf(send(account.url, { method: "POST", body, signal: gone.signal }));
  await armed.reached;
  gone.abort();
  expect(await sent).toMatch(/Abort/);
  expect(account.debits()).toEqual([]);
  expect(account.runLate()).toBe(1);
  expect(account.runLate()).toBe(0);
  expect(account.debits()).toHaveLength(1);
});

test.each([
  ["at-once", 1, 1],
  ["on-release", 0, 1],
  ["never", 0, 0],
] as const)("a hanging order carried out %s", async (execution, debitsWhileHanging, debitsAfter) => {
  const account = await openAccount();
  const armed = account.arm(orderFault({ kind: "hang", execution }));
  const sent = outcomeOf(call(account, order));
  expect(await armed.reached).toMatchObject({ func: order.func, fault: "hang" });
  expect(account.debits()).toHaveLength(debitsWhileHanging);
  armed.release();
  expect(await sent).toMatch(execution === "never" ? /^UND_ERR_SOCKET$/ : /^200 <doc><id>900/);
  expect(account.debits()).toHaveLength(debitsAfter);
});

test("an order that hangs while its sender dies is still carried out when released", async () => {
  const account = await openAccount();
  const armed = account.arm(orderFault({ kind: "hang", execution: "on-release" }));
  const gone = new AbortController();
  const body = new URLSearchParams({ authinfo: `${account.login}:${account.password}`, ...order });
  const sent = outcomeOf(send(account.url, { method: "POST", body, signal: gone.signal }));
  await armed.reached;
  gone.abort();
  await sent;
  armed.release();
  await expect.poll(() => account.debits().length, { interval: 5 }).toBe(1);
});

test("closing the account ends what hangs", async () => {
  const account = await openAccount();
  const armed = account.arm({ func: "soft", fault: "hang" });
  const sent = outcomeOf(call(account, { func: "soft" }));
  await armed.reached;
  await account.close();
  expect(await sent).toBe("UND_ERR_SOCKET");
});

test("a stale list shows the state before the last change, for so many reads", async () => {
  const account = await openAccount();
  await orderedModule(account);
  await orderedModule(account, { item: "1234568" });
  const armed = account.arm({ func: "addition", fault: "stale-list", times: 2 });
  const seen: number[] = [];
  for (let read = 0; read < 3; read += 1) seen.push(rowsOf(await call(account, { func: "addition" })).length);
  expect(seen).toEqual([1, 1, 2]);
  expect(armed.fired()).toBe(2);
});

test("a stale list after a renewal shows the old expiry", async () => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z") });
  const elid = await orderedModule(account);
  await call(account, renewal(elid));
  account.arm({ func: "addition", fault: "stale-list" });
  expect(rowsOf(await call(account, { func: "addition" }))[0].expiredate).toBe("2026-02-01");
  expect(rowsOf(await call(account, { func: "addition" }))[0].expiredate).toBe("2026-03-01");
});

test.each<[string, Arming["fault"], string[]]>([
  ["a missing row", "missing-rows", ["900", "901"]],
  ["two missing rows", { kind: "missing-rows", count: 2 }, ["900"]],
  ["a missing page", { kind: "missing-rows", count: "all" }, []],
  ["a duplicate row", "duplicate-rows", ["900", "900", "901", "902"]],
  ["a duplicate in place of another row", { kind: "duplicate-rows", isReplacing: true }, ["900", "901", "900"]],
  ["another order of rows", "reordered-rows", ["902", "901", "900"]],
])("a list with %s still announces every row", async (_name, fault, ids) => {
  const account = await openAccount();
  for (const item of ["1234567", "1234568", "1234569"]) await orderedModule(account, { item });
  const armed = account.arm({ func: "addition", fault });
  const answer = await call(account, { func: "addition" });
  expect(rowsOf(answer).map(({ id }) => id)).toEqual(ids);
  expect(answer.doc.p_elems).toBe("3");
  expect(armed.fired()).toBe(1);
});

test("a huge answer is well-formed and above 1 MiB", async () => {
  const account = await openAccount();
  account.arm({ func: "soft", fault: "huge" });
  const { text, doc } = await call(account, { func: "soft" });
  expect(text.length).toBeGreaterThan(1_048_576);
  expect(doc.p_elems).toBe("5");
});

test("a redirect points to the account itself unless told otherwise, and following it shows in the log", async () => {
  const account = await openAccount();
  account.arm({ func: "soft", fault: "redirect" });
  expect((await call(account, { func: "soft" })).headers.get("location")).toBe(account.url);
  account.arm({ func: "soft", fault: { kind: "redirect", to: "https://elsewhere.example/" } });
  expect((await call(account, { func: "soft" })).headers.get("location")).toBe("https://elsewhere.example/");
  expect(account.requests()).toHaveLength(2);
});

test("a refusal can carry a value", async () => {
  const account = await openAccount();
  account.arm({ func: "soft", fault: { kind: "refused", type: "limit", object: "elid", value: "2026-05-01" } });
  const { doc } = await call(account, { func: "soft" });
  expect(doc.error).toMatchObject({ $type: "limit", $object: "elid" });
  expect(doc.error.param).toContainEqual({ $name: "value", "#text": "2026-05-01" });
});

test("connections can be refused and accepted again on the same address", async () => {
  const account = await openAccount();
  await account.refuseConnections();
  expect(await outcomeOf(call(account, order))).toBe("ECONNREFUSED");
  await account.acceptConnections();
  expect((await call(account, order)).doc.id).toBe("900");
  expect(account.debits()).toHaveLength(1);
});
