// What does a person read when a command fails? One line that says what to do, never a stack, SQL or a secret.
import { databaseErrorCode } from "../database/connection.ts";
import { findDatabaseCause } from "../doctor/database-failure.ts";
import { BridgeError, ConfigError, DatabaseError } from "../errors.ts";
import { describeError } from "../log.ts";
import { exitStatus, UsageError } from "./command.ts";

/** The text for stderr and the exit status of anything thrown. */
export function describeFailure(error: unknown): { text: string; status: number } {
  if (error instanceof UsageError) return { text: error.message, status: exitStatus.wrongUsage };
  if (error instanceof ConfigError) return { text: error.problems.join("\n"), status: exitStatus.badSettings };
  return { text: explain(error), status: exitStatus.failed };
}

function explain(error: unknown): string {
  if (error instanceof DatabaseError) return explainDatabase(error);
  if (error instanceof BridgeError) return error.message;
  const listening = explainListening(error);
  if (listening !== null) return listening;
  return `the command ended for an unexpected cause (${describeError(error).code}); please report it`;
}

function explainDatabase(error: DatabaseError): string {
  const { database, setting } = error.fields;
  const cause = findDatabaseCause(database === "whmcs" ? "whmcs" : "ledger", error);
  const code = databaseErrorCode(error);
  if (cause === null) return code === null ? error.message : `${error.message} (${code})`;
  const remedy = typeof setting === "string" ? cause.remedy.replaceAll("LEDGER_DATABASE_URL", setting) : cause.remedy;
  return `${cause.message} ${remedy}`;
}

/**
 * Runs work on the ledger whose errors are still the driver's own; `setting` is the one that leads there.
 * @throws DatabaseError with the original as its cause.
 */
export async function namingLedger<T>(setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BridgeError || databaseErrorCode(error) === null) throw error;
    const fields = { database: "ledger", setting };
    throw new DatabaseError("ledger_failed", `the ledger's database (${setting}) failed`, { cause: error, fields });
  }
}

const listeningCauses: Readonly<Record<string, string>> = {
  EADDRINUSE: "is already in use; end the program that listens there, or change PORT or CONSOLE_PORT",
  EACCES: "may not be listened on by this user; choose a port above 1023",
  EADDRNOTAVAIL: "does not belong to this machine; change HOST or CONSOLE_HOST",
};

function explainListening(error: unknown): string | null {
  if (!(error instanceof Error) || !("syscall" in error) || !("code" in error)) return null;
  const cause = error.syscall === "listen" ? listeningCauses[String(error.code)] : undefined;
  if (cause === undefined || !("address" in error) || !("port" in error)) return null;
  return `the address ${String(error.address)} port ${String(error.port)} ${cause}`;
}
