// When do the bytes of a request leave, and can we prove that they did not?
import { connect as connectPlain, isIP, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import type { buildConnector } from "undici";

/** A connection that can be used once. Until it is handed over, nothing has been written to it. */
export interface Connection {
  readonly connect: buildConnector.connector;
  /** Why nothing was sent, in one fixed word; null from the moment the socket was handed over. */
  refusal(): string | null;
  /** Breaks off a connection that is not handed over yet; from then on nothing will be sent. */
  abandon(reason: string): void;
}

export interface ConnectionOptions {
  /** Asked once, when the connection stands, and followed by the write in the same turn of the event loop. */
  readonly isStillDue: () => boolean;
  /** For name lookup, TCP and TLS together. */
  readonly connectMs: number;
}

/** Its code is none that makes undici keep the request in its queue and connect again. */
class ConnectionRefused extends Error {
  readonly code = "REFUSED";
}

/**
 * A connector for one request of undici's `Client`. undici writes a queued request synchronously inside the callback that
 * receives the socket, so nothing can come between the question `isStillDue` and the write. After a broken connection undici
 * asks for another one: it is refused, so nothing is ever sent twice.
 */
export function createConnection({ isStillDue, connectMs }: ConnectionOptions): Connection {
  let refusal: string | null = "not connected";
  let isUsed = false;
  let breakOff: (reason: string) => void = () => {};

  const connect: buildConnector.connector = (target, callback) => {
    if (isUsed) return queueMicrotask(() => callback(new ConnectionRefused("one connection only"), null));
    isUsed = true;
    const socket = openSocket(target);
    const timer = setTimeout(() => breakOff("connect deadline"), connectMs);
    breakOff = (reason) => {
      breakOff = () => {};
      clearTimeout(timer);
      refusal = reason;
      socket.destroy();
      callback(new ConnectionRefused(reason), null);
    };
    // Stays for good: a destroyed socket may still report an error.
    socket.on("error", (error) => breakOff(codeOf(error)));
    socket.once(target.protocol === "https:" ? "secureConnect" : "connect", () => {
      if (socket.destroyed) return breakOff("closed");
      if (!isDue(isStillDue)) return breakOff("no longer due");
      breakOff = () => {};
      clearTimeout(timer);
      refusal = null;
      callback(null, socket);
    });
    socket.once("close", () => breakOff("closed"));
  };

  return {
    connect,
    refusal: () => refusal,
    abandon: (reason) => {
      if (!isUsed) refusal = reason;
      isUsed = true;
      breakOff(reason);
    },
  };
}

function openSocket({ protocol, hostname, port }: buildConnector.Options): Socket {
  if (protocol !== "https:") return connectPlain({ host: hostname, port: Number(port || 80) }).setNoDelay(true);
  const servername = isIP(hostname) === 0 ? { servername: hostname } : {};
  // Said explicitly, so that no environment variable can switch the verification off.
  const verified = { rejectUnauthorized: true, ALPNProtocols: ["http/1.1"] };
  return connectTls({ host: hostname, port: Number(port || 443), ...servername, ...verified }).setNoDelay(true);
}

function isDue(isStillDue: () => boolean): boolean {
  try {
    return isStillDue();
  } catch {
    return false;
  }
}

/** The error's code when it is a plain one such as `ECONNREFUSED`, never its message. */
export function codeOf(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : null;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : "error";
}
