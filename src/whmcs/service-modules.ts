// Which of our services want which module: its licence, tariff and address as they stand in WHMCS now?
import { and, asc, eq, inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { type FieldRow, type FieldValueRow, findFields, pickValue } from "./fields.ts";
import { isOurProduct } from "./our-lines.ts";
import { createPurchaseReader } from "./reader.ts";
import { customFields, customFieldValues, products, services } from "./schema.ts";
import { type ServiceRef, splitRefs } from "./service-ref.ts";
import { readFromWhmcs } from "./values.ts";

const pageSize = 500;
const mostServices = 100_000;

/** A service of ours that has not ended. */
export interface ServiceModule {
  readonly id: number;
  /** `tblhosting.domainstatus` as stored. */
  readonly status: string;
  /** As typed, trimmed; null when there is none. */
  readonly licence: string | null;
  readonly ip: string | null;
  /** `configoption1`, trimmed. */
  readonly tariff: string;
}

/** Services of ours that have not ended, addons not among them, by id; at most 100,000. @throws DatabaseError when WHMCS cannot be read. */
export async function readServiceModules(db: MySql2Database): Promise<ServiceModule[]> {
  const reader = createPurchaseReader(db);
  const found: ServiceModule[] = [];
  for (let after: ServiceRef | null = null; found.length < mostServices; ) {
    const refs: ServiceRef[] = await reader.listServices({ after, limit: pageSize, openOnly: true });
    const ids = splitRefs(refs).serviceIds;
    // Addons come last.
    if (ids.length === 0) break;
    after = refs.at(-1) ?? null;
    found.push(...(await readFromWhmcs("service_modules", () => readPage(db, ids))));
  }
  return found;
}

async function readPage(db: MySql2Database, ids: readonly number[]): Promise<ServiceModule[]> {
  const rows = await db
    .select({ id: services.id, status: services.status, productId: products.id, tariff: products.option1 })
    .from(services)
    .innerJoin(products, isOurProduct)
    .where(inArray(services.id, [...ids]))
    .orderBy(asc(services.id));
  const productIds = [...new Set(rows.map(({ productId }) => productId))];
  const fields = productIds.length === 0 ? [] : await readFields(db, productIds);
  const wanted = productIds.map((productId) => findFields(fields.filter((field) => field.productId === productId)));
  const fieldIds = wanted.flatMap(({ licence, ip }) => [licence, ip]).filter((id) => id !== null);
  const values = fieldIds.length === 0 ? [] : await readValues(db, ids, fieldIds);
  return rows.map(({ productId, tariff, ...service }) => {
    const { licence, ip } = findFields(fields.filter((field) => field.productId === productId));
    const own = values.filter(({ serviceId }) => serviceId === service.id);
    return { ...service, tariff: tariff.trim(), licence: pickValue(licence, own), ip: pickValue(ip, own) };
  });
}

async function readFields(
  db: MySql2Database,
  productIds: readonly number[],
): Promise<(FieldRow & { productId: number })[]> {
  return await db
    .select({ id: customFields.id, name: customFields.name, productId: customFields.relid })
    .from(customFields)
    .where(and(eq(customFields.type, "product"), inArray(customFields.relid, [...productIds])));
}

async function readValues(
  db: MySql2Database,
  serviceIds: readonly number[],
  fieldIds: readonly number[],
): Promise<(FieldValueRow & { serviceId: number })[]> {
  const { id, fieldId, relid: serviceId, value } = customFieldValues;
  return await db
    .select({ id, fieldId, serviceId, value })
    .from(customFieldValues)
    .where(and(inArray(fieldId, [...fieldIds]), inArray(serviceId, [...serviceIds])));
}
