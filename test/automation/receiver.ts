// Who listens at EVENTS_URL in a test? A server that checks each delivery as the host's own automation would.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";

export const eventsSecret = `whsec_${Buffer.alloc(32, 11).toString("base64")}`;

export interface Delivery {
  readonly id: string;
  readonly event: { readonly type: string; readonly timestamp: string; readonly data: Record<string, string | null> };
}

export interface TestReceiver {
  readonly url: string;
  /** What arrived and was signed, refused or not, in its order. */
  readonly deliveries: readonly Delivery[];
  /** What arrived without a signature that the reference library believes. */
  readonly forged: readonly string[];
  /** How it answers from now on; by default 204. */
  answer(how: (response: ServerResponse) => void): void;
  stop(): Promise<void>;
}

const accept = (response: ServerResponse): void => {
  response.writeHead(204).end();
};

export async function startReceiver(secret = eventsSecret): Promise<TestReceiver> {
  const deliveries: Delivery[] = [];
  const forged: string[] = [];
  let answer = accept;
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const headers = request.headers as Record<string, string>;
      try {
        const event = new Webhook(secret).verify(body, headers) as Delivery["event"];
        deliveries.push({ id: headers["webhook-id"] ?? "", event });
      } catch {
        forged.push(request.url ?? "");
      }
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/panel/`,
    deliveries,
    forged,
    answer: (how) => {
      answer = how;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}
