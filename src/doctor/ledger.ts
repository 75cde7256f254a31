// Is the ledger sound: reachable, durable, migrated, with the rights it needs?
import type { Config } from "../config.ts";
import { type Database, openDatabase } from "../database/connection.ts";
import { checkDurability } from "../database/durability.ts";
import { isMigrated } from "../database/migrate.ts";
import { createLedger } from "../purchases/ledger/ledger.ts";
import { type AcceptedVendorModules, readAcceptedVendorModules } from "../purchases/ledger/vendor-modules.ts";
import { explainDatabaseFailure } from "./database-failure.ts";
import { type Check, type Finding, fault, ok, runChecks } from "./finding.ts";
import { checkLedgerGrants, checkLedgerRights } from "./grants.ts";
import { reachable, serverChecks } from "./server.ts";
import type { Surroundings } from "./surroundings.ts";
import { workChecks } from "./work.ts";

export interface LedgerFindings {
  readonly findings: readonly Finding[];
  /** Null when the ledger could not be asked. */
  readonly accepted: AcceptedVendorModules | null;
}

/** All checks of the ledger; what needs its tables only when they are there. */
export async function checkLedger(config: Config, { clock, log }: Surroundings): Promise<LedgerFindings> {
  const { databaseUrl, migrateDatabaseUrl } = config.ledger;
  const run = (checks: readonly Check[]) =>
    runChecks(checks, { log, explain: (id, error) => explainDatabaseFailure("ledger", id, error) });
  let ledger: Database | undefined;
  let accepted: AcceptedVendorModules | null = null;
  const open: Check = {
    id: "ledger.reachable",
    run: async () => {
      ledger = openDatabase({ name: "ledger", url: databaseUrl, connections: 2 });
      return await reachable(ledger).run();
    },
  };
  try {
    const opened = await run([open]);
    if (ledger === undefined || opened.some(({ level }) => level === "fault")) return { findings: opened, accepted };
    const hasMigratingUser = migrateDatabaseUrl !== databaseUrl;
    const server = await run([...ledgerServerChecks(ledger, hasMigratingUser), ...serverChecks(ledger, clock)]);
    const migrating = hasMigratingUser ? await checkMigratingUser(migrateDatabaseUrl, run) : [];
    const tables = await run([migrations(ledger)]);
    const hasTables = tables.every(({ level }) => level === "ok");
    const database = ledger;
    const rights: Check = { id: "ledger.rights", run: () => checkLedgerRights(database) };
    const accepting = async () => {
      accepted = await readAcceptedVendorModules(database);
      return [];
    };
    const work = hasTables
      ? await run([
          rights,
          ...workChecks(database, createLedger(database), config),
          { id: "whmcs.vendor_modules", run: accepting },
        ])
      : [];
    return { findings: [...opened, ...server, ...migrating, ...tables, ...work], accepted };
  } finally {
    await ledger?.close();
  }
}

function ledgerServerChecks(ledger: Database, hasMigratingUser: boolean): Check[] {
  return [
    {
      id: "ledger.durability",
      run: async () => {
        const gaps = await checkDurability(ledger);
        if (gaps.length === 0) return [ok("ledger.durability", "The ledger's server keeps what it has committed.")];
        return gaps.map(({ variable, value, remedy }) =>
          fault(
            "ledger.durability",
            `${variable} is ${value} on the ledger's server, so a power cut could lose what was sent.`,
            `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}.`,
          ),
        );
      },
    },
    { id: "ledger.grants", run: () => checkLedgerGrants(ledger, hasMigratingUser) },
  ];
}

async function checkMigratingUser(
  url: string,
  run: (checks: readonly Check[]) => Promise<Finding[]>,
): Promise<Finding[]> {
  const id = "ledger.migrating_user";
  const connect = async () => {
    const database = openDatabase({ name: "ledger", url, connections: 1 });
    try {
      await reachable(database).run();
      return [ok(id, "The user of LEDGER_MIGRATE_DATABASE_URL can connect.")];
    } finally {
      await database.close();
    }
  };
  const findings = await run([{ id, run: connect }]);
  return findings.map((finding) => ({
    ...finding,
    remedy: finding.remedy?.replaceAll("LEDGER_DATABASE_URL", "LEDGER_MIGRATE_DATABASE_URL") ?? null,
  }));
}

function migrations(ledger: Database): Check {
  const id = "ledger.migrations";
  return {
    id,
    run: async () => [
      (await isMigrated(ledger))
        ? ok(id, "All migrations are applied.")
        : fault(id, "The ledger's tables are missing or older than this program.", "Run `ispmodules migrate`."),
    ],
  };
}
