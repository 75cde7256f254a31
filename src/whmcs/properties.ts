// What stands in the custom fields of a service that we fill in, and how is WHMCS given others?
import { and, eq, inArray, ne, or } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { Property, ServiceProperties } from "./facts.ts";
import { type FieldValueRow, findFields, pickValue } from "./fields.ts";
import { customFields, customFieldValues, services } from "./schema.ts";
import { readRef, type ServiceRef } from "./service-ref.ts";

/**
 * Both null for a service that is gone, and for an addon: UpdateClientAddon takes no custom fields
 * (https://developers.whmcs.com/api-reference/updateclientaddon/). A field of such a name that the customer fills in on the order
 * form is the shop's own.
 */
export async function readProperties(db: MySql2Database, ref: ServiceRef): Promise<ServiceProperties> {
  const { isAddon, id: serviceId } = readRef(ref);
  if (isAddon) return { paidUntil: null, moduleId: null };
  const fields = await db
    .select({ id: customFields.id, name: customFields.name })
    .from(services)
    .innerJoin(customFields, and(eq(customFields.relid, services.productId), eq(customFields.type, "product")))
    .where(and(eq(services.id, serviceId), or(eq(customFields.adminOnly, "on"), ne(customFields.onOrderForm, "on"))));
  const { paidUntil, moduleId } = findFields(fields);
  const ids = [paidUntil, moduleId].filter((id) => id !== null);
  const values = ids.length === 0 ? [] : await readValues(db, serviceId, ids);
  return { paidUntil: toProperty(paidUntil, values), moduleId: toProperty(moduleId, values) };
}

function readValues(db: MySql2Database, serviceId: number, fieldIds: readonly number[]): Promise<FieldValueRow[]> {
  return db
    .select({ id: customFieldValues.id, fieldId: customFieldValues.fieldId, value: customFieldValues.value })
    .from(customFieldValues)
    .where(and(eq(customFieldValues.relid, serviceId), inArray(customFieldValues.fieldId, [...fieldIds])));
}

/** One property among the value rows of a service. */
export function toProperty(fieldId: number | null, values: readonly FieldValueRow[]): Property | null {
  return fieldId === null ? null : { fieldId, value: pickValue(fieldId, values) };
}

/**
 * `customfields` of UpdateClientProduct: base64 of a PHP-serialised array `field id => value`. PHP counts bytes, not letters.
 * https://developers.whmcs.com/api-reference/updateclientproduct/
 */
export function encodeCustomFields(values: ReadonlyMap<number, string>): string {
  const entries = [...values].map(([id, value]) => `i:${id};s:${Buffer.byteLength(value)}:"${value}";`);
  return Buffer.from(`a:${values.size}:{${entries.join("")}}`).toString("base64");
}
