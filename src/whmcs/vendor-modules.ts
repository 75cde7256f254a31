// Does this WHMCS use ispmanager's own modules, whose cron renews by itself what we renew too?
import { and, count, eq, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { configuration, products, readSettings, services } from "./schema.ts";
import { readFromWhmcs } from "./values.ts";

/** Folder names of the vendor's modules (https://github.com/460s/ispsystem_whmcs_modules and its successor). */
const vendorModules = ["billmanager_noc", "ispmanager_noc"] as const;

/** One of the vendor's modules as it is found in WHMCS. */
export interface VendorModule {
  readonly name: string;
  /** Products that use it, retired ones included, by id. */
  readonly productIds: readonly number[];
  /** Services of those products that are Active or Suspended. */
  readonly liveServices: number;
  /** WHMCS loads its hooks. */
  readonly hasHooks: boolean;
}

/**
 * The vendor's modules that have a product or hooks, by name.
 * @throws DatabaseError when WHMCS cannot be read.
 */
export function readVendorModules(db: MySql2Database): Promise<VendorModule[]> {
  return readFromWhmcs("vendor_modules", async () => {
    const [productRows, live, settings] = await Promise.all([
      db
        .select({ id: products.id, name: products.serverType })
        .from(products)
        .where(inArray(products.serverType, [...vendorModules]))
        .orderBy(products.id),
      db
        .select({ name: products.serverType, services: count() })
        .from(services)
        .innerJoin(products, eq(products.id, services.productId))
        .where(and(inArray(products.serverType, [...vendorModules]), inArray(services.status, ["Active", "Suspended"])))
        .groupBy(products.serverType),
      db
        .select({ value: configuration.value })
        .from(configuration)
        .where(inArray(configuration.setting, [readSettings.moduleHooks, readSettings.addonModulesHooks])),
    ]);
    const hooked = new Set(settings.flatMap(({ value }) => namesIn(value)));
    return vendorModules
      .map((name) => ({
        name,
        productIds: productRows.filter((row) => isSame(row.name, name)).map(({ id }) => id),
        liveServices: live.find((row) => isSame(row.name, name))?.services ?? 0,
        hasHooks: hooked.has(name),
      }))
      .filter(({ productIds, hasHooks }) => productIds.length > 0 || hasHooks);
  });
}

/** WHMCS's collations compare without case, and so does the query. */
function isSame(stored: string, name: string): boolean {
  return stored.trim().toLowerCase() === name;
}

/** Names of modules in a list whose separators no document names: commas, JSON or PHP's serialisation. */
function namesIn(list: string): string[] {
  return list.toLowerCase().match(/[a-z0-9_]+/g) ?? [];
}
