// What do the module settings of a product addon say? They stand row by row where those of a product stand in columns.
import { and, asc, eq, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { moduleSettings } from "./schema.ts";

export type AddonSetting = Pick<typeof moduleSettings.$inferSelect, "entityId" | "name" | "value">;

/** The rows of these addons. */
export async function readAddonSettings(db: MySql2Database, addonIds: readonly number[]): Promise<AddonSetting[]> {
  if (addonIds.length === 0) return [];
  return await db
    .select({ entityId: moduleSettings.entityId, name: moduleSettings.name, value: moduleSettings.value })
    .from(moduleSettings)
    .where(and(eq(moduleSettings.entity, "addon"), inArray(moduleSettings.entityId, [...new Set(addonIds)])))
    .orderBy(asc(moduleSettings.id));
}

/** `configoption1` … `configoption8` of an addon, trimmed, as `readOptions` gives them for a product. */
export function optionsOfAddon(addonId: number, settings: readonly AddonSetting[]): string[] {
  const own = settings.filter(({ entityId }) => entityId === addonId);
  return [1, 2, 3, 4, 5, 6, 7, 8].map((number) => {
    const setting = own.find(({ name }) => name.toLowerCase() === `configoption${number}`);
    return setting?.value.trim() ?? "";
  });
}
