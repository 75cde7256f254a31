// Which services and addons are ours?
import { and, asc, eq, gt, inArray, notInArray } from "drizzle-orm";
import { unionAll } from "drizzle-orm/mysql-core";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { OptionalColumns } from "./columns.ts";
import type { PurchaseReader } from "./facts.ts";
import { isOurAddon, isOurProduct } from "./our-lines.ts";
import { listPage } from "./pages.ts";
import { addons, products, serviceAddons, services } from "./schema.ts";
import { refOfAddon, refOfService, type ServiceRef } from "./service-ref.ts";
import { listEndedStatuses } from "./service-status.ts";
import { serverType } from "./values.ts";

export async function listServicesOfOrder(
  db: MySql2Database,
  orderId: number,
  { hasAddons }: OptionalColumns,
): Promise<ServiceRef[]> {
  if (orderId <= 0) return [];
  const [ofProducts, ofAddons] = await Promise.all([
    db
      .select({ id: services.id })
      .from(services)
      .innerJoin(products, isOurProduct)
      .where(eq(services.orderId, orderId))
      .orderBy(asc(services.id)),
    hasAddons
      ? db
          .select({ id: serviceAddons.id })
          .from(serviceAddons)
          .innerJoin(addons, isOurAddon)
          .where(eq(serviceAddons.orderId, orderId))
          .orderBy(asc(serviceAddons.id))
      : [],
  ]);
  return [...ofProducts.map(({ id }) => refOfService(id)), ...ofAddons.map(({ id }) => refOfAddon(id))];
}

type Page = Parameters<PurchaseReader["listServices"]>[0];

export async function listServices(
  db: MySql2Database,
  page: Page,
  { hasAddons }: OptionalColumns,
): Promise<ServiceRef[]> {
  const ofAddons = (part: Page, afterId: number) => listAddons(db, part, afterId);
  return await listPage(page, (part, afterId) => listHosting(db, part, afterId), hasAddons ? ofAddons : null);
}

/**
 * One SELECT per product, united by the server: each walks the index on `packageid` in the order of `id` and stops at the
 * limit, where a single `packageid IN (…) ORDER BY id` may walk the whole table.
 */
async function listHosting(db: MySql2Database, page: Page, afterId: number): Promise<ServiceRef[]> {
  const ours = await db.select({ id: products.id }).from(products).where(eq(products.serverType, serverType));
  const selects = ours.map(({ id: productId }) =>
    db
      .select({ id: services.id })
      .from(services)
      .where(
        and(
          eq(services.productId, productId),
          gt(services.id, afterId),
          page.openOnly ? notInArray(services.status, listEndedStatuses()) : undefined,
        ),
      )
      .orderBy(asc(services.id))
      .limit(page.limit),
  );
  const [first, second, ...rest] = selects;
  if (first === undefined) return [];
  const rows = second === undefined ? await first : await unionAll(first, second, ...rest);
  return rows
    .map((row) => row.id)
    .sort((a, b) => a - b)
    .slice(0, page.limit)
    .map(refOfService);
}

/** Along the primary key: WHMCS has no index on the addon. A shop that sells no addon of ours is not asked for its rows. */
async function listAddons(db: MySql2Database, page: Page, afterId: number): Promise<ServiceRef[]> {
  const ours = await db.select({ id: addons.id }).from(addons).where(eq(addons.module, serverType));
  if (ours.length === 0) return [];
  const rows = await db
    .select({ id: serviceAddons.id })
    .from(serviceAddons)
    .where(
      and(
        inArray(
          serviceAddons.addonId,
          ours.map(({ id }) => id),
        ),
        gt(serviceAddons.id, afterId),
        page.openOnly ? notInArray(serviceAddons.status, listEndedStatuses()) : undefined,
      ),
    )
    .orderBy(asc(serviceAddons.id))
    .limit(page.limit);
  return rows.map(({ id }) => refOfAddon(id));
}
