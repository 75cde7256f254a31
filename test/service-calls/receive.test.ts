// Is a signed call answered once, on its own path, and nowhere else?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { DatabaseError } from "../../src/errors.ts";
import { type Stage, useStages } from "../purchases/stage.ts";
import { bodyOf, type Calling, type Captured, capture, startCalling } from "./calling.ts";

const raise = useStages();
let stage: Stage;
let here: Calling;
beforeEach(async () => {
  stage = await raise();
  here = await startCalling(stage.engine);
});
afterEach(() => here.stop());

const actions = ["create", "suspend", "unsuspend", "terminate", "renew", "status", "check", "licence"];
const bodyFor = (serviceId: number, action: string) =>
  bodyOf(serviceId, action, action === "licence" ? { licence: "1234567" } : {});
const listInbox = async () =>
  (await stage.ledgerSql("SELECT type, body FROM mod_ispmodules_inbox ORDER BY received_at, webhook_id")).map((row) => [
    row.type,
    JSON.parse(String(row.body)).data,
  ]);

describe("a captured call", () => {
  it.each(actions)(
    "%s of one service is refused on every other path, and good on its own afterwards",
    async (action) => {
      const captured = capture(bodyFor(7, action));
      const others = [
        ...actions.filter((other) => other !== action).map((other) => `/whmcs/services/7/${other}`),
        ...[`/whmcs/services/8/${action}`, `/whmcs/services/07/${action}`, `/whmcs/services/7/${action}/`],
        ...[
          `/whmcs/services/7/${action.toUpperCase()}`,
          `/whmcs/services/%37/${action}`,
          `/whmcs/services/7/${action}x`,
        ],
        ...[`/whmcs/services/${action}`, `/whmcs/${action}`, "/whmcs/tariffs", "/whmcs/licences", "/whmcs/", "/whmcs"],
        ...["/webhooks/whmcs", `//whmcs/services/7/${action}`, `/whmcs//services/7/${action}`],
      ];
      const statuses = await Promise.all(
        others.map(async (path) => (await here.send(path, captured).catch(asPage)).status),
      );
      expect(statuses.filter((status) => status !== 400 && status !== 404)).toEqual([]);
      expect([await listInbox(), here.wakes()]).toEqual([[], 0]);
      expect((await here.send(`/whmcs/services/7/${action}`, captured)).status).toBe(200);
    },
  );

  it.each(["tariffs", "licences"])("%s is refused on all other paths, and good once on its own", async (action) => {
    const captured = capture({ action, timestamp: new Date(stage.engine.clock.now()).toISOString() });
    const other = action === "tariffs" ? "licences" : "tariffs";
    for (const path of [`/whmcs/${other}`, `/whmcs/services/7/${action}`, "/whmcs/services/7/status"]) {
      expect((await here.send(path, captured)).status).toBe(400);
    }
    const answers = [await here.send(`/whmcs/${action}`, captured), await here.send(`/whmcs/${action}`, captured)];
    expect(answers.map(({ status }) => status)).toEqual([200, 401]);
  });

  it("of the webhook is refused on every path of calls, and the other way round", async () => {
    const event = capture({ type: "service.suspended", data: { service_id: 7 } });
    for (const action of actions) expect((await here.send(`/whmcs/services/7/${action}`, event)).status).toBe(400);
    expect((await here.send("/webhooks/whmcs", event)).status).toBe(202);
  });

  it.each(actions)("%s is answered once: repeated, it gets the uniform 401 and does nothing", async (action) => {
    const captured = capture(bodyFor(7, action));
    const path = `/whmcs/services/7/${action}`;
    expect((await here.send(path, captured)).status).toBe(200);
    const [stored, wakes] = [await listInbox(), here.wakes()];
    const again = await here.send(path, captured);
    const unsigned = await here.send(path, { ...captured, headers: { "content-type": "application/json" } });
    expect([again.status, again.body]).toEqual([401, unsigned.body]);
    expect([await listInbox(), here.wakes()]).toEqual([stored, wakes]);
  });

  it.each(actions)("%s stays used after a restart, and at a second bridge", async (action) => {
    const captured = capture(bodyFor(7, action));
    const path = `/whmcs/services/7/${action}`;
    expect((await here.send(path, captured)).status).toBe(200);
    const restarted = await startCalling(stage.createSecondEngine());
    expect((await restarted.send(path, captured)).status).toBe(401);
    await restarted.stop();
  });

  it("of ten sent at once is answered once", async () => {
    const captured = capture(bodyFor(7, "renew"));
    const answers = await Promise.all(Array.from({ length: 10 }, () => here.send("/whmcs/services/7/renew", captured)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(9);
  });
});

describe("what is wrong is told in the order 405, 415, 413, 401, 400, 503", () => {
  const path = "/whmcs/services/7/create";
  const error = { result: "error", message: expect.any(String), purchases: [] };
  const large = JSON.stringify(bodyOf(7, "create", { more: "x".repeat(17_000) }));

  it("the method first, then the type, the size, the signature and the body", async () => {
    const unsigned = (captured: Captured) => ({
      ...captured,
      headers: { ...captured.headers, "webhook-signature": "v1,no" },
    });
    const tries: [Captured, number][] = [
      [unsigned(capture(large, { method: "PUT", type: "text/plain" })), 405],
      [unsigned(capture("", { method: "GET", type: "text/plain" })), 405],
      [unsigned(capture(large, { type: "text/plain" })), 415],
      [unsigned(capture(large)), 413],
      [unsigned(capture("not JSON")), 401],
      [capture("not JSON"), 400],
    ];
    for (const [captured, status] of tries) {
      const answer = await here.send(path, captured);
      expect(answer.status).toBe(status);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    }
    expect((await here.send(path, unsigned(capture("", { method: "GET" })))).headers.get("allow")).toBe("POST");
  });

  it("an unknown path is not told from a known one without a signature", async () => {
    const captured = { ...capture("{}"), headers: { "content-type": "application/json" } };
    expect((await here.send("/whmcs/anything", captured)).status).toBe(401);
  });

  it.each([
    ["no timestamp", { action: "create", service_id: 7 }],
    ["a timestamp in words", { ...bodyOf(7, "create"), timestamp: "yesterday" }],
    ["a service id as text", { ...bodyOf(7, "create"), service_id: "7" }],
    ["a broken service id", { ...bodyOf(7, "create"), service_id: 7.5 }],
    ["no action", { service_id: 7, timestamp: "2026-11-23T10:00:00Z" }],
    ["a list", [bodyOf(7, "create")]],
    ["nothing", null],
  ])("%s is a bad request", async (_, body) => {
    const answer = await here.send(path, capture(JSON.stringify(body)));
    expect([answer.status, answer.body]).toEqual([400, error]);
  });

  it.each([
    ["licence", "/whmcs/services/7/licence", bodyOf(7, "licence")],
    ["addresses", "/whmcs/licences", { ...bodyOf(7, "licences"), ips: Array.from({ length: 51 }, () => "192.0.2.1") }],
  ])("a call without right %s is a bad request", async (_, where, body) => {
    expect((await here.send(where, capture(body))).status).toBe(400);
  });

  it.each(["create", "status", "licence"])(
    "a ledger that does not answer %s is a 503, and the call may come again",
    async (action) => {
      const { ledger } = stage.engine;
      const failing = async () => {
        throw new DatabaseError("inbox_unwritable", "away");
      };
      const broken = await startCalling({
        ...stage.engine,
        ledger: { ...ledger, storeEvent: failing, findByService: failing },
      });
      const answer = await broken.send(`/whmcs/services/7/${action}`, capture(bodyFor(7, action)));
      expect([answer.status, answer.headers.has("retry-after"), answer.body]).toEqual([503, true, error]);
      await broken.stop();
    },
  );
});

describe("the inbox", () => {
  it("keeps what may change something as an event of the service, of the rest the id, and nothing that was typed", async () => {
    for (const action of actions)
      await here.call(7, action, action === "licence" ? { licence: "31", ip: "192.0.2.9" } : {});
    await here.ask("tariffs");
    await here.ask("licences", { licence: null, ips: [] });
    const service = { service_id: 7 };
    expect(new Map((await listInbox()) as [string, object][])).toEqual(
      new Map<string, object>([
        ...["create", "suspend", "unsuspend", "terminate", "renew", "check"].map((action): [string, object] => [
          `call.${action}`,
          service,
        ]),
        ...["status", "licence"].map((action): [string, object] => [`call.${action}`, {}]),
      ]),
    );
    expect(here.wakes()).toBe(7);
    await stage.round();
    expect(await stage.engine.ledger.listOpenEvents(10)).toEqual([]);
  });
});

/** A page of the storefront is no JSON. */
function asPage(error: unknown) {
  if (error instanceof SyntaxError) return { status: 404 };
  throw error;
}
