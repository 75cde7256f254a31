// Which product groups does WHMCS have, and in which of them are the products that are ours?
import { asc, eq } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { productGroups, products } from "./schema.ts";
import { readFromWhmcs, serverType } from "./values.ts";

export interface ProductGroups {
  readonly ids: readonly number[];
  readonly ours: readonly number[];
}

/** @throws DatabaseError when WHMCS cannot be read. */
export function readProductGroups(db: MySql2Database): Promise<ProductGroups> {
  return readFromWhmcs("product groups", async () => {
    const [all, ours] = await Promise.all([
      db.select({ id: productGroups.id }).from(productGroups).orderBy(asc(productGroups.id)),
      db.selectDistinct({ id: products.groupId }).from(products).where(eq(products.serverType, serverType)),
    ]);
    const ids = all.map(({ id }) => id);
    return { ids, ours: ours.map(({ id }) => id).filter((id) => ids.includes(id)) };
  });
}
