// Do panels and browsers get the headers, documents and pages of sections 3.1 and 3.2 of the contract?
import fc from "fast-check";
import { XMLParser } from "fast-xml-parser";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildCatalogue } from "../../src/storefront/catalog.ts";
import type { CatalogueCopy, CurrentCatalogue } from "../../src/storefront/copy.ts";
import { renderPriceList } from "../../src/storefront/price-list.ts";
import { type PublicServer, startPublicServer } from "./public-server.ts";
import { catalogRows, priceRow, productRow } from "./rows.ts";

const hostileName = `<img src=x onerror=alert(1)>"'&`;
const { catalogue } = buildCatalogue(
  catalogRows({
    products: [
      productRow({ id: 1 }),
      productRow({ id: 2, options: ["7", "twin", "", "", "", ""], isOutOfStock: true }),
      productRow({ id: 3, options: ["8", "Twin", "", "", "", ""], name: hostileName }),
    ],
    prices: [1, 2, 3].map((id) => priceRow({ id, relid: id })),
  }),
  null,
);
const good: CurrentCatalogue = { catalogue, documents: renderPriceList(catalogue), isStale: false };

let here: PublicServer;
let current: CatalogueCopy["current"];

beforeAll(async () => {
  here = await startPublicServer({ copy: () => ({ current: () => current() }) });
  current = () => good;
});
afterEach(() => {
  current = () => good;
});
afterAll(() => here.stop());

const list = "/?func=pricelist.export&itemtype=addition";
const idsOf = async (answer: Response) =>
  [...(await answer.text()).matchAll(/<id>(\d+)<\/id>/g)].map((match) => match[1]);

describe("the price list", () => {
  test("has the type, tag and age of the contract", async () => {
    const answer = await here.ask(list);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": "application/xml; charset=utf-8",
      "cache-control": "public, max-age=5",
      "x-content-type-options": "nosniff",
      etag: expect.stringMatching(/^"[\w-]{27}"$/),
    });
    expect(answer.headers.has("warning")).toBe(false);
  });

  test.each(["xml", "", "XML", "yaml", "sjson"])("is XML for out=%s", async (out) => {
    expect((await here.ask(`${list}&out=${out}`)).headers.get("content-type")).toBe("application/xml; charset=utf-8");
  });

  test("is JSON for out=json", async () => {
    const answer = await here.ask(`${list}&out=json`);
    expect(answer.headers.get("content-type")).toBe("application/json; charset=utf-8");
    const { doc } = (await answer.json()) as { doc: { pricelist: { id: { $: string } }[] } };
    expect(doc.pricelist.map(({ id }) => id.$)).toEqual(["23221", "7", "8"]);
  });

  test("without itemtype is the same", async () => {
    expect(await idsOf(await here.ask("/?func=pricelist.export"))).toEqual(["23221", "7", "8"]);
  });

  test.each(["vds", "Addition", "addition2"])("for itemtype=%s is empty", async (itemType) => {
    const answer = await here.ask(`/?func=pricelist.export&itemtype=${itemType}`);
    expect([answer.status, await answer.text()]).toEqual([200, "<doc/>"]);
    const json = await here.ask(`/?func=pricelist.export&out=json&itemtype=${itemType}`);
    expect(await json.text()).toBe('{"doc":{"pricelist":[]}}');
  });

  test("with onlyavailable=on leaves out what is out of stock, with other values it does not", async () => {
    expect(await idsOf(await here.ask(`${list}&onlyavailable=on`))).toEqual(["23221", "8"]);
    expect(await idsOf(await here.ask(`${list}&onlyavailable=off`))).toEqual(["23221", "7", "8"]);
  });

  test("unchanged since is 304 without a body, for any way to name the tag", async () => {
    const tag = (await here.ask(list)).headers.get("etag") ?? "";
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, "*"]) {
      const answer = await here.ask(list, { headers: { "if-none-match": known } });
      expect([answer.status, await answer.text(), answer.headers.get("etag")]).toEqual([304, "", tag]);
    }
    for (const known of ['"x"', tag.slice(1, -1), ""]) {
      expect((await here.ask(list, { headers: { "if-none-match": known } })).status).toBe(200);
    }
    const form = { method: "POST", headers: { "if-none-match": tag } };
    expect((await here.ask(list, form)).status).toBe(200);
  });

  test("that is the last good one carries a warning, 304 included", async () => {
    current = () => ({ ...good, isStale: true });
    const answer = await here.ask(list);
    expect([answer.status, answer.headers.get("warning")]).toEqual([200, '110 - "Response is Stale"']);
    const tag = answer.headers.get("etag") ?? "";
    const again = await here.ask(list, { headers: { "if-none-match": tag } });
    expect([again.status, again.headers.get("warning")]).toEqual([304, '110 - "Response is Stale"']);
  });

  test("that nobody has is 503 with the time to come back", async () => {
    for (const answer of [() => null, async () => null]) {
      current = answer;
      const xml = await here.ask(list);
      expect([xml.status, xml.headers.get("retry-after"), xml.headers.get("cache-control")]).toEqual([
        503,
        "5",
        "no-store",
      ]);
      expect(new XMLParser().parse(await xml.text())).toHaveProperty("doc.error");
      expect(await (await here.ask(`${list}&out=json`)).json()).toHaveProperty("doc.error.$type");
    }
  });
});

describe("an unknown function", () => {
  test("is a 404 with BILLmanager's error document", async () => {
    const xml = await here.ask("/?func=vds.order");
    expect([xml.status, await xml.text()]).toEqual([
      404,
      '<doc><error type="missed" object="func" lang="en"><msg>Unknown function</msg></error></doc>',
    ]);
    const json = await here.ask("/?func=vds.order&out=json");
    expect([json.status, await json.json()]).toEqual([
      404,
      { doc: { error: { $type: "missed", $object: "func", $lang: "en", msg: { $: "Unknown function" } } } },
    ]);
  });
  test("is that even beside a module", async () => {
    expect((await here.ask("/?func=x&module_id=23221&license=1")).status).toBe(404);
  });
});

describe("a browser gets a page", () => {
  test.each([
    ["/", 404, "Nothing was asked for", "нечего показать"],
    ["/?license=1", 404, "Nothing was asked for", "нечего показать"],
    ["/?func=&module=", 404, "Nothing was asked for", "нечего показать"],
    ["/?module=nope&license=1", 404, "not on sale", "не продаётся"],
    ["/?module=DDoSGUARD", 422, "licence number", "Номер лицензии"],
    ["/?module=DDoSGUARD&license=x", 422, "licence number", "Номер лицензии"],
    ["/?module=DDoSGUARD&license=1&ip=x", 422, "IP address", "IP-адрес"],
    ["/?module=twin&license=1", 200, "Which module", "Какой модуль"],
  ])("for %s with status %i, in its language", async (path, status, english, russian) => {
    const answer = await here.ask(path);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, "text/html; charset=utf-8"]);
    expect(await answer.text()).toContain(english);
    const inRussian = await here.ask(path, { headers: { "accept-language": "ru-RU,ru;q=0.9,en;q=0.8" } });
    expect([inRussian.status, await inRussian.text()]).toEqual([status, expect.stringContaining(russian)]);
  });

  test("that nothing may run in, load into or frame, and nobody stores", async () => {
    const { headers } = await here.ask("/?module=nope&license=1");
    expect(headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[\w+/]+='; /);
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect([
      headers.get("cache-control"),
      headers.get("referrer-policy"),
      headers.get("x-content-type-options"),
    ]).toEqual(["no-store", "no-referrer", "nosniff"]);
  });

  test("with the choices as links, whatever they are called", async () => {
    const text = await (await here.ask("/?module=twin&license=1")).text();
    expect(text).not.toContain("<img");
    expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;&quot;&#39;&amp;</a>");
    expect([...text.matchAll(/href="([^"]+)"/g)].map((match) => match[1])).toEqual([
      expect.stringMatching(/^https:\/\/billing\.example\.com\/cart\.php\?a=add&amp;pid=2&amp;/),
      expect.stringMatching(/^https:\/\/billing\.example\.com\/cart\.php\?a=add&amp;pid=3&amp;/),
    ]);
  });

  test("when there is no catalogue, with the time to come back", async () => {
    current = () => null;
    const answer = await here.ask("/?module=DDoSGUARD&license=1");
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "5"]);
    expect(await answer.text()).toContain("cannot be reached");
  });
});

test("Buy beyond 200 at once is sent away, and those before it still arrive", async () => {
  let arrive = (_: CurrentCatalogue) => {};
  const waiting = new Promise<CurrentCatalogue>((resolve) => {
    arrive = resolve;
  });
  let asked = 0;
  current = () => {
    asked += 1;
    return waiting;
  };
  const path = "/?module_id=23221&license=1";
  const answers = Array.from({ length: 201 }, () => here.ask(path));
  const away = await Promise.race(answers);
  expect([away.status, away.headers.get("retry-after")]).toEqual([503, "5"]);
  expect(await away.text()).toContain("Too many");
  arrive(good);
  const statuses = (await Promise.all(answers)).map((answer) => answer.status);
  expect(statuses.filter((status) => status === 302)).toHaveLength(200);
  expect(asked).toBe(200);
  expect((await here.ask(path)).status).toBe(302);
});

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`1,000 hostile links all end at one origin or in an answer that echoes nothing (seed ${seed})`, async () => {
  const marker = "x-echo-x";
  const value = fc.oneof(
    fc.constantFrom(
      "%",
      "%zz",
      "%00",
      "%0d%0aLocation:%20//evil",
      "//evil.example",
      "%2f%2fevil",
      "https://evil",
      "<script>",
    ),
    fc.constantFrom("23221", "twin", "1234567", "192.0.2.1", "%F0%9F%98%80", "%FF%FE", "a=b", "[]", "#", "+", "..%2f"),
    fc.string({ unit: "grapheme-ascii", maxLength: 20 }).map(encodeURIComponent),
  );
  const name = fc.constantFrom(
    "module",
    "module_id",
    "license",
    "ip",
    "func",
    "authinfo",
    "out",
    "itemtype",
    "MODULE",
    "",
  );
  const links = fc.array(fc.tuple(name, value, fc.boolean()), { minLength: 1, maxLength: 8 });
  const statuses = new Map<number, number>();
  const property = fc.asyncProperty(links, async (pairs) => {
    const query = pairs.map(([key, text, isMarked]) => `${key}=${isMarked ? marker : ""}${text}`).join("&");
    const answer = await here.ask(`/?${query}`);
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
    const location = answer.headers.get("location");
    if (answer.status === 302) expect(new URL(location ?? "").origin).toBe("https://billing.example.com");
    else expect(location).toBeNull();
    const text = await answer.text();
    expect(text).not.toContain(marker);
    expect(text).not.toContain("<script");
    expect([200, 302, 404, 422]).toContain(answer.status);
  });
  await fc.assert(property, { numRuns: 1_000, seed });
  expect(here.logged).toEqual([]);
  expect(statuses.get(404) ?? 0).toBeGreaterThan(0);
});

test("authinfo is in no answer and in no line of the log, whatever happens", async () => {
  const canary = "user%40example.com:authinfo-canary";
  const states: CatalogueCopy["current"][] = [
    () => good,
    () => null,
    () => {
      throw new Error("read of authinfo-canary failed");
    },
  ];
  for (const state of states) {
    current = state;
    for (const query of [
      list.slice(2),
      "func=nonsense",
      "module=DDoSGUARD&license=1",
      "module=twin&license=1",
      "module=x",
      "",
    ]) {
      for (const answer of [
        await here.ask(`/?authinfo=${canary}&${query}`),
        await here.ask(`/manager/billmgr?${query}`, {
          method: "POST",
          headers: { "content-type": "application/x-www-form-urlencoded" },
          body: `authinfo=${canary}&${query}`,
        }),
      ]) {
        expect(JSON.stringify([...answer.headers]) + (await answer.text())).not.toMatch(/canary|example\.com:/);
      }
    }
  }
  expect(here.logged.length, "the failures were logged").toBeGreaterThan(0);
  expect(JSON.stringify(here.logged)).not.toMatch(/canary|authinfo/);
});
