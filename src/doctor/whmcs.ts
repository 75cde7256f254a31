// Is the WHMCS database the right one, readable, and sound for our products and services?
import type { Config } from "../config.ts";
import { type Database, openDatabase } from "../database/connection.ts";
import { buildCatalogue, type ProductReport } from "../storefront/catalog.ts";
import { type CatalogRows, readCatalogRows } from "../whmcs/catalog-rows.ts";
import { findMissingAddonColumns, findMissingColumns } from "../whmcs/columns.ts";
import { listReadColumns } from "../whmcs/schema.ts";
import { readVendorModules, type VendorModule } from "../whmcs/vendor-modules.ts";
import { explainDatabaseFailure } from "./database-failure.ts";
import { checkLicenceFields } from "./fields.ts";
import { type Check, type Finding, fault, nameIds, ok, runChecks, warning } from "./finding.ts";
import { checkReaderGrants } from "./grants.ts";
import { checkProducts } from "./products.ts";
import { reachable, serverChecks } from "./server.ts";
import { checkServices } from "./services.ts";
import type { Surroundings } from "./surroundings.ts";

/** What WHMCS sells, for the checks that hold it against the account's price list. */
export interface Sold {
  readonly rows: CatalogRows;
  readonly reports: readonly ProductReport[];
}

export interface WhmcsFindings {
  readonly findings: readonly Finding[];
  /** Null when it could not be read. */
  readonly sold: Sold | null;
  /** Null when WHMCS could not be asked. */
  readonly vendorModules: readonly VendorModule[] | null;
}

/** All checks of the WHMCS database; the later ones only when the earlier show that they can be made. */
export async function checkWhmcs(config: Config, { clock, log }: Surroundings): Promise<WhmcsFindings> {
  const run = (checks: readonly Check[]) =>
    runChecks(checks, { log, explain: (id, error) => explainDatabaseFailure("whmcs", id, error) });
  let whmcs: Database | undefined;
  const open: Check = {
    id: "whmcs.reachable",
    run: async () => {
      whmcs = openDatabase({ name: "whmcs", url: config.whmcs.databaseUrl, connections: 4 });
      return await reachable(whmcs).run();
    },
  };
  try {
    const opened = await run([open]);
    if (whmcs === undefined || opened.some(isFault)) return { findings: opened, sold: null, vendorModules: null };
    const database = whmcs;
    const grants: Check = { id: "whmcs.grants", run: () => checkReaderGrants(database) };
    const server = await run([...serverChecks(database, clock), grants]);
    const columns = await run([{ id: "whmcs.columns", run: () => checkColumns(database) }]);
    const found = [...opened, ...server, ...columns];
    if (columns.some(isFault)) return { findings: found, sold: null, vendorModules: null };
    const shop = await checkShop(database, config, run);
    return { ...shop, findings: [...found, ...shop.findings] };
  } finally {
    await whmcs?.close();
  }
}

function isFault({ level }: Finding): boolean {
  return level === "fault";
}

async function checkColumns(whmcs: Database): Promise<Finding[]> {
  const id = "whmcs.columns";
  const missing = await findMissingColumns(whmcs.query);
  if (missing.length === 0) {
    const unseen = await findMissingAddonColumns(whmcs.query);
    if (unseen.length === 0) return [ok(id, "Every column that is read is there and may be read.")];
    return [
      warning(
        id,
        `The user of WHMCS_DATABASE_URL sees no ${nameIds(unseen)}, so modules sold as product addons are neither shown nor bought.`,
        "Grant it SELECT on them, as `ispmodules grants` prints it.",
      ),
    ];
  }
  const wanted = listReadColumns().flatMap(({ columns }) => columns).length;
  const isForeign = missing.length > wanted / 2;
  return [
    fault(
      id,
      `The user of WHMCS_DATABASE_URL sees no ${nameIds(missing)}.`,
      isForeign
        ? "Check that WHMCS_DATABASE_URL names WHMCS's database, and grant its user SELECT there."
        : "Grant the user of WHMCS_DATABASE_URL SELECT on them; where they do not exist, this WHMCS is too old.",
    ),
  ];
}

async function checkShop(
  whmcs: Database,
  { storefront }: Config,
  run: (checks: readonly Check[]) => Promise<Finding[]>,
): Promise<WhmcsFindings> {
  let sold: Sold | null = null;
  let vendorModules: VendorModule[] | null = null;
  const vendor = async () => {
    vendorModules = await readVendorModules(whmcs.query);
    return [];
  };
  const products = await run([
    { id: "whmcs.vendor_modules", run: vendor },
    {
      id: "whmcs.products",
      run: async () => {
        const rows = await readCatalogRows(whmcs.query);
        sold = { rows, reports: buildCatalogue(rows, storefront.currency).reports };
        return checkProducts(sold, storefront.currency);
      },
    },
  ]);
  // Assigned inside the check: the compiler cannot know.
  const known = sold as Sold | null;
  if (known === null) return { findings: products, sold: null, vendorModules };
  const services = await run([
    { id: "whmcs.licence_fields", run: () => checkLicenceFields(whmcs.query, known.rows) },
    { id: "whmcs.services", run: () => checkServices(whmcs.query, known.rows) },
  ]);
  return { findings: [...products, ...services], sold: known, vendorModules };
}
