// Which settings of one product make orders that a person has to untangle?
import { compareMoney } from "../money.ts";
import { areExtraFieldsReadable, extraFieldNames, extraFieldPlaceholders, readCap } from "../purchases/rules.ts";
import type { CatalogRows, ProductRow } from "../whmcs/catalog-rows.ts";
import { type CyclePrices, soldCycles } from "../whmcs/facts.ts";
import { type OnSale, pickPrices } from "../whmcs/values.ts";
import { type Finding, fault, warning } from "./finding.ts";

type Cycle = keyof CyclePrices;

const oddCycles: readonly Cycle[] = ["quarterly", "biennially", "triennially"];

/** For people: `Product 4`, `Addon 5`. */
export function nameOf({ kind, id }: OnSale): string {
  return `${kind === "addon" ? "Addon" : "Product"} ${id}`;
}

/** Behind the colon of a finding's id: `4` of a product, `a5` of an addon. */
export function keyOf({ kind, id }: OnSale): string {
  return kind === "addon" ? `a${id}` : String(id);
}

/** Nothing for a retired product: nobody can order it any more. */
export function checkProductSettings(product: ProductRow, rows: CatalogRows): Finding[] {
  const options = checkOptions(product);
  return product.isRetired ? options : [...options, ...checkFlags(product), ...checkCycles(product, rows)];
}

/** The module settings count for renewals too. */
function checkOptions(product: ProductRow): Finding[] {
  const [, , , limit = "", panel = "", extra = "", loss = "", atEnd = ""] = product.options;
  const findings: Finding[] = [];
  if (readCap(limit) === "unreadable") {
    const remedy = "Set configoption4 to an amount such as 12.50 or 12.50 EUR, or empty it.";
    findings.push(
      fault(`whmcs.bad_cost_limit:${keyOf(product)}`, `${nameOf(product)} has an unreadable cost limit.`, remedy),
    );
  }
  if (!["", "yes", "no", "free"].includes(panel.toLowerCase())) {
    const message = `${nameOf(product)} has neither yes, no nor free as its sale in panels, which counts as yes.`;
    findings.push(warning(`whmcs.sell_in_panel:${keyOf(product)}`, message, "Set configoption5 to yes, no or free."));
  }
  if (!["", "allow"].includes(loss.toLowerCase())) {
    const message = `${nameOf(product)} has something else than allow as its sale at a loss, which counts as nothing.`;
    findings.push(warning(`whmcs.sale_at_loss:${keyOf(product)}`, message, "Set configoption7 to allow, or empty it."));
  }
  if (!["", "expire", "delete"].includes(atEnd.toLowerCase())) {
    const message = `${nameOf(product)} has neither expire nor delete as what becomes of its modules at the end of a service, so they expire.`;
    findings.push(
      fault(`whmcs.at_end:${keyOf(product)}`, message, "Set configoption8 to expire or delete, or empty it."),
    );
  }
  if (!areExtraFieldsReadable(extra)) {
    const message = `${nameOf(product)} has extra order fields that are not allowed or not readable.`;
    const [names, placeholders] = [extraFieldNames, extraFieldPlaceholders].map((list) => list.join(", "));
    const remedy = `Write configoption6 as name=value; names are ${names}, and what is filled in is ${placeholders}.`;
    findings.push(fault(`whmcs.bad_order_fields:${keyOf(product)}`, message, remedy));
  }
  return findings;
}

function checkFlags(product: ProductRow): Finding[] {
  const { autoSetup, isProrated, allowsQuantity, asksForDomain } = product;
  const findings: Finding[] = [];
  if (autoSetup !== "") {
    const isWaiting = autoSetup === "on" ? ", so a paid module is bought only after staff accept the order" : "";
    const message = `${nameOf(product)} has automatic setup by WHMCS${isWaiting}.`;
    const remedy = "Choose 'Do not automatically setup this product' (Module Settings): the bridge tells WHMCS itself.";
    findings.push(warning(`whmcs.autosetup:${keyOf(product)}`, message, remedy));
  }
  if (isProrated) {
    const message = `${nameOf(product)} is prorated, so a first invoice pays for no whole period and a person decides.`;
    findings.push(warning(`whmcs.prorated:${keyOf(product)}`, message, "Switch prorata billing off (Pricing)."));
  }
  if (allowsQuantity) {
    const message = `${nameOf(product)} can be ordered in a quantity, and a licence carries a module only once.`;
    findings.push(
      warning(`whmcs.quantity:${keyOf(product)}`, message, "Set 'Allow Multiple Quantities' (Details) to no."),
    );
  }
  if (asksForDomain) {
    const message = `${nameOf(product)} asks for a domain before it can be ordered.`;
    findings.push(warning(`whmcs.domain_options:${keyOf(product)}`, message, "Switch 'Require Domain' (Details) off."));
  }
  return findings;
}

function checkCycles(product: ProductRow, rows: CatalogRows): Finding[] {
  const odd = listOffers(product, rows).filter(({ cycle }) => oddCycles.includes(cycle));
  const fees = listOffers(product, rows).filter(
    ({ cycle, setupFee }) => !oddCycles.includes(cycle) && compareMoney(setupFee, "0") > 0,
  );
  const findings: Finding[] = [];
  if (odd.length > 0) {
    const message = `${nameOf(product)} offers ${describe(odd)}, which ispmanager does not sell.`;
    const remedy = "Switch those cycles off (Pricing); leave monthly, semi-annually and annually.";
    findings.push(warning(`whmcs.odd_cycle:${keyOf(product)}`, message, remedy));
  }
  if (fees.length > 0) {
    const message = `${nameOf(product)} has a setup fee for ${describe(fees)}, which the price in panels does not contain.`;
    findings.push(warning(`whmcs.setup_fee:${keyOf(product)}`, message, "Set the setup fees to 0.00 (Pricing)."));
  }
  return findings;
}

interface Offer {
  readonly cycle: Cycle;
  readonly currency: string;
  readonly setupFee: string;
}

/** Every enabled cycle in every currency of WHMCS. */
function listOffers(product: OnSale, { prices, currencies }: CatalogRows): Offer[] {
  return currencies.flatMap(({ id, code }) => {
    const cycles = pickPrices(prices, product, id) ?? ({} as Partial<CyclePrices>);
    return [...soldCycles.map(([cycle]) => cycle), ...oddCycles].flatMap((cycle) => {
      const price = cycles[cycle] ?? null;
      return price === null ? [] : [{ cycle, currency: code, setupFee: price.setupFee }];
    });
  });
}

/** The months in which a product is sold in at least one currency. */
export function monthsOnOffer(product: OnSale, rows: CatalogRows): number[] {
  const cycles = new Set(listOffers(product, rows).map(({ cycle }) => cycle));
  return soldCycles.flatMap(([cycle, months]) => (cycles.has(cycle) ? [months] : []));
}

/** `quarterly (USD, EUR), biennially (USD)`. */
function describe(offers: readonly Offer[]): string {
  const cycles = [...new Set(offers.map(({ cycle }) => cycle))];
  return cycles
    .map((cycle) => {
      const codes = offers.filter((offer) => offer.cycle === cycle).map(({ currency }) => currency);
      return `${cycle} (${codes.join(", ")})`;
    })
    .join(", ");
}
