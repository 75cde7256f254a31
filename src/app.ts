// What does the public listener serve? The one place where an error becomes an HTTP response.
import { randomUUID } from "node:crypto";
import type { HttpBindings } from "@hono/node-server";
import { type Context, Hono } from "hono";
import type { Clock } from "./clock.ts";
import { RequestError } from "./errors.ts";
import { describeError, type Log } from "./log.ts";
import { page, type Storefront } from "./storefront/answer.ts";
import { chooseLanguage } from "./storefront/languages.ts";
import { readBody } from "./webhook/body.ts";

export interface PublicParts {
  readonly storefront: Storefront;
  /** Handles every method on `/webhooks/whmcs`. */
  readonly receive: (c: Context) => Promise<Response>;
  /** Handles every method below `/whmcs/`. */
  readonly answerCall: (c: Context) => Promise<Response>;
  /** Both databases answer and migrations are applied. A rejection counts as no. */
  readonly isReady: () => Promise<boolean>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Panels append their parameters to one of these, depending on their age and settings. */
const storefrontPaths = ["/", "/billmgr", "/manager/billmgr"];
const formLimits = { maximumBytes: 16 * 1024, timeoutMs: 5_000 };
const plainHeaders = { "cache-control": "no-store", "x-content-type-options": "nosniff" };

/** The public app. No middleware runs before the price list, which is answered from memory. */
export function createPublicApp(parts: PublicParts): Hono {
  const app = new Hono();

  // One handler per path: with a second one that could match, Hono answers a GET only after several promises.
  for (const path of storefrontPaths) app.all(path, (c) => answerStorefront(c, parts));
  app.all("/webhooks/whmcs", async (c) => {
    const answer = await parts.receive(c);
    answer.headers.set("x-content-type-options", "nosniff");
    return answer;
  });
  app.all("/whmcs/*", async (c) => {
    const answer = await parts.answerCall(c);
    for (const [name, value] of Object.entries(plainHeaders)) answer.headers.set(name, value);
    return answer;
  });
  app.get("/healthz", (c) => c.text("ok\n", 200, plainHeaders));
  app.get("/readyz", async (c) => {
    const isReady = await parts.isReady().catch(() => false);
    return c.body(null, isReady ? 200 : 503, plainHeaders);
  });
  app.notFound((c) => page("nothing_asked", { status: 404, language: languageOf(c) }));
  app.onError((error, c) => answerFailure(error, c, parts.log));
  return app;
}

function answerStorefront(c: Context, parts: PublicParts): Response | Promise<Response> {
  const header = (name: string) => readHeader(c, name);
  switch (c.req.method) {
    case "GET":
    case "HEAD":
      return parts.storefront({ header, isConditional: true, parameter: (name) => c.req.query(name) ?? null });
    case "POST":
      return readForm(c, parts.clock).then((form) => {
        const parameter = (name: string) => form.get(name) ?? c.req.query(name) ?? null;
        return parts.storefront({ header, isConditional: false, parameter });
      });
    default:
      return wrongMethod(c);
  }
}

/** From Node's own request where there is one: building a `Headers` object costs as much as the rest of a cached answer. */
function readHeader(c: Context, name: string): string | undefined {
  const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
  if (incoming === undefined) return c.req.header(name);
  const value = incoming.headers[name];
  return Array.isArray(value) ? value.join(", ") : value;
}

/** The fields of a form body; a body of another type counts as empty, because its parameters may stand in the address. */
async function readForm(c: Context, clock: Clock): Promise<ReadonlyMap<string, string>> {
  const type = c.req.header("content-type") ?? "";
  if (!/^\s*(application\/x-www-form-urlencoded|multipart\/form-data)\b/i.test(type)) return new Map();
  const body = await readBody(c.req.raw, { ...formLimits, clock });
  if (body.kind === "too-large") throw new RequestError(413, "form_too_large", "the form is too large");
  if (body.kind === "too-slow") throw new RequestError(408, "form_too_slow", "the form came too slowly");
  if (body.kind === "cut-off") throw new RequestError(400, "form_cut_off", "the form was cut off");
  return parseForm(body.bytes, type);
}

/** Of repeated fields the first counts. */
async function parseForm(bytes: Uint8Array, type: string): Promise<ReadonlyMap<string, string>> {
  const fields = new Map<string, string>();
  try {
    const form = await new Response(Buffer.from(bytes), { headers: { "content-type": type } }).formData();
    for (const [name, value] of form) {
      if (typeof value === "string" && !fields.has(name)) fields.set(name, value);
    }
  } catch (error) {
    throw new RequestError(400, "bad_form", "the form cannot be read", { cause: error });
  }
  return fields;
}

async function wrongMethod(c: Context): Promise<Response> {
  const answer = await page("wrong_method", { status: 405, language: languageOf(c) });
  answer.headers.set("allow", "GET, HEAD, POST");
  return answer;
}

function languageOf(c: Context) {
  return chooseLanguage(c.req.header("accept-language"));
}

/** Whoever asked learns a number and nothing else; the log has the same number beside what is known. */
function answerFailure(error: unknown, c: Context, log: Log): Promise<Response> {
  const language = languageOf(c);
  if (error instanceof RequestError) return page("bad_request", { status: error.status, language });
  const number = randomUUID();
  log.error("request.failed", { request_id: number, ...describeError(error) });
  return page("failed", { status: 500, language, number });
}
