// Which of the vendor's own modules in WHMCS has a person accepted, who, and why?
import { eq } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { switches } from "../../database/schema.ts";
import { now } from "./rows.ts";

const name = "vendor_modules";

export interface AcceptedVendorModules {
  readonly modules: readonly string[];
  readonly actor: string;
  readonly why: string;
  /** UTC `YYYY-MM-DD HH:MM:SS.ffffff`. */
  readonly at: string;
}

/** Nothing accepted is an empty list. */
export async function readAcceptedVendorModules(database: Database): Promise<AcceptedVendorModules> {
  const { value, actor, why, at } = switches;
  const [row] = await database.query.select({ value, actor, why, at }).from(switches).where(eq(switches.name, name));
  if (row === undefined || row.value === "") return { modules: [], actor: "", why: "", at: "" };
  return { modules: JSON.parse(row.value) as string[], actor: row.actor, why: row.why, at: row.at };
}

/** In place of what was accepted before: one person answers for all of them. `why` is at most 255 characters. */
export async function acceptVendorModules(
  database: Database,
  modules: readonly string[],
  said: { actor: string; why: string },
): Promise<void> {
  await database.query
    .update(switches)
    .set({ value: JSON.stringify([...modules].sort()), ...said, at: now })
    .where(eq(switches.name, name));
}
