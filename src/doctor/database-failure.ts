// Why did a database not answer, in words, and what is to be done?
import { type DatabaseName, databaseErrorCode } from "../database/connection.ts";
import { BridgeError } from "../errors.ts";
import { describeError } from "../log.ts";
import { type Finding, fault } from "./finding.ts";

export const databaseTitles: Readonly<Record<DatabaseName, string>> = {
  ledger: "The ledger's database",
  whmcs: "The WHMCS database",
};

const settingOf: Readonly<Record<DatabaseName, string>> = {
  ledger: "LEDGER_DATABASE_URL",
  whmcs: "WHMCS_DATABASE_URL",
};

/** By the server's or the system's error name: what happened, and what to do; `$` stands for the setting. */
const explanations: Readonly<Record<string, readonly [what: string, remedy: string]>> = {
  ECONNREFUSED: ["is not there: nothing listens at its address", "Start the server, or correct host and port in $."],
  ENOTFOUND: ["is not there: its host name is unknown", "Correct the host name in $."],
  EAI_AGAIN: ["cannot be looked up: the name server does not answer", "Check the name service of this machine."],
  EHOSTUNREACH: ["is out of reach", "Check host in $, routes and firewall."],
  ETIMEDOUT: ["did not answer in time", "Check host and port in $, the firewall, and the load of the server."],
  ER_ACCESS_DENIED_ERROR: [
    "refused user or password",
    "Correct $ (percent-encode special characters), and check that the user may connect from this host.",
  ],
  ER_DBACCESS_DENIED_ERROR: ["may not be opened by its user", "Grant the user of $ rights on that database."],
  ER_BAD_DB_ERROR: ["does not exist on its server", "Create it, or correct the database name in $."],
  ER_TABLEACCESS_DENIED_ERROR: [
    "refused a table to its user",
    "Grant the user of $ the rights that `ispmodules grants` prints.",
  ],
  ER_COLUMNACCESS_DENIED_ERROR: [
    "refused a column to its user",
    "Grant the user of $ the rights that `ispmodules grants` prints.",
  ],
  ER_NO_SUCH_TABLE: ["lacks a table", "Check the database name in $; for the ledger run `ispmodules migrate`."],
  ER_CON_COUNT_ERROR: ["has no connection left", "Raise max_connections on its server."],
};

/** What happened and what to do, where the error's name is a known one; else null. */
export function findDatabaseCause(name: DatabaseName, error: unknown): { message: string; remedy: string } | null {
  const code = databaseErrorCode(error);
  const known = code === null ? undefined : explanations[code];
  if (known === undefined) return null;
  const [what, remedy] = known;
  return {
    message: `${databaseTitles[name]} ${what} (${code}).`,
    remedy: remedy.replaceAll("$", settingOf[name]),
  };
}

/** The finding for anything that a read of this database threw. */
export function explainDatabaseFailure(name: DatabaseName, id: string, error: unknown): Finding {
  const cause = findDatabaseCause(name, error);
  if (cause !== null) return fault(id, cause.message, cause.remedy);
  const said = error instanceof BridgeError ? error.message : "something unexpected happened";
  const code = databaseErrorCode(error) ?? describeError(error).code;
  return fault(
    id,
    `This check of ${databaseTitles[name].replace("The", "the")} failed: ${said} (${code}).`,
    `Check ${settingOf[name]} and the log of its server, then run the check again.`,
  );
}
