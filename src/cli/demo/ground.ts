// On what does the demo play? A private MariaDB server, the sandbox, and the real bridge in this process.
import { systemClock } from "../../clock.ts";
import { loadConfig } from "../../config.ts";
import { createLog } from "../../log.ts";
import { type Bridge, startBridge } from "../../main.ts";
import { startMariaDb } from "../../sandbox/mariadb.ts";
import { requirePhp } from "../../sandbox/packages.ts";
import { type Sandbox, startSandbox } from "../../sandbox/sandbox.ts";

export interface DemoGround {
  readonly sandbox: Sandbox;
  readonly bridge: Bridge;
  readonly phpPath: string;
  /** For looking into the shop, and for changing it, with any MySQL client. */
  readonly shopDatabaseUrl: string;
  stop(): Promise<void>;
}

/** Only a demonstration is in a hurry; a real bridge looks less often. */
const quickPace = { BUYER_INTERVAL_SECONDS: "1", SWEEP_INTERVAL_SECONDS: "10", LOOK_INTERVAL_SECONDS: "1" };
const activationMs = 1_500;

/** Starts everything on free loopback ports; what was started is stopped again when a later part fails. */
export async function startDemoGround(announce: (line: string) => void): Promise<DemoGround> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    const phpPath = await requirePhp(announce);
    const server = await startMariaDb({ announce });
    stops.push(() => server.stop());
    const shopUrl = await server.createDatabase("whmcs");
    const migrateUrl = await server.createDatabase("ispmodules");
    const reader = { name: "reader", grants: ["SELECT ON whmcs.*"], database: "whmcs" };
    const writer = { name: "bridge", grants: ["SELECT, INSERT, UPDATE ON ispmodules.*"], database: "ispmodules" };
    const sandbox = await startSandbox({
      shopUrl,
      readerUrl: await server.createUser(reader),
      ledgerUrl: await server.createUser(writer),
      migrateUrl,
      clock: systemClock,
      account: { variants: { activationMs } },
    });
    stops.push(() => sandbox.stop());
    const config = loadConfig({ ...sandbox.environment, ...quickPace, LOG_LEVEL: "error" });
    const bridge = await startBridge(config, { clock: systemClock, log: createLog(config.logLevel) });
    stops.push(() => bridge.stop());
    return { sandbox, bridge, phpPath, shopDatabaseUrl: shopUrl, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
