// What bytes does a panel get that asks for the price list?
import { createHash } from "node:crypto";
import { XMLBuilder } from "fast-xml-parser";
import type { Catalogue, ModuleOnSale } from "./catalog.ts";
import { dropForbiddenCharacters } from "./xml-text.ts";

export type OutputFormat = "xml" | "json";

/** One finished answer: the bytes and the headers that go with them, `etag` among them. */
export interface PriceDocument {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly etag: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface PriceDocuments {
  readonly all: Readonly<Record<OutputFormat, PriceDocument>>;
  /** Without the products that are out of stock. */
  readonly available: Readonly<Record<OutputFormat, PriceDocument>>;
}

export const contentTypes: Readonly<Record<OutputFormat, string>> = {
  xml: "application/xml; charset=utf-8",
  json: "application/json; charset=utf-8",
};

const periodTexts = { 1: "monthly", 6: "semiannually", 12: "annually" } as const;

/** BILLmanager's JSON names attributes `$name` and text `$`; the same object builds the XML. */
const xmlBuilder = new XMLBuilder({
  ignoreAttributes: false,
  attributeNamePrefix: "$",
  textNodeName: "$",
  suppressEmptyNode: true,
});

/** Renders all variants of the price list once, to be sent many times. */
export function renderPriceList(catalogue: Catalogue): PriceDocuments {
  return {
    all: renderBoth(catalogue.modules, catalogue.currency),
    available: renderBoth(
      catalogue.modules.filter((module) => !module.isOutOfStock),
      catalogue.currency,
    ),
  };
}

/** The answer for a kind of item that is not sold here. */
export const emptyPriceList: Readonly<Record<OutputFormat, PriceDocument>> = renderBoth([], null);

function renderBoth(modules: readonly ModuleOnSale[], currency: string | null): Record<OutputFormat, PriceDocument> {
  const content = { pricelist: modules.map((module) => toElement(module, currency ?? "")) };
  return { xml: toDocument("xml", renderXml(content)), json: toDocument("json", renderJson(content)) };
}

/** A BILLmanager document with this content; arrays repeat their element, an empty one leaves `<doc/>`. */
export function renderXml(content: Readonly<Record<string, unknown>>): string {
  return xmlBuilder.build({ doc: content }).replace(/^<doc><\/doc>$/, "<doc/>");
}

/** The same document in BILLmanager's JSON shape. */
export function renderJson(content: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ doc: content });
}

function toElement(module: ModuleOnSale, currency: string) {
  const text = (value: string) => ({ $: dropForbiddenCharacters(value) });
  return {
    id: text(module.tariff),
    name: text(module.name),
    intname: text(module.intname),
    additionintname: text(module.additionintname),
    price: {
      $currency: dropForbiddenCharacters(currency),
      period: module.periods.map(({ months, cost }) => ({
        $cost: cost,
        $type: "month",
        $length: String(months),
        $: periodTexts[months],
      })),
    },
  };
}

function toDocument(format: OutputFormat, text: string): PriceDocument {
  const bytes = new Uint8Array(Buffer.from(text, "utf8"));
  const etag = `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 27)}"`;
  return {
    bytes,
    etag,
    headers: {
      "content-type": contentTypes[format],
      "content-length": String(bytes.length),
      "cache-control": "public, max-age=5",
      "x-content-type-options": "nosniff",
      etag,
    },
  };
}
