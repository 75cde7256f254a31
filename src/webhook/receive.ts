// What happens to a webhook between its arrival and its 202?
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type { Clock } from "../clock.ts";
import { DatabaseError } from "../errors.ts";
import { describeError, type Log } from "../log.ts";
import { readBody } from "./body.ts";
import { type ReceivedEvent, readEvent } from "./event.ts";
import { createComplaintLimit, createPeerFinder } from "./peers.ts";
import type { Verifier } from "./signature.ts";

const maximumBodyBytes = 16 * 1024;
const bodyTimeoutMs = 5_000;
const loggedRefusalsPerMinute = 100;
const retryAfterSeconds = 30;

export interface ReceiverParts {
  readonly verifier: Verifier;
  /** Resolves only once the event is committed; throws `DatabaseError` when it cannot be written. */
  readonly storeEvent: (event: ReceivedEvent) => Promise<"accepted" | "duplicate">;
  /** Called after the commit of a new event, so that the loops look at it at once. */
  readonly wake: () => void;
  readonly log: Log;
  readonly clock: Clock;
  /** Addresses or ranges whose `X-Forwarded-For` is believed, for the log and its limit only. */
  readonly trustedProxies: readonly string[];
}

/**
 * The handler of every method on `/webhooks/whmcs`. It answers 202 after the event is stored, else 405, 415, 413 (408 for
 * a body that trickles), 401, 400 or 503, checked in this order. Signed events are never limited.
 */
export function createReceiver(parts: ReceiverParts): (c: Context) => Promise<Response> {
  const logRefusal = createRefusalLog(parts);

  return async (c) => {
    if (c.req.method !== "POST") return c.json({ error: "method_not_allowed" }, 405, { Allow: "POST" });
    if (!isJson(c.req.header("content-type"))) return c.json({ error: "unsupported_media_type" }, 415);

    const body = await readBody(c.req.raw, {
      maximumBytes: maximumBodyBytes,
      timeoutMs: bodyTimeoutMs,
      clock: parts.clock,
    });
    // The rest of such a body is not worth reading, so the connection cannot be used again.
    if (body.kind === "too-large") return c.json({ error: "payload_too_large" }, 413, { Connection: "close" });
    if (body.kind === "too-slow") return c.json({ error: "request_timeout" }, 408, { Connection: "close" });
    if (body.kind === "cut-off") return c.json({ error: "bad_request" }, 400);

    const verdict = parts.verifier.verify(c.req.raw.headers, body.bytes);
    if (verdict.kind === "invalid") {
      logRefusal(c, verdict.why);
      return c.json({ error: "unauthorized" }, 401);
    }
    const event = readEvent(body.bytes);
    if (event === null) {
      parts.log.warn("webhook.malformed", { webhook_id: verdict.webhookId });
      return c.json({ error: "bad_request" }, 400);
    }
    return store(c, parts, { webhookId: verdict.webhookId, ...event });
  };
}

async function store(c: Context, { storeEvent, wake, log }: ReceiverParts, event: ReceivedEvent): Promise<Response> {
  try {
    const status = await storeEvent(event);
    if (status === "accepted") wake();
    return c.json({ status }, 202);
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    log.error("webhook.not_stored", { webhook_id: event.webhookId, ...describeError(error) });
    return c.json({ error: "unavailable" }, 503, { "Retry-After": String(retryAfterSeconds) });
  }
}

/** A stranger without a secret must not be able to fill the log. */
function createRefusalLog({ log, clock, trustedProxies }: ReceiverParts): (c: Context, why: string) => void {
  const findPeer = createPeerFinder(trustedProxies);
  const mayComplain = createComplaintLimit({ limit: loggedRefusalsPerMinute, clock });

  return (c, why) => {
    const peer = findPeer(connectionAddress(c), c.req.header("x-forwarded-for"));
    if (mayComplain(peer)) log.warn("webhook.refused", { peer, why });
  };
}

/** Undefined where no socket is behind the request, as in `app.request`. */
function connectionAddress(c: Context): string | undefined {
  return c.env?.incoming === undefined ? undefined : getConnInfo(c).remote.address;
}

/** True for `application/json`, whatever parameters follow it. */
function isJson(contentType: string | undefined): boolean {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() === "application/json";
}
