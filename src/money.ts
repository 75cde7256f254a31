// How is money compared and added without ever becoming a float?
import { Big } from "big.js";

/** A decimal number as text, e.g. `15.00`, `-1.00`; what MySQL's DECIMAL and the account's price list give. */
export type Decimal = string;

const decimalPattern = /^-?\d{1,20}(\.\d{1,10})?$/;

/** True when the text is a plain decimal number that every function here accepts. */
export function isDecimal(text: string): text is Decimal {
  return decimalPattern.test(text);
}

export function addMoney(a: Decimal, b: Decimal): Decimal {
  return new Big(a).plus(b).toFixed();
}

export function multiplyMoney(a: Decimal, times: number): Decimal {
  return new Big(a).times(times).toFixed();
}

/** Negative, zero or positive, like a sort comparison. */
export function compareMoney(a: Decimal, b: Decimal): number {
  return new Big(a).cmp(b);
}

/** Exactly `places` decimals; throws rather than rounds when digits would be lost. */
export function formatMoney(amount: Decimal, places: number): string {
  const exact = new Big(amount);
  const text = exact.toFixed(places);
  if (!new Big(text).eq(exact)) throw new RangeError("the amount has more decimals than may be shown");
  return text;
}

/** An amount with an optional currency code, as people type it: `12.50`, `12.50 EUR`, `120,50 RUB`. Null when it is neither. */
export function parseAmount(text: string): { amount: Decimal; currency: string | null } | null {
  const match = /^\s*(-?\d[\d\s\u00a0]*)(?:[.,](\d{1,10}))?\s*([A-Za-z]{3})?\b/.exec(text);
  if (!match?.[1]) return null;
  const whole = match[1].replace(/[\s\u00a0]/g, "");
  const amount = match[2] === undefined ? whole : `${whole}.${match[2]}`;
  return isDecimal(amount) ? { amount, currency: match[3]?.toUpperCase() ?? null } : null;
}
