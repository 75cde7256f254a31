// Are our tables there, and how do they come into being? Migrations in order, one process at a time.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { migrate } from "drizzle-orm/mysql2/migrator";
import { DatabaseError } from "../errors.ts";
import { type Database, databaseErrorCode, openDatabase } from "./connection.ts";

const migrationsFolder = fileURLToPath(new URL("../../drizzle", import.meta.url));
export const migrationsTable = "mod_ispmodules_migrations";
const lockSeconds = 60;
/** A table may take long to change, and a change that was broken off is worse than a late one. */
const longestChangeMs = 15 * 60_000;

/**
 * Applies what is missing. Safe to repeat and to start several times at once: the others wait for the first.
 * @throws DatabaseError when another migration holds the lock for longer than a minute.
 */
export async function migrateLedger(url: string): Promise<void> {
  // One connection, because GET_LOCK belongs to a connection.
  const database = openDatabase({
    name: "ledger",
    url,
    connections: 1,
    silenceMs: longestChangeMs,
    statementSeconds: 0,
  });
  try {
    if ((await lockMigrations(database)) !== 1) {
      throw new DatabaseError("migration_locked", "another migration is running; try again when it has ended");
    }
    await migrate(database.query, { migrationsFolder, migrationsTable });
  } finally {
    await database.close();
  }
}

async function lockMigrations(database: Database): Promise<number> {
  const [rows] = (await database.query.execute(
    sql`SELECT GET_LOCK(CONCAT('ispmodules_migrate_', LEFT(MD5(DATABASE()), 16)), ${lockSeconds}) AS locked`,
  )) as unknown as [{ locked: number }[]];
  return rows[0]?.locked ?? 0;
}

/** True when every migration of this program version is applied; false on a database that has none of our tables. */
export async function isMigrated(database: Database): Promise<boolean> {
  try {
    const [rows] = (await database.query.execute(
      sql`SELECT MAX(created_at) AS newest FROM ${sql.identifier(migrationsTable)}`,
    )) as unknown as [{ newest: number | string | null }[]];
    return Number(rows[0]?.newest ?? 0) >= newestMigration();
  } catch (error) {
    if (databaseErrorCode(error) === "ER_NO_SUCH_TABLE") return false;
    throw new DatabaseError("ledger_unreadable", "the ledger database cannot be read", { cause: error });
  }
}

function newestMigration(): number {
  const journal = JSON.parse(readFileSync(`${migrationsFolder}/meta/_journal.json`, "utf8")) as {
    entries: { when: number }[];
  };
  return Math.max(...journal.entries.map((entry) => entry.when));
}
