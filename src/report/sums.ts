// What did each module bring in and cost within a month? Pure: what the ledger, WHMCS and the account tell, added up.
import { addMoney, type Decimal, multiplyMoney } from "../money.ts";
import type { SpendingAttempt, SpendingEvent } from "../purchases/ledger/spending.ts";
import { convertedTo, lossOf, netOf, type Revenue } from "../purchases/revenue.ts";

/** One module, in one currency of customers and one of the account. */
export interface ReportRow {
  readonly tariff: string;
  /** Null where the customer's line is gone from WHMCS. */
  readonly currency: string | null;
  /** Null where no cost is known. */
  readonly costCurrency: string | null;
  orders: number;
  renewals: number;
  /** Net of tax and discounts, in `currency`; only lines that are still in WHMCS. */
  sold: Decimal;
  /** In `costCurrency`, exactly as it was written down before sending. */
  cost: Decimal;
  /** In `costCurrency`; null when a cost, a line or the exchange rate is not known. */
  margin: Decimal | null;
  losses: number;
  costUnknown: number;
  linesGone: number;
  boughtByHand: number;
  soldByHand: Decimal;
  reversed: number;
  refunded: Decimal;
  orphans: number;
}

/** One purchase that the sums leave something out of, or that was a loss. */
export interface Noted {
  readonly purchaseId: string;
  readonly what: "cost_unknown" | "unclear" | "bought_by_hand" | "line_gone" | "loss";
}

export interface Sums {
  /** By tariff, then currencies. */
  rows(): ReportRow[];
  /** Of all rows, by the account's currency. */
  costs(): ReadonlyMap<string, Decimal>;
  noted(): readonly Noted[];
  /** `takings` are what the customer paid; null when the line is gone or nobody can tell its currency. */
  addAttempt(attempt: SpendingAttempt, takings: Revenue | null): void;
  addEvent(event: SpendingEvent, takings: Revenue | null): void;
  addOrphan(tariff: string | null): void;
}

export function createSums(): Sums {
  const rows = new Map<string, ReportRow>();
  const noted: Noted[] = [];
  const rowOf = (tariff: string, currency: string | null, costCurrency: string | null): ReportRow => {
    const key = JSON.stringify([tariff, currency, costCurrency]);
    const row = rows.get(key) ?? emptyRow(tariff, currency, costCurrency);
    rows.set(key, row);
    return row;
  };
  return {
    rows: () => [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
    costs: () => {
      const sums = new Map<string, Decimal>();
      for (const { cost, costCurrency } of rows.values()) {
        if (costCurrency !== null) sums.set(costCurrency, addMoney(sums.get(costCurrency) ?? "0", cost));
      }
      return sums;
    },
    noted: () => noted,
    addAttempt: (attempt, takings) => {
      const note = (what: Noted["what"]) => noted.push({ purchaseId: attempt.purchaseId, what });
      if (attempt.effect === "unclear") note("unclear");
      if (attempt.effect !== "debited") return;
      const { cost, currency } = attempt;
      const row = rowOf(attempt.tariff, takings?.currency.code ?? null, cost === null ? null : currency);
      if (attempt.action === "renew") row.renewals += 1;
      else row.orders += 1;
      if (takings === null) {
        row.linesGone += 1;
        note("line_gone");
      } else {
        row.sold = addMoney(row.sold, netOf(takings));
      }
      if (cost === null || currency === null) {
        row.costUnknown += 1;
        row.margin = null;
        note("cost_unknown");
        return;
      }
      row.cost = addMoney(row.cost, cost);
      row.margin = added(row.margin, takings === null ? null : marginOf(takings, { cost, currency }));
      if (takings !== null && lossOf(takings, { cost, currency }) !== null) {
        row.losses += 1;
        note("loss");
      }
    },
    addEvent: ({ purchaseId, tariff, kind }, takings) => {
      const row = rowOf(tariff ?? "", takings?.currency.code ?? null, null);
      const amount = takings === null ? "0" : netOf(takings);
      if (takings === null) {
        row.linesGone += 1;
        noted.push({ purchaseId, what: "line_gone" });
      }
      if (kind === "reversed") {
        row.reversed += 1;
        row.refunded = addMoney(row.refunded, amount);
        return;
      }
      row.boughtByHand += 1;
      row.soldByHand = addMoney(row.soldByHand, amount);
      noted.push({ purchaseId, what: "bought_by_hand" });
    },
    addOrphan: (tariff) => {
      rowOf(tariff ?? "", null, null).orphans += 1;
    },
  };
}

function marginOf(takings: Revenue, { cost, currency }: { cost: Decimal; currency: string }): Decimal | null {
  const brings = convertedTo(currency, takings);
  return brings === null ? null : addMoney(brings, multiplyMoney(cost, -1));
}

function added(a: Decimal | null, b: Decimal | null): Decimal | null {
  return a === null || b === null ? null : addMoney(a, b);
}

function emptyRow(tariff: string, currency: string | null, costCurrency: string | null): ReportRow {
  const counts = { orders: 0, renewals: 0, losses: 0, costUnknown: 0, linesGone: 0, boughtByHand: 0 };
  const sums = { sold: "0", cost: "0", margin: "0", soldByHand: "0", refunded: "0" };
  return { tariff, currency, costCurrency, ...counts, ...sums, reversed: 0, orphans: 0 };
}
