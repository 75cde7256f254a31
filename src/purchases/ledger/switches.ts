// What have people and loops switched? Buying and its date, each account's pause, the proof of the renewal form.
import { and, eq, inArray, isNotNull, or, sql } from "drizzle-orm";
import type { Database, Queries } from "../../database/connection.ts";
import { purchases, switches, transitions } from "../../database/schema.ts";
import { now, nowOrHold, nowPlus } from "./rows.ts";

export type Position = "off" | "shadow" | "on";

export interface Buying {
  readonly position: Position;
  /** WHMCS local `YYYY-MM-DD HH:MM:SS`; null until somebody has said it. */
  readonly paidSince: string | null;
}

/** Why no order leaves for a whole account, until when, and how long the next wait would be. */
export interface Pause {
  readonly account: string;
  readonly reason: "account_paused" | "awaiting_balance";
  readonly errorType: string;
  readonly remainingMs: number;
  readonly stepMs: number;
  /** Its time had run out once, and one request tried whether it is over. */
  readonly isProbed: boolean;
}

async function readSwitch(query: Queries, name: string): Promise<string> {
  const [row] = await query.select({ value: switches.value }).from(switches).where(eq(switches.name, name));
  return row?.value ?? "";
}

const firstAccount = "main";

/** The switch of one account; that of the account `main` is made by the migrations. */
export function switchOf(name: "account_pause" | "renewal_form" | "forecast", account: string): string {
  return account === firstAccount ? name : `${name}:${account}`;
}

export async function makeSwitch(query: Queries, name: string, account: string): Promise<void> {
  if (account === firstAccount) return;
  const why = `the account ${account} has none yet`;
  await query.insert(switches).ignore().values({ name, value: "", actor: "machine", why, at: now });
}

const rowsTogether = 500;

interface Setting {
  readonly name: string;
  readonly value: string;
  readonly actor: string;
  readonly why: string;
}

async function writeSwitch(query: Queries, { name, value, actor, why }: Setting): Promise<void> {
  await query.update(switches).set({ value, actor, why, at: now }).where(eq(switches.name, name));
}

export async function readBuying(database: Database): Promise<Buying> {
  const rows = await database.query
    .select({ name: switches.name, value: switches.value })
    .from(switches)
    .where(inArray(switches.name, ["buying", "paid_since"]));
  const values = new Map(rows.map((row) => [row.name, row.value]));
  const position = values.get("buying");
  const paidSince = values.get("paid_since") ?? "";
  return {
    position: position === "on" || position === "shadow" ? position : "off",
    paidSince: paidSince === "" ? null : paidSince,
  };
}

/** Who set the position of buying, why, and when (UTC `YYYY-MM-DD HH:MM:SS.ffffff`); null where nobody has. */
export async function readBuyingOrigin(database: Database): Promise<{ actor: string; why: string; at: string } | null> {
  const { actor, why, at } = switches;
  const [row] = await database.query.select({ actor, why, at }).from(switches).where(eq(switches.name, "buying"));
  return row ?? null;
}

/**
 * Sets position and date in one transaction that also ignores what was paid before the date and never sent.
 * The date never moves back: an earlier one is answered `earlier`, and nothing changes; so is `on` by `restored` while a
 * restored ledger has not been compared with the account.
 */
export async function setBuying(
  database: Database,
  wanted: { position: Position; paidSince: string | null; actor: string; why: string },
): Promise<"set" | "earlier" | "no-date" | "restored"> {
  return await database.transaction(async (query) => {
    await query
      .select({ name: switches.name })
      .from(switches)
      .where(inArray(switches.name, ["buying", "paid_since"]))
      .orderBy(switches.name)
      .for("update");
    const present = await readSwitch(query, "paid_since");
    const paidSince = wanted.paidSince ?? present;
    if (wanted.position !== "off" && paidSince === "") return "no-date";
    if (paidSince < present) return "earlier";
    if (wanted.position === "on" && (await readSwitch(query, "restore")) !== "") return "restored";
    const said = { actor: wanted.actor, why: wanted.why };
    await writeSwitch(query, { name: "buying", value: wanted.position, ...said });
    if (paidSince !== present) {
      await writeSwitch(query, { name: "paid_since", value: paidSince, ...said });
      await ignorePaidBefore(query, paidSince, wanted.actor);
    }
    await query.update(purchases).set({ notBefore: nowOrHold }).where(eq(purchases.queue, "buy"));
    return "set";
  });
}

/**
 * Everything never sent and paid before the date becomes `Ignored` (1.3a, check 1). The rows are locked first: else one
 * that another process moves meanwhile would have a history that does not lead to it.
 */
async function ignorePaidBefore(query: Queries, paidSince: string, actor: string): Promise<void> {
  const { id, state, version } = purchases;
  const rows = await query
    .select({ id, state, version })
    .from(purchases)
    .where(
      and(
        inArray(purchases.state, ["Pending", "NeedsOperator"]),
        eq(purchases.sends, 0),
        isNotNull(purchases.paidAt),
        sql`${purchases.paidAt} < ${paidSince}`,
      ),
    )
    .for("update");
  const columns = { state: "Ignored", reason: null, periodKey: null, holdUntil: null };
  for (let start = 0; start < rows.length; start += rowsTogether) {
    const some = rows.slice(start, start + rowsTogether);
    await query.insert(transitions).values(
      some.map((row) => ({
        purchaseId: row.id,
        version: row.version + 1,
        fromState: row.state,
        toState: columns.state,
        reason: null,
        actor,
        changes: JSON.stringify(columns),
        createdAt: now,
      })),
    );
    const ids = some.map((row) => row.id);
    await query
      .update(purchases)
      .set({ ...columns, queue: null, version: sql`${version} + 1`, waits: 0, stateSince: now })
      .where(inArray(id, ids));
  }
}

/** Buying goes off by machine, for instance when a form without `sok` moved money; it stays off until a person acts. */
export async function stopBuying(database: Database, why: string): Promise<void> {
  await writeSwitch(database.query, { name: "buying", value: "off", actor: "machine", why });
}

interface StoredPause {
  readonly reason: Pause["reason"];
  readonly errorType: string;
  readonly stepMs: number;
  readonly until: string;
  readonly probed?: number;
}

const hasRunOut = sql`CAST(JSON_VALUE(${switches.value}, '$.until') AS DATETIME(6)) <= UTC_TIMESTAMP(6)`;

/** The pause in force, or one whose end has come (`remainingMs` 0 or less): then one probe may try. */
export async function readPause(database: Database, account: string): Promise<Pause | null> {
  const [row] = await database.query
    .select({
      value: switches.value,
      remaining: sql<number | null>`CAST(TIMESTAMPDIFF(MICROSECOND, UTC_TIMESTAMP(6),
        CAST(JSON_VALUE(${switches.value}, '$.until') AS DATETIME(6))) DIV 1000 AS SIGNED)`,
    })
    .from(switches)
    .where(and(eq(switches.name, switchOf("account_pause", account)), sql`${switches.value} <> ''`));
  if (row === undefined) return null;
  const { reason, errorType, stepMs, probed } = JSON.parse(row.value) as StoredPause;
  return { account, reason, errorType, stepMs, remainingMs: Number(row.remaining ?? 0), isProbed: probed === 1 };
}

/**
 * Pauses the account for `stepMs`; the same call with a doubled step prolongs it after a probe that failed. False when a
 * pause is in force that nobody has probed: of refusals that arrive together one begins it.
 */
export async function pauseAccount(
  database: Database,
  pause: Omit<Pause, "remainingMs" | "isProbed">,
): Promise<boolean> {
  const name = switchOf("account_pause", pause.account);
  await makeSwitch(database.query, name, pause.account);
  const isProbed = sql`JSON_VALUE(${switches.value}, '$.probed') = '1'`;
  const [result] = await database.query
    .update(switches)
    .set({
      value: sql`JSON_OBJECT('reason', ${pause.reason}, 'errorType', ${pause.errorType}, 'stepMs', ${pause.stepMs},
        'until', CAST(${nowPlus(pause.stepMs)} AS CHAR))`,
      actor: "machine",
      why: "the account refused a request",
      at: now,
    })
    .where(and(eq(switches.name, name), or(eq(switches.value, ""), isProbed, hasRunOut)));
  return result.affectedRows > 0;
}

/** True for the one process whose next request may try whether a pause that has run out is over. */
export async function takeProbe(database: Database, pause: Pick<Pause, "account" | "stepMs">): Promise<boolean> {
  const [result] = await database.query
    .update(switches)
    .set({ value: sql`JSON_SET(${switches.value}, '$.probed', 1, '$.until', CAST(${nowPlus(pause.stepMs)} AS CHAR))` })
    .where(and(eq(switches.name, switchOf("account_pause", pause.account)), hasRunOut));
  return result.affectedRows > 0;
}

/** The account answered again: its pause ends and everyone who waited for one and was not put off goes on. */
export async function resumeAccount(database: Database, account: string): Promise<void> {
  const name = switchOf("account_pause", account);
  await writeSwitch(database.query, { name, value: "", actor: "machine", why: "it answered again" });
  await database.query
    .update(purchases)
    .set({ notBefore: nowOrHold })
    .where(and(eq(purchases.queue, "buy"), inArray(purchases.reason, ["account_paused", "awaiting_balance"])));
}

/** True once the account's renewal form without `sok` was seen not to renew (1.3a, check 13). */
export async function isRenewalFormProven(database: Database, account: string): Promise<boolean> {
  return (await readSwitch(database.query, switchOf("renewal_form", account))) === "proven";
}

export async function proveRenewalForm(database: Database, account: string): Promise<void> {
  const name = switchOf("renewal_form", account);
  await makeSwitch(database.query, name, account);
  await writeSwitch(database.query, {
    name,
    value: "proven",
    actor: "machine",
    why: "the form without sok left the expiry where it was",
  });
}
