// What runs when the bridge serves, and in which order does it start and stop?
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { type ServerType, serve } from "@hono/node-server";
import type { Hono } from "hono";
import { createPublicApp } from "./app.ts";
import { type Automation, createAutomation } from "./automation/client.ts";
import { type Clock, waitAtMost } from "./clock.ts";
import type { Config } from "./config.ts";
import { createConsoleApp } from "./console/app.ts";
import { checkReadiness } from "./console/readiness.ts";
import { checkSession, type Database, openDatabase } from "./database/connection.ts";
import { isMigrated } from "./database/migrate.ts";
import { DatabaseError } from "./errors.ts";
import { createAccount } from "./ispmanager/client.ts";
import { describeError, type Log } from "./log.ts";
import { createAccountLists } from "./purchases/account-lists.ts";
import { type AccountAccess, createLocalTime, type Engine } from "./purchases/engine.ts";
import { findUnconfigured, tellUnconfigured } from "./purchases/home.ts";
import { createLedger } from "./purchases/ledger/ledger.ts";
import { type Loops, startLoops } from "./purchases/loops.ts";
import { createLooker } from "./purchases/view.ts";
import { createServiceCalls } from "./service-calls/receive.ts";
import { createStorefront, type StorefrontParts } from "./storefront/answer.ts";
import { buildCatalogue } from "./storefront/catalog.ts";
import { createCatalogueCopy } from "./storefront/copy.ts";
import { createReceiver } from "./webhook/receive.ts";
import { createVerifier, decodeSecret } from "./webhook/signature.ts";
import { createSignedDoor } from "./webhook/signed-request.ts";
import { createWhmcsApi } from "./whmcs/api.ts";
import { type WatchedApi, watchApi } from "./whmcs/api-failure.ts";
import { createCatalogReader } from "./whmcs/catalog-rows.ts";
import { requireColumns } from "./whmcs/columns.ts";
import { createPurchaseReader } from "./whmcs/reader.ts";

const ledgerConnections = 10;
const whmcsConnections = 5;
const readTimeoutMs = 30_000;
const whmcsApiTimeoutMs = 30_000;
const automationTimeoutMs = 10_000;
const longestPatienceMs = 60_000;
const waitForMigrationMs = 5_000;

/** Both databases of a configuration. */
export interface Databases {
  readonly ledger: Database;
  readonly whmcs: Database;
  close(): Promise<void>;
}

export function openDatabases(config: Config): Databases {
  const ledger = openDatabase({ name: "ledger", url: config.ledger.databaseUrl, connections: ledgerConnections });
  const whmcs = openDatabase({ name: "whmcs", url: config.whmcs.databaseUrl, connections: whmcsConnections });
  return {
    ledger,
    whmcs,
    close: async () => {
      await Promise.all([ledger.close(), whmcs.close()]);
    },
  };
}

export interface Surroundings {
  readonly clock: Clock;
  readonly log: Log;
  readonly isStopping?: () => boolean;
}

/** The purchase engine on its real ports; nothing is asked of anyone yet. */
export function createEngine(config: Config, databases: Databases, { clock, log, isStopping }: Surroundings): Engine {
  const timeouts = { readMs: readTimeoutMs, orderMs: config.buying.orderTimeoutMs };
  const patience = { clock, forMs: Math.min(config.buying.retryMs, longestPatienceMs) };
  const [first, ...others] = config.accounts;
  const open = ({ apiUrl: url, ...own }: Config["accounts"][0]): AccountAccess => {
    const account = createAccount({ ...own, url, timeouts, clock, log });
    return { account, looker: createLooker(account, others.length > 0 ? patience : null) };
  };
  return {
    ledger: createLedger(databases.ledger),
    reader: createPurchaseReader(databases.whmcs.query),
    accounts: [open(first), ...others.map(open)],
    automation: createEngineAutomation(config, clock),
    settings: config.buying,
    clock,
    log,
    owner: `${hostname().slice(0, 32)}:${process.pid}:${randomBytes(4).toString("hex")}`,
    whmcsUrl: config.whmcs.url,
    whmcsAdminUrl: config.whmcs.adminUrl.replace(/\/+$/, ""),
    localTime: createLocalTime(config.whmcs.timezone),
    isStopping: isStopping ?? (() => false),
  };
}

function createEngineAutomation({ events }: Config, clock: Clock): Automation | null {
  if (events === null) return null;
  const keys = events.secrets.flatMap((secret) => decodeSecret(secret) ?? []);
  return createAutomation({ url: events.url, keys, timeoutMs: automationTimeoutMs, clock });
}

/** Null when the settings for it are missing: then nothing is written back. */
export function createApi(config: Config): WatchedApi | null {
  const { api, apiUrl } = config.whmcs;
  return api === null ? null : watchApi(createWhmcsApi({ ...api, url: apiUrl, timeoutMs: whmcsApiTimeoutMs }));
}

/** The bridge while it serves. */
export interface Bridge {
  readonly port: number;
  readonly consolePort: number;
  /** Claims nothing more, waits for requests under way up to their deadline, then closes everything. */
  stop(): Promise<void>;
}

export interface BridgeSurroundings extends Pick<Surroundings, "clock" | "log"> {
  /** Closed when the bridge stops; by default pools of the usual size. */
  readonly databases?: Databases;
}

/**
 * Starts listening at once, even while either database is away; loops begin when the ledger is migrated. A column of WHMCS
 * that is needed and may not be read is told, and what needs it waits for it.
 * @throws DatabaseError `unsafe_session` when a server overrides what makes parameters safe.
 */
export async function startBridge(
  config: Config,
  { clock, log, databases = openDatabases(config) }: BridgeSurroundings,
): Promise<Bridge> {
  const stopping = new AbortController();
  await refuseUnsafe(databases, { clock, log });
  const engine = createEngine(config, databases, { clock, log, isStopping: () => stopping.signal.aborted });
  const api = createApi(config);
  let loops: Loops | null = null;
  const readiness = () => checkReadiness({ databases, api, log });
  const verifier = createVerifier({ secrets: config.webhookSecrets, clock });
  const door = createSignedDoor({ verifier, log, clock, trustedProxies: config.trustedProxies });
  const wake = () => loops?.wake();
  const lists = createAccountLists(engine);
  const publicApp = createPublicApp({
    storefront: createBridgeStorefront(config, databases, { ...engine, readAccount: lists.picture }),
    receive: createReceiver({ door, storeEvent: engine.ledger.storeEvent, wake, log }),
    answerCall: createServiceCalls({ door, engine, lists, wake }),
    isReady: async () => (await readiness()).isReady,
    clock,
    log,
  });
  const consoleApp = createConsoleApp({
    ledger: engine.ledger,
    accounts: config.accounts.map(({ name }) => name),
    readiness,
    log,
  });
  const servers = await Promise.all([listen(publicApp, config.listen), listen(consoleApp, config.console)]);
  const starting = startWhenMigrated(databases.ledger, { clock, log, signal: stopping.signal }, () => {
    loops = startLoops(engine, api);
    findUnconfigured(engine).then(
      (lost) => tellUnconfigured(log, lost),
      (error) => log.warn("ledger.unreachable", describeError(error)),
    );
  });
  log.info("bridge.started", { port: servers[0].port, console_port: servers[1].port, writes_back: api !== null });
  return {
    port: servers[0].port,
    consolePort: servers[1].port,
    stop: async () => {
      stopping.abort();
      await starting;
      await Promise.all([...servers.map((server) => server.close()), loops?.stop()]);
      await databases.close();
      log.info("bridge.stopped");
    },
  };
}

function createBridgeStorefront(
  config: Config,
  { whmcs }: Databases,
  { ledger, clock, log, readAccount }: Pick<Engine, "ledger" | "clock" | "log"> & Pick<StorefrontParts, "readAccount">,
) {
  const readRows = createCatalogReader(whmcs.query);
  const copy = createCatalogueCopy({
    readCatalogue: async () => buildCatalogue(await readRows(), config.storefront.currency).catalogue,
    keeper: { load: ledger.loadCatalogue, keep: ledger.keepCatalogue },
    clock,
    log,
  });
  const cart = { whmcsUrl: config.whmcs.url, template: config.storefront.cartTemplate };
  return createStorefront({ copy, cart, readAccount });
}

interface Listener {
  readonly port: number;
  close(): Promise<void>;
}

function listen(app: Hono, { host, port }: { host: string; port: number }): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server: ServerType = serve({ fetch: app.fetch, hostname: host, port }, (address) => {
      resolve({ port: address.port, close: () => closeServer(server) });
    });
    server.once("error", reject);
  });
}

function closeServer(server: ServerType): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    if ("closeIdleConnections" in server) server.closeIdleConnections();
  });
}

const sessionWaitMs = 1_000;

/** A server that does not answer soon is none to wait for: its sessions are checked again before the loops begin. */
async function refuseUnsafe({ ledger, whmcs, close }: Databases, { clock, log }: Surroundings): Promise<void> {
  const check = async (database: Database) => {
    try {
      await checkSession(database);
      if (database === whmcs) await requireColumns(whmcs.query);
    } catch (error) {
      if (!(error instanceof DatabaseError)) return;
      if (error.code === "unsafe_session") throw error;
      if (error.code === "whmcs_columns_missing") log.error("whmcs.columns_missing", { remedy: error.message });
    }
  };
  const checks = Promise.all([check(ledger), check(whmcs)]);
  try {
    await waitAtMost(checks, sessionWaitMs, clock);
  } catch (error) {
    await close();
    throw error;
  }
}

/** The loops need our tables; until they are there, only health, price list and Buy are served. */
async function startWhenMigrated(
  ledger: Database,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
  start: () => void,
): Promise<void> {
  for (let tries = 0; !signal.aborted; tries++) {
    try {
      await checkSession(ledger);
      if (await isMigrated(ledger)) return signal.aborted ? undefined : start();
      if (tries === 0) log.warn("ledger.not_migrated", { remedy: "run `ispmodules migrate`" });
    } catch (error) {
      log.warn("ledger.unreachable", describeError(error));
    }
    await clock.sleep(waitForMigrationMs, signal);
  }
}
