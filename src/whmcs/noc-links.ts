// Which modules has ispmanager's open NOC module noted for which service, in the table of its own?
import { sql } from "drizzle-orm";
import type { MySql2Database } from "drizzle-orm/mysql2";
import { readFromWhmcs } from "./values.ts";

/** Made by https://github.com/460s/ispsystem_whmcs_modules; the closed successor's table is not documented. */
const table = "ispsystem_noc";
/** `licensetype` is 0 for a service and 1 for an addon, `licenseid` the id at the account. */
const columns = ["serviceid", "licensetype", "licenseid"] as const;

/** `missing` names what the reading user does not see. */
export type NocLinks =
  /** `serviceId` as other programs get it: of an addon `a` and its number. */
  | { readonly kind: "read"; readonly links: readonly { readonly serviceId: string; readonly moduleId: string }[] }
  | { readonly kind: "missing"; readonly what: readonly string[] };

/** Rows of services and, behind them, of addons (`tblhostingaddons.id`), as they are written there. @throws DatabaseError when WHMCS cannot be read. */
export function readNocLinks(db: MySql2Database): Promise<NocLinks> {
  return readFromWhmcs("noc_links", async () => {
    const [visible] = (await db.execute(
      sql`SELECT column_name AS name FROM information_schema.columns
          WHERE table_schema = DATABASE() AND table_name = ${table}`,
    )) as unknown as [{ name: string }[]];
    const names = visible.map(({ name }) => name.toLowerCase());
    const what = columns.filter((name) => !names.includes(name)).map((name) => `${table}.${name}`);
    if (what.length > 0) return { kind: "missing", what };
    const [rows] = (await db.execute(
      sql`SELECT CAST(serviceid AS CHAR) AS serviceId, CAST(licenseid AS CHAR) AS moduleId, licensetype = 1 AS isAddon
          FROM ${sql.identifier(table)} WHERE licensetype IN (0, 1) AND serviceid IS NOT NULL
          ORDER BY licensetype, serviceid, licenseid`,
    )) as unknown as [{ serviceId: string; moduleId: string | null; isAddon: number }[]];
    return {
      kind: "read",
      links: rows.map(({ serviceId, moduleId, isAddon }) => ({
        serviceId: `${Number(isAddon) === 1 ? "a" : ""}${serviceId.trim()}`,
        moduleId: (moduleId ?? "").trim(),
      })),
    };
  });
}
