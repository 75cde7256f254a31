// Which broken rules has a person seen, and is the ledger still under suspicion after a restore?
import { and, eq, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { switches } from "../../database/schema.ts";
import { now } from "./rows.ts";

type Said = { readonly actor: string; readonly why: string };

async function read(query: Queries, name: string): Promise<string> {
  const [row] = await query.select({ value: switches.value }).from(switches).where(eq(switches.name, name));
  return row?.value ?? "";
}

/** Keys of broken rules that a person saw when switching buying on, sorted. */
export async function readKnownBreaches(database: Database): Promise<string[]> {
  return parseKeys(await read(database.query, "known_breaches"));
}

function parseKeys(value: string): string[] {
  return value === "" ? [] : (JSON.parse(value) as string[]);
}

/** Adds keys to those that no longer turn buying off. */
export async function rememberBreaches(database: Database, keys: readonly string[], said: Said): Promise<void> {
  if (keys.length === 0) return;
  await database.transaction(async (query) => {
    const [row] = await query.select().from(switches).where(eq(switches.name, "known_breaches")).for("update");
    const all = [...new Set([...parseKeys(row?.value ?? ""), ...keys])].sort();
    await query
      .update(switches)
      .set({ value: JSON.stringify(all), ...said, at: now })
      .where(eq(switches.name, "known_breaches"));
  });
}

/** Buying stays off until the account has been compared with a ledger that may come from a backup. */
export interface Restore {
  /** When it was found or said, ISO 8601 by the ledger's clock. */
  readonly since: string;
  /** The first of the two looks that must agree; null until there was one. */
  readonly look: { readonly digest: string; readonly at: string } | null;
}

/** Null unless the switch is thrown. Its value is an instant, and behind it the first look: `SINCE DIGEST AT`. */
export async function readRestore(database: Database): Promise<Restore | null> {
  const [since = "", digest, at] = (await read(database.query, "restore")).split(" ");
  if (since === "") return null;
  return { since, look: digest === undefined || at === undefined ? null : { digest, at } };
}

const isoNow = sql`DATE_FORMAT(UTC_TIMESTAMP(3), '%Y-%m-%dT%H:%i:%s.%fZ')`;

/** Throws the switch and turns buying off in one moment; false when it was thrown already. */
export async function throwRestore(database: Database, said: Said): Promise<boolean> {
  return await database.transaction(async (query) => {
    // Also the lock of all claims: none is half way when this commits.
    await query.select({ name: switches.name }).from(switches).where(eq(switches.name, "buying")).for("update");
    const [thrown] = await query
      .update(switches)
      .set({ value: isoNow, ...said, at: now })
      .where(and(eq(switches.name, "restore"), eq(switches.value, "")));
    const off = { value: "off", actor: "machine", why: said.why, at: now };
    await query.update(switches).set(off).where(eq(switches.name, "buying"));
    return thrown.affectedRows > 0;
  });
}

/** Keeps a look as the first of the two that must agree. */
export async function keepRestoreLook(database: Database, digest: string): Promise<void> {
  const since = sql`SUBSTRING_INDEX(${switches.value}, ' ', 1)`;
  await database.query
    .update(switches)
    .set({ value: sql`CONCAT(${since}, ' ', ${digest}, ' ', ${isoNow})`, at: now })
    .where(and(eq(switches.name, "restore"), sql`${switches.value} <> ''`));
}

/** The ledger has been compared and may be trusted again; buying stays off until a person turns it on. */
export async function clearRestore(database: Database, said: Said): Promise<void> {
  await database.query
    .update(switches)
    .set({ value: "", ...said, at: now })
    .where(eq(switches.name, "restore"));
}
