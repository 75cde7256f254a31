// What does the API action AddProduct do to the shop? By https://developers.whmcs.com/api-reference/addproduct/.
import { recurringCycles } from "./cycles.ts";
import type { Shop } from "./shop.ts";

type Parameters = Readonly<Record<string, string>>;
type Result =
  | { readonly kind: "success"; readonly fields: { readonly pid: number } }
  | { readonly kind: "error"; readonly message: string };

interface Choice {
  readonly parameter: string;
  readonly values: readonly string[];
  readonly message: string;
}

const choices: readonly Choice[] = [
  {
    parameter: "type",
    values: ["hostingaccount", "reselleraccount", "server", "other"],
    message: 'Invalid product type. Must be one of "hostingaccount", "reselleraccount", "server" or "other"',
  },
  {
    parameter: "paytype",
    values: ["free", "onetime", "recurring"],
    message: 'Invalid pay type. Must be one of "free", "onetime" or "recurring"',
  },
  {
    parameter: "autosetup",
    values: ["", "on", "order", "payment"],
    message: 'Invalid autosetup value. Must be one of "", "on", "order" or "payment"',
  },
];

/** Makes no custom field. What is not documented turns out badly: a cycle that is not named is free. */
export async function addProduct({ shop }: { shop: Shop }, parameters: Parameters): Promise<Result> {
  const { name = "", gid = "" } = parameters;
  if (name === "") return failure("You must supply a name for the product");
  const [group] = await shop.sql("SELECT id FROM tblproductgroups WHERE id = ?", [gid]);
  if (group === undefined) return failure("You must supply a valid Product Group ID");
  const wrong = choices.find(({ parameter, values }) => !values.includes(parameters[parameter] ?? values[0] ?? ""));
  if (wrong !== undefined) return failure(wrong.message);
  const flag = (parameter: string) => (["", "0"].includes(parameters[parameter] ?? "") ? 0 : 1);
  const { productId } = await shop.addProduct({
    name,
    groupId: Number(gid),
    serverType: parameters.module ?? "",
    options: [1, 2, 3, 4, 5, 6].map((index) => parameters[`configoption${index}`] ?? ""),
    isHidden: flag("hidden") === 1,
    fields: [],
    columns: {
      type: parameters.type ?? "hostingaccount",
      paytype: parameters.paytype ?? "free",
      autosetup: parameters.autosetup ?? "",
      tax: flag("tax"),
      showdomainoptions: flag("showdomainoptions"),
      proratabilling: flag("proratabilling"),
    },
  });
  for (const [currency, prices] of pricingOf(parameters)) {
    await shop.sql("INSERT INTO tblpricing SET ?", [{ type: "product", currency, relid: productId, ...prices }]);
  }
  return { kind: "success", fields: { pid: productId } };
}

/** `pricing[currency][column]`, as PHP reads it from a form; by currency, every column. */
function pricingOf(parameters: Parameters): Map<number, Record<string, string>> {
  const columns = Object.values(recurringCycles).flatMap(({ price, setupFee }) => [price, setupFee]);
  const pricing = new Map<number, Record<string, string>>();
  for (const [name, value] of Object.entries(parameters)) {
    const [, currency = "", column = ""] = /^pricing\[(\d+)\]\[([a-z]+)\]$/.exec(name) ?? [];
    if (!columns.some((known) => known === column)) continue;
    const prices = pricing.get(Number(currency)) ?? Object.fromEntries(columns.map((each) => [each, "0.00"]));
    pricing.set(Number(currency), { ...prices, [column]: value });
  }
  return pricing;
}

function failure(message: string): Result {
  return { kind: "error", message };
}
