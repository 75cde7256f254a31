// How does a request of a panel or of a customer's browser become an answer?
import type { AccountPicture } from "../purchases/account-lists.ts";
import type { CartSettings } from "../whmcs/cart.ts";
import type { Catalogue } from "./catalog.ts";
import type { CatalogueCopy, CurrentCatalogue } from "./copy.ts";
import { chooseLanguage, type Language } from "./languages.ts";
import { type PageName, pageHeaders, renderPage } from "./pages.ts";
import {
  contentTypes,
  emptyPriceList,
  type OutputFormat,
  type PriceDocument,
  renderJson,
  renderXml,
} from "./price-list.ts";
import { answerBuy, type BuyAnswer, type BuyRequest } from "./redirect.ts";

/** One request, whatever its method: `parameter` gives the first value of that name, or null. */
export interface StorefrontRequest {
  readonly parameter: (name: string) => string | null;
  readonly header: (name: string) => string | undefined;
  /** A GET or HEAD, so that `If-None-Match` counts. */
  readonly isConditional: boolean;
}

export interface StorefrontParts {
  readonly copy: CatalogueCopy;
  readonly cart: CartSettings;
  /** What the account has, within 2 s; null when nobody can say, or while it must not be asked. Never rejects. */
  readonly readAccount: () => Promise<AccountPicture | null>;
}

export type Storefront = (request: StorefrontRequest) => Response | Promise<Response>;

/** Buy waits only while catalogue and account are read anew, at most 2 s each; more than this many at once are sent away. */
const buysAtOnce = 200;
const retryAfterSeconds = "5";
const staleWarning = '110 - "Response is Stale"';

/** Answers the price list, Buy, and everything else that comes to their paths. Parameters not named here are never read. */
export function createStorefront({ copy, cart, readAccount }: StorefrontParts): Storefront {
  let buys = 0;

  async function buy(request: StorefrontRequest): Promise<Response> {
    const language = chooseLanguage(request.header("accept-language"));
    if (buys >= buysAtOnce) return page("busy", { status: 503, language });
    buys += 1;
    try {
      return await toResponse(request, await copy.current(), language);
    } finally {
      buys -= 1;
    }
  }

  async function toResponse(
    request: StorefrontRequest,
    current: CurrentCatalogue | null,
    language: Language,
  ): Promise<Response> {
    if (current === null) return page("no_catalogue", { status: 503, language });
    const asked = {
      module: request.parameter("module"),
      moduleId: request.parameter("module_id"),
      licence: request.parameter("license"),
      ip: request.parameter("ip"),
    };
    const answer = await decideBuy(asked, current.catalogue);
    switch (answer.kind) {
      case "redirect":
        return redirectTo(answer.address);
      case "choose":
        return htmlResponse(await renderPage("choose_module", language, { links: answer.links }), 200);
      case "nothing_asked":
      case "unknown_module":
        return page(answer.kind, { status: 404, language });
      case "bad_licence":
      case "bad_ip":
      case "unfit_licence":
        return page(answer.kind, { status: 422, language });
    }
  }

  /** The account is asked only for what would lead to the cart. */
  async function decideBuy(asked: BuyRequest, catalogue: Catalogue): Promise<BuyAnswer> {
    const answer = answerBuy(asked, catalogue, cart);
    if (answer.kind !== "redirect" && answer.kind !== "choose") return answer;
    return answerBuy(asked, catalogue, { ...cart, account: await readAccount() });
  }

  return (request) => {
    const func = request.parameter("func");
    if (func === "pricelist.export") return answerPriceList(request, copy);
    if (func) return unknownFunction(formatOf(request));
    const isBuy = request.parameter("module") || request.parameter("module_id");
    return isBuy ? buy(request) : nothingAsked(request);
  };
}

function answerPriceList(request: StorefrontRequest, copy: CatalogueCopy): Response | Promise<Response> {
  const itemType = request.parameter("itemtype");
  const format = formatOf(request);
  if (itemType !== null && itemType !== "addition") return sendDocument(request, emptyPriceList[format], false);
  const current = copy.current();
  return current instanceof Promise
    ? current.then((later) => sendPriceList(request, later, format))
    : sendPriceList(request, current, format);
}

function sendPriceList(request: StorefrontRequest, current: CurrentCatalogue | null, format: OutputFormat): Response {
  if (current === null) {
    return errorDocument(format, {
      status: 503,
      type: "unavailable",
      object: "pricelist",
      message: "The price list cannot be read now",
    });
  }
  const { all, available } = current.documents;
  const documents = request.parameter("onlyavailable") === "on" ? available : all;
  return sendDocument(request, documents[format], current.isStale);
}

function sendDocument(request: StorefrontRequest, document: PriceDocument, isStale: boolean): Response {
  const known = request.isConditional ? request.header("if-none-match") : undefined;
  const warned = isStale ? { ...document.headers, warning: staleWarning } : document.headers;
  if (known === undefined || !namesTag(known, document.etag)) return new Response(document.bytes, { headers: warned });
  const { "content-type": _type, "content-length": _length, ...kept } = warned;
  return new Response(null, { status: 304, headers: kept });
}

/** The weak comparison of RFC 9110, section 13.1.2. */
function namesTag(header: string, etag: string): boolean {
  return header.split(",").some((tag) => ["*", etag].includes(tag.trim().replace(/^W\//, "")));
}

function formatOf(request: StorefrontRequest): OutputFormat {
  return request.parameter("out") === "json" ? "json" : "xml";
}

function unknownFunction(format: OutputFormat): Response {
  return errorDocument(format, { status: 404, type: "missed", object: "func", message: "Unknown function" });
}

/** An error as BILLmanager words it; none of it comes from the request. */
function errorDocument(
  format: OutputFormat,
  error: { status: number; type: string; object: string; message: string },
): Response {
  const { status, type, object, message } = error;
  const content = { error: { $type: type, $object: object, $lang: "en", msg: { $: message } } };
  return new Response(format === "json" ? renderJson(content) : renderXml(content), {
    status,
    headers: {
      "content-type": contentTypes[format],
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(status === 503 ? { "retry-after": retryAfterSeconds } : {}),
    },
  });
}

function redirectTo(address: string): Response {
  return new Response(null, {
    status: 302,
    headers: {
      location: address,
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
    },
  });
}

function nothingAsked(request: StorefrontRequest): Promise<Response> {
  return page("nothing_asked", { status: 404, language: chooseLanguage(request.header("accept-language")) });
}

/** A page as a response; 503 says when to come back. `number` stands after the advice, for support. */
export async function page(
  name: PageName,
  { status, language, number }: { status: number; language: Language; number?: string },
): Promise<Response> {
  return htmlResponse(await renderPage(name, language, number === undefined ? {} : { number }), status);
}

function htmlResponse(text: string, status: number): Response {
  const retry = status === 503 ? { "retry-after": retryAfterSeconds } : {};
  return new Response(text, { status, headers: { ...pageHeaders, ...retry } });
}
