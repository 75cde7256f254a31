// Is the bridge ready, and if not, what is missing?
import { checkSession, type Database } from "../database/connection.ts";
import { isMigrated } from "../database/migrate.ts";
import { describeError, type Log } from "../log.ts";
import type { WatchedApi } from "../whmcs/api-failure.ts";
import { findMissingColumns } from "../whmcs/columns.ts";

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

/**
 * Ready: both databases answer with safe sessions, our tables are there and those of WHMCS may be read. Write-back settings
 * are only reported.
 */
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
  const [ledger, migrations, whmcs] = await Promise.all([
    answer(() => checkSession(databases.ledger).then(() => "ok")),
    answer(async () => ((await isMigrated(databases.ledger)) ? "ok" : "missing: run `ispmodules migrate`")),
    answer(async () => {
      await checkSession(databases.whmcs);
      const missing = await findMissingColumns(databases.whmcs.query);
      return missing.length === 0 ? "ok" : `missing: run the SQL of \`ispmodules grants\` again: ${missing.join(", ")}`;
    }),
  ]);
  const isReady = [ledger, migrations, whmcs].every((check) => check === "ok");
  return { isReady, checks: { ledger, migrations, whmcs, whmcs_api: describeApi(api) } };
}

function describeApi(api: WatchedApi | null): string {
  if (api === null) return "not set: nothing is written back to WHMCS";
  const trouble = api.readTrouble();
  return trouble === null ? "set" : `failed: ${trouble.message} ${trouble.remedy}`;
}
