// How does the bridge run as a service, from its start to a signal that ends it?
import { createLog } from "../log.ts";
import { startBridge } from "../main.ts";
import { defineCommand, exitStatus } from "./command.ts";

export const serve = defineCommand({
  name: "serve",
  summary: "serve price list, Buy, webhook and console, and buy what is paid",
  options: {},
  run: async ({ config, clock }) => {
    const settings = config();
    const log = createLog(settings.logLevel);
    const ending = waitForSignal();
    const bridge = await startBridge(settings, { clock, log });
    log.info("bridge.stopping", { signal: await ending });
    await bridge.stop();
    return exitStatus.done;
  },
});

/** The first signal asks for a clean stop, a second one ends the process at once. */
function waitForSignal(): Promise<string> {
  return new Promise((resolve) => {
    let isEnding = false;
    for (const name of ["SIGTERM", "SIGINT"] as const) {
      process.on(name, () => {
        if (isEnding) process.exit(exitStatus.failed);
        isEnding = true;
        resolve(name);
      });
    }
  });
}
