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

export function multiplyMoney(a: Decimal, times: number | Decimal): Decimal {
  return new Big(a).times(times).toFixed();
}

/** What is more than `places` decimals is cut off; throws when `by` is zero. */
export function divideMoney(a: Decimal, by: Decimal, places: number): Decimal {
  return new Big(a).div(by).toFixed(places, Big.roundDown);
}

/** The lowest number of `places` decimals that is not below the exact quotient; `by` must be above zero. */
export function divideMoneyUp(a: Decimal, by: Decimal, places: number): Decimal {
  const step = new Big(`1e-${places}`);
  // The quotient itself is rounded after twenty decimals: on which side of it the truth is, only a product tells.
  let result = new Big(a).div(by).round(places, Big.roundDown).minus(step);
  while (result.times(by).lt(a)) result = result.plus(step);
  return result.eq(0) ? new Big(0).toFixed(places) : result.toFixed(places);
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

// Digits in groups of three or in one run, and behind a point or comma the decimals.
const number =
  "\\d{1,3}(?:[ \\u00a0\\u202f']\\d{3})+|\\d{1,3}(?:,\\d{3})+(?=\\.)|\\d{1,3}(?:\\.\\d{3})+(?=,)|\\d{1,20}";
const amountPattern = new RegExp(`^([A-Za-z]{3})?\\s*(-?)(${number})(?:[.,](\\d{1,10}))?\\s*([A-Za-z]{3})?$`);

/**
 * An amount with an optional currency code before or behind it, as people and billing systems write it: `12.50`, `12.50 EUR`,
 * `1 120,50 RUB`, `USD 1,120.50`. A lone point or comma starts the decimals. Null for anything else: half an amount is worse
 * than none.
 */
export function parseAmount(text: string): { amount: Decimal; currency: string | null } | null {
  const match = amountPattern.exec(text.trim());
  if (!match) return null;
  const [, before, sign = "", whole = "", decimals, behind] = match;
  if (before !== undefined && behind !== undefined) return null;
  const digits = `${sign}${whole.replace(/\D/g, "")}`;
  const amount = decimals === undefined ? digits : `${digits}.${decimals}`;
  return isDecimal(amount) ? { amount, currency: (before ?? behind)?.toUpperCase() ?? null } : null;
}
