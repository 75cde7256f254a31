// How is the host's own automation told of an event? One signed POST, and whether it has arrived.
import { createHmac } from "node:crypto";
import { request } from "undici";
import type { Clock } from "../clock.ts";
import { describeError } from "../log.ts";

export interface OutgoingEvent {
  /** The same for the same event, however often it is sent: `[A-Za-z0-9_-]{1,64}`. */
  readonly id: string;
  readonly type: string;
  /** When it happened, ISO 8601. */
  readonly timestamp: string;
  readonly data: Readonly<Record<string, string | null>>;
}

/** `why` is a status or an error's code, at most 64 characters, never a part of the answer. */
export type Told = { readonly kind: "delivered" } | { readonly kind: "failed"; readonly why: string };

export interface Automation {
  /** Never throws, never repeats, never follows a redirect; any 2xx is a delivery. */
  tell(event: OutgoingEvent): Promise<Told>;
}

export interface AutomationSettings {
  readonly url: string;
  /** What stands in `whsec_…`; each signs, so that the receiver's secret can be rotated. */
  readonly keys: readonly Buffer[];
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** A sender of Standard Webhooks (https://www.standardwebhooks.com); nothing is sent before the first event. */
export function createAutomation({ url, keys, timeoutMs, clock }: AutomationSettings): Automation {
  return {
    async tell({ id, ...content }) {
      const body = JSON.stringify(content);
      const timestamp = String(Math.floor(clock.now().getTime() / 1000));
      const signatures = keys.map(
        (key) => `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64")}`,
      );
      try {
        const answer = await request(url, {
          method: "POST",
          headers: {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signatures.join(" "),
          },
          body,
          signal: AbortSignal.timeout(timeoutMs),
          // A connection kept until it is stale would look like a receiver that is away.
          reset: true,
        });
        // What it says is nobody's business; the status has told everything.
        await answer.body.dump().catch(() => {});
        const isDelivered = answer.statusCode >= 200 && answer.statusCode < 300;
        return isDelivered ? { kind: "delivered" } : { kind: "failed", why: `http_${answer.statusCode}` };
      } catch (error) {
        return { kind: "failed", why: String(describeError(error).code).slice(0, 64) };
      }
    },
  };
}
