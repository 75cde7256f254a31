// How far is a price above what its period costs, and which price leaves a wanted margin? Pure, exact decimals.
import { addMoney, compareMoney, type Decimal, divideMoneyUp, multiplyMoney } from "../money.ts";
import { ratesBetween } from "../purchases/revenue.ts";
import type { Currency } from "../whmcs/facts.ts";

/** What the account charges for a period; `currency` is its code. */
export interface PeriodCost {
  readonly cost: Decimal;
  readonly currency: string;
}

/** What price and cost are counted in: the currency of the price among all that WHMCS has. */
export interface Money {
  readonly currency: Currency;
  readonly currencies: readonly Currency[];
}

export interface Margin {
  /** In the currency of the price, rounded down to four decimals. */
  readonly amount: Decimal;
  /** In per cent of the cost, rounded down to two decimals; null where the period costs nothing. */
  readonly percent: Decimal | null;
}

/** `margin` in per cent of the cost; prices end in `ending` (`0.99`), or in any cent where it is null. */
export interface Wanted {
  readonly margin: Decimal;
  readonly ending: Decimal | null;
}

/** What is left of a price before tax and discounts; null where WHMCS has no rate for one of both currencies. */
export function marginOf(price: Decimal, cost: PeriodCost, money: Money): Margin | null {
  const parts = partsOf(cost, money);
  if (parts === null) return null;
  const over = addMoney(multiplyMoney(price, parts.per), negated(parts.amount));
  const isFree = compareMoney(parts.amount, "0") === 0;
  return {
    amount: divideDown(over, parts.per, 4),
    percent: isFree ? null : divideDown(multiplyMoney(over, 100), parts.amount, 2),
  };
}

/** True when the price is below the cost with the margin on top; null where nothing can be compared. */
export function isBelow(price: Decimal, cost: PeriodCost, { margin, money }: { margin: Decimal; money: Money }) {
  const parts = partsOf(cost, money);
  if (parts === null) return null;
  return compareMoney(multiplyMoney(multiplyMoney(price, 100), parts.per), withMargin(parts.amount, margin)) < 0;
}

/**
 * The lowest price that ends as wanted, is above zero and covers the cost with the margin on top; null where WHMCS has no
 * rate for one of both currencies. Two decimals, as WHMCS keeps them.
 */
export function priceFor(cost: PeriodCost, { margin, ending }: Wanted, money: Money): Decimal | null {
  const parts = partsOf(cost, money);
  if (parts === null) return null;
  const per = multiplyMoney(parts.per, 100);
  const least = withMargin(parts.amount, margin);
  if (ending === null) return atLeast("0.01", divideMoneyUp(least, per, 2));
  const whole = divideMoneyUp(addMoney(least, negated(multiplyMoney(ending, per))), per, 0);
  const fewest = compareMoney(ending, "0") === 0 ? "1" : "0";
  return divideMoneyUp(addMoney(atLeast(fewest, whole), ending), "1", 2);
}

/** The cost in the currency of the price is `amount / per`, as WHMCS converts it and never divided out. */
function partsOf({ cost, currency: code }: PeriodCost, money: Money): { amount: Decimal; per: Decimal } | null {
  const rates = ratesBetween(money, code);
  return rates === null ? null : { amount: multiplyMoney(cost, rates.from), per: rates.to };
}

/** A hundred times the amount and its margin. */
function withMargin(amount: Decimal, margin: Decimal): Decimal {
  return multiplyMoney(amount, addMoney("100", margin));
}

function divideDown(a: Decimal, by: Decimal, places: number): Decimal {
  return negated(divideMoneyUp(negated(a), by, places));
}

function negated(amount: Decimal): Decimal {
  if (compareMoney(amount, "0") === 0) return amount.replace("-", "");
  return amount.startsWith("-") ? amount.slice(1) : `-${amount}`;
}

function atLeast(least: Decimal, amount: Decimal): Decimal {
  return compareMoney(amount, least) < 0 ? least : amount;
}
