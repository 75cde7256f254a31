// What does WHMCS's PHP side see when it calls about a service? The public listener on an engine, and signed calls to it.
import { type ServerType, serve } from "@hono/node-server";
import { createPublicApp } from "../../src/app.ts";
import { systemClock } from "../../src/clock.ts";
import { silentLog } from "../../src/log.ts";
import { createAccountLists } from "../../src/purchases/account-lists.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { createServiceCalls } from "../../src/service-calls/receive.ts";
import type { ServiceView } from "../../src/service-calls/service.ts";
import type { ListedPurchase } from "../../src/service-calls/service-answer.ts";
import { createReceiver } from "../../src/webhook/receive.ts";
import { createVerifier } from "../../src/webhook/signature.ts";
import { createSignedDoor } from "../../src/webhook/signed-request.ts";
import { secret, sign } from "../webhook/signing.ts";

/** A signed request, to be sent to any path, as often as one likes. */
export interface Captured {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: {
    readonly result?: string;
    readonly message?: unknown;
    readonly purchases?: readonly ListedPurchase[];
    readonly service?: ServiceView;
    readonly [field: string]: unknown;
  };
}

export interface Calling {
  readonly origin: string;
  /** How often the loops were woken. */
  readonly wakes: () => number;
  send(path: string, captured: Captured): Promise<Answered>;
  /** A fresh call of one service's action, on its path. */
  call(serviceId: number, action: string, rest?: object): Promise<Answered>;
  /** A fresh call of `/whmcs/<action>`. */
  ask(action: string, rest?: object): Promise<Answered>;
  stop(): Promise<void>;
}

let made = 0;

/** Signs a body with an id that was never used, as the PHP side does; `change` replaces parts of the request. */
export function capture(body: object | string, change: { id?: string; method?: string; type?: string } = {}): Captured {
  made += 1;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const timestamp = Math.floor(systemClock.now().getTime() / 1000);
  const signed = sign({ secret, id: change.id ?? `call_${process.pid}_${made}`, timestamp, body: text });
  const headers = { "content-type": change.type ?? "application/json", ...signed };
  return { method: change.method ?? "POST", headers, body: text };
}

/** The body of a call about a service. */
export function bodyOf(serviceId: number, action: string, rest: object = {}): object {
  return { action, service_id: serviceId, timestamp: systemClock.now().toISOString(), ...rest };
}

/** Listens on a free port with the test secret. */
export async function startCalling(engine: Engine): Promise<Calling> {
  let wakes = 0;
  const wake = () => {
    wakes += 1;
  };
  const { clock } = engine;
  const door = createSignedDoor({
    verifier: createVerifier({ secrets: [secret], clock }),
    log: silentLog,
    clock,
    trustedProxies: [],
  });
  const app = createPublicApp({
    storefront: async () => new Response(),
    receive: createReceiver({ door, storeEvent: engine.ledger.storeEvent, wake, log: silentLog }),
    answerCall: createServiceCalls({ door, engine, lists: createAccountLists(engine), wake }),
    isReady: async () => true,
    clock,
    log: silentLog,
  });
  const { server, port } = await new Promise<{ server: ServerType; port: number }>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, (info) =>
      resolve({ server: started, port: info.port }),
    );
  });
  const origin = `http://127.0.0.1:${port}`;
  const send: Calling["send"] = async (path, { method, headers, body }) => {
    const hasBody = method !== "GET" && method !== "HEAD";
    const answer = await fetch(origin + path, { method, headers, ...(hasBody ? { body } : {}) });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === "" ? {} : JSON.parse(text) };
  };
  return {
    origin,
    wakes: () => wakes,
    send,
    call: (serviceId, action, rest) =>
      send(`/whmcs/services/${serviceId}/${action}`, capture(bodyOf(serviceId, action, rest))),
    ask: (action, rest) =>
      send(`/whmcs/${action}`, capture({ action, timestamp: systemClock.now().toISOString(), ...rest })),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
