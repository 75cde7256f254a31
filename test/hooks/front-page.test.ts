// What do panels and customers get from WHMCS's own front page, where no proxy leads them to the bridge?
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook, shippedHooks } from "../../src/sandbox/php.ts";
import { openGate, type PublicServer, startPublicServer } from "../storefront/public-server.ts";
import { freePort, startBridge } from "./bridge.ts";
import { makeRoot, serveRoot, startSite, type WhmcsSite } from "./whmcs-site.ts";

const priceList = "/?func=pricelist.export&itemtype=addition&out=xml";
const buy = "/?module=DDoSGUARD&license=1234567&ip=192.0.2.10&module_id=23221";

const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

async function siteFor(bridgeUrl?: string): Promise<WhmcsSite> {
  const site = await startSite(bridgeUrl);
  endings.push(() => site.stop());
  return site;
}

function ask(site: WhmcsSite, path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(site.url + path, { redirect: "manual", ...init });
}

async function contentOf(response: Response) {
  return { status: response.status, text: await response.text() };
}

describe("with the real storefront behind it", () => {
  let storefront: PublicServer;
  let gate: Awaited<ReturnType<typeof openGate>>;
  let site: WhmcsSite;
  beforeEach(async () => {
    storefront = await startPublicServer();
    endings.push(() => storefront.stop());
    gate = await openGate({ host: "127.0.0.1", port: Number(new URL(storefront.origin).port) });
    endings.push(() => gate.close());
    site = await siteFor(`http://127.0.0.1:${gate.port}`);
  });

  test.each(["/", "/index.php", "/billmgr", "/manager/billmgr"])(
    "the price list at %s is the bridge's, byte for byte",
    async (path) => {
      for (const query of ["", "&out=json", "&onlyavailable=on", "&itemtype=licence"]) {
        const direct = await storefront.ask(`/?func=pricelist.export${query}`);
        const answer = await ask(site, `${path}?func=pricelist.export${query}`);
        for (const name of ["content-type", "etag", "cache-control"]) {
          expect(answer.headers.get(name)).toBe(direct.headers.get(name));
        }
        expect(await contentOf(answer)).toEqual(await contentOf(direct));
        expect(answer.headers.get("set-cookie")).toBeNull();
      }
    },
  );

  test("a panel that has the list already gets no second copy", async () => {
    const etag = (await ask(site, priceList)).headers.get("etag") ?? "";
    const again = await ask(site, priceList, { headers: { "if-none-match": etag } });
    expect(await contentOf(again)).toEqual({ status: 304, text: "" });
  });

  test("a form is answered like a query, and wins over it", async () => {
    const body = new URLSearchParams({ func: "pricelist.export", out: "json" });
    const answer = await ask(site, "/?out=xml", { method: "POST", body });
    expect(answer.headers.get("content-type")).toContain("application/json");
  });

  test("Buy leads into the cart, where the bridge would lead", async () => {
    const direct = await storefront.ask(buy);
    const answer = await ask(site, buy);
    expect(answer.status).toBe(302);
    expect(answer.headers.get("location")).toBe(direct.headers.get("location"));
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  test("a page of advice comes in the customer's language", async () => {
    const answer = await ask(site, "/?module=nothing&license=1234567", { headers: { "accept-language": "ru" } });
    expect(answer.status).toBe(404);
    expect(await answer.text()).toContain("Этот модуль не продаётся");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
  });

  test("while the bridge is away the last price list is served for an hour, and then none", async () => {
    const before = await contentOf(await ask(site, priceList));
    await gate.close();
    const stale = await ask(site, priceList);
    expect(stale.headers.get("warning")).toBe('110 - "Response is Stale"');
    expect(await contentOf(stale)).toEqual(before);
    await site.age(3_500);
    expect(await contentOf(await ask(site, priceList))).toEqual(before);
    await site.age(200);
    const none = await ask(site, priceList);
    expect(none.status).toBe(503);
    expect(none.headers.get("retry-after")).toBe("30");
    expect(none.headers.get("content-type")).toContain("application/xml");
    expect((await ask(site, `${priceList}&out=json`)).headers.get("content-type")).toContain("application/json");
  });

  test("a list that is only of what is in stock is kept apart from the whole one", async () => {
    await ask(site, priceList);
    await gate.close();
    expect((await ask(site, `${priceList}&onlyavailable=on`)).status).toBe(503);
  });

  test("what no panel asks stays WHMCS's, so that nobody keeps the next customer from buying", async () => {
    const module = "DDoSGUARD";
    const post = async (form: Record<string, string>) =>
      (await ask(site, "/", { method: "POST", body: new URLSearchParams(form) })).status;
    expect(await post({ module, license: "1".repeat(255) })).toBe(422);
    expect(await post({ module, license: "1".repeat(256) })).toBe(200);
    expect(await post({ module, license: "1".repeat(200_000) })).toBe(200);
    expect(await post({ func: "pricelist.export", itemtype: "x".repeat(256) })).toBe(200);
    expect((await ask(site, buy)).status).toBe(302);
  });

  test("while the bridge is away Buy says so in both languages, and goes on when it is back", async () => {
    await gate.close();
    const away = await ask(site, buy);
    expect(away.status).toBe(503);
    const text = await away.text();
    expect(text).toContain("Please try again in a minute");
    expect(text).toContain("Попробуйте ещё раз через минуту");
    await gate.open();
    expect((await ask(site, buy)).status).toBe(503);
    await site.forgetFailure();
    expect((await ask(site, buy)).status).toBe(302);
  });
});

test("what visitors find out keeps the front page from the bridge for half a minute, and no event", async () => {
  const bridge = await startBridge("never");
  endings.push(() => bridge.stop());
  const { root, remove } = await makeRoot(bridge.url);
  endings.push(remove);
  const site = await serveRoot(root, await freePort());
  endings.push(() => site.stop());
  const paid = async () => {
    const call = { point: "InvoicePaid", vars: { invoiceid: 5 } };
    await runHook({ phpPath: await requirePhp(), root, settings: null, ...call });
  };
  for (const path of [buy, priceList]) expect((await ask(site, path)).status).toBe(503);
  await paid();
  expect(bridge.calls.map(({ method }) => method)).toEqual(["GET", "POST"]);
  await site.forgetFailure();
  await paid();
  expect((await ask(site, buy)).status).toBe(503);
  expect(bridge.calls.map(({ method }) => method)).toEqual(["GET", "POST", "POST"]);
});

describe("what is none of our business", () => {
  test.each([
    "/",
    "/index.php?func=other",
    "/index.php?m=addon&func=pricelist.export",
    "/index.php?rp=/store&module=DDoSGUARD",
    "/store/hosting?module=DDoSGUARD&license=1",
    "/index.php/store/hosting?module=DDoSGUARD&license=1",
    "/index.php/billmgr?func=pricelist.export",
    "/knowledgebase/billmgr?func=pricelist.export",
    "/store/hosting?func=pricelist.export",
    "/cart.php?func=pricelist.export",
    "/cart.php?module=DDoSGUARD&license=1",
    "/?func[]=pricelist.export",
  ])("%s stays WHMCS's, and the bridge is not asked", async (path) => {
    const bridge = await startBridge();
    endings.push(() => bridge.stop());
    const site = await siteFor(bridge.url);
    const answer = await ask(site, path);
    expect(await contentOf(answer)).toEqual({ status: 200, text: "half a page of WHMCS" });
    expect(answer.headers.get("set-cookie")).toContain("WHMCSsession");
    expect(bridge.calls).toEqual([]);
  });
});

test("below a WHMCS that has a folder of its own, the front page is that folder's", async () => {
  const script = `
    define('WHMCS', true);
    require $argv[1];
    echo json_encode(array_map(function ($path) {
        return ispmanagermodules_is_front_page(['SCRIPT_NAME' => '/our shop/index.php', 'REQUEST_URI' => $path]);
    }, json_decode($argv[2], true)));`;
  const base = "/our%20shop";
  const front = [base, `${base}/`, `${base}/index.php`, `${base}/billmgr?x`, `${base}/manager/billmgr?module=x/store`];
  const pages = ["/", "/billmgr", `${base}-2/`, `${base}/store`, `${base}/billmgr/`, `${base}/index.php/store`, ""];
  const file = join(shippedHooks, "modules/servers/ispmanagermodules/lib/front-page.php");
  const asked = JSON.stringify([...front, ...pages]);
  const { stdout } = await promisify(execFile)(await requirePhp(), ["-r", script, file, asked]);
  expect(JSON.parse(stdout)).toEqual([...front.map(() => true), ...pages.map(() => false)]);
});

describe("what the bridge is sent and what it may send", () => {
  test("passwords and other parameters of the panel do not go on", async () => {
    const bridge = await startBridge({ status: 200, body: "<doc/>" });
    endings.push(() => bridge.stop());
    const site = await siteFor(bridge.url);
    await ask(site, `${priceList}&authinfo=root:canary&lang=ru&out[]=x`);
    await ask(site, `${buy}&authinfo=root:canary`);
    expect(bridge.calls.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "GET /?func=pricelist.export&itemtype=addition",
      "GET /?module=DDoSGUARD&license=1234567&ip=192.0.2.10&module_id=23221",
    ]);
    expect(JSON.stringify(bridge.calls.map(({ headers }) => headers))).not.toContain("canary");
  });

  test.each([
    "https://evil.example/",
    "https://evil.example/?/cart.php?a=add&pid=1",
    "//evil.example/cart.php?a=add&pid=1",
    "javascript:/cart.php?a=add&pid=1",
    "https://evil.example/?/cart.php?gid=addons",
    "https://billing.example.com/cart.php?gid=addons-of-others",
  ])("a redirect to %s is not passed on", async (location) => {
    const bridge = await startBridge({ status: 302, headers: { location } });
    endings.push(() => bridge.stop());
    const answer = await ask(await siteFor(bridge.url), buy);
    expect(bridge.calls).toHaveLength(1);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("location")).toBeNull();
  });

  test.each([
    "https://billing.example.com/cart.php?gid=addons",
    "https://billing.example.com/cart.php?gid=addons&carttpl=x",
  ])("Buy of an addon may lead to %s", async (location) => {
    const bridge = await startBridge({ status: 302, headers: { location } });
    endings.push(() => bridge.stop());
    const answer = await ask(await siteFor(bridge.url), buy);
    expect([answer.status, answer.headers.get("location")]).toEqual([302, location]);
  });

  test("a bridge that takes long costs one second once, and then nothing for a while", async () => {
    const bridge = await startBridge("never");
    endings.push(() => bridge.stop());
    const site = await siteFor(bridge.url);
    expect((await ask(site, buy)).status).toBe(503);
    expect((await ask(site, buy)).status).toBe(503);
    expect((await ask(site, priceList)).status).toBe(503);
    expect(bridge.calls).toHaveLength(1);
  });

  test("settings that name the front page itself do not make it ask itself for ever", async () => {
    const answer = await ask(await siteFor(), priceList);
    expect(answer.status).toBe(503);
    expect(answer.headers.get("content-type")).toContain("application/xml");
  });
});
