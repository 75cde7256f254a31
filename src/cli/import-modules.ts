// Which products would sell the tariffs that none sells yet, and shall WHMCS have them?
import { type Creation, createProduct } from "../catalogue/create.ts";
import { type Proposal, type ProposalProblem, proposeProducts } from "../catalogue/proposal.ts";
import type { Config } from "../config.ts";
import { createWhmcsApi } from "../whmcs/api.ts";
import { explainFailure } from "../whmcs/api-failure.ts";
import { readCatalogRows } from "../whmcs/catalog-rows.ts";
import { readProductGroups } from "../whmcs/product-groups.ts";
import { amountIn } from "./catalogue.ts";
import { productLink, type Sources, withCatalogue } from "./catalogue-sources.ts";
import { defineCommand, exitStatus, json, Refused, UsageError } from "./command.ts";
import { marginOptions, readWanted, taxNote } from "./margin-words.ts";
import { formatTable, plain, type Terminal } from "./terminal.ts";

const apiTimeoutMs = 60_000;

export const importModules = defineCommand({
  name: "modules import",
  summary: "propose a product for each tariff that none sells; with --apply make them in WHMCS, hidden",
  options: {
    ...marginOptions,
    group: { type: "string", value: "GID", help: "number of the product group; default that of your modules" },
    name: {
      type: "strings",
      value: "TARIFF=ADDITIONINTNAME",
      help: "the name panels match, where the account does not show it; once for each tariff",
    },
    tax: { type: "boolean", help: "the products are taxed" },
    apply: { type: "boolean", help: "make the products in WHMCS, after a question" },
    yes: { type: "boolean", help: "with --apply: do not ask" },
    json,
  },
  run: async ({ config, clock, terminal, values }) => {
    const wanted = readWanted(values, null);
    const names = readNames(values.name ?? []);
    const group = readGroup(values.group);
    if (values.yes && !values.apply) throw new UsageError("--yes goes with --apply");
    const settings = config();
    return await withCatalogue({ config: settings, clock }, async (sources) => {
      const proposals = proposeProducts(sources.shelf, { ...wanted, names, currencies: sources.rows.currencies });
      refuseNames(names, proposals);
      const say = values.json ? terminal.warn : terminal.print;
      const made = new Map<string, Creation>();
      const show = () => {
        if (values.json)
          terminal.print(
            JSON.stringify(
              proposals.map((each) => toRow(each, made.get(each.tariff))),
              null,
              2,
            ),
          );
      };
      say(describe(proposals));
      const ready = proposals.filter(({ problems }) => problems.length === 0);
      if (values.apply && ready.length > 0) {
        const groupId = await chooseGroup(group, sources);
        const shop = { ...openShop(settings, sources), groupId, isTaxed: values.tax === true };
        await confirm(ready, { groupId, terminal, isSure: values.yes === true });
        for (const proposal of ready) {
          const creation = await createProduct(proposal, shop);
          made.set(proposal.tariff, creation);
          say(describeCreation(proposal, creation, settings));
          if (!isDone(creation)) break;
        }
      }
      show();
      return [...made.values()].every(isDone) ? exitStatus.done : exitStatus.failed;
    });
  },
});

function isDone({ kind }: Creation): boolean {
  return kind === "created" || kind === "exists";
}

function readNames(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const match = /^(\d{1,10})=\s*(\S.{0,63})$/.exec(text.trim());
      if (match === null) throw new UsageError("--name takes TARIFF=ADDITIONINTNAME, e.g. 55371=bitninja");
      return [match[1] ?? "", match[2] ?? ""] as const;
    }),
  );
}

function readGroup(text: string | undefined): number | null {
  if (text === undefined) return null;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError("--group takes the number of a product group");
  return Number(text);
}

/** A name for something else is a typing error, and would leave a product without one. */
function refuseNames(names: ReadonlyMap<string, string>, proposals: readonly Proposal[]): void {
  const unknown = [...names.keys()].filter((id) => !proposals.some(({ tariff }) => tariff === id));
  if (unknown.length > 0) {
    throw new Refused(`--name ${unknown.join(", ")}: the account has no such tariff without a product`);
  }
}

async function chooseGroup(wanted: number | null, { whmcs }: Sources): Promise<number> {
  const { ids, ours } = await readProductGroups(whmcs.query);
  if (wanted === null) {
    const [only] = ours;
    if (only === undefined || ours.length > 1) {
      throw new Refused(`say with --group in which product group they shall be; WHMCS has ${ids.join(", ") || "none"}`);
    }
    return only;
  }
  if (!ids.includes(wanted))
    throw new Refused(`WHMCS has no product group ${wanted}; it has ${ids.join(", ") || "none"}`);
  return wanted;
}

function openShop({ whmcs: { api, apiUrl } }: Config, { whmcs }: Sources) {
  if (api === null)
    throw new Refused("set WHMCS_API_IDENTIFIER and WHMCS_API_SECRET: products are made by WHMCS's API");
  return {
    api: createWhmcsApi({ ...api, url: apiUrl, timeoutMs: apiTimeoutMs }),
    readRows: () => readCatalogRows(whmcs.query),
  };
}

async function confirm(
  { length }: readonly Proposal[],
  { groupId, terminal, isSure }: { groupId: number; terminal: Terminal; isSure: boolean },
): Promise<void> {
  if (isSure) return;
  if (!terminal.isInteractive) throw new Refused("nobody can be asked here; add --yes to make these products");
  const question = `Make ${length === 1 ? "this product" : `these ${length} products`} in group ${groupId}, hidden?`;
  if (!(await terminal.ask(question))) throw new Refused("no product was made");
}

const problemTexts: Readonly<Record<ProposalProblem, string>> = {
  missing_additionintname: "the account does not show the name that panels match: add --name TARIFF=ADDITIONINTNAME",
  no_monthly_cost: "the account does not sell it by the month",
  no_rate: "WHMCS has no exchange rate between the account's currency and its own: add the currency (Currencies)",
};

function describe(proposals: readonly Proposal[]): string {
  if (proposals.length === 0) return "Every tariff of the account has a product.";
  const cells = proposals.flatMap(({ tariff, name, additionintname, prices }) =>
    prices.map(({ cycle, currency, cost, price }) => [
      ...[tariff, name, additionintname, cycle],
      ...[amountIn(cost.cost, cost.currency), amountIn(price, currency.code)],
    ]),
  );
  const problems = proposals.flatMap(({ tariff, name, problems: found }) =>
    found.map((problem) => `Tariff ${tariff} (${plain(name)}) is left out: ${problemTexts[problem]}.`),
  );
  const table = formatTable(["TARIFF", "NAME", "ADDITIONINTNAME", "CYCLE", "COST", "PRICE"], cells);
  return [table, "", ...problems, taxNote].join("\n");
}

function describeCreation({ tariff, name }: Proposal, creation: Creation, config: Config): string {
  const what = `Tariff ${tariff} (${plain(name)})`;
  switch (creation.kind) {
    case "created":
      return `${what}: product ${creation.productId} is made, hidden and not sold in panels. ${finish(config, creation.productId)}`;
    case "exists":
      return `${what}: product ${creation.productId} sells it by now; nothing was made.`;
    case "different":
      return `${what}: product ${creation.productId} is there, but not as asked: ${creation.what.join(", ")}. Correct or delete it: ${productLink(config, creation.productId)}. Nothing more is made.`;
    case "refused":
      return `${what}: ${refusal(creation)} Nothing more is made.`;
    case "unclear":
      return `${what}: nobody can tell whether WHMCS made it; no product of it is seen. Nothing more is made. Look into WHMCS's products after some minutes, then run this again.`;
  }
}

/** Fields no API makes; our server module does when the page of a product is opened. */
function finish(config: Config, productId: number): string {
  return `Open ${productLink(config, productId)}: that gives it License ID and Server IP; look it over, then set "Sell in panels" (configoption5) to yes.`;
}

function refusal({ answer }: Extract<Creation, { kind: "refused" | "unclear" }>): string {
  if (answer.kind === "success") return "";
  const { kind, message, remedy } = explainFailure(answer);
  return `${message} ${kind === "refusal" ? "Allow AddProduct in the API role of these credentials." : remedy}`;
}

function toRow({ tariff, name, additionintname, prices, problems }: Proposal, creation: Creation | undefined) {
  return {
    ...{ tariff, name, additionintname, problems },
    prices: prices.map(({ cycle, currency, cost, price }) => ({
      ...{ cycle, currency: currency.code, cost: cost.cost, cost_currency: cost.currency, price },
    })),
    result: creation?.kind ?? null,
    product_id: creation !== undefined && "productId" in creation ? String(creation.productId) : null,
  };
}
