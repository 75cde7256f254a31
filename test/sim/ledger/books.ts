// What stands in the books of some services of the simulated ledger, and what does each purchase hold at an account?
import type {
  BookedAttempt,
  BookedBinding,
  BookedDecision,
  BookedOutcome,
  BookedPurchase,
  BookedTransition,
  Books,
  BooksPage,
} from "../../../src/purchases/ledger/books.ts";
import type { Holding } from "../../../src/purchases/ledger/holdings.ts";
import type { State } from "../../../src/purchases/state.ts";
import { msBetween } from "./instants.ts";
import { byNumber, byVersion } from "./rows.ts";
import type { Server } from "./server.ts";
import type {
  AttemptRow,
  BindingRow,
  DecisionRow,
  LedgerStore,
  OutcomeRow,
  PurchaseRow,
  TransitionRow,
} from "./store.ts";

export async function readBooks(server: Server, page: BooksPage): Promise<Books> {
  return await server.read("readBooks", () => {
    const services = listServiceRefs(server, page);
    const purchases = bookedPurchases(server, services);
    const nextAfter = services.length < page.limit ? null : (services.at(-1) ?? null);
    return { purchases, ...recordsOf(server, purchases), nextAfter };
  });
}

function listServiceRefs({ store, now }: Server, { afterServiceRef, limit, changedWithinMs }: BooksPage): string[] {
  const { purchases } = store;
  const since = changedWithinMs === undefined ? null : now(-changedWithinMs);
  const isWanted = (serviceRef: string) =>
    since === null || purchases.where({ serviceRef }).some((row) => isAlive(store, row, since));
  const behind = purchases.distinct("serviceRef").filter((ref) => ref > afterServiceRef);
  return behind.filter(isWanted).sort().slice(0, limit);
}

const moving: readonly string[] = ["Pending", "Sending", "Unknown", "Ordered"] satisfies State[];

function isAlive({ transitions }: LedgerStore, { id, state, version }: PurchaseRow, since: string): boolean {
  if (moving.includes(state)) return true;
  const newest = transitions.get(`${id}:${version}`);
  return newest !== undefined && newest.createdAt > since;
}

function bookedPurchases({ store, now }: Server, services: readonly string[]): BookedPurchase[] {
  const at = now();
  const rows = services.flatMap((serviceRef) =>
    store.purchases.where({ serviceRef }).sort((a, b) => a.lineId - b.lineId),
  );
  return rows.map((row) => asBooked(row, at));
}

function asBooked(row: PurchaseRow, now: string): BookedPurchase {
  return {
    id: row.id,
    lineId: row.lineId,
    lineType: row.lineType,
    invoiceId: row.invoiceId,
    serviceRef: row.serviceRef,
    productId: row.productId,
    periodStart: row.periodStart,
    periodMonths: row.periodMonths,
    periodKey: row.periodKey,
    tariff: row.tariff,
    licence: row.licence,
    firstPaidSeenAt: row.firstPaidSeenAt,
    paidAt: row.paidAt,
    state: row.state,
    reason: row.reason,
    detail: row.detail,
    action: row.action,
    version: row.version,
    inflightKey: row.inflightKey,
    remoteServiceId: row.remoteServiceId,
    expectedExpiry: row.expectedExpiry,
    attempts: row.attempts,
    sends: row.sends,
    refusals: row.refusals,
    isReversed: row.reversedAt !== null,
    hasAutoRenewal: row.hasAutoRenewal,
    stateAgeMs: msBetween(row.stateSince, now),
    leaseLeftMs: row.leaseUntil === null ? null : msBetween(now, row.leaseUntil),
  };
}

function recordsOf({ store }: Server, purchases: readonly BookedPurchase[]): Omit<Books, "purchases" | "nextAfter"> {
  const ids = purchases.map(({ id }) => id).sort();
  return {
    attempts: ids.flatMap((purchaseId) => sentOf(store, purchaseId)).map(asBookedAttempt),
    outcomes: ids.flatMap((purchaseId) => store.outcomes.where({ purchaseId }).sort(byNumber)).map(asBookedOutcome),
    bindings: ids.flatMap((id) => store.bindings.get(id) ?? []).map(asBookedBinding),
    decisions: ids.flatMap((purchaseId) => store.decisions.where({ purchaseId }).sort(byVersion)).map(asBookedDecision),
    transitions: ids
      .flatMap((purchaseId) => store.transitions.where({ purchaseId }).sort(byVersion))
      .map(asBookedTransition),
  };
}

function sentOf({ attempts }: LedgerStore, purchaseId: string): AttemptRow[] {
  return attempts.where({ purchaseId }).sort(byNumber);
}

function asBookedAttempt({ purchaseId, n, marker, action, cost, currency }: AttemptRow): BookedAttempt {
  return { purchaseId, n, marker, action, cost, currency };
}

function asBookedOutcome({ purchaseId, n, kind }: OutcomeRow): BookedOutcome {
  return { purchaseId, n, kind };
}

function asBookedBinding({ purchaseId, account, remoteServiceId, expiryAfter }: BindingRow): BookedBinding {
  return { purchaseId, account, remoteServiceId, expiryAfter };
}

function asBookedDecision({ purchaseId, version, decision, actor }: DecisionRow): BookedDecision {
  return { purchaseId, version, decision, actor };
}

function asBookedTransition(row: TransitionRow): BookedTransition {
  const { purchaseId, version, fromState, toState, reason, actor, changes } = row;
  return { purchaseId, version, fromState, toState, reason, actor, changes };
}

export async function listHoldings({ store, read }: Server, account: string): Promise<Holding[]> {
  return await read("listHoldings", () =>
    [...store.purchases.values()]
      .sort((a, b) => a.lineId - b.lineId)
      .map(({ id, lineId, state, reason, sends, licence, tariff, hasAutoRenewal }) => {
        const bound = store.bindings.get(id);
        const sent = sentOf(store, id);
        const markersOf = (isAtThis: boolean) =>
          sent.filter((attempt) => (attempt.account === account) === isAtThis).map(({ marker }) => marker);
        return {
          purchaseId: id,
          ...{ lineId, reason, sends, licence, tariff },
          state: state as State,
          hasAutoRenewal: hasAutoRenewal !== 0,
          term: bound?.account === account ? { moduleId: bound.remoteServiceId, expiryAfter: bound.expiryAfter } : null,
          heldAt: bound === undefined || bound.account === account ? null : bound.account,
          markers: markersOf(true),
          markersElsewhere: markersOf(false),
        };
      }),
  );
}
