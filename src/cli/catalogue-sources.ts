// On what do the commands of the catalogue work? WHMCS's products beside the price list of every account.
import { listShelf, type ShelfEntry } from "../catalogue/shelf.ts";
import type { Clock } from "../clock.ts";
import type { Config } from "../config.ts";
import { explainFailure, nameFinding } from "../doctor/account.ts";
import type { Tariff } from "../ispmanager/account.ts";
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
 * A person asks, so each account is read whatever the position of buying is, like the doctor does it; one call, which
 * changes nothing. Throws `Refused` when one cannot be read.
 */
export async function withCatalogue<T>(
  { config, clock }: { config: Config; clock: Clock },
  work: (sources: Sources) => Promise<T>,
): Promise<T> {
  return await withDatabases(config, async ({ whmcs }) => {
    const rows = await readCatalogRows(whmcs.query);
    const tariffs = (await Promise.all(config.accounts.map((own) => readTariffs(config, own, clock)))).flat();
    const { reports } = buildCatalogue(rows, config.storefront.currency);
    return await work({ shelf: listShelf({ rows, reports, tariffs }), rows, whmcs });
  });
}

async function readTariffs({ accounts }: Config, own: Config["accounts"][0], clock: Clock): Promise<readonly Tariff[]> {
  const tariffs = await createAccount({ ...own, url: own.apiUrl, timeouts, clock, log: silentLog }).listTariffs();
  if (tariffs.kind === "ok") return tariffs.value;
  const failure = explainFailure("ispmanager.tariffs", tariffs);
  const { message, remedy } = accounts.length === 1 ? failure : nameFinding(own, failure);
  throw new Refused(remedy === null ? message : `${message} ${remedy}`);
}

/** Where staff change a product; nothing but its number is in the address. */
export function productLink({ whmcs }: Config, productId: number): string {
  return `${whmcs.adminUrl.replace(/\/+$/, "")}/configproducts.php?action=edit&id=${productId}`;
}
