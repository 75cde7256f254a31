// Is the bridge ready, and if not, what is missing?
import { checkSession, type Database } from "../database/connection.ts";
import { isMigrated } from "../database/migrate.ts";
import { describeError, type Log } from "../log.ts";
import type { WatchedApi } from "../whmcs/api-failure.ts";

export interface Readiness {
  readonly isReady: boolean;
  /** What the console shows; ids and words only. */
  readonly checks: Readonly<Record<string, string>>;
}

interface ReadinessParts {
  readonly databases: { readonly ledger: Database; readonly whmcs: Database };
  readonly api: WatchedApi | null;
  readonly log: Log;
}

/** Ready: both databases answer with safe sessions and our tables are there. Write-back settings are only reported. */
export async function checkReadiness({ databases, api, log }: ReadinessParts): Promise<Readiness> {
  const answer = async (work: () => Promise<string>): Promise<string> => {
    try {
      return await work();
    } catch (error) {
      const { code } = describeError(error);
      log.warn("readiness.failed", describeError(error));
      return `failed: ${String(code)}`;
    }
  };
  const sessionOf = (database: Database) => answer(() => checkSession(database).then(() => "ok"));
  const [ledger, migrations, whmcs] = await Promise.all([
    sessionOf(databases.ledger),
    answer(async () => ((await isMigrated(databases.ledger)) ? "ok" : "missing: run `ispmodules migrate`")),
    sessionOf(databases.whmcs),
  ]);
  const isReady = [ledger, migrations, whmcs].every((check) => check === "ok");
  return { isReady, checks: { ledger, migrations, whmcs, whmcs_api: describeApi(api) } };
}

function describeApi(api: WatchedApi | null): string {
  if (api === null) return "not set: nothing is written back to WHMCS";
  const trouble = api.readTrouble();
  return trouble === null ? "set" : `failed: ${trouble.message} ${trouble.remedy}`;
}
