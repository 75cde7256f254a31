// May the databases' users do what they must, and no more?
import { getTableColumns, sql } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/mysql-core";
import { type Database, databaseErrorCode } from "../database/connection.ts";
import { fixedRows, insertOnly, updated } from "../database/rights.ts";
import { type Finding, fault, nameIds, ok, warning } from "./finding.ts";

/** Rights that change nothing. */
const harmless: ReadonlySet<string> = new Set(["SELECT", "USAGE", "SHOW VIEW", "SHOW DATABASES"]);
const writing: ReadonlySet<string> = new Set([...harmless, "INSERT", "UPDATE"]);

/** The distinct rights of the connected user on anything, e.g. `SELECT`, `ALL PRIVILEGES`, sorted. */
async function readRights(database: Database): Promise<string[]> {
  const [rows] = (await database.query.execute(sql`SHOW GRANTS FOR CURRENT_USER`)) as unknown as [
    Record<string, string>[],
  ];
  const rights = rows.flatMap((row) => Object.values(row).flatMap(rightsOf));
  return [...new Set(rights)].sort();
}

/** Only the words before ON are looked at: behind them a grant may show a password's hash. A role has no ON. */
function rightsOf(grant: string): string[] {
  const text = /^GRANT (.+?) ON /i.exec(grant.replace(/\([^)]*\)/g, ""))?.[1] ?? "";
  const rights = text.split(",").map((right) => right.trim().replace(/\s+/g, " ").toUpperCase());
  return [...rights, ...(/ WITH GRANT OPTION/i.test(grant) ? ["GRANT OPTION"] : [])].filter((right) => right !== "");
}

/** The reader of WHMCS needs SELECT only. */
export async function checkReaderGrants(whmcs: Database): Promise<Finding[]> {
  const id = "whmcs.grants";
  const excess = (await readRights(whmcs)).filter((right) => !harmless.has(right));
  if (excess.length === 0) return [ok(id, "The user of WHMCS_DATABASE_URL may only read.")];
  return [
    warning(
      id,
      `The user of WHMCS_DATABASE_URL may do more than read: ${nameIds(excess)}.`,
      "Make a user of its own for the bridge with SELECT only, as `ispmodules grants` prints it.",
    ),
  ];
}

/** With a migrating user of its own, the bridge's user needs neither DELETE nor any right over tables. */
export async function checkLedgerGrants(ledger: Database, hasMigratingUser: boolean): Promise<Finding[]> {
  const id = "ledger.grants";
  if (!hasMigratingUser) return [ok(id, "One user runs and migrates the ledger.")];
  const excess = (await readRights(ledger)).filter((right) => !writing.has(right));
  if (excess.length === 0) return [ok(id, "The user of LEDGER_DATABASE_URL may read, insert and update only.")];
  return [
    warning(
      id,
      `The user of LEDGER_DATABASE_URL may do more than it needs: ${nameIds(excess)}.`,
      "Leave it the rights that `ispmodules grants` prints; LEDGER_MIGRATE_DATABASE_URL has a user for the tables.",
    ),
  ];
}

/** Whether the bridge's user may write what it has to write; asked with EXPLAIN, which needs the right and writes nothing. */
export async function checkLedgerRights(ledger: Database): Promise<Finding[]> {
  const id = "ledger.rights";
  const missing: string[] = [];
  for (const table of [...insertOnly, ...updated]) {
    const statement = sql`EXPLAIN INSERT INTO ${table} SELECT * FROM ${table} WHERE 1 = 0`;
    if (await isDenied(ledger, statement)) missing.push(`INSERT on ${getTableConfig(table).name}`);
  }
  for (const table of [...updated, ...fixedRows]) {
    const [column] = Object.values(getTableColumns(table));
    const name = sql.identifier(column?.name ?? "");
    const statement = sql`EXPLAIN UPDATE ${table} SET ${name} = ${name} WHERE 1 = 0`;
    if (await isDenied(ledger, statement)) missing.push(`UPDATE on ${getTableConfig(table).name}`);
  }
  if (missing.length === 0) return [ok(id, "The ledger can be written.")];
  return [
    fault(
      id,
      `The user of LEDGER_DATABASE_URL lacks ${nameIds(missing)}.`,
      "Grant it SELECT, INSERT and UPDATE on the ledger's tables, as `ispmodules grants` prints them.",
    ),
  ];
}

const denials: ReadonlySet<string | null> = new Set([
  "ER_TABLEACCESS_DENIED_ERROR",
  "ER_COLUMNACCESS_DENIED_ERROR",
  "ER_DBACCESS_DENIED_ERROR",
]);

async function isDenied(ledger: Database, statement: ReturnType<typeof sql>): Promise<boolean> {
  try {
    await ledger.query.execute(statement);
    return false;
  } catch (error) {
    if (!denials.has(databaseErrorCode(error))) throw error;
    return true;
  }
}
