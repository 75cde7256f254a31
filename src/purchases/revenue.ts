// What is left for us of what the customer paid for a line, and does it cover what the period costs? Pure: facts in.
import { addMoney, compareMoney, type Decimal, divideMoney, multiplyMoney } from "../money.ts";
import type { Currency, LineFacts } from "../whmcs/facts.ts";

type Line = LineFacts["invoiceLines"][number];

/** `amount / per` of `currency`, never divided out, so that nothing is rounded before it is compared. */
export interface Revenue {
  readonly amount: Decimal;
  readonly per: Decimal;
  /** What the client pays in. */
  readonly currency: Currency;
  /** Among which the account's is looked for. */
  readonly currencies: readonly Currency[];
}

/**
 * What a line leaves us, net of tax, promotions and group discounts:
 *
 *     net(x)  = x.amount / tax where x is taxed and prices contain the tax, else x.amount
 *     tax     = 1 + r1 + r2, and with a compound second rate (1 + r1)(1 + r2); r1 and r2 stand on the invoice
 *     revenue = net(line) + Σ net(discounts that name its service)
 *             + Σ net(group discounts that name no service of the invoice) · line.amount / Σ amounts of services
 *     services = the `Hosting` lines of the invoice, and for an `Addon` line its `Addon` lines too
 *
 * Of what WHMCS does not document the reading with the lower revenue counts: whether prices contain the tax is asked of the
 * setting, and only `Exclusive` says no; the invoice's rates count although the client is exempt or tax was switched off;
 * discounts that name a service count in full for each of its lines on the invoice; a group discount, whose subject is not
 * documented and which WHMCS gives on everything, is borne by the services alone; no fee of a line of its own counts. Discounts are
 * known to name services only, so what names the service of an addon, or has the addon's own number and no service of the
 * invoice's, counts in full for the addon too.
 * Null: the product may be sold at a loss, or nobody can tell in which currency the client pays.
 */
export function revenueOf(facts: LineFacts): Revenue | null {
  return allowsLoss(facts.product.options) ? null : takingsOf(facts);
}

/** The same of every product; null where nobody can tell in which currency the client pays. */
export function takingsOf(facts: LineFacts): Revenue | null {
  const { line, invoice, currencies, invoiceLines } = facts;
  const currency = currencies.find(({ id }) => id === invoice.currencyId);
  if (currency === undefined) return null;
  const tax = taxOf(facts);
  // Everything times `tax`: it is divided by once, at the very end.
  const gross = ({ amount, isTaxed }: Pick<Line, "amount" | "isTaxed">) =>
    isTaxed ? amount : multiplyMoney(amount, tax);
  const { own, shared } = discountsOf(facts);
  const amount = sum([line, ...own].map(gross));
  const rest = { currency, currencies };
  if (shared.length === 0) return { amount, per: tax, ...rest };
  const bearers = line.type === "Addon" ? ["Hosting", "Addon"] : ["Hosting"];
  const isBearer = (each: Line) => bearers.some((type) => isOf(each, type)) && !isNothing(each.amount);
  const services = sum(amountsOf(invoiceLines.filter(isBearer)));
  const whole = compareMoney(services, line.amount) < 0 ? line.amount : services;
  const share = multiplyMoney(sum(shared.map(gross)), line.amount);
  return { amount: addMoney(multiplyMoney(amount, whole), share), per: multiplyMoney(tax, whole), ...rest };
}

/** A price as it stands in WHMCS, before any tax, promotion and discount: no line of it leaves more. */
export function revenueOfPrice(price: Decimal, currency: Currency, currencies: readonly Currency[]): Revenue {
  return { amount: price, per: "1", currency, currencies };
}

/** `configoption7` says so, or `configoption5` gives the module away. */
export function allowsLoss(options: readonly string[]): boolean {
  return options[6]?.toLowerCase() === "allow" || givesAway(options);
}

export function givesAway(options: readonly string[]): boolean {
  return options[4]?.toLowerCase() === "free";
}

/** What a period would cost more than it brings in, for people. */
export interface Loss {
  /** In the currency of the cost, cut off after four decimals. */
  readonly revenue: Decimal;
  /** Code of the client's currency. */
  readonly paid_in: string;
  /** So many of the cost's currency for one of the client's. */
  readonly rate: Decimal;
}

/**
 * Null when the revenue covers the cost, to the last digit, and when WHMCS has no rate for one of both currencies: then
 * nothing can be compared. An amount is converted as WHMCS does it: through the default currency, of which one is worth `rate`
 * of each. Of several rows of one code the one that gives less counts.
 */
export function lossOf(revenue: Revenue, price: { readonly cost: Decimal; readonly currency: string }): Loss | null {
  const rates = ratesBetween(revenue, price.currency);
  if (rates === null) return null;
  const { from, to } = rates;
  const [brings, takes] = [multiplyMoney(revenue.amount, to), multiplyMoney(revenue.per, from)];
  if (compareMoney(multiplyMoney(price.cost, takes), brings) <= 0) return null;
  return {
    revenue: divideMoney(brings, takes, 4),
    paid_in: revenue.currency.code,
    rate: shortened(divideMoney(to, from, 8)),
  };
}

/** A revenue in the client's currency, cut off after four decimals. */
export function netOf({ amount, per }: Revenue): Decimal {
  return isNothing(per) ? "0" : divideMoney(amount, per, 4);
}

/** The same in another currency at WHMCS's present rate; null when WHMCS has none. */
export function convertedTo(code: string, revenue: Revenue): Decimal | null {
  const rates = ratesBetween(revenue, code);
  if (rates === null || isNothing(revenue.per)) return rates === null ? null : "0";
  return divideMoney(multiplyMoney(revenue.amount, rates.to), multiplyMoney(revenue.per, rates.from), 4);
}

export function isConvertible(code: string, currencies: readonly Currency[]): boolean {
  return lowestRate(code, currencies) !== null;
}

/** An amount of `currency` times `to / from` is that amount in the currency `code`; null where WHMCS has no rate for one of both. */
export function ratesBetween(
  { currency, currencies }: Pick<Revenue, "currency" | "currencies">,
  code: string,
): { from: Decimal; to: Decimal } | null {
  if (isSameCode(currency.code, code)) return { from: "1", to: "1" };
  const to = lowestRate(code, currencies);
  return to === null || isNothing(currency.rate) ? null : { from: currency.rate, to };
}

function lowestRate(code: string, currencies: readonly Currency[]): Decimal | null {
  const rates = currencies.filter((each) => isSameCode(each.code, code) && !isNothing(each.rate));
  return rates.map(({ rate }) => rate).toSorted(compareMoney)[0] ?? null;
}

function isSameCode(a: string, b: string): boolean {
  return a.toUpperCase() === b.toUpperCase();
}

function shortened(decimal: Decimal): Decimal {
  return decimal.replace(/\.?0+$/, "");
}

function taxOf({ invoice, tax }: LineFacts): Decimal {
  if (!tax.isInclusive) return "1";
  const [first, second] = invoice.taxRates.map((rate) => (isNothing(rate) ? "0" : multiplyMoney(rate, "0.01")));
  const both = sum(["1", first ?? "0", second ?? "0"]);
  return tax.isCompound ? addMoney(both, multiplyMoney(first ?? "0", second ?? "0")) : both;
}

/** Nothing is left of the line after the promotion and the group discount that belong to it, or to its whole invoice. */
export function isFree(facts: LineFacts): boolean {
  const { line, service, invoiceLines } = facts;
  const { all, own, shared } = discountsOf(facts);
  const periods = invoiceLines.filter(
    (each) => isOf(each, line.type === "Addon" ? "Addon" : "Hosting") && each.relid === service.id,
  );
  if (isNothing(line.amount) || isNothing(sum(amountsOf([...periods, ...own])))) return true;
  // Discounts do not say which of several periods they belong to: each may be this line's.
  if (own.some((each) => isNothing(addMoney(line.amount, each.amount)))) return true;
  const positive = invoiceLines.filter(({ amount }) => !isNothing(amount));
  return shared.length > 0 && isNothing(sum(amountsOf([...positive, ...all])));
}

/**
 * `own` name the service of the line, or that on which its addon stands, `shared` no service at all; promotions always name what
 * they are for.
 */
function discountsOf({ service, invoiceLines }: LineFacts): Record<"all" | "own" | "shared", Line[]> {
  const all = invoiceLines.filter((each) => isOf(each, "PromoHosting") || isOf(each, "GroupDiscount"));
  const namesService = ({ relid }: Line) => invoiceLines.some((each) => isOf(each, "Hosting") && each.relid === relid);
  const { id, parentId } = service;
  const namesOwn = (each: Line) =>
    each.relid === (parentId ?? id) || (parentId !== null && each.relid === id && !namesService(each));
  return {
    all,
    own: all.filter(namesOwn),
    shared: all.filter((each) => isOf(each, "GroupDiscount") && !namesOwn(each) && !namesService(each)),
  };
}

function isOf({ type }: Line, wanted: string): boolean {
  return type.toLowerCase() === wanted.toLowerCase();
}

function isNothing(amount: Decimal): boolean {
  return compareMoney(amount, "0") <= 0;
}

function amountsOf(lines: readonly Line[]): Decimal[] {
  return lines.map(({ amount }) => amount);
}

function sum(amounts: readonly Decimal[]): Decimal {
  return amounts.reduce(addMoney, "0");
}
