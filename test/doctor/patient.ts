// On what does a test of the doctor work? A whole installation in the sandbox, with users that may do what they must.
import { randomBytes } from "node:crypto";
import { createConnection, escapeId, type RowDataPacket } from "mysql2/promise";
import { type Clock, systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { runDoctor } from "../../src/doctor/doctor.ts";
import type { Finding } from "../../src/doctor/finding.ts";
import { silentLog } from "../../src/log.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { readVersion } from "../../src/version.ts";
import { listReadColumns } from "../../src/whmcs/schema.ts";
import { asRoot, freshDatabase } from "../sandbox-database.ts";

export type Settings = Readonly<Record<string, string | undefined>>;

export interface Patient extends Sandbox {
  /** The settings of the sound installation. */
  readonly settings: Readonly<Record<string, string>>;
  /** Everything the doctor finds; a setting of undefined is left out. */
  examine(settings?: Settings, clock?: Clock): Promise<Finding[]>;
  ledgerSql(text: string, params?: readonly unknown[]): Promise<RowDataPacket[]>;
  /** Creates a user for one database; returns its URL. `DB` in a grant stands for the database. */
  addUser(database: "shop" | "ledger", grants: readonly string[]): Promise<string>;
  /** Another empty database, dropped at the end. */
  emptyDatabase(): Promise<string>;
  readonly rootUrls: { readonly shop: string; readonly ledger: string };
  end(): Promise<void>;
}

/** A sound installation: nothing is missing, the hook was heard and buying is on. */
export async function admitPatient(): Promise<Patient> {
  const databases = { shop: await freshDatabase("shop"), ledger: await freshDatabase("ledger") };
  const others: { drop(): Promise<void> }[] = [databases.shop, databases.ledger];
  const users: string[] = [];
  const addUser = async (database: "shop" | "ledger", grants: readonly string[]) => {
    const { name, url } = databases[database];
    const user = `${database}_${randomBytes(4).toString("hex")}`;
    users.push(user);
    const made = grants.map((grant) => `GRANT ${grant.replaceAll("DB", escapeId(name))} TO '${user}'@'%'`);
    await asRoot(`CREATE USER '${user}'@'%' IDENTIFIED BY 'hidden-${user}'`, ...made);
    const address = new URL(url);
    address.username = user;
    address.password = `hidden-${user}`;
    return address.href;
  };
  const sandbox = await startSandbox({
    shopUrl: databases.shop.url,
    ledgerUrl: databases.ledger.url,
    clock: systemClock,
  });
  const readerUrl = await addUser("shop", readerGrants());
  const bridgeUrl = await addUser("ledger", ["SELECT, INSERT, UPDATE ON DB.*"]);
  const ledger = await createConnection({ uri: databases.ledger.url, dateStrings: true, timezone: "Z" });
  await ledger.query("SET time_zone = '+00:00'");
  const ledgerSql = async (text: string, params: readonly unknown[] = []) => {
    const [rows] = await ledger.query<RowDataPacket[]>(text, [...params]);
    return Array.isArray(rows) ? rows : [];
  };
  await hearHeartbeat(ledgerSql, 60);
  await ledgerSql("UPDATE mod_ispmodules_switches SET value = 'on', actor = 'cli:test' WHERE name = 'buying'");
  await ledgerSql("UPDATE mod_ispmodules_switches SET value = '2026-01-01 00:00:00' WHERE name = 'paid_since'");
  const sound = {
    ...sandbox.environment,
    WHMCS_DATABASE_URL: readerUrl,
    LEDGER_DATABASE_URL: bridgeUrl,
    LEDGER_MIGRATE_DATABASE_URL: databases.ledger.url,
    SPEND_CAP_DAY: "none",
  };
  return {
    ...sandbox,
    settings: sound,
    examine: (settings = {}, clock = systemClock) =>
      runDoctor(loadConfig({ ...sound, ...settings }), { clock, log: silentLog }),
    ledgerSql,
    addUser,
    emptyDatabase: async () => {
      const empty = await freshDatabase("empty");
      others.push(empty);
      return empty.url;
    },
    rootUrls: { shop: databases.shop.url, ledger: databases.ledger.url },
    end: async () => {
      await ledger.end();
      await sandbox.stop();
      for (const user of users) await asRoot(`DROP USER '${user}'@'%'`);
      for (const database of others) await database.drop();
    },
  };
}

/** SELECT on exactly the columns that are read; `hidden` are `table.column` names left out. */
export function readerGrants(hidden: readonly string[] = []): string[] {
  return listReadColumns().map(({ table, columns }) => {
    const seen = columns.filter((column) => !hidden.includes(`${table}.${column}`)).map((column) => escapeId(column));
    return `SELECT (${seen.join(", ")}) ON DB.${table}`;
  });
}

/** What a hook of this version says of itself. */
export const soundNode = { version: readVersion(), php: "8.2.30", node: "web-1" };

/** Puts one heartbeat into the inbox that arrived so many seconds ago, in place of all others. */
export async function hearHeartbeat(ledgerSql: Patient["ledgerSql"], ageSeconds: number): Promise<void> {
  await ledgerSql("DELETE FROM mod_ispmodules_inbox WHERE type = 'hook.heartbeat'");
  await addHeartbeat(ledgerSql, { ageSeconds, data: soundNode });
}

/** One more heartbeat, with this `data` in its body. */
export async function addHeartbeat(
  ledgerSql: Patient["ledgerSql"],
  { ageSeconds, data }: { ageSeconds: number; data: unknown },
): Promise<void> {
  await ledgerSql(
    `INSERT INTO mod_ispmodules_inbox (webhook_id, type, body, received_at, done_at)
     VALUES (?, 'hook.heartbeat', ?, UTC_TIMESTAMP(6) - INTERVAL ? SECOND, UTC_TIMESTAMP(6))`,
    [randomBytes(8).toString("hex"), JSON.stringify({ type: "hook.heartbeat", data }), ageSeconds],
  );
}

/** The finding of that id, or undefined. */
export function find(findings: readonly Finding[], id: string): Finding | undefined {
  return findings.find((finding) => finding.id === id);
}

/** Ids of everything that is not ok, sorted. */
export function complaints(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ level }) => level !== "ok")
    .map(({ id }) => id)
    .sort();
}
