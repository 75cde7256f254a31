// What has the customer typed as licence and address of a service or addon?
import { and, eq, inArray, or } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { type FieldRow, type FieldValueRow, findFields, pickValue } from "./fields.ts";
import { customFields, customFieldValues, type pricing } from "./schema.ts";
import type { OnSale } from "./values.ts";

/** Where the custom fields of one thing stand: the first that has a value counts. */
export interface FieldPlaces {
  readonly fieldsOf: readonly { readonly sale: OnSale; readonly serviceId: number }[];
}

/** A custom field of a product or addon. */
type StoredField = FieldRow & { readonly type: string; readonly relid: number };

export interface TypedFields {
  readonly fields: readonly StoredField[];
  readonly values: readonly (FieldValueRow & { serviceId: number })[];
}

/** Fields and values of all these, in two queries. */
export async function readTypedFields(db: MySql2Database, rows: readonly FieldPlaces[]): Promise<TypedFields> {
  const places = rows.flatMap(({ fieldsOf }) => fieldsOf);
  if (places.length === 0) return { fields: [], values: [] };
  const sales = places.map(({ sale }) => sale);
  const fields: StoredField[] = await db
    .select({ id: customFields.id, name: customFields.name, type: customFields.type, relid: customFields.relid })
    .from(customFields)
    .where(or(...bySale(sales, customFields)));
  const wanted = distinct(
    sales
      .map((sale) => fieldIdsOf(fields, sale))
      .flatMap(({ licence, ip }) => [licence, ip])
      .filter((id) => id !== null),
  );
  if (wanted.length === 0) return { fields, values: [] };
  const { id, fieldId, relid: serviceId, value } = customFieldValues;
  const serviceIds = distinct(places.map((place) => place.serviceId));
  const values = await db
    .select({ id, fieldId, serviceId, value })
    .from(customFieldValues)
    .where(and(inArray(fieldId, wanted), inArray(serviceId, serviceIds)));
  return { fields, values };
}

/** One condition for each kind among these, on the columns that say what a row belongs to. */
export function bySale(
  sales: readonly OnSale[],
  { type, relid }: Pick<typeof pricing | typeof customFields, "type" | "relid">,
) {
  return (["product", "addon"] as const).flatMap((kind) => {
    const ids = distinct(sales.filter((sale) => sale.kind === kind).map(({ id }) => id));
    return ids.length === 0 ? [] : [and(eq(type, kind), inArray(relid, ids))];
  });
}

function fieldIdsOf(fields: readonly StoredField[], { kind, id }: OnSale) {
  return findFields(fields.filter(({ type, relid }) => type.toLowerCase() === kind && relid === id));
}

/** What stands in the first field of this meaning that is not empty, trimmed; null when none says anything. */
export function firstValueOf(
  { fieldsOf }: FieldPlaces,
  role: "licence" | "ip",
  { fields, values }: TypedFields,
): string | null {
  for (const { sale, serviceId } of fieldsOf) {
    const ofService = values.filter((value) => value.serviceId === serviceId);
    const value = pickValue(fieldIdsOf(fields, sale)[role], ofService);
    if (value !== null) return value;
  }
  return null;
}

export function distinct(ids: readonly number[]): number[] {
  return [...new Set(ids)];
}
