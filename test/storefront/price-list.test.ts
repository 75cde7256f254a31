// Are the bytes of the price list what section 3.1 of the contract shows, whatever a product is called?
import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { describe, expect, test } from "vitest";
import type { Catalogue, ModuleOnSale } from "../../src/storefront/catalog.ts";
import { emptyPriceList, renderPriceList } from "../../src/storefront/price-list.ts";

function moduleOnSale(change: Partial<ModuleOnSale> = {}): ModuleOnSale {
  return {
    productId: 1,
    addonId: null,
    tariff: "23221",
    name: "DDoS-GUARD",
    intname: "DDoSGUARD",
    additionintname: "DDoSGUARD",
    isOutOfStock: false,
    licenceFieldId: 11,
    ipFieldId: null,
    periods: [{ months: 1, cost: "15.0000" }],
    ...change,
  };
}

const catalogueOf = (...modules: ModuleOnSale[]): Catalogue => ({ currency: "USD", currencyId: 1, modules });
const textOf = (document: { bytes: Uint8Array }) => Buffer.from(document.bytes).toString("utf8");
const xmlOf = (...modules: ModuleOnSale[]) => textOf(renderPriceList(catalogueOf(...modules)).all.xml);

test("one module is the document of the contract, byte for byte", () => {
  expect(xmlOf(moduleOnSale())).toBe(
    "<doc><pricelist><id>23221</id><name>DDoS-GUARD</name><intname>DDoSGUARD</intname>" +
      "<additionintname>DDoSGUARD</additionintname>" +
      '<price currency="USD"><period cost="15.0000" type="month" length="1">monthly</period></price></pricelist></doc>',
  );
});

test("each period has its length in months and its text", () => {
  const periods: ModuleOnSale["periods"] = [
    { months: 1, cost: "1.0000" },
    { months: 6, cost: "6.0000" },
    { months: 12, cost: "12.0000" },
  ];
  expect(xmlOf(moduleOnSale({ periods }))).toContain(
    '<period cost="1.0000" type="month" length="1">monthly</period>' +
      '<period cost="6.0000" type="month" length="6">semiannually</period>' +
      '<period cost="12.0000" type="month" length="12">annually</period></price>',
  );
});

test("the JSON has BILLmanager's shape, with arrays for one module and one period too", () => {
  expect(JSON.parse(textOf(renderPriceList(catalogueOf(moduleOnSale())).all.json))).toEqual({
    doc: {
      pricelist: [
        {
          id: { $: "23221" },
          name: { $: "DDoS-GUARD" },
          intname: { $: "DDoSGUARD" },
          additionintname: { $: "DDoSGUARD" },
          price: { $currency: "USD", period: [{ $cost: "15.0000", $type: "month", $length: "1", $: "monthly" }] },
        },
      ],
    },
  });
});

test("nothing on sale is an empty document", () => {
  const nothing = renderPriceList(catalogueOf()).all;
  expect([textOf(nothing.xml), textOf(emptyPriceList.xml)]).toEqual(["<doc/>", "<doc/>"]);
  expect(textOf(nothing.json)).toBe('{"doc":{"pricelist":[]}}');
});

test("a product out of stock is missing from the available ones only", () => {
  const { all, available } = renderPriceList(
    catalogueOf(moduleOnSale(), moduleOnSale({ tariff: "7", isOutOfStock: true })),
  );
  expect(textOf(all.xml)).toContain("<id>7</id>");
  expect(textOf(available.xml)).not.toContain("<id>7</id>");
  expect(textOf(available.xml)).toContain("<id>23221</id>");
  expect(JSON.parse(textOf(available.json)).doc.pricelist).toHaveLength(1);
});

test("the tag changes with the bytes and only with them", () => {
  const tag = (cost: string) =>
    renderPriceList(catalogueOf(moduleOnSale({ periods: [{ months: 1, cost }] }))).all.xml.etag;
  expect(tag("15.0000")).toBe(tag("15.0000"));
  expect(tag("15.0000")).not.toBe(tag("15.0100"));
});

describe("whatever a product is called", () => {
  const nasty = fc.string({
    unit: fc.oneof(
      fc.constantFrom(
        "<",
        ">",
        "&",
        '"',
        "'",
        "]]>",
        "<!--",
        "-->",
        "<![CDATA[",
        "&amp;",
        "&#0;",
        "<?",
        "\\",
        "$",
        "__proto__",
      ),
      fc.constantFrom(
        "\u0000",
        "\u0008",
        "\u000b",
        "\u001f",
        "\u007f",
        "\ufffe",
        "\uffff",
        "\ud800",
        "\udc00",
        "\t",
        "\n",
        "\r",
      ),
      fc.string({ unit: "binary", maxLength: 3 }),
      fc.string({ unit: "grapheme", maxLength: 3 }),
    ),
    maxLength: 20,
  });
  const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31));

  /** The XML 1.0 production Char, written out another way than the code under test. */
  const isLegal = (character: string) => {
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
    return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
  };
  const legalPart = (text: string) => [...text].filter(isLegal).join("");

  test(`the document is well formed and gives the name back without its forbidden characters (seed ${seed})`, () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      parseTagValue: false,
      parseAttributeValue: false,
      trimValues: false,
      attributeNamePrefix: "@",
      textNodeName: "text",
    });
    const property = fc.property(nasty, nasty, (name, intname) => {
      const module = moduleOnSale({ name, intname, additionintname: `m${name}` });
      const { xml, json } = renderPriceList(catalogueOf(module)).all;
      const text = textOf(xml);
      expect(XMLValidator.validate(text)).toBe(true);
      expect([...text].every(isLegal)).toBe(true);
      const read = parser.parse(text).doc.pricelist;
      const lineEnds = (value: string) => value.replace(/\r\n?/g, "\n");
      expect(lineEnds(read.name ?? "")).toBe(lineEnds(legalPart(name)));
      expect(lineEnds(read.intname ?? "")).toBe(lineEnds(legalPart(intname)));
      expect(read.price.period["@cost"]).toBe("15.0000");
      expect(JSON.parse(textOf(json)).doc.pricelist[0].name.$).toBe(legalPart(name));
    });
    fc.assert(property, { numRuns: 1_000, seed });
  });
});
