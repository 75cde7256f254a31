// How does a row of the simulated ledger become a purchase or an attempt? As the real one's does.

import { toAttempt, toInstant } from "../../../src/purchases/ledger/rows.ts";
import type { Action, Attempt, Detail, Purchase } from "../../../src/purchases/purchase.ts";
import type { Reason, State } from "../../../src/purchases/state.ts";
import { msBetween } from "./instants.ts";
import type { AttemptRow, PurchaseRow } from "./store.ts";

/** Written out: the real `toPurchase` leaves columns out by copying twice, and took a quarter of a life's time. */
export function asPurchase(row: PurchaseRow, now: string): Purchase {
  const { periodStart: start, periodMonths: months } = row;
  const hold = holdOf(row, now);
  return {
    id: row.id,
    lineId: row.lineId,
    lineType: row.lineType,
    invoiceId: row.invoiceId,
    serviceRef: row.serviceRef,
    productId: row.productId,
    period: start === null || months === null ? null : { start, months },
    holdsPeriod: row.periodKey !== null,
    tariff: row.tariff,
    licence: row.licence,
    firstPaidSeenAt: row.firstPaidSeenAt,
    paidAt: row.paidAt,
    state: row.state as State,
    reason: row.reason as Reason | null,
    detail: row.detail === null ? null : (JSON.parse(row.detail) as Detail),
    action: row.action as Action | null,
    version: row.version,
    leaseOwner: row.leaseOwner,
    remoteServiceId: row.remoteServiceId,
    expectedExpiry: row.expectedExpiry,
    attempts: row.attempts,
    sends: row.sends,
    refusals: row.refusals,
    waits: row.waits,
    isReversed: row.reversedAt !== null,
    hasAutoRenewal: row.hasAutoRenewal !== 0,
    holdUntil: hold === null ? null : toInstant(hold),
    stateAgeMs: msBetween(row.stateSince, now),
  };
}

/** The end of a wait that a person has set, while it has not come. */
export function holdOf({ holdUntil }: PurchaseRow, now: string): string | null {
  return holdUntil !== null && holdUntil > now ? holdUntil : null;
}

/** Due now, or at the end of such a wait. */
export function nowOrHold(row: PurchaseRow, now: string): string {
  return holdOf(row, now) ?? now;
}

export function asAttempt(row: AttemptRow, now: string): Attempt {
  return toAttempt({ ...row, sinceDeadlineMs: msBetween(row.deadlineAt, now) });
}

/** The rows that fit, in their tables' order. */
export function rowsWhere<R>(rows: ReadonlyMap<string, R>, fits: (row: R) => boolean): R[] {
  const found: R[] = [];
  for (const row of rows.values()) if (fits(row)) found.push(row);
  return found;
}

/** For sorting as an index does: by each of the values in turn. */
export function compareBy<R>(...values: ((row: R) => string | number)[]): (a: R, b: R) => number {
  return (a, b) => {
    for (const value of values) {
      const left = value(a);
      const right = value(b);
      if (left !== right) return left < right ? -1 : 1;
    }
    return 0;
  };
}

export const byNumber = (a: { readonly n: number }, b: { readonly n: number }): number => a.n - b.n;

export const byVersion = (a: { readonly version: number }, b: { readonly version: number }): number =>
  a.version - b.version;
