// What does the account charge for a module, and for how many months?
import { compareMoney, type Decimal, isDecimal } from "../money.ts";
import type { Tariff } from "./account.ts";
import { childrenOf, textOf, type XmlElement } from "./document.ts";
import { idOf } from "./reply.ts";

/**
 * The tariffs of `pricelist.export`, one entry for each currency. An entry whose id, currency or amounts cannot be read is
 * left out, which makes its price unknown, not zero.
 */
export function readTariffs(doc: XmlElement): Tariff[] {
  return childrenOf(doc, "pricelist").flatMap((entry) => {
    const id = idOf(entry, "id");
    return id === null ? [] : childrenOf(entry, "price").flatMap((price) => readPrice(id, entry, price));
  });
}

function readPrice(id: string, entry: XmlElement, price: XmlElement): Tariff[] {
  const currency = price.attributes.get("currency")?.trim().toUpperCase() ?? "";
  if (!/^[A-Z]{3}$/.test(currency)) return [];
  const costs = new Map<number, Decimal>();
  for (const period of childrenOf(price, "period")) {
    const months = monthsOf(period);
    const cost = period.attributes.get("cost")?.trim() ?? "";
    if (months === null || !isDecimal(cost) || cost.startsWith("-")) continue;
    const known = costs.get(months);
    // Of two prices for one period the higher one: it is compared with caps.
    if (known === undefined || compareMoney(cost, known) > 0) costs.set(months, cost);
  }
  if (costs.size === 0) return [];
  return [{ id, name: textOf(entry, "name"), additionintname: textOf(entry, "additionintname"), currency, costs }];
}

function monthsOf({ attributes }: XmlElement): number | null {
  const length = attributes.get("length")?.trim() ?? "";
  if (!/^[1-9]\d{0,2}$/.test(length)) return null;
  const type = attributes.get("type");
  if (type === "month") return Number(length);
  return type === "year" ? Number(length) * 12 : null;
}
