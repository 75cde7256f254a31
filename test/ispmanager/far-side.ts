// What does the other end of the wire see and answer? A byte-level server, so that every way to fail can be played.
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { onTestFinished } from "vitest";
import { systemClock } from "../../src/clock.ts";
import type { Account } from "../../src/ispmanager/account.ts";
import { type AccountOptions, createAccount } from "../../src/ispmanager/client.ts";
import { silentLog } from "../../src/log.ts";

/** One request received whole. */
export interface SeenRequest {
  readonly head: string;
  readonly form: URLSearchParams;
}

export interface FarSide {
  readonly origin: string;
  readonly port: number;
  readonly requests: SeenRequest[];
  /** Connections accepted, and bytes received on all of them. */
  connections: number;
  bytes: number;
  close(): Promise<void>;
}

export interface Behaviour {
  /** Called for a new connection, before anything is read. */
  readonly onConnection?: (socket: Socket) => void;
  /** Called when the first bytes have come. */
  readonly onBytes?: (socket: Socket) => void;
  /** Called for every request received whole. */
  readonly onRequest?: (socket: Socket, request: SeenRequest) => void;
  readonly tls?: TlsOptions;
}

export async function startFarSide(behaviour: Behaviour): Promise<FarSide> {
  const sockets = new Set<Socket>();
  const accept = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    side.connections += 1;
    behaviour.onConnection?.(socket);
    let received = "";
    socket.on("data", (chunk: Buffer) => {
      if (received === "") behaviour.onBytes?.(socket);
      side.bytes += chunk.length;
      received += chunk.toString("latin1");
      const request = readRequest(received);
      if (!request) return;
      received = "";
      side.requests.push(request);
      behaviour.onRequest?.(socket, request);
    });
  };
  const server = behaviour.tls ? createTlsServer(behaviour.tls, accept) : createServer(accept);
  const port = await listen(server);
  const side: FarSide = {
    origin: `${behaviour.tls ? "https" : "http"}://127.0.0.1:${port}`,
    port,
    requests: [],
    connections: 0,
    bytes: 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
  return side;
}

function readRequest(received: string): SeenRequest | null {
  const end = received.indexOf("\r\n\r\n");
  const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? Number.NaN);
  const body = received.slice(end + 4);
  if (end === -1 || body.length < length) return null;
  return { head: received.slice(0, end), form: new URLSearchParams(body) };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      resolve(typeof address === "object" && address ? address.port : 0);
    });
  });
}

/** A whole HTTP answer, after which the connection is closed. */
export function httpAnswer(body: string, { status = 200, headers = "" } = {}): string {
  const length = Buffer.byteLength(body);
  return `HTTP/1.1 ${status} Said\r\nContent-Type: text/xml\r\nContent-Length: ${length}\r\n${headers}Connection: close\r\n\r\n${body}`;
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function closedPort(): Promise<number> {
  const side = await startFarSide({});
  await side.close();
  return side.port;
}

/** A server that behaves like this until the test ends. */
export async function openFarSide(behaviour: Behaviour): Promise<FarSide> {
  const side = await startFarSide(behaviour);
  onTestFinished(() => side.close());
  return side;
}

/** A server that answers every request with what `answer` makes of its form, until the test ends. */
export function openAnswering(answer: (form: URLSearchParams) => string): Promise<FarSide> {
  return openFarSide({ onRequest: (socket, { form }) => socket.end(httpAnswer(answer(form))) });
}

/** An account that answers every request with one document, until the test ends. */
export async function accountAnswering(body: string): Promise<Account> {
  return accountAt((await openAnswering(() => body)).origin);
}

export const password = "canary+pass word&7";

export function accountAt(origin: string, options: Partial<AccountOptions> = {}): Account {
  return createAccount({
    url: `${origin}/manager/billmgr`,
    login: "partner@example.com",
    password,
    timeouts: { readMs: 5_000, orderMs: 5_000 },
    clock: systemClock,
    log: silentLog,
    ...options,
  });
}
