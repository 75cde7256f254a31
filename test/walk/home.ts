// Where does a whole sale take place? A WHMCS root that our installer filled, its shop, its API, the account, and the bridge.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { silentLog } from "../../src/log.ts";
import { type Databases, startBridge } from "../../src/main.ts";
import { createLedger } from "../../src/purchases/ledger/ledger.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHooks, runModule, type WhmcsRun, type WhmcsSite } from "../../src/sandbox/php.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import type { ModuleRunner } from "../../src/sandbox/shop/api-actions.ts";
import type { HookCall } from "../../src/sandbox/shop/hook-calls.ts";
import { makeWhmcsTree, type WhmcsTree } from "../cli/whmcs-tree.ts";
import { freePort } from "../hooks/bridge.ts";
import { serveRoot } from "../hooks/whmcs-site.ts";
import { quickTimes } from "../purchases/stage.ts";
import { freshDatabase } from "../sandbox-database.ts";

/** What one call of the real server module answered, oldest first. */
export interface Answered {
  readonly name: string;
  readonly returned: unknown;
}

export interface Home extends Sandbox {
  readonly tree: WhmcsTree;
  readonly bridgeUrl: string;
  /** What WHMCS's API got from the server module. */
  readonly moduleAnswers: readonly Answered[];
  installHooks(): ReturnType<WhmcsTree["run"]>;
  /** The installed hook file, at one request's hook points. */
  fire(calls: readonly HookCall[]): Promise<WhmcsRun>;
  /** A function of the installed server module. */
  call(name: string, serviceId: number): Promise<unknown>;
  /** The bridge with the installer's secret, one connection to each database, and buying on. */
  startBridge(): Promise<void>;
  /** WHMCS's front page out of the installed root; its address. */
  openFrontPage(): Promise<string>;
  end(): Promise<void>;
}

/** Nothing is installed yet and no bridge runs. */
export async function buildHome(): Promise<Home> {
  const phpPath = await requirePhp();
  const tree = makeWhmcsTree();
  const endings: (() => unknown)[] = [() => tree.remove()];
  const [shopDatabase, ledgerDatabase] = [await freshDatabase("shop"), await freshDatabase("ledger")];
  endings.push(() => Promise.all([shopDatabase.drop(), ledgerDatabase.drop()]));
  const site: WhmcsSite = { phpPath, root: tree.root, settings: null, database: shopDatabase.url };
  const api: WhmcsSite = { ...site, request: { server: { SCRIPT_FILENAME: join(tree.root, "includes/api.php") } } };
  const moduleAnswers: Answered[] = [];
  const runReal: ModuleRunner = async ({ name, serviceId }) => {
    const { returned } = await runModule(api, { function: name, serviceId });
    moduleAnswers.push({ name, returned });
    return String(returned);
  };
  const sandbox = await startSandbox({
    ...{ shopUrl: shopDatabase.url, ledgerUrl: ledgerDatabase.url, clock: systemClock },
    ...{ hasServerModule: true, runModule: runReal },
  });
  endings.push(() => sandbox.stop());
  const port = await freePort();
  return {
    ...sandbox,
    tree,
    bridgeUrl: `http://127.0.0.1:${port}`,
    moduleAnswers,
    installHooks: () => tree.run(["install-hooks", "whmcs", "--php", phpPath], { PORT: String(port) }),
    fire: (calls) => runHooks(site, calls),
    call: async (name, serviceId) => (await runModule(site, { function: name, serviceId })).returned,
    startBridge: async () => {
      const secret = readFileSync(join(tree.above, "webhook-secret"), "utf8").trim();
      const settings = { ...sandbox.environment, WEBHOOK_SECRET: secret, PORT: String(port), SPEND_CAP_DAY: "none" };
      const config = loadConfig({ ...settings, ...quickTimes });
      const databases = openNarrow(config.ledger.databaseUrl, config.whmcs.databaseUrl);
      const paidSince = "2020-01-01 00:00:00";
      const ledger = createLedger(databases.ledger);
      await ledger.setBuying({ position: "on", paidSince, actor: "test", why: "test" });
      // As if both sweeps had just been made: what is paid now, only WHMCS's own files tell. Whatever waits for something that
      // no event tells, such as money in the account, is looked at again after the interval all the same.
      for (const turn of ["sweep", "nightly_sweep"] as const) await ledger.takeTurn(turn, 86_400_000);
      const bridge = await startBridge(config, { clock: systemClock, log: silentLog, databases });
      endings.push(() => bridge.stop());
    },
    openFrontPage: async () => {
      const page = await serveRoot(tree.root, await freePort());
      endings.push(() => page.stop());
      return page.url;
    },
    end: async () => {
      for (const end of endings.splice(0).reverse()) await end();
    },
  };
}

/** A call that came while a connection is held would wait for ever. */
function openNarrow(ledgerUrl: string, whmcsUrl: string): Databases {
  const ledger = openDatabase({ name: "ledger", url: ledgerUrl, connections: 1 });
  const whmcs = openDatabase({ name: "whmcs", url: whmcsUrl, connections: 1 });
  return {
    ledger,
    whmcs,
    close: async () => {
      await Promise.all([ledger.close(), whmcs.close()]);
    },
  };
}
