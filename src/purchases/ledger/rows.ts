// How does a row of the ledger become a purchase or an attempt, and a change of it columns again?
import { type SQL, sql } from "drizzle-orm";
import type { attempts as attemptsTable } from "../../database/schema.ts";
import { purchases } from "../../database/schema.ts";
import { InvariantError } from "../../errors.ts";
import type { Action, Attempt, Detail, Purchase, PurchaseFacts } from "../purchase.ts";
import { type Reason, type State, states } from "../state.ts";

/** The ledger's clock; the process's own only measures durations. */
export const now = sql`UTC_TIMESTAMP(6)`;

export function nowPlus(ms: number): SQL {
  return sql`UTC_TIMESTAMP(6) + INTERVAL ${Math.round(ms * 1000)} MICROSECOND`;
}

/** Due now, or at the end of the wait that a person has set. */
export const nowOrHold = sql`GREATEST(UTC_TIMESTAMP(6), COALESCE(${purchases.holdUntil}, UTC_TIMESTAMP(6)))`;

/** A wait that a person has set counts while its end has not come. */
const holdUntil = sql<string | null>`IF(${purchases.holdUntil} > UTC_TIMESTAMP(6), ${purchases.holdUntil}, NULL)`;

/** 1 while a person has put the row off, else 0. */
export const isHeld = sql`COALESCE(${purchases.holdUntil} > UTC_TIMESTAMP(6), 0)`;

const ageMs = sql<number>`CAST(TIMESTAMPDIFF(MICROSECOND, ${purchases.stateSince}, UTC_TIMESTAMP(6)) DIV 1000 AS SIGNED)`;

export const purchaseColumns = {
  id: purchases.id,
  lineId: purchases.lineId,
  lineType: purchases.lineType,
  invoiceId: purchases.invoiceId,
  serviceRef: purchases.serviceRef,
  productId: purchases.productId,
  periodStart: purchases.periodStart,
  periodMonths: purchases.periodMonths,
  periodKey: purchases.periodKey,
  tariff: purchases.tariff,
  licence: purchases.licence,
  firstPaidSeenAt: purchases.firstPaidSeenAt,
  paidAt: purchases.paidAt,
  state: purchases.state,
  reason: purchases.reason,
  detail: purchases.detail,
  action: purchases.action,
  version: purchases.version,
  leaseOwner: purchases.leaseOwner,
  remoteServiceId: purchases.remoteServiceId,
  expectedExpiry: purchases.expectedExpiry,
  attempts: purchases.attempts,
  sends: purchases.sends,
  refusals: purchases.refusals,
  waits: purchases.waits,
  reversedAt: purchases.reversedAt,
  hasAutoRenewal: purchases.hasAutoRenewal,
  holdUntil,
  stateAgeMs: ageMs,
};

type PurchaseRow = Pick<typeof purchases.$inferSelect, Exclude<keyof typeof purchaseColumns, "stateAgeMs">> & {
  readonly stateAgeMs: number;
};

/** `YYYY-MM-DD HH:MM:SS.fff` in UTC, as the ledger keeps instants; and back. */
export function fromInstant(at: Date): string {
  return at.toISOString().slice(0, 23).replace("T", " ");
}

export function toInstant(utc: string): Date {
  return new Date(`${utc.replace(" ", "T")}Z`);
}

export function toPurchase(row: PurchaseRow): Purchase {
  const { periodStart, periodMonths, periodKey, reversedAt, detail, hasAutoRenewal, holdUntil, ...same } = row;
  return {
    ...same,
    period: periodStart === null || periodMonths === null ? null : { start: periodStart, months: periodMonths },
    holdsPeriod: periodKey !== null,
    state: toState(row.state),
    reason: row.reason as Reason | null,
    action: row.action as Action | null,
    detail: detail === null ? null : (JSON.parse(detail) as Detail),
    isReversed: reversedAt !== null,
    hasAutoRenewal: hasAutoRenewal !== 0,
    holdUntil: holdUntil === null ? null : toInstant(holdUntil),
    stateAgeMs: Number(row.stateAgeMs),
  };
}

function toState(text: string): State {
  const state = states.find((known) => known === text);
  if (state === undefined) throw new InvariantError("the ledger holds a state that does not exist");
  return state;
}

/** Columns that hold the facts of a purchase. */
export function factColumns(facts: PurchaseFacts) {
  return {
    invoiceId: facts.invoiceId,
    serviceRef: facts.serviceRef,
    productId: facts.productId,
    periodStart: facts.period?.start ?? null,
    periodMonths: facts.period?.months ?? null,
    tariff: facts.tariff,
    licence: facts.licence,
    paidAt: facts.paidAt,
  };
}

type AttemptRow = typeof attemptsTable.$inferSelect & { readonly sinceDeadlineMs: number };

export function toAttempt(row: AttemptRow): Attempt {
  return {
    purchaseId: row.purchaseId,
    n: row.n,
    marker: row.marker,
    account: row.account,
    action: row.action as Action,
    licence: row.licence,
    tariff: row.tariff,
    remoteServiceId: row.remoteServiceId,
    periodMonths: row.periodMonths,
    listBefore: JSON.parse(row.listBefore) as Attempt["listBefore"],
    cost: row.cost,
    currency: row.currency,
    expectedExpiry: row.expectedExpiry,
    isAnnounced: row.isAnnounced !== 0,
    madeOn: row.createdAt.slice(0, 10),
    sinceDeadlineMs: Number(row.sinceDeadlineMs),
  };
}
