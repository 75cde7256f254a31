// What does a period cost the partner, and does the product's cap allow that? Reckoned apart from production.
import { findTariff, type Model } from "../../src/sandbox/account/model.ts";

/** The account's price of the one tariff, in cents; its currency is EUR. */
export function costOf(model: Model, tariff: string, months: number): number {
  return Math.round(Number(findTariff(model, tariff)?.costs[months] ?? Number.NaN) * 100);
}

/** `cap` as staff have typed it: an amount a month, with or without a currency; empty sets none. */
export function isWithinCap(cap: string, cents: number, months: number): boolean {
  if (cap === "") return true;
  const [amount, currency = "EUR"] = cap.split(" ");
  return currency === "EUR" && cents <= Math.round(Number(amount) * 100) * months;
}
