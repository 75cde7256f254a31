// How does a command that is no server work on both databases and leave nothing open behind it?
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { silentLog } from "../log.ts";
import { createEngine, type Databases, openDatabases } from "../main.ts";
import type { Engine } from "../purchases/engine.ts";
import { namingLedger } from "./failure.ts";

/** Runs `work` and closes both databases; a failed statement on the ledger names its setting. */
export async function withDatabases<T>(config: Config, work: (databases: Databases) => Promise<T>): Promise<T> {
  const databases = openDatabases(config);
  try {
    return await namingLedger("LEDGER_DATABASE_URL", () => work(databases));
  } finally {
    await databases.close();
  }
}

/** The same with the purchase engine on its ports, which asks nobody anything by itself and logs nothing. */
export async function withEngine<T>(
  { config, clock }: { config: Config; clock: Clock },
  work: (engine: Engine, databases: Databases) => Promise<T>,
): Promise<T> {
  return await withDatabases(config, (databases) =>
    work(createEngine(config, databases, { clock, log: silentLog }), databases),
  );
}
