// What does a person read when a command fails? One line that says what to do, never a stack, SQL or a secret.
import { databaseErrorCode } from "../database/connection.ts";
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
  if (error instanceof DatabaseError) return `${error.message}${causeOf(error)}`;
  if (error instanceof BridgeError) return error.message;
  const listening = explainListening(error);
  if (listening !== null) return listening;
  return `the command ended for an unexpected cause (${describeError(error).code}); please report it`;
}

/**
 * Runs work on a database whose errors are still the driver's own, and names the setting that leads to it.
 * @throws DatabaseError with the original as its cause.
 */
export async function namingDatabase<T>(name: "ledger" | "whmcs", setting: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof BridgeError || databaseErrorCode(error) === null) throw error;
    throw new DatabaseError("database_failed", `the ${name} database (${setting}) failed`, {
      cause: error,
      fields: { database: name },
    });
  }
}

const causes: Readonly<Record<string, string>> = {
  ER_ACCESS_DENIED_ERROR: "its user or password is refused; check the address in the setting",
  ER_DBACCESS_DENIED_ERROR: "its user may not open that database; grant it the rights that the README lists",
  ER_BAD_DB_ERROR: "there is no such database; create it or correct the setting",
  ER_TABLEACCESS_DENIED_ERROR: "its user lacks a right; grant it the rights that the README lists",
  ER_COLUMNACCESS_DENIED_ERROR: "its user lacks a right; grant it the rights that the README lists",
  ECONNREFUSED: "nothing listens at its address; start the server or correct the setting",
  ENOTFOUND: "its host name is not known; correct the setting",
  EAI_AGAIN: "its host name cannot be looked up now; try again",
  ETIMEDOUT: "it did not answer in time; check network and server",
};

function causeOf(error: DatabaseError): string {
  const code = databaseErrorCode(error.cause);
  if (code === null) return "";
  const isWhmcs = error.fields.database === "whmcs";
  const setting = isWhmcs ? " (WHMCS_DATABASE_URL)" : "";
  if (code === "ER_NO_SUCH_TABLE") {
    const remedy = isWhmcs ? "that is not a WHMCS database; correct the setting" : "run `ispmodules migrate`";
    return `${setting}: a table is missing; ${remedy} (${code})`;
  }
  return `${setting}: ${causes[code] ?? "see the server's own log"} (${code})`;
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
