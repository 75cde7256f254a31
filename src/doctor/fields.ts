// Can a customer enter the licence where an order needs it?
import { inArray } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import type { CatalogRows } from "../whmcs/catalog-rows.ts";
import { customFields } from "../whmcs/schema.ts";
import { type Finding, fault, warning } from "./finding.ts";
import { keyOf, nameOf } from "./product-settings.ts";

/** The licence field of each product and addon that can still be ordered; one that has none is a finding of the products. */
export async function checkLicenceFields(db: MySql2Database, { products }: CatalogRows): Promise<Finding[]> {
  const sold = products.filter(({ isRetired, licenceFieldId }) => !isRetired && licenceFieldId !== null);
  const ids = sold.flatMap(({ licenceFieldId }) => licenceFieldId ?? []);
  if (ids.length === 0) return [];
  const { id, adminOnly: isHidden, required: isRequired, onOrderForm: isShown } = customFields;
  const rows = await db
    .select({ id, adminOnly: isHidden, required: isRequired, onOrderForm: isShown })
    .from(customFields)
    .where(inArray(id, ids));
  const fields = new Map(rows.map((row) => [row.id, row]));
  return sold.flatMap((product) => {
    const field = fields.get(product.licenceFieldId ?? 0);
    if (field === undefined) return [];
    const { adminOnly, required, onOrderForm } = field;
    if (adminOnly === "on" || onOrderForm !== "on") {
      return [
        fault(
          `whmcs.licence_field_hidden:${keyOf(product)}`,
          `${nameOf(product)} does not show its field for the licence when it is ordered, so every order waits without one.`,
          "Tick Show on Order Form and Required Field of that field, and untick Admin Only (Custom Fields).",
        ),
      ];
    }
    if (required === "on") return [];
    return [
      warning(
        `whmcs.licence_field_optional:${keyOf(product)}`,
        `${nameOf(product)} can be ordered without a licence, and then waits until somebody enters one.`,
        "Tick Required Field of the field for the licence (Custom Fields).",
      ),
    ];
  });
}
