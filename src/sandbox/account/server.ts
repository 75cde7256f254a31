// How does an HTTP request become a call of the account, and its answer an HTTP response?
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../clock.ts";
import type { Billing } from "./billing.ts";
import type { RequestParameters } from "./call.ts";
import { type Delivery, deliver, deliverFault } from "./delivery.ts";
import type { Faults, RequestRecord } from "./faults.ts";

const paths = new Set(["/manager/billmgr", "/billmgr"]);
const bodyLimitBytes = 1_048_576;

export interface Transport {
  readonly clock: Clock;
  readonly billing: Billing;
  readonly faults: Faults;
  readonly requests: RequestRecord[];
  readonly onRequest: (request: RequestRecord) => void;
  readonly postpone: Delivery["postpone"];
}

export interface Listener {
  readonly port: number;
  /** Stops listening and breaks every connection; a new connection is refused. */
  stop(): Promise<void>;
  /** Listens again on the same port. */
  start(): Promise<void>;
}

/** Serves both documented paths on a free port of 127.0.0.1. */
export async function listen(transport: Transport): Promise<Listener> {
  const server = createServer((request, response) => {
    handle(transport, request, response).catch((error: unknown) => {
      // A caller that goes away in the middle of its request is no defect of ours.
      if (!request.readableAborted) console.error("simulated account:", error);
      response.socket?.destroy();
    });
  });
  await startListening(server, 0);
  const { port } = server.address() as AddressInfo;
  return {
    port,
    start: () => (server.listening ? Promise.resolve() : startListening(server, port)),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function startListening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function handle(transport: Transport, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { clock, billing, faults, requests, onRequest, postpone } = transport;
  const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "127.0.0.1"}`);
  const form = await readForm(request);
  const ownUrl = `${url.origin}/manager/billmgr`;
  if (form === null) return plain(response, 413);
  if (!paths.has(url.pathname)) return plain(response, 404);
  if (request.method !== "POST" && request.method !== "GET") return plain(response, 405);
  const { authinfo = null, ...params } = readParameters(form, url.searchParams);
  const record: RequestRecord = {
    number: requests.length + 1,
    func: params.func ?? "",
    method: request.method,
    path: url.pathname,
    params,
    credentialsInUrl: url.searchParams.has("authinfo"),
    at: clock.now(),
    fault: null,
  };
  requests.push(record);
  onRequest(record);
  const { func, method, number } = record;
  const execute: Delivery["execute"] = (twist = {}) => billing({ func, method, params, authinfo, number }, twist);
  const firing = faults.take(record);
  const delivery: Delivery = { response, execute, postpone, ownUrl, clock };
  if (firing) await deliverFault(delivery, firing);
  else deliver(delivery, execute());
}

function plain(response: ServerResponse, status: number): void {
  response.writeHead(status, { "content-type": "text/plain" }).end(`${status}\n`);
}

/** The form of a POST body, empty for anything else; null beyond the limit. */
async function readForm(request: IncomingMessage): Promise<URLSearchParams | null> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > bodyLimitBytes) return null;
    chunks.push(chunk);
  }
  const isForm = request.headers["content-type"]?.startsWith("application/x-www-form-urlencoded") ?? false;
  return new URLSearchParams(isForm ? Buffer.concat(chunks).toString("utf8") : "");
}

/** Body before query; of repeated parameters the first. */
function readParameters(form: URLSearchParams, query: URLSearchParams): RequestParameters {
  const pairs = [...form, ...query].toReversed();
  return Object.fromEntries(pairs);
}
