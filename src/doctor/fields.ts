// Can a customer enter the licence where an order needs it?
import { and, asc, eq } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { roleOfField } from "../whmcs/fields.ts";
import { customFields, products } from "../whmcs/schema.ts";
import { serverType } from "../whmcs/values.ts";
import { type Finding, fault, warning } from "./finding.ts";

/** The licence field of each product that can still be ordered; one that has none is a finding of the products. */
export async function checkLicenceFields(db: MySql2Database): Promise<Finding[]> {
  const fields = await db
    .select({
      productId: products.id,
      name: customFields.name,
      adminOnly: customFields.adminOnly,
      required: customFields.required,
      onOrderForm: customFields.onOrderForm,
    })
    .from(products)
    .innerJoin(customFields, and(eq(customFields.relid, products.id), eq(customFields.type, "product")))
    .where(and(eq(products.serverType, serverType), eq(products.retired, 0)))
    .orderBy(asc(products.id), asc(customFields.id));
  // Of several fields the lowest id counts, as for every order.
  const first = new Map<number, (typeof fields)[number]>();
  for (const field of fields) {
    if (roleOfField(field.name) === "licence" && !first.has(field.productId)) first.set(field.productId, field);
  }
  return [...first.values()].flatMap(({ productId, adminOnly, required, onOrderForm }) => {
    if (adminOnly === "on" || onOrderForm !== "on") {
      return [
        fault(
          `whmcs.licence_field_hidden:${productId}`,
          `Product ${productId} does not show its field for the licence when it is ordered, so every order waits without one.`,
          "Tick Show on Order Form and Required Field of that field, and untick Admin Only (Custom Fields).",
        ),
      ];
    }
    if (required === "on") return [];
    return [
      warning(
        `whmcs.licence_field_optional:${productId}`,
        `Product ${productId} can be ordered without a licence, and then waits until somebody enters one.`,
        "Tick Required Field of the field for the licence (Custom Fields).",
      ),
    ];
  });
}
