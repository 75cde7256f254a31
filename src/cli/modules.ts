// Which products are modules of ours, and what keeps one off sale?
import { buildCatalogue, type ProductReport } from "../storefront/catalog.ts";
import { readCatalogRows } from "../whmcs/catalog-rows.ts";
import { defineCommand, exitStatus, json } from "./command.ts";
import { withDatabases } from "./databases.ts";
import { formatTable } from "./terminal.ts";

export const listModules = defineCommand({
  name: "modules list",
  summary: "list the products that sell ispmanager modules, read from WHMCS",
  options: { json },
  run: async ({ config, terminal, values }) => {
    const settings = config();
    const { reports } = await withDatabases(settings, async ({ whmcs }) =>
      buildCatalogue(await readCatalogRows(whmcs.query), settings.storefront.currency),
    );
    const rows = reports.map(toRow);
    terminal.print(values.json ? JSON.stringify(rows, null, 2) : describe(rows));
    return exitStatus.done;
  },
});

function toRow({ product, tariff, additionintname, currency, monthly, isOnSale, problems }: ProductReport) {
  return {
    product_id: product.kind === "product" ? String(product.id) : null,
    tariff: tariff === "" ? null : tariff,
    additionintname: additionintname === "" ? null : additionintname,
    name: product.name,
    currency,
    monthly,
    on_sale: isOnSale,
    problems,
    // An addon's number is no product's: who reads only product_id finds none, and a product's row has no other key than before.
    ...(product.kind === "addon" ? { addon_id: String(product.id) } : {}),
  };
}

function describe(rows: readonly ReturnType<typeof toRow>[]): string {
  if (rows.length === 0) return "No product or addon in WHMCS has the server module ispmanagermodules.";
  const cells = rows.map((row) => [
    row.product_id ?? `addon ${row.addon_id}`,
    row.tariff,
    row.additionintname,
    row.name,
    row.monthly === null ? null : `${row.monthly} ${row.currency}`,
    row.on_sale ? "yes" : "no",
    row.problems.join(", "),
  ]);
  return formatTable(["PRODUCT", "TARIFF", "ADDITIONINTNAME", "NAME", "MONTHLY", "ON SALE", "PROBLEMS"], cells);
}
