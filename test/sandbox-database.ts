// How does a test get a database that only it uses?
import { createConnection, escapeId } from "mysql2/promise";
import { inject } from "vitest";

export interface TestDatabase {
  /** Root URL of an empty utf8mb4 database. */
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

let made = 0;

/** Creates an empty database on the run's server; `prefix` is letters and digits, e.g. `ledger`. */
export async function freshDatabase(prefix: string): Promise<TestDatabase> {
  made += 1;
  const name = `${prefix}_${process.pid}_${made}`;
  await asRoot(`DROP DATABASE IF EXISTS ${escapeId(name)}`);
  await asRoot(`CREATE DATABASE ${escapeId(name)} CHARACTER SET utf8mb4`);
  return {
    url: rootUrlOf(name),
    name,
    drop: () => asRoot(`DROP DATABASE IF EXISTS ${escapeId(name)}`),
  };
}

/** Runs statements as root on the run's server, e.g. `CREATE USER`; server-wide settings are other tests' too. */
export async function asRoot(...statements: readonly string[]): Promise<void> {
  const connection = await createConnection(inject("mariaDbRootUrl"));
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** The run's root URL with a database as its path. */
export function rootUrlOf(name: string): string {
  const url = new URL(inject("mariaDbRootUrl"));
  url.pathname = `/${name}`;
  return url.href;
}
