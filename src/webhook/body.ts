// What did the sender send, if it was short enough and came soon enough?
import { setImmediate } from "node:timers/promises";
import type { Clock } from "../clock.ts";

export type Body =
  | { readonly kind: "read"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  | { readonly kind: "too-slow" }
  | { readonly kind: "cut-off" };

interface BodyLimits {
  readonly maximumBytes: number;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

/** Reads a request's body; never holds more than one network chunk beyond `maximumBytes`, never waits beyond `timeoutMs`. */
export async function readBody(request: Request, { maximumBytes, timeoutMs, clock }: BodyLimits): Promise<Body> {
  const declaredBytes = Number(request.headers.get("content-length") ?? Number.NaN);
  if (declaredBytes > maximumBytes) return { kind: "too-large" };

  // A declared length was enforced by the HTTP parser, so the server's quick way of reading is safe.
  const read = Number.isNaN(declaredBytes) ? readStream(request, maximumBytes) : readDeclared(request, maximumBytes);
  const body = read.catch((): Body => ({ kind: "cut-off" }));
  // Nearly every body comes together with its headers, and then a deadline is not worth its price.
  return (await Promise.race([body, setImmediate(null)])) ?? (await waitFor(body, timeoutMs, clock));
}

async function waitFor(body: Promise<Body>, timeoutMs: number, clock: Clock): Promise<Body> {
  const done = new AbortController();
  const tooLate = clock.sleep(timeoutMs, done.signal).then((): Body => ({ kind: "too-slow" }));
  try {
    return await Promise.race([body, tooLate]);
  } finally {
    done.abort();
  }
}

async function readDeclared(request: Request, maximumBytes: number): Promise<Body> {
  const bytes = new Uint8Array(await request.arrayBuffer());
  return bytes.length > maximumBytes ? { kind: "too-large" } : { kind: "read", bytes };
}

async function readStream(request: Request, maximumBytes: number): Promise<Body> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.length;
    if (size > maximumBytes) return { kind: "too-large" };
    chunks.push(chunk);
  }
  return { kind: "read", bytes: Buffer.concat(chunks) };
}
