// Which services and addons are to be invoiced for their next period, or should have paid for it by now?
import { and, asc, between, eq, gt, inArray, notInArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import { readOptions } from "./catalog-rows.ts";
import type { OptionalColumns } from "./columns.ts";
import type { Upcoming, UpcomingPage } from "./facts.ts";
import { isServiceOfAddon } from "./our-lines.ts";
import { listPage } from "./pages.ts";
import { addons, products, serviceAddons, services } from "./schema.ts";
import { refOfAddon, refOfService } from "./service-ref.ts";
import { listEndedStatuses } from "./service-status.ts";
import { serverType } from "./values.ts";

export async function listUpcoming(
  db: MySql2Database,
  page: UpcomingPage,
  { hasAddons }: OptionalColumns,
): Promise<Upcoming[]> {
  const ofAddons = (part: UpcomingPage, afterId: number) => listAddons(db, part, afterId);
  return await listPage(page, (part, afterId) => listServices(db, part, afterId), hasAddons ? ofAddons : null);
}

/** Product by product along the index on `packageid`. */
async function listServices(
  db: MySql2Database,
  { from, until, limit }: UpcomingPage,
  afterId: number,
): Promise<Upcoming[]> {
  const ours = await db.select().from(products).where(eq(products.serverType, serverType));
  const pages: (Upcoming & { readonly id: number })[][] = [];
  for (const product of ours) {
    const { id, nextDueDate, billingCycle } = services;
    const isOf = and(eq(services.productId, product.id), eq(services.status, "Active"), gt(id, afterId));
    const rows = await db
      .select({ id, dueOn: nextDueDate, billingCycle })
      .from(services)
      .where(and(isOf, between(nextDueDate, from, until)))
      .orderBy(asc(id))
      .limit(limit);
    const options = readOptions(product);
    pages.push(rows.map((row) => ({ ...row, ref: refOfService(row.id), dueOn: row.dueOn ?? from, options })));
  }
  return pages
    .flat()
    .sort((a, b) => a.id - b.id)
    .slice(0, limit)
    .map(({ id: _id, ...row }) => row);
}

/** Along the primary key, as WHMCS has no index on the addon; one that stands on an ended service has ended, too. */
async function listAddons(
  db: MySql2Database,
  { from, until, limit }: UpcomingPage,
  afterId: number,
): Promise<Upcoming[]> {
  const ours = await db.select({ id: addons.id }).from(addons).where(eq(addons.module, serverType));
  if (ours.length === 0) return [];
  const soldIds = ours.map(({ id }) => id);
  const { id, addonId, nextDueDate, billingCycle, status } = serviceAddons;
  const isActive = and(eq(status, "Active"), notInArray(services.status, listEndedStatuses()));
  const rows = await db
    .select({ id, addonId, dueOn: nextDueDate, billingCycle })
    .from(serviceAddons)
    .innerJoin(services, isServiceOfAddon)
    .where(and(inArray(addonId, soldIds), gt(id, afterId), isActive, between(nextDueDate, from, until)))
    .orderBy(asc(id))
    .limit(limit);
  const settings = await readAddonSettings(db, soldIds);
  return rows.map((row) => ({
    ref: refOfAddon(row.id),
    ...{ dueOn: row.dueOn ?? from, billingCycle: row.billingCycle, options: optionsOfAddon(row.addonId, settings) },
  }));
}
