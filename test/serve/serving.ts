// How does a test run the bridge as its users do? The built program as a child process on a sandbox.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { systemClock } from "../../src/clock.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { listPurchases } from "../../src/purchases/ledger/find.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import type { AccountOptions } from "../../src/sandbox/account/account.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { quickTimes } from "../purchases/stage.ts";
import { freshDatabase } from "../sandbox-database.ts";
import { sign } from "../webhook/signing.ts";

const program = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface Serving {
  readonly port: number;
  readonly consolePort: number;
  readonly pid: number;
  /** Every line it has logged so far. */
  readonly lines: readonly string[];
  /** From the spawn to the line that says it serves. */
  readonly readyAfterMs: number;
  /** SIGKILL at once; resolves when it is gone, to false where it had ended by itself before. */
  kill(): Promise<boolean>;
  /** SIGTERM; resolves to the exit status. */
  stop(): Promise<number | null>;
}

const running = new Set<ChildProcess>();

/** Starts `ispmodules serve`; resolves when it listens, rejects when it ends before. */
export async function serve(environment: Readonly<Record<string, string>>): Promise<Serving> {
  const beganMs = systemClock.monotonicMs();
  const child = spawn(process.execPath, [program, "serve"], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const exited = once(child, "exit").then(([status, signal]) => {
    running.delete(child);
    return { status: status as number | null, signal: signal as NodeJS.Signals | null };
  });
  const lines: string[] = [];
  createInterface({ input: child.stderr }).on("line", (line) => lines.push(line));
  const started = new Promise<{ port: number; console_port: number }>((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      lines.push(line);
      if (line.includes('"bridge.started"')) resolve(JSON.parse(line) as { port: number; console_port: number });
    });
    void exited.then(({ status }) => reject(new Error(`serve ended with ${status}: ${lines.join("\n")}`)));
  });
  const { port, console_port: consolePort } = await started;
  return {
    port,
    consolePort,
    pid: child.pid ?? 0,
    lines,
    readyAfterMs: systemClock.monotonicMs() - beganMs,
    kill: async () => {
      child.kill("SIGKILL");
      return (await exited).signal === "SIGKILL";
    },
    stop: async () => {
      child.kill("SIGTERM");
      return (await exited).status;
    },
  };
}

/** Starts one command; its end can be waited for, or brought about at once. */
export function startCommand(environment: Readonly<Record<string, string>>, ...words: string[]) {
  const child = spawn(process.execPath, [program, ...words], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const out: Buffer[] = [];
  const err: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => out.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => err.push(chunk));
  const ended = once(child, "close").then(([status, signal]) => ({
    status: status as number | null,
    signal: signal as NodeJS.Signals | null,
    stdout: Buffer.concat(out).toString(),
    stderr: Buffer.concat(err).toString(),
  }));
  return {
    ended,
    /** As `Serving.kill`. */
    kill: async () => {
      child.kill("SIGKILL");
      return (await ended).signal === "SIGKILL";
    },
  };
}

/** Runs one command to its end. */
export async function runCommand(environment: Readonly<Record<string, string>>, ...words: string[]) {
  return await startCommand(environment, ...words).ended;
}

/** The signed call of WHMCS's hook or server module with this body; `id` decides whether it is new. */
export function signedCall(secret: string, { id, ...told }: { id: string; [field: string]: unknown }) {
  const body = JSON.stringify(told);
  const timestamp = Math.floor(systemClock.now().getTime() / 1000);
  const headers = { "content-type": "application/json", ...sign({ secret, id, timestamp, body }) };
  return { method: "POST", headers, body };
}

export interface Ground extends Sandbox {
  end(): Promise<void>;
}

/** A sandbox for child processes, with quick times and no spending cap, and buying on unless said otherwise. */
export async function createGround(
  options: { account?: AccountOptions; settings?: Readonly<Record<string, string>>; isBuying?: boolean } = {},
): Promise<Ground> {
  const shop = await freshDatabase("shop");
  const ledger = await freshDatabase("ledger");
  const account = options.account === undefined ? {} : { account: options.account };
  const sandbox = await startSandbox({ shopUrl: shop.url, ledgerUrl: ledger.url, clock: systemClock, ...account });
  const environment = {
    PATH: process.env.PATH ?? "",
    ...sandbox.environment,
    SPEND_CAP_DAY: "none",
    ...quickTimes,
    ...options.settings,
  };
  if (options.isBuying !== false) {
    const bought = await runCommand(environment, "buying", "on", "--paid-since", "2020-01-01T00:00:00", "--yes");
    if (bought.status !== 0) throw new Error(`buying on: ${bought.stderr}`);
  }
  return {
    ...sandbox,
    environment,
    end: async () => {
      for (const child of running) child.kill("SIGKILL");
      await sandbox.stop();
      await Promise.all([shop.drop(), ledger.drop()]);
    },
  };
}

/** The ledger's purchases, again and again until they fit or a minute has passed. */
export async function waitForPurchases(ground: Ground, fits: (purchases: Purchase[]) => boolean): Promise<Purchase[]> {
  const database = openDatabase({ name: "ledger", url: ground.environment.LEDGER_DATABASE_URL ?? "", connections: 1 });
  try {
    const deadlineMs = systemClock.monotonicMs() + 60_000;
    for (;;) {
      const purchases = await listPurchases(database);
      if (fits(purchases)) return purchases;
      if (systemClock.monotonicMs() > deadlineMs)
        throw new Error(`still: ${purchases.map(({ state, reason }) => `${state} ${reason}`).join(", ")}`);
      await systemClock.sleep(50);
    }
  } finally {
    await database.close();
  }
}

/** An order of one module, paid. */
export async function sellPaid(ground: Ground, licence = "1234567"): Promise<{ serviceId: number; invoiceId: number }> {
  const { shop, catalogue } = ground;
  const ip = ground.account.licences().find(({ id }) => id === licence)?.ip ?? "";
  const item = { productId: catalogue.products.ddosGuard, licence, ip };
  const order = await shop.placeOrder({ clientId: catalogue.clientIds[0], items: [item] });
  await shop.payInvoice(order.invoiceId);
  return { serviceId: order.serviceIds[0] ?? 0, invoiceId: order.invoiceId };
}
