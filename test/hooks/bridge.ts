// What reaches the bridge when WHMCS calls the hook? A plain HTTP server that keeps every request and answers as told.
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from "node:net";
import { buffer } from "node:stream/consumers";

export interface ReceivedCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface TestBridge {
  readonly url: string;
  readonly calls: ReceivedCall[];
  stop(): Promise<void>;
}

/** Answers every call with this status and these headers; `"never"` reads it and stays silent. */
export async function startBridge(
  answer: { status: number; headers?: Record<string, string>; body?: string } | "never" = { status: 202 },
): Promise<TestBridge> {
  const calls: ReceivedCall[] = [];
  const server = createServer(async (request, response) => {
    const { method = "", url = "", headers } = request;
    calls.push({ method, path: url, headers, body: await buffer(request) });
    if (answer !== "never") response.writeHead(answer.status, answer.headers).end(answer.body ?? "");
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, calls, stop: () => stop(server) };
}

/** Takes connections and says nothing: a handshake with it never ends. Resolves to its port and what ends it. */
export async function startSilence(): Promise<{ port: number; stop: () => Promise<void> }> {
  const sockets = new Set<{ destroy(): void }>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
  });
  const port = await listen(server);
  const end = () => {
    for (const socket of sockets) socket.destroy();
    return stop(server);
  };
  return { port, stop: end };
}

/** A port on which nobody listens any more. */
export async function freePort(): Promise<number> {
  const { port, stop: end } = await startSilence();
  await end();
  return port;
}

export function listen(server: TcpServer): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

export function stop(server: TcpServer | Server): Promise<void> {
  if ("closeAllConnections" in server) server.closeAllConnections();
  return new Promise((resolve, reject) => server.close((error) => (error ? reject(error) : resolve())));
}
