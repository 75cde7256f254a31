// What may happen on the way to a server? A TCP proxy that passes bytes on until it is told otherwise.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

/**
 * What becomes of bytes a client has sent. `cut`: they never arrive and the connection breaks. `deliver-and-cut`: they
 * arrive, the server answers, and the connection breaks before the answer is through. `hold`: they wait for `release()`,
 * and what follows them too. `deliver-and-hold`: they arrive and the answer waits. A buffer arrives in their place.
 */
export type Fate = "pass" | "cut" | "deliver-and-cut" | "hold" | "deliver-and-hold" | Buffer;

/** One connection through the proxy, for judges that remember what they have seen on it. */
export type Line = object;

export interface TcpProxy {
  /** The same URL with the proxy's address. */
  urlOf(url: string): string;
  /** Decides over every chunk a client sends from now on; without it all pass. */
  decide(judge: (bytes: Buffer, line: Line) => Fate): void;
  /** Decides over every chunk a server sends from now on: how many of its bytes get through; the rest waits. */
  decideAnswers(judge: (bytes: Buffer, line: Line) => number): void;
  /** While silent, bytes are taken from both sides and given to neither, and the connections stay open. */
  silence(isSilent: boolean): void;
  /** What waits goes on. */
  release(): void;
  /** Breaks every connection open now; what waits on it is lost. */
  cutAll(): void;
  /** Connections from now on lead to the server of this URL. */
  leadTo(url: string): void;
  /** Connections open now. */
  count(): number;
  close(): Promise<void>;
}

/** Stands before the server of `url` on a free loopback port. */
export async function startTcpProxy(url: string): Promise<TcpProxy> {
  let target = new URL(url);
  const links = new Set<{ release(): void; end(): void }>();
  let judge: (bytes: Buffer, line: Line) => Fate = () => "pass";
  let judgeAnswer: (bytes: Buffer, line: Line) => number = (bytes) => bytes.length;
  let isSwallowing = false;
  const server = createServer((client) => {
    const far = connect(Number(target.port), target.hostname);
    const toServer = createGate(far);
    const toClient = createGate(client);
    let isLost = false;
    const end = () => {
      client.destroy();
      far.destroy();
    };
    const release = () => {
      toServer.open();
      toClient.open();
    };
    const link = { release, end };
    links.add(link);
    client.on("data", (bytes) => {
      if (isSwallowing || isLost) return;
      const fate = judge(bytes, link);
      if (fate === "cut") return end();
      isLost = fate === "deliver-and-cut";
      if (fate === "hold") toServer.shut();
      if (fate === "deliver-and-hold") toClient.shut();
      toServer.write(typeof fate === "string" ? bytes : fate);
    });
    far.on("data", (bytes) => {
      if (isSwallowing) return;
      const through = judgeAnswer(bytes, link);
      if (isLost) return end();
      toClient.write(bytes.subarray(0, through));
      if (through === bytes.length) return;
      toClient.shut();
      toClient.write(bytes.subarray(through));
    });
    for (const socket of [client, far]) socket.on("error", end).on("close", end);
    client.on("close", () => links.delete(link));
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
    decideAnswers: (next) => {
      judgeAnswer = next;
    },
    silence: (isSilent) => {
      isSwallowing = isSilent;
    },
    release: () => {
      for (const link of links) link.release();
    },
    cutAll: () => {
      for (const link of links) link.end();
    },
    leadTo: (next) => {
      target = new URL(next);
    },
    count: () => links.size,
    close: async () => {
      const closed = once(server, "close");
      server.close();
      for (const link of links) link.end();
      await closed;
    },
  };
}

/** Passes bytes to a socket, in order; while it is shut they wait. */
function createGate(to: Socket) {
  let waiting: Buffer[] | null = null;
  return {
    write(bytes: Buffer): void {
      if (bytes.length === 0) return;
      if (waiting === null) to.write(bytes);
      else waiting.push(bytes);
    },
    shut(): void {
      waiting ??= [];
    },
    open(): void {
      for (const bytes of waiting ?? []) to.write(bytes);
      waiting = null;
    },
  };
}

/** True for the packet of a statement that begins so. */
export function isStatement(bytes: Buffer, text: string): boolean {
  return statementIn(bytes)?.startsWith(text) ?? false;
}

/** The text of a statement's packet; null for any other packet. */
export function statementIn(bytes: Buffer): string | null {
  const comQuery = 3;
  return bytes[4] === comQuery ? bytes.toString("utf8", 5) : null;
}

/** The packet of a statement, to arrive in another's place. */
export function statementPacket(text: string): Buffer {
  const body = Buffer.concat([Buffer.of(3), Buffer.from(text)]);
  const head = Buffer.alloc(4);
  head.writeUIntLE(body.length, 0, 3);
  return Buffer.concat([head, body]);
}

/** The number of the server's error when its answer begins with one, as 1213; else null. */
export function errorNumberIn(bytes: Buffer): number | null {
  return bytes[4] === 0xff ? bytes.readUInt16LE(5) : null;
}
