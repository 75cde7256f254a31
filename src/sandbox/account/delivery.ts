// How does an answer, or a fault in its place, go over the wire?
import type { ServerResponse } from "node:http";
import { setTimeout as sleepMs } from "node:timers/promises";
import type { Clock } from "../../clock.ts";
import type { Reply } from "./billing.ts";
import { badGatewayPage, badXml, padded, truncated } from "./bodies.ts";
import type { Twist } from "./call.ts";
import type { Fault, Firing } from "./faults.ts";
import type { XmlElement } from "./xml.ts";

export interface Delivery {
  readonly response: ServerResponse;
  /** Carries the request out; each call counts. */
  readonly execute: (twist?: Twist) => Reply;
  /** Puts a request off until the clock or `runLate()` says so. */
  readonly postpone: (run: () => void, afterMs: number | undefined) => void;
  readonly ownUrl: string;
  readonly clock: Clock;
}

/** Writes one whole answer. */
export function deliver(
  { response, clock }: Delivery,
  reply: Reply,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(reply.status, {
    "content-type": "text/xml; charset=UTF-8",
    "content-length": Buffer.byteLength(reply.body),
    date: clock.now().toUTCString(),
    ...headers,
  });
  response.end(reply.body);
}

/** Answers with a fault. Synchronous up to the point where the request has, or has not, been carried out. */
export async function deliverFault(delivery: Delivery, { fault, reach, released }: Firing): Promise<void> {
  const twist = twistOf(fault);
  if (twist) deliver(delivery, delivery.execute(twist));
  else if (fault.kind === "hang") await hang(delivery, fault, { reach, released });
  else if (fault.kind === "late") postpone(delivery, fault);
  else if (fault.kind === "trickle") await trickle(delivery, fault);
  else if (fault.kind === "reset-mid-reply") await resetMidReply(delivery);
  else if (fault.kind === "lost-before" || fault.kind === "lost-after") loseAnswer(delivery, fault);
  else replaceAnswer(delivery, fault);
  reach();
}

/** What the faults that change an answer from inside change; null for all others. */
export function twistOf(fault: Fault): Twist | null {
  switch (fault.kind) {
    case "without-id":
      return { withoutId: true };
    case "empty-balance":
      return { withoutMoney: true };
    case "stale-list":
      return { isStale: true };
    case "refused": {
      const { type, object = "", value } = fault;
      return { refusal: { error: { type, object }, params: value === undefined ? [] : [["value", value]] } };
    }
    case "missing-rows": {
      const { count = 1 } = fault;
      return { rows: (rows) => (count === "all" ? [] : rows.slice(0, Math.max(0, rows.length - count))) };
    }
    case "duplicate-rows":
      return { rows: (rows) => duplicateFirst(rows, fault.isReplacing ?? false) };
    case "reordered-rows":
      return { rows: (rows) => rows.toReversed() };
    default:
      return null;
  }
}

function duplicateFirst(rows: readonly XmlElement[], isReplacing: boolean): readonly XmlElement[] {
  const [first] = rows;
  if (!first) return rows;
  return isReplacing ? [...rows.slice(0, -1), first] : [first, ...rows];
}

type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

async function hang(
  delivery: Delivery,
  { execution = "at-once" }: FaultOf<"hang">,
  { reach, released }: Pick<Firing, "reach" | "released">,
): Promise<void> {
  const early = execution === "at-once" ? delivery.execute() : null;
  reach();
  await released;
  if (execution === "never") delivery.response.socket?.destroy();
  else deliver(delivery, early ?? delivery.execute());
}

function postpone(
  { response, execute, postpone: putOff }: Delivery,
  { afterMs, answer = "close" }: FaultOf<"late">,
): void {
  putOff(() => execute(), afterMs);
  if (answer === "close") response.socket?.destroy();
}

function loseAnswer(
  { response, execute }: Delivery,
  { kind, how }: FaultOf<"lost-before"> | FaultOf<"lost-after">,
): void {
  if (kind === "lost-after") execute();
  if (how === "reset") response.socket?.resetAndDestroy();
  else response.socket?.destroy();
}

/** A reset that overtakes unread bytes looks to the reader like an ordinary end, so it waits until they can be read. */
const resetAfterMs = 20;

async function resetMidReply({ response, execute }: Delivery): Promise<void> {
  const { body } = execute();
  response.writeHead(200, { "content-type": "text/xml", "content-length": Buffer.byteLength(body) });
  response.write(body.slice(0, Math.ceil(body.length / 2)));
  await sleepMs(resetAfterMs);
  response.socket?.resetAndDestroy();
}

async function trickle(
  { response, execute }: Delivery,
  { bytes = 4, everyMs = 20 }: FaultOf<"trickle">,
): Promise<void> {
  const body = Buffer.from(execute().body);
  response.writeHead(200, { "content-type": "text/xml", "content-length": body.length });
  for (let sent = 0; sent < body.length && !response.destroyed; sent += bytes) {
    response.write(body.subarray(sent, sent + bytes));
    await sleepMs(everyMs);
  }
  response.end();
}

function replaceAnswer(delivery: Delivery, fault: Fault): void {
  const { execute, ownUrl } = delivery;
  switch (fault.kind) {
    case "bad-gateway":
      if (fault.isExecuted) execute();
      deliver(delivery, { status: 502, body: badGatewayPage }, { "content-type": "text/html" });
      break;
    case "too-many-requests":
      if (fault.isExecuted) execute();
      deliver(delivery, { status: 429, body: "Too many requests\n" }, { "retry-after": "1" });
      break;
    case "redirect":
      if (fault.isExecuted) execute();
      deliver(delivery, { status: 302, body: "" }, { location: fault.to ?? ownUrl });
      break;
    case "http-status":
      deliver(delivery, { ...execute(), status: fault.status });
      break;
    case "truncated":
      deliver(delivery, { status: 200, body: truncated(execute().body) });
      break;
    case "bad-xml":
      deliver(delivery, { status: 200, body: badXml(fault.what ?? "doctype", execute().body) });
      break;
    case "huge":
      deliver(delivery, { status: 200, body: padded(execute().body, fault.bytes ?? 1_048_577) });
      break;
    default:
      deliver(delivery, execute());
  }
}
