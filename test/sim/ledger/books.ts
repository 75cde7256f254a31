// What stands in the simulated books of some services, and what does each purchase hold at the account?
import type { BookedPurchase, Books, BooksPage } from "../../../src/purchases/ledger/books.ts";
import type { Holding } from "../../../src/purchases/ledger/holdings.ts";
import type { State } from "../../../src/purchases/state.ts";
import { msBetween } from "./instants.ts";
import { compareBy, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { LedgerStore, PurchaseRow } from "./store.ts";

const moving = ["Pending", "Sending", "Unknown", "Ordered"];

export async function readBooks(server: Server, page: BooksPage): Promise<Books> {
  return await server.read("readBooks", () => {
    const { store } = server;
    const now = server.now();
    const since = page.changedWithinMs === undefined ? null : server.now(-page.changedWithinMs);
    const isWanted = (row: PurchaseRow) =>
      row.serviceRef > page.afterServiceRef && (since === null || isAlive(store, row, since));
    const refs = new Set(rowsWhere(store.purchases, isWanted).map(({ serviceRef }) => serviceRef));
    const services = [...refs].sort(compareBy((ref) => ref)).slice(0, page.limit);
    const rows = rowsWhere(store.purchases, ({ serviceRef }) => services.includes(serviceRef)).sort(
      compareBy(
        ({ serviceRef }) => serviceRef,
        ({ lineId }) => lineId,
      ),
    );
    const ids = new Set(rows.map(({ id }) => id));
    const isOf = ({ purchaseId }: { readonly purchaseId: string }) => ids.has(purchaseId);
    return {
      purchases: rows.map((row) => booked(row, now)),
      attempts: rowsWhere(store.attempts, isOf)
        .sort(byNumber)
        .map(({ purchaseId, n, marker, action, cost, currency }) => ({
          purchaseId,
          n,
          marker,
          action,
          cost,
          currency,
        })),
      outcomes: rowsWhere(store.outcomes, isOf)
        .sort(byNumber)
        .map(({ purchaseId, n, kind }) => ({ purchaseId, n, kind })),
      bindings: rowsWhere(store.bindings, isOf)
        .sort(compareBy(({ purchaseId }) => purchaseId))
        .map(({ purchaseId, account, remoteServiceId, expiryAfter }) => ({
          ...{ purchaseId, account, remoteServiceId, expiryAfter },
        })),
      decisions: rowsWhere(store.decisions, isOf)
        .sort(byVersion)
        .map(({ purchaseId, version, decision, actor }) => ({ purchaseId, version, decision, actor })),
      transitions: rowsWhere(store.transitions, isOf)
        .sort(byVersion)
        .map(({ createdAt: _at, ...row }) => row),
      nextAfter: services.length < page.limit ? null : (services.at(-1) ?? null),
    };
  });
}

const byNumber = compareBy<{ readonly purchaseId: string; readonly n: number }>(
  ({ purchaseId }) => purchaseId,
  ({ n }) => n,
);
const byVersion = compareBy<{ readonly purchaseId: string; readonly version: number }>(
  ({ purchaseId }) => purchaseId,
  ({ version }) => version,
);

function isAlive(store: LedgerStore, { id, state, version }: PurchaseRow, since: string): boolean {
  if (moving.includes(state)) return true;
  return (store.transitions.get(`${id}:${version}`)?.createdAt ?? "") > since;
}

function booked(row: PurchaseRow, now: string): BookedPurchase {
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

export async function listHoldings(server: Server, account: string): Promise<Holding[]> {
  return await server.read("listHoldings", () => {
    const { purchases, bindings, attempts } = server.store;
    return rowsWhere(purchases, () => true)
      .sort(compareBy(({ lineId }) => lineId))
      .map((row) => {
        const [bound] = rowsWhere(bindings, (each) => each.purchaseId === row.id && each.account === account);
        const sent = rowsWhere(attempts, (each) => each.purchaseId === row.id && each.account === account);
        return {
          purchaseId: row.id,
          lineId: row.lineId,
          state: row.state as State,
          reason: row.reason,
          sends: row.sends,
          licence: row.licence,
          tariff: row.tariff,
          hasAutoRenewal: row.hasAutoRenewal !== 0,
          term: bound === undefined ? null : { moduleId: bound.remoteServiceId, expiryAfter: bound.expiryAfter },
          markers: sent.sort(compareBy(({ n }) => n)).map(({ marker }) => marker),
        };
      });
  });
}
