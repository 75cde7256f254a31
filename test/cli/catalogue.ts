// On what do tests of the catalogue's commands work? A whole sandbox whose WHMCS is read with the least rights.
import { escapeId } from "mysql2/promise";
import { systemClock } from "../../src/clock.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { readerGrants } from "../doctor/patient.ts";
import { asRoot, freshDatabase } from "../sandbox-database.ts";
import { type Ended, type Environment, ispmodules, program, type Running, start } from "./program.ts";

export interface Counter extends Sandbox {
  readonly settings: Environment;
  /** Runs `ispmodules modules …` to its end. */
  modules(words: readonly string[], change?: Environment): Promise<Ended>;
  /** The same, not waited for. */
  begin(words: readonly string[]): Running;
  /** The same with `--json`: what it printed, and its exit status. */
  list<Row>(words: readonly string[], change?: Environment): Promise<{ status: number | null; rows: Row[] }>;
  end(): Promise<void>;
}

/** The demo's shop and account: three modules on both sides; buying is off. */
export async function openCounter(): Promise<Counter> {
  const [shop, ledger] = [await freshDatabase("shop"), await freshDatabase("ledger")];
  const reader = `reader_${shop.name}`;
  const readerUrl = new URL(shop.url);
  readerUrl.username = reader;
  readerUrl.password = "reads";
  const sandbox = await startSandbox({
    ...{ shopUrl: shop.url, readerUrl: readerUrl.href, ledgerUrl: ledger.url, clock: systemClock },
  });
  const grants = readerGrants().map(
    (grant) => `GRANT ${grant.replaceAll("DB", escapeId(shop.name))} TO '${reader}'@'%'`,
  );
  await asRoot(`CREATE USER '${reader}'@'%' IDENTIFIED BY 'reads'`, ...grants);
  const settings = sandbox.environment;
  const modules = (words: readonly string[], change: Environment = {}) =>
    ispmodules(["modules", ...words], { ...settings, ...change });
  return {
    ...sandbox,
    settings,
    modules,
    begin: (words) => start([process.execPath, program, "modules", ...words], settings),
    list: async (words, change) => {
      const { status, stdout } = await modules([...words, "--json"], change);
      return { status, rows: JSON.parse(stdout) };
    },
    end: async () => {
      await sandbox.stop();
      await asRoot(`DROP USER '${reader}'@'%'`);
      await shop.drop();
      await ledger.drop();
    },
  };
}
