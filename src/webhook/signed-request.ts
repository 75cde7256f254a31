// Did WHMCS sign this request, and is its body worth reading? The door of everything that its PHP side sends.
import { getConnInfo } from "@hono/node-server/conninfo";
import type { Context } from "hono";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import { readBody } from "./body.ts";
import { createComplaintLimit, createPeerFinder } from "./peers.ts";
import type { Verifier } from "./signature.ts";

const maximumBodyBytes = 16 * 1024;
const bodyTimeoutMs = 5_000;
const loggedRefusalsPerMinute = 100;

export interface DoorParts {
  readonly verifier: Verifier;
  readonly log: Log;
  readonly clock: Clock;
  /** Addresses or ranges whose `X-Forwarded-For` is believed, for the log and its limit only. */
  readonly trustedProxies: readonly string[];
}

export type SignedRequest =
  | { readonly kind: "signed"; readonly webhookId: string; readonly body: Uint8Array }
  | { readonly kind: "refused"; readonly answer: Response };

export interface SignedDoor {
  /** Checks in this order: 405, 415, 413 (408 for a body that trickles, 400 for one cut off), 401. */
  open(c: Context): Promise<SignedRequest>;
  /** The one 401 that all refused requests get; `why` is for our log only. */
  refuse(c: Context, why: string): Response;
}

/** The door of one listener. Signed requests are never limited. */
export function createSignedDoor({ verifier, log, clock, trustedProxies }: DoorParts): SignedDoor {
  const findPeer = createPeerFinder(trustedProxies);
  // A stranger without a secret must not be able to fill the log.
  const mayComplain = createComplaintLimit({ limit: loggedRefusalsPerMinute, clock });

  const refuse = (c: Context, why: string): Response => {
    const peer = findPeer(connectionAddress(c), c.req.header("x-forwarded-for"));
    if (mayComplain(peer)) log.warn("webhook.refused", { peer, why });
    return c.json({ error: "unauthorized" }, 401);
  };
  const open = async (c: Context): Promise<Response | Extract<SignedRequest, { kind: "signed" }>> => {
    if (c.req.method !== "POST") return c.json({ error: "method_not_allowed" }, 405, { Allow: "POST" });
    if (!isJson(c.req.header("content-type"))) return c.json({ error: "unsupported_media_type" }, 415);

    const body = await readBody(c.req.raw, { maximumBytes: maximumBodyBytes, timeoutMs: bodyTimeoutMs, clock });
    // The rest of such a body is not worth reading, so the connection cannot be used again.
    if (body.kind === "too-large") return c.json({ error: "payload_too_large" }, 413, { Connection: "close" });
    if (body.kind === "too-slow") return c.json({ error: "request_timeout" }, 408, { Connection: "close" });
    if (body.kind === "cut-off") return c.json({ error: "bad_request" }, 400);

    const verdict = verifier.verify(c.req.raw.headers, body.bytes);
    if (verdict.kind === "invalid") return refuse(c, verdict.why);
    return { kind: "signed", webhookId: verdict.webhookId, body: body.bytes };
  };
  return {
    refuse,
    open: async (c) => {
      const opened = await open(c);
      return opened instanceof Response ? { kind: "refused", answer: opened } : opened;
    },
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
