// How does an honest sender sign? With the reference library, so that our own digest is judged by somebody else's.
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

export interface SignedEvent {
  readonly secret: string;
  readonly id: string;
  readonly timestamp: number;
  readonly body: string;
}

export type SignedRequest = { "webhook-id": string; "webhook-timestamp": string; "webhook-signature": string };

export const secret = `whsec_${Buffer.from("one key of exactly 32 bytes here").toString("base64")}`;
export const otherSecret = `whsec_${Buffer.from("a second key of 32 bytes is here").toString("base64")}`;

/** The three headers of a signed call. `timestamp` is in seconds. */
export function sign({ secret, id, timestamp, body }: SignedEvent): SignedRequest {
  return {
    "webhook-id": id,
    "webhook-timestamp": String(timestamp),
    "webhook-signature": new Webhook(secret).sign(id, new Date(timestamp * 1000), body),
  };
}

/** A signature over exactly these bytes, by the definition of the scheme, for what the library would not sign. */
export function signBytes(id: string, timestamp: string, rawBody: Uint8Array): string {
  const hmac = createHmac("sha256", Buffer.from(secret.slice("whsec_".length), "base64"));
  return `v1,${hmac.update(`${id}.${timestamp}.`).update(rawBody).digest("base64")}`;
}

export interface Vector {
  readonly about: string;
  readonly secret: string;
  readonly webhook_id: string;
  readonly timestamp: number;
  readonly body: string;
  readonly signature: string;
}

/** What the PHP hook and the receiver must both arrive at. */
export const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL("./vector.json", import.meta.url), "utf8"),
).vectors;
