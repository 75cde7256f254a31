// What may happen on the way to a database server? A TCP proxy that passes bytes on until it is told otherwise.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * What becomes of bytes a client has sent. `cut`: they never arrive and the connection breaks. `deliver-and-cut`: they
 * arrive, the server answers, and the connection breaks before the answer is through. A buffer arrives in their place.
 */
export type Fate = "pass" | "cut" | "deliver-and-cut" | Buffer;

export interface TcpProxy {
  /** The same URL with the proxy's address. */
  urlOf(url: string): string;
  /** Decides over every chunk a client sends from now on; without it all pass. */
  decide(judge: (bytes: Buffer) => Fate): void;
  /** While silent, bytes are taken from both sides and given to neither, and the connections stay open. */
  silence(isSilent: boolean): void;
  /** Connections open now. */
  count(): number;
  close(): Promise<void>;
}

/** Stands before the server of `url` on a free loopback port. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(url);
  const clients = new Set<Socket>();
  let judge: (bytes: Buffer) => Fate = () => "pass";
  let isSwallowing = false;
  const server = createServer((client) => {
    const far = connect(Number(port), hostname);
    let isLost = false;
    const end = () => {
      client.destroy();
      far.destroy();
    };
    clients.add(client);
    client.on("data", (bytes) => {
      if (isSwallowing || isLost) return;
      const fate = judge(bytes);
      if (fate === "cut") return end();
      isLost = fate === "deliver-and-cut";
      far.write(typeof fate === "string" ? bytes : fate);
    });
    far.on("data", (bytes) => {
      if (isSwallowing) return;
      if (isLost) return end();
      client.write(bytes);
    });
    for (const socket of [client, far]) socket.on("error", end).on("close", end);
    client.on("close", () => clients.delete(client));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a listening server has a port");
  return {
    urlOf: (original) => {
      const through = new URL(original);
      through.hostname = "127.0.0.1";
      through.port = String(address.port);
      return through.href;
    },
    decide: (next) => {
      judge = next;
    },
    silence: (isSilent) => {
      isSwallowing = isSilent;
    },
    count: () => clients.size,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const socket of clients) socket.destroy();
      await closed;
    },
  };
}

/** True for the packet of a statement that begins so. */
export function isStatement(bytes: Buffer, text: string): boolean {
  const comQuery = 3;
  return bytes[4] === comQuery && bytes.toString("utf8", 5, 5 + text.length) === text;
}
