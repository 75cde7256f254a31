// How does one form reach the account, and what is known when it did not come back?
import { Client } from "undici";
import type { Address } from "./address.ts";
import { codeOf, createConnection } from "./connection.ts";

/** What happened to one request. `detail` is a fixed word, a code or a status, never a part of a body. */
export type Exchange =
  /** A complete HTTP answer of whatever status; `body` is its text. */
  | { readonly kind: "answered"; readonly status: number; readonly body: string }
  /** Not a byte of the request was written. */
  | { readonly kind: "not-sent"; readonly detail: string }
  /** The request may have been received, and there is no complete answer. */
  | { readonly kind: "unanswered"; readonly detail: string };

export interface Delivery {
  /** For the whole exchange, from the name lookup to the last byte of the answer. */
  readonly deadlineMs: number;
  readonly isStillDue?: () => boolean;
}

const connectMs = 10_000;
const replyLimitBytes = 1_048_576;

/**
 * One POST over a connection of its own: no redirect is followed, nothing is repeated, no proxy is asked, an answer above
 * 1 MiB is broken off. Never throws.
 */
export async function postForm(
  address: Address,
  parameters: Readonly<Record<string, string>>,
  { deadlineMs, isStillDue = () => true }: Delivery,
): Promise<Exchange> {
  const connection = createConnection({ isStillDue, connectMs });
  const client = new Client(address.origin, {
    connect: connection.connect,
    maxResponseSize: replyLimitBytes,
    // The one deadline below bounds everything.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const failed = (detail: string): Exchange => {
    connection.abandon(detail);
    const refusal = connection.refusal();
    return refusal === null ? { kind: "unanswered", detail } : { kind: "not-sent", detail: refusal };
  };
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Exchange>((resolve) => {
    timer = setTimeout(() => resolve(failed("deadline")), deadlineMs);
  });
  const answer = exchange(client, address.path, parameters).catch((error: unknown) => failed(codeOf(error)));
  try {
    return await Promise.race([answer, tooLate]);
  } finally {
    clearTimeout(timer);
    client.destroy().catch(() => {});
  }
}

async function exchange(client: Client, path: string, parameters: Readonly<Record<string, string>>): Promise<Exchange> {
  const { statusCode, body } = await client.request({
    path,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded", accept: "application/xml, text/xml" },
    body: new URLSearchParams(parameters).toString(),
    reset: true,
  });
  return { kind: "answered", status: statusCode, body: await body.text() };
}
