// How does a test get a database that only it uses?
import { createConnection, escapeId } from "mysql2/promise";
import { inject } from "vitest";
import "./shape.ts";

export interface TestDatabase {
  /** Root URL of an empty utf8mb4 database. */
  readonly url: string;
  readonly name: string;
  drop(): Promise<void>;
}

let made = 0;

/** Creates an empty database on the run's server; `prefix` is letters and digits, e.g. `ledger`. */
export function freshDatabase(prefix: string): Promise<TestDatabase> {
  return createDatabase(prefix, inject("mariaDbRootUrl"));
}

/** The same for the tables of a WHMCS, which in some runs has a server for itself. */
export function freshShopDatabase(prefix: string): Promise<TestDatabase> {
  return createDatabase(prefix, shopServer());
}

async function createDatabase(prefix: string, server: string): Promise<TestDatabase> {
  made += 1;
  const name = `${prefix}_${process.pid}_${made}`;
  await runOn(server, [`DROP DATABASE IF EXISTS ${escapeId(name)}`]);
  await runOn(server, [`CREATE DATABASE ${escapeId(name)} CHARACTER SET utf8mb4`]);
  return {
    url: urlOn(server, name),
    name,
    drop: () => runOn(server, [`DROP DATABASE IF EXISTS ${escapeId(name)}`]),
  };
}

/** Runs statements as root on the run's server, e.g. `CREATE USER`; server-wide settings are other tests' too. */
export function asRoot(...statements: readonly string[]): Promise<void> {
  return runOn(inject("mariaDbRootUrl"), statements);
}

/** The same on the server of `freshShopDatabase`. */
export function asShopRoot(...statements: readonly string[]): Promise<void> {
  return runOn(shopServer(), statements);
}

function shopServer(): string {
  return inject("shopRootUrl") ?? inject("mariaDbRootUrl");
}

async function runOn(server: string, statements: readonly string[]): Promise<void> {
  const connection = await createConnection(server);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}

/** The run's root URL with a database as its path. */
export function rootUrlOf(name: string): string {
  return urlOn(inject("mariaDbRootUrl"), name);
}

function urlOn(server: string, name: string): string {
  const url = new URL(server);
  url.pathname = `/${name}`;
  return url.href;
}
