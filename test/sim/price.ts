// What does a period cost the partner, and do product and payment allow that? Reckoned apart from production.
import { findTariff, type Model } from "../../src/sandbox/account/model.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";

/** What WHMCS says about costs at one moment. */
export interface Terms {
  /** As staff have typed it: an amount a month, with or without a currency; empty sets none. */
  readonly cap: string;
  /** As staff have typed it. */
  readonly loss: string;
  /** So many EUR for one USD, of five decimals; clients pay in USD, the account is paid in EUR. */
  readonly rate: string;
}

export function termsOf({ tables }: SimulatedWhmcs, productId: number): Terms {
  const product = tables.rows.products.get(productId);
  const euro = [...tables.rows.currencies.values()].find(({ code }) => code === "EUR");
  return { cap: product?.option4 ?? "", loss: product?.option7 ?? "", rate: euro?.rate ?? "" };
}

/** The account's price of the one tariff, in cents; its currency is EUR. */
export function costOf(model: Model, tariff: string, months: number): number {
  return Math.round(Number(findTariff(model, tariff)?.costs[months] ?? Number.NaN) * 100);
}

/** What a client has paid for a line, in cents: nothing in a life is taxed or discounted. Null when the line is gone. */
export function paidFor({ tables }: SimulatedWhmcs, lineId: number): number | null {
  const line = tables.rows.invoiceLines.get(lineId);
  return line === undefined ? null : Math.round(Number(line.amount) * 100);
}

export function isAllowed(
  { cap, loss, rate }: Terms,
  { cost, months, paid }: { cost: number; months: number; paid: number | null },
): boolean {
  if (cap !== "") {
    const [amount, currency = "EUR"] = cap.split(" ");
    if (currency !== "EUR" || cost > Math.round(Number(amount) * 100) * months) return false;
  }
  return loss === "allow" || paid === null || cost * 100_000 <= paid * Math.round(Number(rate) * 100_000);
}
