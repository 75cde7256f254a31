// Does each request to the public listener get the answer that the contract promises, whatever way it comes?
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RequestError } from "../src/errors.ts";
import { type PublicServer, startPublicServer } from "./storefront/public-server.ts";
import { openRaw } from "./storefront/raw-request.ts";

let here: PublicServer;
let receive: () => Promise<Response>;
let isReady: () => Promise<boolean>;

beforeAll(async () => {
  here = await startPublicServer({ receive: () => receive(), isReady: () => isReady() });
});
beforeEach(() => {
  receive = async () => Response.json({ status: "accepted" }, { status: 202 });
  isReady = async () => true;
  here.logged.length = 0;
});
afterAll(() => here.stop());

const priceList =
  "<doc><pricelist><id>23221</id><name>DDoS-GUARD</name><intname>DDoSGUARD</intname>" +
  "<additionintname>DDoSGUARD</additionintname>" +
  '<price currency="USD"><period cost="15.0000" type="month" length="1">monthly</period></price></pricelist></doc>';

const form = (body: string, type = "application/x-www-form-urlencoded"): RequestInit => ({
  method: "POST",
  headers: { "content-type": type },
  body,
});

describe.each(["/", "/billmgr", "/manager/billmgr"])("on %s", (path) => {
  test("a GET gets the price list", async () => {
    const answer = await here.ask(`${path}?func=pricelist.export&itemtype=addition&out=xml`);
    expect([answer.status, await answer.text()]).toEqual([200, priceList]);
  });

  test("a form gets the same bytes, its fields before those of the address", async () => {
    const same = await here.ask(path, form("func=pricelist.export&itemtype=addition"));
    expect([same.status, await same.text()]).toEqual([200, priceList]);
    const mixed = await here.ask(
      `${path}?func=nonsense&out=json&itemtype=vds`,
      form("func=pricelist.export&itemtype=addition"),
    );
    expect([mixed.status, mixed.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
    expect(await mixed.text()).toContain("23221");
  });

  test("Buy redirects to the cart, also from a form", async () => {
    const location =
      "https://billing.example.com/cart.php?a=add&pid=1&billingcycle=monthly&currency=1&customfield%5B11%5D=1234567&customfield%5B12%5D=192.0.2.10";
    const query = "module=DDoSGUARD&license=1234567&ip=192.0.2.10&module_id=23221";
    for (const answer of [await here.ask(`${path}?${query}`), await here.ask(`${path}?license=x`, form(query))]) {
      expect([answer.status, answer.headers.get("location")]).toEqual([302, location]);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("referrer-policy")).toBe("no-referrer");
    }
  });

  test("another method is refused", async () => {
    const answer = await here.ask(`${path}?func=pricelist.export`, { method: "PUT" });
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, "GET, HEAD, POST"]);
  });
});

describe("a form", () => {
  test("may be multipart", async () => {
    const body = new FormData();
    body.set("func", "pricelist.export");
    body.set("out", "json");
    const answer = await here.ask("/", { method: "POST", body });
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, "application/json; charset=utf-8"]);
  });
  test("of another type counts as empty", async () => {
    const answer = await here.ask("/?func=pricelist.export", form('{"func":"x"}', "application/json"));
    expect([answer.status, await answer.text()]).toEqual([200, priceList]);
  });
  test("that is too large is refused, declared or not", async () => {
    const large = `func=pricelist.export&x=${"x".repeat(16 * 1024)}`;
    expect((await here.ask("/", form(large))).status).toBe(413);
    const stream = new Blob([large]).stream();
    const unsized = { ...form(""), body: stream, duplex: "half" } as RequestInit;
    expect((await here.ask("/", unsized)).status).toBe(413);
  });
  test("that trickles is refused after five seconds", async () => {
    const raw = await openRaw(here.origin);
    raw.write(
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 20\r\n\r\nfunc=",
    );
    await raw.until(() => here.clock.sleepers() > 0);
    here.clock.pass(5_000);
    expect(await raw.statusLine()).toBe("HTTP/1.1 408 Request Timeout");
    raw.close();
  });
  test("that is malformed is refused", async () => {
    const answer = await here.ask("/", form("no boundary in here", "multipart/form-data; boundary=b"));
    expect(answer.status).toBe(400);
  });
});

describe("the first of repeated parameters counts", () => {
  test("in the address", async () => {
    const answer = await here.ask("/?module_id=23221&license=1&license=x&module_id=9");
    expect(answer.headers.get("location")).toContain("pid=1&billingcycle=monthly&currency=1&customfield%5B11%5D=1");
  });
  test("in a form", async () => {
    const answer = await here.ask("/", form("module_id=23221&license=1&license=x&module_id=9"));
    expect(answer.status).toBe(302);
  });
});

test("names and values may be encoded", async () => {
  const answer = await here.ask("/?%66unc=pricelist%2Eexport&itemt%79pe=%61ddition");
  expect([answer.status, await answer.text()]).toEqual([200, priceList]);
});

describe("the webhook path", () => {
  test("belongs to the receiver, whatever the method", async () => {
    for (const method of ["POST", "GET", "DELETE"]) {
      const answer = await here.ask("/webhooks/whmcs", { method });
      expect([answer.status, answer.headers.get("x-content-type-options")]).toEqual([202, "nosniff"]);
    }
  });
});

describe("an error inside", () => {
  test("is a page with a number, and the log has the number beside what is known", async () => {
    receive = () => Promise.reject(new Error("password-canary in SELECT * FROM x"));
    const answer = await here.ask("/webhooks/whmcs", { method: "POST", body: "body-canary" });
    const text = await answer.text();
    expect(answer.status).toBe(500);
    const number = /<strong>([0-9a-f-]{36})<\/strong>/.exec(text)?.[1];
    expect(here.logged).toEqual([{ event: "request.failed", fields: { request_id: number, code: "Error" } }]);
    expect(text + JSON.stringify(here.logged)).not.toMatch(/canary|SELECT/);
  });
  test("that the caller caused has its own status and is not logged", async () => {
    receive = () => Promise.reject(new RequestError(422, "odd", "odd"));
    expect((await here.ask("/webhooks/whmcs", { method: "POST" })).status).toBe(422);
    expect(here.logged).toEqual([]);
  });
});

describe("health", () => {
  test("is 200 while the process serves", async () => {
    const answer = await here.ask("/healthz");
    expect([answer.status, await answer.text()]).toEqual([200, "ok\n"]);
  });
  test.each([
    ["ready", async () => true, 200],
    ["not ready", async () => false, 503],
    ["not even able to say", () => Promise.reject(new Error("away")), 503],
  ])("says %s by a bare status", async (_what, answerReady, status) => {
    isReady = answerReady;
    const answer = await here.ask("/readyz");
    expect([answer.status, await answer.text()]).toEqual([status, ""]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });
});

test("HEAD has the headers of GET and no body", async () => {
  for (const path of [
    "/?func=pricelist.export",
    "/?func=pricelist.export&out=json",
    "/healthz",
    "/readyz",
    "/?module=x",
  ]) {
    const [get, head] = [await here.ask(path), await here.ask(path, { method: "HEAD" })];
    expect(head.status).toBe(get.status);
    expect(await head.text()).toBe("");
    for (const name of ["content-type", "etag", "cache-control"]) {
      expect(head.headers.get(name), `${name} of ${path}`).toBe(get.headers.get(name));
    }
  }
});

test("an unknown path is a 404 page", async () => {
  const answer = await here.ask("/wp-login.php");
  expect([answer.status, answer.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
});
