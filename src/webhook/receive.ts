// What happens to a webhook between its arrival and its 202?
import type { Context } from "hono";
import { DatabaseError } from "../errors.ts";
import { describeError, type Log } from "../log.ts";
import { type ReceivedEvent, readEvent } from "./event.ts";
import type { SignedDoor } from "./signed-request.ts";

const retryAfterSeconds = 30;

export interface ReceiverParts {
  readonly door: SignedDoor;
  /** Resolves only once the event is committed; throws `DatabaseError` when it cannot be written. */
  readonly storeEvent: (event: ReceivedEvent) => Promise<"accepted" | "duplicate">;
  /** Called after the commit of a new event, so that the loops look at it at once. */
  readonly wake: () => void;
  readonly log: Log;
}

/**
 * The handler of every method on `/webhooks/whmcs`. It answers 202 after the event is stored, else what the door says, 400
 * or 503, checked in this order.
 */
export function createReceiver(parts: ReceiverParts): (c: Context) => Promise<Response> {
  return async (c) => {
    const request = await parts.door.open(c);
    if (request.kind === "refused") return request.answer;
    const event = readEvent(request.body);
    if (event === null) {
      parts.log.warn("webhook.malformed", { webhook_id: request.webhookId });
      return c.json({ error: "bad_request" }, 400);
    }
    return store(c, parts, { webhookId: request.webhookId, ...event });
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
