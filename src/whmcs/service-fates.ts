// Where do services and addons stand, and what becomes of their modules when they have ended?
import { eq, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { optionsOfAddon, readAddonSettings } from "./addon-settings.ts";
import type { OptionalColumns } from "./columns.ts";
import type { ServiceFate } from "./facts.ts";
import { isOurAddon, isOurProduct, isServiceOfAddon } from "./our-lines.ts";
import { addons, products, serviceAddons, services } from "./schema.ts";
import { refOfAddon, refOfService, type ServiceRef, splitRefs } from "./service-ref.ts";
import { statusOfAddon } from "./service-status.ts";

/** Of an addon whose service is out of sight its own status: whoever may not see that must not take it for ended. */
export async function listServiceStatuses(
  db: MySql2Database,
  refs: readonly ServiceRef[],
  { hasAddons }: OptionalColumns,
): Promise<[ServiceRef, string][]> {
  const { serviceIds, addonIds } = splitRefs(refs);
  const [ofProducts, ofAddons] = await Promise.all([
    serviceIds.length === 0
      ? []
      : db.select({ id: services.id, status: services.status }).from(services).where(inArray(services.id, serviceIds)),
    addonIds.length === 0 ? [] : hasAddons ? listAddonStatuses(db, addonIds) : listOwnStatuses(db, addonIds),
  ]);
  return [
    ...ofProducts.map(({ id, status }): [ServiceRef, string] => [refOfService(id), status]),
    ...ofAddons.map(({ id, own, ofService }): [ServiceRef, string] => [refOfAddon(id), statusOfAddon(own, ofService)]),
  ];
}

async function listAddonStatuses(db: MySql2Database, addonIds: readonly number[]) {
  return await db
    .select({ id: serviceAddons.id, own: serviceAddons.status, ofService: services.status })
    .from(serviceAddons)
    .innerJoin(services, isServiceOfAddon)
    .where(inArray(serviceAddons.id, [...addonIds]));
}

async function listOwnStatuses(db: MySql2Database, addonIds: readonly number[]) {
  const { id, status } = serviceAddons;
  return await db
    .select({ id, own: status, ofService: status })
    .from(serviceAddons)
    .where(inArray(id, [...addonIds]));
}

/** What is not ours, is gone or cannot be seen is left out. */
export async function listServiceFates(
  db: MySql2Database,
  refs: readonly ServiceRef[],
  { hasAddons }: OptionalColumns,
): Promise<[ServiceRef, ServiceFate][]> {
  const { serviceIds, addonIds } = splitRefs(refs);
  const [ofProducts, ofAddons] = await Promise.all([
    serviceIds.length === 0 ? [] : listFatesOfHosting(db, serviceIds),
    addonIds.length === 0 || !hasAddons ? [] : listFatesOfAddons(db, addonIds),
  ]);
  return [...ofProducts, ...ofAddons];
}

async function listFatesOfHosting(
  db: MySql2Database,
  serviceIds: readonly number[],
): Promise<[ServiceRef, ServiceFate][]> {
  const rows = await db
    .select({ id: services.id, status: services.status, atEnd: products.option8 })
    .from(services)
    .innerJoin(products, isOurProduct)
    .where(inArray(services.id, [...serviceIds]));
  return rows.map(({ id, status, atEnd }) => [refOfService(id), { status, atEnd: atEnd.trim() }]);
}

async function listFatesOfAddons(
  db: MySql2Database,
  addonIds: readonly number[],
): Promise<[ServiceRef, ServiceFate][]> {
  const rows = await db
    .select({ id: serviceAddons.id, own: serviceAddons.status, ofService: services.status, soldId: addons.id })
    .from(serviceAddons)
    .innerJoin(addons, isOurAddon)
    .innerJoin(services, isServiceOfAddon)
    .where(inArray(serviceAddons.id, [...addonIds]));
  const settings = await readAddonSettings(
    db,
    rows.map(({ soldId }) => soldId),
  );
  return rows.map(({ id, own, ofService, soldId }) => [
    refOfAddon(id),
    { status: statusOfAddon(own, ofService), atEnd: optionsOfAddon(soldId, settings)[7] ?? "" },
  ]);
}

/** Our addons of a service, by id, whatever their status. */
export async function listAddonsOfService(
  db: MySql2Database,
  serviceId: number,
  { hasAddons }: OptionalColumns,
): Promise<ServiceRef[]> {
  if (!hasAddons) return [];
  const rows = await db
    .select({ id: serviceAddons.id })
    .from(serviceAddons)
    .innerJoin(addons, isOurAddon)
    .where(eq(serviceAddons.serviceId, serviceId))
    .orderBy(serviceAddons.id);
  return rows.map(({ id }) => refOfAddon(id));
}
