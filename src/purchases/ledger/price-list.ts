// Which catalogue was good last? Kept so that panels get a price list after a restart with WHMCS away.
import { eq, sql } from "drizzle-orm";
import type { Database } from "../../database/connection.ts";
import { priceList } from "../../database/schema.ts";

/** The kept catalogue as it was given, and when it was read from WHMCS; null when none was ever kept. */
export async function loadCatalogue(database: Database): Promise<{ catalogue: unknown; readAt: Date } | null> {
  const [row] = await database.query.select().from(priceList).where(eq(priceList.id, 1));
  if (row === undefined) return null;
  return { catalogue: JSON.parse(row.catalogue), readAt: new Date(`${row.readAt.replace(" ", "T")}Z`) };
}

export async function keepCatalogue(database: Database, catalogue: unknown, readAt: Date): Promise<void> {
  const row = { catalogue: JSON.stringify(catalogue), readAt: readAt.toISOString().slice(0, 23).replace("T", " ") };
  await database.query
    .insert(priceList)
    .values({ id: 1, ...row })
    .onDuplicateKeyUpdate({ set: { catalogue: sql`VALUES(catalogue)`, readAt: sql`VALUES(read_at)` } });
}
