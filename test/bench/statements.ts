// Which statements does a program send to its database? A relay in between writes them down.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { systemClock } from "../../src/clock.ts";

export interface Statement {
  /** On the clock that never jumps. */
  readonly atMs: number;
  readonly text: string;
}

export interface Relay {
  /** The database's URL, by way of the relay. */
  readonly url: string;
  /** Every statement sent so far, of all connections. */
  readonly statements: readonly Statement[];
  close(): Promise<void>;
}

/** Passes all bytes on and reads the client's packets: https://mariadb.com/kb/en/0-packet/ */
export async function startRelay(databaseUrl: string): Promise<Relay> {
  const target = new URL(databaseUrl);
  const statements: Statement[] = [];
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    for (const [from, to] of [
      [client, database],
      [database, client],
    ] as const) {
      open.add(from);
      from.on("data", (chunk: Buffer) => to.write(chunk));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        open.delete(from);
        to.destroy();
      });
    }
    client.on(
      "data",
      createPacketReader((text) => statements.push({ atMs: systemClock.monotonicMs(), text })),
    );
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    statements,
    close: async () => {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const headerBytes = 4;
/** COM_QUERY, COM_STMT_PREPARE and COM_STMT_EXECUTE; what else a client sends asks for no rows. */
const asking = new Set([0x03, 0x16, 0x17]);

/** A command is the first packet of its sequence; whatever carries a higher number belongs to the login. */
function createPacketReader(onStatement: (text: string) => void): (chunk: Buffer) => void {
  let received: Buffer = Buffer.alloc(0);
  return (chunk) => {
    received = Buffer.concat([received, chunk]);
    while (received.length >= headerBytes) {
      const end = headerBytes + received.readUIntLE(0, 3);
      if (received.length < end) return;
      const isCommand = received[3] === 0 && asking.has(received[headerBytes] ?? 0);
      if (isCommand) onStatement(received.toString("utf8", headerBytes + 1, end));
      received = received.subarray(end);
    }
  };
}
