// Is a customer who presses Buy told before paying that the module could not work, and sent to the cart whenever nobody knows?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createAccountLists } from "../../src/purchases/account-lists.ts";
import { buildCatalogue } from "../../src/storefront/catalog.ts";
import { type Stage, type StageOptions, useStages } from "../purchases/stage.ts";
import { createTestClock, type TestClock } from "../webhook/clock.ts";
import { copyOf, type PublicServer, startPublicServer } from "./public-server.ts";
import { catalogRows, priceRow, productRow } from "./rows.ts";

const products = [
  productRow({ id: 1 }),
  productRow({ id: 2, options: ["55361", "drweb", "", "", "", ""] }),
  productRow({ id: 3, options: ["55362", "drweb", "", "", "", ""] }),
  productRow({ id: 4, options: ["55363", "drweb", "", "", "", ""] }),
];
const prices = products.map(({ id }) => priceRow({ id, relid: id }));
const { catalogue } = buildCatalogue(catalogRows({ products, prices }), null);

const raise = useStages();
let stage: Stage;
let here: PublicServer;
let clock: TestClock;

async function begin(options: StageOptions = {}): Promise<void> {
  stage = await raise(options);
  clock = createTestClock("2026-11-23T10:00:00Z");
  const { picture } = createAccountLists({ ...stage.engine, clock });
  here = await startPublicServer({ copy: copyOf(catalogue), readAccount: picture });
}
beforeEach(() => begin());
afterEach(() => here.stop());

const mine = "module_id=23221&license=1234567&ip=192.0.2.10";
const toCart = "https://billing.example.com/cart.php?a=add&pid=";
const press = async (query: string, language = "en") => {
  const answer = await here.ask(`/?${query}`, { headers: { "accept-language": language } });
  return {
    status: answer.status,
    headers: answer.headers,
    to: answer.headers.get("location"),
    text: await answer.text(),
  };
};
const expectCart = async (query: string, productId = 1) =>
  expect(await press(query)).toMatchObject({ status: 302, to: expect.stringContaining(`${toCart}${productId}&`) });
const asked = (func: string) => stage.account.requests(func).length;

describe("a licence that certainly cannot carry the module", () => {
  beforeEach(() => {
    stage.account.addLicence({ id: "31", status: 3 });
    stage.account.addLicence({ id: "32", status: 4 });
    stage.account.set({ deletedRows: "shown" });
  });

  it("leads to one and the same page, whichever way it is unfit, in the customer's language", async () => {
    const queries = [
      "module_id=23221&license=7654321&ip=192.0.2.10",
      "module_id=23221&license=31",
      "module_id=23221&license=32",
      "module_id=23221&license=1234567&ip=192.0.2.99",
      "module_id=23221&license=1234567&ip=2001:db8::1",
      "module_id=55361&license=1234567&ip=192.0.2.10",
      "module_id=55363&license=1234567",
    ];
    for (const [language, words] of [
      ["en", "ask your provider"],
      ["ru-RU", "узнайте у своего провайдера"],
    ] as const) {
      const answers = await Promise.all(queries.map((query) => press(query, language)));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
      expect(answers.map(({ status }) => status)).toEqual(queries.map(() => 422));
      const [{ text, headers } = { text: "", headers: new Headers() }] = answers;
      expect(text).toContain(words);
      expect(text).not.toMatch(/7654321|1234567|192\.0\.2/);
      expect(headers.get("cache-control")).toBe("no-store");
    }
  });

  it("may be bought for a minute later, when what stood in the way is gone", async () => {
    expect((await press("module_id=23221&license=31")).status).toBe(422);
    stage.account.changeLicence("31", { status: 2 });
    expect((await press("module_id=23221&license=31")).status).toBe(422);
    clock.pass(60_001);
    await expectCart("module_id=23221&license=31");
  });

  it("leaves of several modules of one name the one that fits it", async () => {
    await expectCart("module=drweb&license=1234567", 3);
    await expectCart("module=drweb&license=1234570", 4);
  });
});

describe("nothing is held against a licence", () => {
  it.each([
    ["whose address is spelled in another way", { ip: "::FFFF:192.0.2.10" }, "&ip=192.0.2.10"],
    ["of several addresses, one of them the asked one", { ip: "192.0.2.7, 192.0.2.10" }, "&ip=192.0.2.10"],
    ["of which the account shows no address", { ip: "" }, "&ip=192.0.2.10"],
    ["when the panel names no address", {}, ""],
  ])("%s", async (_, change, ip) => {
    stage.account.changeLicence("1234567", change);
    await expectCart(`module_id=23221&license=1234567${ip}`);
  });
});

describe("a module that the licence has already", () => {
  const has = (rest: object = {}) => stage.account.addForeignModule({ licence: "1234567", tariff: "23221", ...rest });

  it("leads into the client area, with nothing of the link in the address", async () => {
    has();
    const answer = await press(mine);
    expect([answer.status, answer.to]).toEqual([302, "https://billing.example.com/clientarea.php"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it.each([
    ["deleted", { status: 4 }, { status: "code", deletedRows: "shown" }],
    ["of a status that only people can read", { status: 3 }, { status: "text" }],
    ["of another tariff", { tariff: "55371" }, {}],
    ["of another licence", { licence: "1234568" }, {}],
  ] as const)("is none when it is %s", async (_, rest, variants) => {
    stage.account.set(variants);
    has(rest);
    await expectCart(mine);
  });

  it("is not looked for in vain where the account names licence and tariff by text", async () => {
    stage.account.set({ item: "licence-name", pricelist: "name" });
    has();
    expect((await press(mine)).to).toBe("https://billing.example.com/clientarea.php");
  });
});

describe("a customer still reaches the cart", () => {
  const unknown = "module_id=23221&license=7654321";

  it("while buying is off, and the account is not asked at all", async () => {
    await here.stop();
    await begin({ isBuying: false });
    await expectCart(unknown);
    expect(stage.account.requests()).toEqual([]);
  });

  it("while the account refuses connections, and after that waits for nobody for a while", async () => {
    await stage.account.refuseConnections();
    await expectCart(unknown);
    await stage.account.acceptConnections();
    await expectCart(unknown);
    expect(stage.account.requests()).toEqual([]);
    clock.pass(5_000);
    expect((await press(unknown)).status).toBe(422);
  });

  it.each([
    ["refuses its licences", { kind: "refused", type: "access" }],
    ["gives half a list of them", { kind: "missing-rows" }],
    ["answers nonsense", { kind: "bad-gateway" }],
  ] as const)("while the account %s", async (_, fault) => {
    const armed = stage.account.arm({ func: "soft", fault, times: 9 });
    await expectCart(unknown);
    expect(armed.fired()).toBeGreaterThan(0);
  });

  it("after two seconds when the account hangs", async () => {
    const armed = stage.account.arm({ func: "soft", fault: { kind: "hang" } });
    const answer = press(unknown);
    await armed.reached;
    clock.pass(2_000);
    expect(await answer).toMatchObject({ status: 302, to: expect.stringContaining(toCart) });
    armed.release();
  });

  it("of a module that nobody can say the licence has, and is still refused an unfit licence", async () => {
    stage.account.addForeignModule({ licence: "1234567", tariff: "23221" });
    const armed = stage.account.arm({ func: "addition", fault: { kind: "bad-gateway" }, times: 9 });
    await expectCart(mine);
    expect([(await press(unknown)).status, armed.fired() > 0]).toEqual([422, true]);
  });
});

it("however many unknown licences are tried, the account is asked once a minute", async () => {
  for (let round = 0; round < 2; round++) {
    const tries = Array.from({ length: 60 }, (_, n) => press(`module_id=23221&license=${8_000_000 + n}`));
    expect((await Promise.all(tries)).map(({ status }) => status)).toEqual(tries.map(() => 422));
    expect([asked("soft"), asked("addition"), asked("pricelist.export")]).toEqual([1, 1, 1].map((n) => n + round));
    clock.pass(60_001);
  }
});

it.each([
  ["module_id=23221", 422],
  ["module_id=23221&license=0", 422],
  ["module_id=23221&license=1234567&ip=x", 422],
  ["module=nope&license=1234567", 404],
  ["license=1234567", 404],
])("what is malformed is answered as ever, and the account is not asked: %s", async (query, status) => {
  const answer = await press(query);
  expect([answer.status, stage.account.requests()]).toEqual([status, []]);
  expect(answer.text).not.toContain("cannot be added to this licence");
});
