// Is this text one of the events that WHMCS's hook sends?
import * as v from "valibot";

/** Every known type is shorter, so a cut one cannot become known. */
const storedTypeLength = 64;

const id = v.pipe(v.number(), v.safeInteger(), v.minValue(1));
const invoice = v.object({ data: v.object({ invoice_id: id }) });
const order = v.object({ data: v.object({ order_id: id }) });
const service = v.object({ data: v.object({ service_id: id }) });
/** `tblhostingaddons.id`. */
const addon = v.object({ data: v.object({ service_addon_id: id }) });

const namedEvent = v.object({ type: v.pipe(v.string(), v.minLength(1)), timestamp: v.optional(v.string()) });

/** What each known type must carry besides its name; a type that is not here needs nothing more. */
const carriedBy = new Map<string, v.GenericSchema>([
  ["invoice.paid", invoice],
  ["invoice.unpaid", invoice],
  ["invoice.cancelled", invoice],
  ["invoice.refunded", invoice],
  ["transaction.refunded", invoice],
  ["order.accepted", order],
  ["order.fraud", order],
  ["order.cancelled", order],
  ["service.suspended", service],
  ["service.unsuspended", service],
  ["service.terminated", service],
  ["service.cancellation_requested", service],
  ["addon.suspended", addon],
  ["addon.unsuspended", addon],
  ["addon.terminated", addon],
  ["addon.cancelled", addon],
  ["addon.fraud", addon],
  ["hook.heartbeat", v.object({})],
]);

/** The types this program acts on. Others are stored and left alone: a newer hook may send more. */
export const knownEventTypes: readonly string[] = [...carriedBy.keys()];

/** A signed event as it is stored. `type` is at most 64 characters; `body` is the exact text that was signed. */
export interface ReceivedEvent {
  readonly webhookId: string;
  readonly type: string;
  readonly body: string;
}

/**
 * The event's type and exact text, or null when the body is not UTF-8, not JSON or not an event: `{"type", "timestamp"?,
 * "data"}` with a positive integer `invoice_id`, `order_id`, `service_id` or `service_addon_id` as its type requires.
 */
export function readEvent(rawBody: Uint8Array): Omit<ReceivedEvent, "webhookId"> | null {
  try {
    // ignoreBOM keeps a byte order mark in the text, where JSON refuses it: what is stored is what was signed.
    const body = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(rawBody);
    const type = typeOf(JSON.parse(body));
    return type === null ? null : { type: type.slice(0, storedTypeLength), body };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
}

function typeOf(value: unknown): string | null {
  const named = v.safeParse(namedEvent, value);
  if (!named.success) return null;
  const carried = carriedBy.get(named.output.type);
  return carried === undefined || v.is(carried, value) ? named.output.type : null;
}
