// Does the catalogue hold exactly what section 3.1 of the contract puts on sale?
import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { buildCatalogue, catalogueSchema, type SaleProblem } from "../../src/storefront/catalog.ts";
import type { ProductRow } from "../../src/whmcs/catalog-rows.ts";
import type { PriceRow } from "../../src/whmcs/values.ts";
import { catalogRows, priceRow, productRow } from "./rows.ts";

function offer(product: Partial<ProductRow>, price: Partial<PriceRow> = {}, currency: string | null = null) {
  const { catalogue, reports } = buildCatalogue(
    catalogRows({ products: [productRow(product)], prices: [priceRow(price)] }),
    currency,
  );
  return { module: catalogue.modules[0] ?? null, problems: reports[0]?.problems, isOnSale: reports[0]?.isOnSale };
}

const option = (number: 1 | 2 | 3 | 5, value: string) =>
  productRow().options.map((text, index) => (index === number - 1 ? value : text));

test("a sound product is on sale with tariff, names, fields and its monthly cost in four places", () => {
  expect(offer({})).toEqual({
    module: {
      productId: 1,
      addonId: null,
      tariff: "23221",
      name: "DDoS-GUARD",
      intname: "DDoSGUARD",
      additionintname: "DDoSGUARD",
      isOutOfStock: false,
      licenceFieldId: 11,
      ipFieldId: 12,
      periods: [{ months: 1, cost: "15.0000" }],
    },
    problems: [],
    isOnSale: true,
  });
});

describe("off sale is", () => {
  const cases: [string, SaleProblem, Partial<ProductRow>, Partial<PriceRow>][] = [
    ["a tariff with letters", "bad_tariff", { options: option(1, "x23221") }, {}],
    ["an empty tariff", "bad_tariff", { options: option(1, "") }, {}],
    ["a tariff in other digits", "bad_tariff", { options: option(1, "٢٣") }, {}],
    ["no additionintname", "missing_additionintname", { options: option(2, "") }, {}],
    ["an additionintname of forbidden characters", "missing_additionintname", { options: option(2, "\u0001 ") }, {}],
    ["no licence field", "missing_licence_field", { licenceFieldId: null }, {}],
    ["configoption5 no", "not_sold_in_panel", { options: option(5, "no") }, {}],
    ["configoption5 NO", "not_sold_in_panel", { options: option(5, "NO") }, {}],
    ["a retired product", "retired", { isRetired: true }, {}],
    ["a free product type", "not_recurring", { payType: "free" }, {}],
    ["a one-time product", "not_recurring", { payType: "onetime" }, {}],
    ["no price row in the currency", "missing_price", {}, { currencyId: 2 }],
    ["no price row of the product", "missing_price", {}, { relid: 2 }],
    ["a monthly cycle that is not offered", "missing_price", {}, { monthly: "-1.00", annually: "99.00" }],
    ["a price that is no number", "missing_price", {}, { monthly: "fifteen" }],
    ["a price of nothing", "price_not_positive", {}, { monthly: "0.00" }],
    ["a price with more than four places", "unreadable_price", {}, { monthly: "1.00001" }],
  ];
  test.each(cases)("%s (%s)", (_what, problem, product, price) => {
    expect(offer(product, price)).toEqual({ module: null, problems: [problem], isOnSale: false });
  });

  test("everything, when WHMCS does not have the export currency", () => {
    expect(offer({}, {}, "GBP")).toMatchObject({ module: null, problems: ["missing_currency"] });
    expect(buildCatalogue(catalogRows({ currencies: [] }), null).catalogue).toEqual({
      currency: null,
      currencyId: null,
      modules: [],
    });
  });
});

describe("on sale stay", () => {
  test("a hidden product", () => expect(offer({ isHidden: true }).isOnSale).toBe(true));
  test("a product out of stock, marked as such", () =>
    expect(offer({ isOutOfStock: true }).module).toMatchObject({ isOutOfStock: true }));
  test.each(["", "yes", "YES", "whatever"])("configoption5 %j", (value) =>
    expect(offer({ options: option(5, value) }).isOnSale).toBe(true),
  );
  test.each(["free", "Free"])("a price of nothing with configoption5 %j", (value) =>
    expect(offer({ options: option(5, value) }, { monthly: "0.00" }).module?.periods).toEqual([
      { months: 1, cost: "0.0000" },
    ]),
  );
  test("a product without an IP field", () => expect(offer({ ipFieldId: null }).isOnSale).toBe(true));
});

test("intname is configoption3 where it is set", () => {
  expect(offer({ options: option(3, "guard") }).module).toMatchObject({
    intname: "guard",
    additionintname: "DDoSGUARD",
  });
});

test("periods are the enabled cycles of 1, 6 and 12 months, each above nothing unless free", () => {
  const prices = { quarterly: "40.00", semiannually: "80.10", annually: "0.00", biennially: "300.00" };
  expect(offer({}, prices).module?.periods).toEqual([
    { months: 1, cost: "15.0000" },
    { months: 6, cost: "80.1000" },
  ]);
  expect(offer({ options: option(5, "free") }, prices).module?.periods).toEqual([
    { months: 1, cost: "15.0000" },
    { months: 6, cost: "80.1000" },
    { months: 12, cost: "0.0000" },
  ]);
});

test("a great price keeps every digit", () => {
  expect(offer({}, { monthly: "99999999999999.99" }).module?.periods[0]?.cost).toBe("99999999999999.9900");
});

test("of duplicate price rows the highest id counts, in whatever order they come", () => {
  const duplicates = [priceRow({ id: 7, monthly: "7.00" }), priceRow({ id: 9, monthly: "9.00" }), priceRow({ id: 8 })];
  const { catalogue } = buildCatalogue(catalogRows({ prices: duplicates }), null);
  expect(catalogue.modules[0]?.periods).toEqual([{ months: 1, cost: "9.0000" }]);
});

test("prices are those of the asked currency, by its code in any case", () => {
  const prices = [priceRow(), priceRow({ id: 2, currencyId: 2, monthly: "12.00" })];
  const { catalogue } = buildCatalogue(catalogRows({ prices }), "eur");
  expect(catalogue).toMatchObject({ currency: "EUR", currencyId: 2, modules: [{ periods: [{ cost: "12.0000" }] }] });
});

describe("of two products with one tariff", () => {
  const soldOf = (...products: Partial<ProductRow>[]) => {
    const rows = products.map((product) => productRow(product));
    const prices = rows.map((product) => priceRow({ id: product.id, type: product.kind, relid: product.id }));
    const { catalogue, reports } = buildCatalogue(catalogRows({ products: rows, prices }), null);
    return {
      sold: catalogue.modules.map((module) => module.productId ?? `addon ${module.addonId}`),
      clashes: reports.filter((report) => report.problems.includes("tariff_clash")).map((report) => report.product.id),
    };
  };

  test("the higher id is sold and the other is reported", () => {
    expect(soldOf({ id: 1 }, { id: 2 })).toEqual({ sold: [2], clashes: [1] });
    expect(soldOf({ id: 2 }, { id: 1 })).toEqual({ sold: [2], clashes: [1] });
  });
  test("a visible one beats a hidden one of a higher id", () => {
    expect(soldOf({ id: 1 }, { id: 2, isHidden: true })).toEqual({ sold: [1], clashes: [2] });
  });
  test("of two hidden ones the higher id is sold", () => {
    expect(soldOf({ id: 1, isHidden: true }, { id: 2, isHidden: true })).toEqual({ sold: [2], clashes: [1] });
  });
  test("a product, though hidden, beats an addon of a higher id, because Buy can fill in its order", () => {
    const [product, addon] = [{ id: 1, isHidden: true }, { kind: "addon", id: 2 } as const];
    expect(soldOf(product, addon)).toEqual({ sold: [1], clashes: [2] });
    expect(soldOf(addon, product)).toEqual({ sold: [1], clashes: [2] });
    expect(soldOf(addon, { kind: "addon", id: 3, isHidden: true })).toEqual({ sold: ["addon 2"], clashes: [3] });
  });
  test("one that is off sale anyway does not compete", () => {
    expect(soldOf({ id: 1 }, { id: 2, licenceFieldId: null }, { id: 3, isRetired: true })).toEqual({
      sold: [1],
      clashes: [],
    });
  });
});

test("modules are ordered by product id", () => {
  const products = [3, 1, 2].map((id) => productRow({ id, options: [String(id), `m${id}`, "", "", "", ""] }));
  const prices = products.map(({ id }) => priceRow({ id, relid: id }));
  const { catalogue } = buildCatalogue(catalogRows({ products, prices }), null);
  expect(catalogue.modules.map((module) => module.productId)).toEqual([1, 2, 3]);
});

describe("a product addon", () => {
  const addon = (change: Partial<ProductRow> = {}) =>
    productRow({ kind: "addon", licenceFieldId: null, ipFieldId: null, takesLicenceOfService: true, ...change });
  const build = (change: Partial<ProductRow> = {}) => {
    const prices = [priceRow({ id: 1, type: "addon", monthly: "14.00" }), priceRow({ id: 2, monthly: "99.00" })];
    return buildCatalogue(catalogRows({ products: [addon(change)], prices }), null);
  };

  test("is sold at its own price, not at that of the product with its number", () => {
    const [module] = build().catalogue.modules;
    expect(module).toMatchObject({ productId: null, addonId: 1, licenceFieldId: null, periods: [{ cost: "14.0000" }] });
  });
  test("without a field for the licence is off sale unless each of its services has one", () => {
    expect(build({ takesLicenceOfService: false }).reports[0]?.problems).toEqual(["missing_licence_field"]);
    expect(build({ takesLicenceOfService: false, licenceFieldId: 5 }).reports[0]?.problems).toEqual([]);
  });
  test("stands behind the products, whatever its number", () => {
    const products = [addon({ id: 1, options: ["1", "a"] }), productRow({ id: 2, options: ["2", "b"] })];
    const prices = [priceRow({ id: 1, type: "addon", relid: 1 }), priceRow({ id: 2, relid: 2 })];
    const { catalogue } = buildCatalogue(catalogRows({ products, prices }), null);
    expect(catalogue.modules.map(({ productId, addonId }) => [productId, addonId])).toEqual([
      [2, null],
      [null, 1],
    ]);
  });
});

test("a catalogue that was kept before addons were sold is still understood", () => {
  const { catalogue } = buildCatalogue(catalogRows(), null);
  const modules = catalogue.modules.map(({ addonId: _unheard, ...module }) => module);
  expect(v.parse(catalogueSchema, { ...catalogue, modules })).toEqual(catalogue);
});

test("a catalogue survives JSON and its own schema", () => {
  const { catalogue } = buildCatalogue(catalogRows(), null);
  expect(v.parse(catalogueSchema, JSON.parse(JSON.stringify(catalogue)))).toEqual(catalogue);
});
