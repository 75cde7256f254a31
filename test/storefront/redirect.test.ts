// Does Buy lead to the configured cart and nowhere else, by the rules of section 3.2 of the contract?
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Catalogue, ModuleOnSale } from "../../src/storefront/catalog.ts";
import { answerBuy, type BuyRequest } from "../../src/storefront/redirect.ts";

const cart = { whmcsUrl: "https://billing.example.com/whmcs", template: null };

function onSale(productId: number, tariff: string, additionintname: string, change: Partial<ModuleOnSale> = {}) {
  return {
    productId,
    addonId: null,
    tariff,
    name: `Module ${productId}`,
    intname: additionintname,
    additionintname,
    isOutOfStock: false,
    licenceFieldId: productId * 10 + 1,
    ipFieldId: productId * 10 + 2,
    periods: [{ months: 1 as const, cost: "15.0000" }],
    ...change,
  };
}

const catalogue: Catalogue = {
  currency: "EUR",
  currencyId: 2,
  modules: [
    onSale(1, "23221", "DDoSGUARD"),
    onSale(2, "55371", "bitninja", { ipFieldId: null }),
    onSale(3, "700", "drweb"),
    onSale(4, "701", "DrWeb", { isOutOfStock: true }),
  ],
};

function buy(change: Partial<BuyRequest>) {
  const request = { module: null, moduleId: null, licence: "1234567", ip: null, ...change };
  return answerBuy(request, catalogue, cart);
}

const link = (pid: number, fields: string) =>
  `https://billing.example.com/whmcs/cart.php?a=add&pid=${pid}&billingcycle=monthly&currency=2${fields}`;

function addressOf(answer: ReturnType<typeof buy>): string {
  if (answer.kind !== "redirect") throw new Error(`not a redirect: ${answer.kind}`);
  return decodeURIComponent(answer.address);
}

describe("the product is", () => {
  test("the one whose tariff is module_id", () => {
    expect(addressOf(buy({ moduleId: "55371" }))).toBe(link(2, "&customfield[21]=1234567"));
  });
  test("module_id's even when module names another", () => {
    expect(addressOf(buy({ moduleId: "55371", module: "DDoSGUARD" }))).toBe(link(2, "&customfield[21]=1234567"));
  });
  test.each(["999", "x", ""])("module's when module_id is %j, which is not on sale", (moduleId) => {
    expect(addressOf(buy({ moduleId, module: "DDoSGUARD" }))).toBe(link(1, "&customfield[11]=1234567"));
  });
  test.each(["DDoSGUARD", "ddosguard", "DDOSGUARD"])("found by the name %j without regard to case", (module) => {
    expect(addressOf(buy({ module }))).toBe(link(1, "&customfield[11]=1234567"));
  });
  test("still sold from the panel when out of stock", () => {
    expect(addressOf(buy({ moduleId: "701" }))).toBe(link(4, "&customfield[41]=1234567"));
  });
});

test("licence and IP fill their fields, in this order", () => {
  expect(addressOf(buy({ module: "DDoSGUARD", ip: "192.0.2.10" }))).toBe(
    link(1, "&customfield[11]=1234567&customfield[12]=192.0.2.10"),
  );
  expect(addressOf(buy({ module: "DDoSGUARD", ip: "2001:db8::1" }))).toBe(
    link(1, "&customfield[11]=1234567&customfield[12]=2001:db8::1"),
  );
});

test("an IP address without a field, or an empty one, is left out", () => {
  expect(addressOf(buy({ module: "bitninja", ip: "192.0.2.10" }))).toBe(link(2, "&customfield[21]=1234567"));
  expect(addressOf(buy({ module: "DDoSGUARD", ip: "" }))).toBe(link(1, "&customfield[11]=1234567"));
});

test("the order form template is appended", () => {
  const answer = answerBuy({ module: "bitninja", moduleId: null, licence: "1", ip: null }, catalogue, {
    ...cart,
    template: "standard_cart",
  });
  expect(answer).toMatchObject({ kind: "redirect", address: expect.stringMatching(/&carttpl=standard_cart$/) });
});

test("a name that several modules bear is a choice of links", () => {
  expect(buy({ module: "drweb", ip: "192.0.2.10" })).toEqual({
    kind: "choose",
    links: [
      { text: "Module 3", address: expect.stringContaining("pid=3") },
      { text: "Module 4", address: expect.stringContaining("pid=4") },
    ],
  });
});

describe("refused is", () => {
  test.each(["1", "9", "1234567", "9999999999"])("not the licence %j", (licence) => {
    expect(buy({ module: "bitninja", licence }).kind).toBe("redirect");
  });
  test.each([null, "", "0", "01", "12345678901", "12x", "-1", "+1", "1.0", "1 ", " 1", "1\n", "１２", "1e3", "web01"])(
    "the licence %j",
    (licence) => expect(buy({ module: "bitninja", licence })).toEqual({ kind: "bad_licence" }),
  );
  test.each([
    "x",
    "1.2.3",
    "1.2.3.256",
    "192.0.2.10:80",
    "192.0.2.0/24",
    " 192.0.2.10",
    "fe80::1%eth0",
    "::g",
    "192.0.2.10\n",
  ])("the IP address %j", (ip) => {
    expect(buy({ module: "DDoSGUARD", ip })).toEqual({ kind: "bad_ip" });
    expect(buy({ module: "bitninja", ip })).toEqual({ kind: "bad_ip" });
  });
  test.each([{ module: "unknown" }, { moduleId: "999" }, { module: " bitninja" }, { module: "__proto__" }])(
    "the unknown module of %j",
    (asked) => expect(buy(asked)).toEqual({ kind: "unknown_module" }),
  );
  test.each([{}, { module: "" }, { module: "", moduleId: "" }])("a request for nothing, %j", (asked) => {
    expect(buy(asked)).toEqual({ kind: "nothing_asked" });
  });
  test("everything while nothing is on sale", () => {
    const empty = { currency: null, currencyId: null, modules: [] };
    expect(answerBuy({ module: "bitninja", moduleId: null, licence: "1", ip: null }, empty, cart).kind).toBe(
      "unknown_module",
    );
  });
});

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

test(`whatever a link carries, it leads to one origin and one product on sale, or to a page (seed ${seed})`, () => {
  const hostile = fc.oneof(
    fc.constantFrom(
      "//evil.example",
      "https://evil.example/",
      "javascript:alert(1)",
      "1&pid=9",
      "1#",
      "\r\nLocation: x",
    ),
    fc.string({ unit: "binary", maxLength: 30 }),
  );
  const mixed = (...good: string[]) => fc.option(fc.oneof(fc.constantFrom(...good), hostile));
  const modules = mixed("bitninja", "drweb", "DDOSGUARD");
  const request = [
    modules,
    mixed("23221", "55371"),
    mixed("1", "1234567"),
    mixed("192.0.2.10", "::ffff:1.2.3.4"),
  ] as const;
  const kinds = new Map<string, number>();
  const property = fc.property(...request, (module, moduleId, licence, ip) => {
    const answer = answerBuy({ module, moduleId, licence, ip }, catalogue, cart);
    kinds.set(answer.kind, (kinds.get(answer.kind) ?? 0) + 1);
    const links = answer.kind === "redirect" ? [answer] : answer.kind === "choose" ? answer.links : [];
    for (const { address } of links) {
      const url = new URL(address);
      expect([url.origin, url.pathname, url.hash]).toEqual(["https://billing.example.com", "/whmcs/cart.php", ""]);
      expect([...new Set(url.searchParams.keys())]).toHaveLength([...url.searchParams.keys()].length);
      expect(["1", "2", "3", "4"]).toContain(url.searchParams.get("pid"));
      expect(address).toMatch(/^[\x21-\x7e]+$/);
    }
  });
  fc.assert(property, { numRuns: 1_000, seed });
  expect(kinds.get("redirect") ?? 0, "some of the links were good ones").toBeGreaterThan(0);
});

describe("Buy of a product addon", () => {
  const addon = onSale(9, "800", "backup", { licenceFieldId: null, ipFieldId: null });
  const withAddon = { ...catalogue, modules: [...catalogue.modules, { ...addon, productId: null, addonId: 9 }] };
  const request = { module: "backup", moduleId: "800", licence: "1234567", ip: "192.0.2.10" };

  test("leads to the page on which customers add addons to their services, and carries nothing", () => {
    const address = "https://billing.example.com/whmcs/cart.php?gid=addons";
    expect(answerBuy(request, withAddon, cart)).toEqual({ kind: "redirect", address });
    const template = { ...cart, template: "standard_cart" };
    expect(answerBuy(request, withAddon, template)).toEqual({
      kind: "redirect",
      address: `${address}&carttpl=standard_cart`,
    });
  });
  test("still asks for a licence", () => {
    expect(answerBuy({ ...request, licence: null }, withAddon, cart).kind).toBe("bad_licence");
  });
});
