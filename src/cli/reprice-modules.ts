// Which prices have fallen below their cost and margin, and which would be right again?
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { type PriceRise, proposeRises } from "../catalogue/proposal.ts";
import type { Config } from "../config.ts";
import type { OnSale } from "../whmcs/values.ts";
import { amountIn } from "./catalogue.ts";
import { productLink, withCatalogue } from "./catalogue-sources.ts";
import { defineCommand, exitStatus, json, Refused, UsageError } from "./command.ts";
import { marginOptions, readWanted, taxNote } from "./margin-words.ts";
import { formatTable, plain } from "./terminal.ts";

const usualFile = "module-prices.csv";

export const repriceModules = defineCommand({
  name: "modules reprice",
  summary: "propose new prices where a margin has fallen below the wanted one, or below nothing",
  options: {
    ...marginOptions,
    apply: { type: "boolean", help: "write the new prices to a file for staff: WHMCS's API cannot change prices" },
    out: { type: "string", value: "FILE.csv", help: `with --apply: that file; default ${usualFile}` },
    json,
  },
  run: async ({ config, clock, terminal, values }) => {
    const wanted = readWanted(values, "0");
    if (values.out !== undefined && !values.apply) throw new UsageError("--out goes with --apply");
    const settings = config();
    const rises = await withCatalogue({ config: settings, clock }, async ({ shelf, rows }) =>
      proposeRises(shelf, { ...wanted, currencies: rows.currencies }),
    );
    const say = values.json ? terminal.warn : terminal.print;
    if (values.json) terminal.print(JSON.stringify(rises.map(toRow), null, 2));
    else terminal.print(describe(rises));
    if (rises.length === 0) return exitStatus.done;
    for (const place of new Set(rises.map(({ product }) => placeOf(settings, product)))) say(`  ${place}`);
    if (!values.apply) return exitStatus.done;
    const file = resolve(values.out ?? usualFile);
    writeRises(file, rises);
    say(
      `Nothing was changed in WHMCS: its API cannot change prices. They are in ${file}; set them by the links above.`,
    );
    return exitStatus.failed;
  },
});

function placeOf(settings: Config, { kind, id }: OnSale): string {
  return kind === "addon" ? `addon ${id}: Product Addons in WHMCS's settings` : productLink(settings, id);
}

/** An addon is `a` and its number, which no product has. */
function keyOf({ kind, id }: OnSale): string {
  return kind === "addon" ? `a${id}` : String(id);
}

/** Never over a file that is there already. */
function writeRises(file: string, rises: readonly PriceRise[]): void {
  const lines = rises.map(({ product, cycle, currency, before, price }) =>
    [keyOf(product), cycle, currency.code, before, price].join(","),
  );
  const text = ["product_id,cycle,currency,old,new", ...lines, ""].join("\n");
  try {
    writeFileSync(file, text, { flag: "wx" });
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
    const isThere = error.code === "EEXIST";
    const cause = isThere ? "is there already; name another with --out" : `cannot be written (${String(error.code)})`;
    throw new Refused(plain(`${file} ${cause}`));
  }
}

function describe(rises: readonly PriceRise[]): string {
  if (rises.length === 0) return "No known margin is below the wanted one; `ispmodules modules` shows them all.";
  const cells = rises.map(({ product, productName, cycle, cost, currency, before, price }) => [
    ...[
      product.kind === "addon" ? `addon ${product.id}` : String(product.id),
      productName,
      cycle,
      amountIn(cost.cost, cost.currency),
    ],
    ...[amountIn(before, currency.code), amountIn(price, currency.code)],
  ]);
  const table = formatTable(["PRODUCT", "NAME", "CYCLE", "COST", "PRICE", "NEW PRICE"], cells);
  return [table, "", taxNote, "New prices hold for new orders; services keep their own amount. Change them here:"].join(
    "\n",
  );
}

function toRow({ product, cycle, currency, cost, before, price }: PriceRise) {
  return {
    product_id: product.kind === "addon" ? null : String(product.id),
    ...(product.kind === "addon" ? { addon_id: String(product.id) } : {}),
    ...{ cycle, currency: currency.code },
    ...{ cost: cost.cost, cost_currency: cost.currency, old: before, new: price },
  };
}
