// What does the public listener look like from outside? A real HTTP server around the app, and everything it logged.
import { connect, createServer, type Socket } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { createPublicApp, type PublicParts } from "../../src/app.ts";
import type { SafeFields } from "../../src/errors.ts";
import type { Log } from "../../src/log.ts";
import { createStorefront, type StorefrontParts } from "../../src/storefront/answer.ts";
import { buildCatalogue } from "../../src/storefront/catalog.ts";
import { type CatalogueCopy, createCatalogueCopy } from "../../src/storefront/copy.ts";
import { createTestClock, type TestClock } from "../webhook/clock.ts";
import { catalogRows } from "./rows.ts";

export const cart = { whmcsUrl: "https://billing.example.com", template: null };

export interface PublicServer {
  readonly origin: string;
  readonly clock: TestClock;
  readonly logged: { readonly event: string; readonly fields: SafeFields }[];
  /** Asks without following redirects. */
  ask(pathAndQuery: string, init?: RequestInit): Promise<Response>;
  stop(): Promise<void>;
}

export interface ServerOptions extends Partial<Pick<PublicParts, "receive" | "answerCall" | "isReady">> {
  /** Makes the catalogue's copy from the server's own clock and log; default: one sound module. */
  readonly copy?: (parts: { clock: TestClock; log: Log }) => CatalogueCopy;
  readonly cart?: StorefrontParts["cart"];
  /** Default: nobody can say what the account has. */
  readonly readAccount?: StorefrontParts["readAccount"];
}

export async function startPublicServer(options: ServerOptions = {}): Promise<PublicServer> {
  const clock = createTestClock("2026-11-23T10:00:00Z");
  const logged: PublicServer["logged"] = [];
  const record = (event: string, fields: SafeFields = {}) => void logged.push({ event, fields });
  const log: Log = { debug: record, info: record, warn: record, error: record };
  const copy = (options.copy ?? copyOf(buildCatalogue(catalogRows(), null).catalogue))({ clock, log });
  const app = createPublicApp({
    storefront: createStorefront({
      copy,
      cart: options.cart ?? cart,
      readAccount: options.readAccount ?? (async () => null),
    }),
    receive: options.receive ?? (async (c) => c.json({ status: "accepted" }, 202)),
    answerCall: options.answerCall ?? (async (c) => c.json({ result: "success" })),
    isReady: options.isReady ?? (async () => true),
    clock,
    log,
  });
  const { server, port } = await new Promise<{ server: ServerType; port: number }>((resolve) => {
    const started = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 }, (info) =>
      resolve({ server: started, port: info.port }),
    );
  });
  const origin = `http://127.0.0.1:${port}`;
  return {
    origin,
    clock,
    logged,
    ask: (pathAndQuery, init) => fetch(origin + pathAndQuery, { redirect: "manual", ...init }),
    stop: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** A copy that reads this catalogue, whenever it is asked. */
export function copyOf(catalogue: Parameters<CatalogueKeep>[0]): NonNullable<ServerOptions["copy"]> {
  return ({ clock, log }) =>
    createCatalogueCopy({ readCatalogue: async () => catalogue, keeper: emptyKeeper, clock, log });
}

type CatalogueKeep = Parameters<typeof createCatalogueCopy>[0]["keeper"]["keep"];

export const emptyKeeper = { load: async () => null, keep: async () => {} };

/** A way to a server that can be closed and opened again on the same port, as if the server went away. */
export async function openGate(target: { host: string; port: number }) {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(target.port, target.host);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.on("close", () => {
        sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  await listen(0);
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    port,
    open: () => listen(port),
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
