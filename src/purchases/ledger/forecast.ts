// How far did the balance reach when it was last held against what is to be bought?
import { eq } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { switches } from "../../database/schema.ts";
import type { Decimal } from "../../money.ts";
import { now } from "./rows.ts";
import { makeSwitch, switchOf } from "./switches.ts";

/** What one sweep has found; amounts are the account's. */
export interface KeptForecast {
  readonly balance: Decimal;
  readonly currency: string | null;
  /** What is to be bought within so many days costs, as far as that is known: what waits and the renewals. */
  readonly weekCost: Decimal;
  readonly monthCost: Decimal;
  /** So many of thirty days have a cost that is not known. */
  readonly unknown: number;
  /** Since when it does not cover a week, ISO 8601; null while it does. */
  readonly lowSince: string | null;
}

/** Null until there was one. */
export async function readForecast(database: Database, account = "main"): Promise<KeptForecast | null> {
  const name = switchOf("forecast", account);
  const [row] = await database.query.select().from(switches).where(eq(switches.name, name));
  return parse(row?.value ?? "");
}

function parse(value: string): KeptForecast | null {
  return value === "" ? null : (JSON.parse(value) as KeptForecast);
}

/** The forecast that replaces `before`: low since the first of all that have found it so in a row. */
export function following(before: KeptForecast | null, forecast: KeptForecast): KeptForecast {
  return forecast.lowSince === null ? forecast : { ...forecast, lowSince: before?.lowSince ?? forecast.lowSince };
}

/** Keeps a forecast in the place of the one before; whether the balance had been low already. */
export async function keepForecast(database: Database, forecast: KeptForecast, account = "main"): Promise<boolean> {
  const name = switchOf("forecast", account);
  await makeSwitch(database.query, name, account);
  return await database.transaction(async (query) => {
    const [row] = await query.select().from(switches).where(eq(switches.name, name)).for("update");
    const before = parse(row?.value ?? "");
    const value = JSON.stringify(following(before, forecast));
    const why = "the balance was held against what is to be bought";
    await query.update(switches).set({ value, actor: "machine", why, at: now }).where(eq(switches.name, name));
    return (before?.lowSince ?? null) !== null;
  });
}
