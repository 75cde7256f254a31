// Was this request signed with one of our secrets, just now?
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Clock } from "../clock.ts";
import { ConfigError } from "../errors.ts";

/** Greatest distance between the sender's clock and ours, in seconds, both ways. */
const toleranceSeconds = 300;
const minimumSecretBytes = 24;
const digestBytes = 32;
const idPattern = /^[A-Za-z0-9_-]{1,64}$/;
const timestampPattern = /^[0-9]{1,12}$/;
const secretPattern = /^whsec_([A-Za-z0-9+/]+={0,2})$/;

/** The request's headers: a `Headers` object, or anything that answers like one. */
export interface SignedHeaders {
  get(name: string): string | null;
}

/** `why` is for our log only; the caller is told nothing but "no". */
export type Verdict =
  | { readonly kind: "valid"; readonly webhookId: string }
  | { readonly kind: "invalid"; readonly why: "missing" | "malformed" | "stale" | "mismatch" };

export interface Verifier {
  verify(headers: SignedHeaders, rawBody: Uint8Array): Verdict;
}

/**
 * The key inside `whsec_<base64>`, or null when the text has not that shape or the key is shorter than 24 bytes.
 */
export function decodeSecret(secret: string): Buffer | null {
  const encoded = secretPattern.exec(secret)?.[1];
  if (encoded === undefined) return null;
  const key = Buffer.from(encoded, "base64");
  return key.length >= minimumSecretBytes && key.toString("base64") === encoded ? key : null;
}

/**
 * Checks signatures of the Standard Webhooks scheme (https://www.standardwebhooks.com): HMAC-SHA256 of `id.timestamp.body`.
 * Any of the `secrets` may have signed, so that a secret can be rotated without a refused call. The clock decides
 * what is stale. Throws `ConfigError` for an unusable secret.
 *
 * The digest is computed here because the reference library turns the body into text and the timestamp into a number
 * first: two different requests would share one signature. It stays the judge of our tests.
 */
export function createVerifier({ secrets, clock }: { secrets: readonly string[]; clock: Clock }): Verifier {
  const keys = secrets.map((secret) => {
    const key = decodeSecret(secret);
    if (key === null) throw new ConfigError(["WEBHOOK_SECRET is not whsec_ and the base64 of at least 24 bytes"]);
    return key;
  });
  if (keys.length === 0) throw new ConfigError(["WEBHOOK_SECRET is missing"]);

  return {
    verify(headers, rawBody) {
      const webhookId = headers.get("webhook-id");
      const timestamp = headers.get("webhook-timestamp");
      const signatures = headers.get("webhook-signature");
      if (!webhookId || !timestamp || !signatures) return { kind: "invalid", why: "missing" };
      if (!idPattern.test(webhookId) || !timestampPattern.test(timestamp)) return { kind: "invalid", why: "malformed" };
      const nowSeconds = Math.floor(clock.now().getTime() / 1000);
      if (Math.abs(nowSeconds - Number(timestamp)) > toleranceSeconds) return { kind: "invalid", why: "stale" };

      const claimed = signatures.split(" ").flatMap(decodeSignature);
      const expected = keys.map((key) =>
        createHmac("sha256", key).update(`${webhookId}.${timestamp}.`).update(rawBody).digest(),
      );
      const isSigned = claimed.some((digest) => expected.some((own) => timingSafeEqual(own, digest)));
      return isSigned ? { kind: "valid", webhookId } : { kind: "invalid", why: "mismatch" };
    },
  };
}

/** The digest in `v1,<base64>`; nothing for other versions, other lengths, or a spelling base64 would not produce. */
function decodeSignature(signature: string): Buffer[] {
  if (!signature.startsWith("v1,")) return [];
  const encoded = signature.slice(3);
  const digest = Buffer.from(encoded, "base64");
  return digest.length === digestBytes && digest.toString("base64") === encoded ? [digest] : [];
}
