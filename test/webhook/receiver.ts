// What does a receiver look like from outside? A real HTTP server around it, an inbox of its own, and everything it logged.
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { type ServerType, serve } from "@hono/node-server";
import { Hono } from "hono";
import type { SafeFields } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import type { ReceivedEvent } from "../../src/webhook/event.ts";
import { createReceiver } from "../../src/webhook/receive.ts";
import { createVerifier } from "../../src/webhook/signature.ts";
import { createSignedDoor } from "../../src/webhook/signed-request.ts";
import { createTestClock, type TestClock } from "./clock.ts";
import { secret, sign } from "./signing.ts";

export const startIso = "2026-11-23T10:00:00Z";
const path = "/webhooks/whmcs";

export interface TestReceiver {
  readonly clock: TestClock;
  /** What was stored, oldest first. */
  readonly inbox: ReceivedEvent[];
  readonly wakes: () => number;
  readonly logged: { readonly event: string; readonly fields: SafeFields }[];
  /** While set, the inbox cannot be written. */
  failure: Error | null;
  /** Sends a signed event; `change` replaces parts of the request afterwards. */
  send(body: string, change?: RequestChange): Promise<Response>;
  /** Writes bytes on a socket of their own and resolves to everything that comes back until it is closed. */
  sendRaw(bytes: string): Promise<string>;
  stop(): Promise<void>;
}

export interface RequestChange {
  readonly id?: string;
  readonly secret?: string;
  readonly timestamp?: number;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly sentBody?: string | Uint8Array | ReadableStream;
}

/** Starts a receiver with the test secret; `trustedProxies` are believed about the peer's address. */
export async function startReceiver(options: { trustedProxies?: readonly string[] } = {}): Promise<TestReceiver> {
  const clock = createTestClock(startIso);
  const inbox: ReceivedEvent[] = [];
  const logged: TestReceiver["logged"] = [];
  let wakes = 0;
  let sent = 0;
  const log = recordingLog(logged);
  const verifier = createVerifier({ secrets: [secret], clock });
  const handler = createReceiver({
    door: createSignedDoor({ verifier, clock, log, trustedProxies: options.trustedProxies ?? [] }),
    log,
    wake: () => {
      wakes += 1;
    },
    storeEvent: async (event) => {
      if (receiver.failure) throw receiver.failure;
      if (inbox.some(({ webhookId }) => webhookId === event.webhookId)) return "duplicate";
      inbox.push(event);
      return "accepted";
    },
  });
  const app = new Hono().all(path, handler).onError((_, c) => c.text("defect", 500));
  const { server, port } = await listen(app);

  const receiver: TestReceiver = {
    clock,
    inbox,
    logged,
    wakes: () => wakes,
    failure: null,
    send: (body, change = {}) => {
      sent += 1;
      const timestamp = change.timestamp ?? Math.floor(clock.now().getTime() / 1000);
      const signed = sign({ secret: change.secret ?? secret, id: change.id ?? `msg_${sent}`, timestamp, body });
      const method = change.method ?? "POST";
      return fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { "content-type": "application/json", ...signed, ...change.headers },
        ...(["GET", "HEAD"].includes(method) ? {} : { body: change.sentBody ?? body, duplex: "half" }),
      });
    },
    sendRaw: async (bytes) => {
      const socket = connect(port, "127.0.0.1");
      socket.write(bytes);
      return text(socket);
    },
    stop: () => new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve()))),
  };
  return receiver;
}

function listen(app: Hono): Promise<{ server: ServerType; port: number }> {
  return new Promise((resolve) => {
    const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, ({ port }) => resolve({ server, port }));
  });
}

function recordingLog(logged: TestReceiver["logged"]): Log {
  const record = (event: string, fields: SafeFields = {}) => void logged.push({ event, fields });
  return { debug: record, info: record, warn: record, error: record };
}
