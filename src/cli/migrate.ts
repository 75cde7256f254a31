// How does the ledger get its tables?
import { migrateLedger } from "../database/migrate.ts";
import { defineCommand, exitStatus } from "./command.ts";
import { namingLedger } from "./failure.ts";

export const migrate = defineCommand({
  name: "migrate",
  summary: "create or update the ledger's tables; safe to repeat",
  options: {},
  run: async ({ config, terminal }) => {
    const { migrateDatabaseUrl, databaseUrl } = config().ledger;
    const setting = migrateDatabaseUrl === databaseUrl ? "LEDGER_DATABASE_URL" : "LEDGER_MIGRATE_DATABASE_URL";
    await namingLedger(setting, () => migrateLedger(migrateDatabaseUrl));
    terminal.print("The ledger is up to date.");
    return exitStatus.done;
  },
});
