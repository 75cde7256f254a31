// Which database users does the bridge need, in SQL that an administrator can run?
import { randomBytes } from "node:crypto";
import { type GrantNames, writeGrants, writeGrantsWithoutViews } from "../installer/grants.ts";
import { defineCommand, exitStatus, UsageError } from "./command.ts";

export const grants = defineCommand({
  name: "grants",
  summary: "print the SQL of three database users with the least rights; asks no database",
  options: {
    cpanel: { type: "boolean", help: "without views, and with the commands of cPanel" },
    "whmcs-database": { type: "string", value: "NAME", help: "WHMCS's database; default whmcs" },
    "ledger-database": { type: "string", value: "NAME", help: "the ledger's database; default ispmodules" },
    users: { type: "string", value: "PREFIX", help: "users are PREFIX_reader and so on; default ispmodules" },
    from: { type: "string", value: "HOST", help: "from where the bridge connects; default 127.0.0.1" },
  },
  run: async ({ terminal, values }) => {
    const users = readName("--users", values.users ?? "ispmodules");
    const names: GrantNames = {
      whmcs: readName("--whmcs-database", values["whmcs-database"] ?? "whmcs"),
      ledger: readName("--ledger-database", values["ledger-database"] ?? "ispmodules"),
      views: `${users}_views`,
      users,
      from: readHost(values.from ?? "127.0.0.1"),
    };
    const passwords = { reader: makePassword(), bridge: makePassword(), migrator: makePassword() };
    const sql = values.cpanel ? writeGrantsWithoutViews(names, passwords) : writeGrants(names, passwords);
    terminal.print(sql.trimEnd());
    return exitStatus.done;
  },
});

/** Short enough for the names that are made of it. */
function readName(option: string, text: string): string {
  if (/^[A-Za-z0-9_]{1,48}$/.test(text)) return text;
  throw new UsageError(`${option} takes a name of at most 48 letters, digits and _`);
}

function readHost(text: string): string {
  if (/^[A-Za-z0-9._:%/-]{1,60}$/.test(text)) return text;
  throw new UsageError("--from takes a host name, an address or a pattern such as 10.0.0.%");
}

function makePassword(): string {
  return randomBytes(24).toString("base64url");
}
