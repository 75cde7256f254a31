// On what do the commands of the catalogue work? WHMCS's products beside the account's price list.
import { listShelf, type ShelfEntry } from "../catalogue/shelf.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { explainFailure } from "../doctor/account.ts";
import { createAccount } from "../ispmanager/client.ts";
import { silentLog } from "../log.ts";
import type { Databases } from "../main.ts";
import { buildCatalogue } from "../storefront/catalog.ts";
import { type CatalogRows, readCatalogRows } from "../whmcs/catalog-rows.ts";
import { Refused } from "./command.ts";
import { withDatabases } from "./databases.ts";

const timeouts = { readMs: 15_000, orderMs: 15_000 };

export interface Sources {
  readonly shelf: readonly ShelfEntry[];
  readonly rows: CatalogRows;
  readonly whmcs: Databases["whmcs"];
}

/**
 * A person asks, so the account is read whatever the position of buying is, like the doctor does it; one call, which changes
 * nothing. Throws `Refused` when it cannot be read.
 */
export async function withCatalogue<T>(
  { config, clock }: { config: Config; clock: Clock },
  work: (sources: Sources) => Promise<T>,
): Promise<T> {
  return await withDatabases(config, async ({ whmcs }) => {
    const rows = await readCatalogRows(whmcs.query);
    const account = createAccount({ ...config.account, url: config.account.apiUrl, timeouts, clock, log: silentLog });
    const tariffs = await account.listTariffs();
    if (tariffs.kind !== "ok") {
      const { message, remedy } = explainFailure("ispmanager.tariffs", tariffs);
      throw new Refused(remedy === null ? message : `${message} ${remedy}`);
    }
    const { reports } = buildCatalogue(rows, config.storefront.currency);
    return await work({ shelf: listShelf({ rows, reports, tariffs: tariffs.value }), rows, whmcs });
  });
}

/** Where staff change a product; nothing but its number is in the address. */
export function productLink({ whmcs }: Config, productId: number): string {
  return `${whmcs.adminUrl.replace(/\/+$/, "")}/configproducts.php?action=edit&id=${productId}`;
}
