// What stands in the books of some services of the simulated ledger, and what does each purchase hold at an account?
import type { BookedPurchase, Books, BooksPage } from "../../../src/purchases/ledger/books.ts";
import type { Holding } from "../../../src/purchases/ledger/holdings.ts";
import type { State } from "../../../src/purchases/state.ts";
import { msBetween } from "./instants.ts";
import { compareBy, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { PurchaseRow } from "./store.ts";

export async function readBooks(server: Server, page: BooksPage): Promise<Books> {
  return await server.read("readBooks", () => {
    const services = listServiceRefs(server, page);
    const purchases = bookedPurchases(server, new Set(services));
    const nextAfter = services.length < page.limit ? null : (services.at(-1) ?? null);
    return { purchases, ...recordsOf(server, purchases), nextAfter };
  });
}

function listServiceRefs(server: Server, { afterServiceRef, limit, changedWithinMs }: BooksPage): string[] {
  const isWanted = (row: PurchaseRow) => changedWithinMs === undefined || isAlive(server, row, changedWithinMs);
  const rows = rowsWhere(server.store.purchases, (row) => row.serviceRef > afterServiceRef && isWanted(row));
  const refs = [...new Set(rows.map(({ serviceRef }) => serviceRef))];
  return refs.sort(compareBy((ref) => ref)).slice(0, limit);
}

const moving: readonly string[] = ["Pending", "Sending", "Unknown", "Ordered"] satisfies State[];

function isAlive({ store, now }: Server, { id, state, version }: PurchaseRow, changedWithinMs: number): boolean {
  if (moving.includes(state)) return true;
  const newest = store.transitions.get(`${id}:${version}`);
  return newest !== undefined && newest.createdAt > now(-changedWithinMs);
}

function bookedPurchases(server: Server, services: ReadonlySet<string>): BookedPurchase[] {
  const now = server.now();
  const rows = rowsWhere(server.store.purchases, ({ serviceRef }) => services.has(serviceRef));
  rows.sort(
    compareBy(
      ({ serviceRef }) => serviceRef,
      ({ lineId }) => lineId,
    ),
  );
  return rows.map((row) => asBooked(row, now));
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

/** The row with only these of its columns. */
function pick<R, K extends keyof R>(row: R, ...names: K[]): Pick<R, K> {
  return Object.fromEntries(names.map((name) => [name, row[name]])) as Pick<R, K>;
}

function recordsOf({ store }: Server, purchases: readonly BookedPurchase[]): Omit<Books, "purchases" | "nextAfter"> {
  const ids = purchases.map(({ id }) => id).sort(compareBy((id) => id));
  const those = <R extends { readonly purchaseId: string }>(
    rows: ReadonlyMap<string, R>,
    order: (row: R) => number,
  ) => {
    const rowsOf = grouped(rows);
    return ids.flatMap((id) => rowsOf(id).sort(compareBy(order)));
  };
  return {
    attempts: those(store.attempts, ({ n }) => n).map((row) =>
      pick(row, "purchaseId", "n", "marker", "action", "cost", "currency"),
    ),
    outcomes: those(store.outcomes, ({ n }) => n).map((row) => pick(row, "purchaseId", "n", "kind")),
    bindings: those(store.bindings, () => 0).map((row) =>
      pick(row, "purchaseId", "account", "remoteServiceId", "expiryAfter"),
    ),
    decisions: those(store.decisions, ({ version }) => version).map((row) =>
      pick(row, "purchaseId", "version", "decision", "actor"),
    ),
    transitions: those(store.transitions, ({ version }) => version).map((row) =>
      pick(row, "purchaseId", "version", "fromState", "toState", "reason", "actor", "changes"),
    ),
  };
}

/** The rows of each purchase, told apart once: a year has too many to look through them for every purchase. */
function grouped<R extends { readonly purchaseId: string }>(rows: ReadonlyMap<string, R>): (purchaseId: string) => R[] {
  const groups = new Map<string, R[]>();
  for (const row of rows.values()) {
    const group = groups.get(row.purchaseId);
    if (group === undefined) groups.set(row.purchaseId, [row]);
    else group.push(row);
  }
  return (purchaseId) => groups.get(purchaseId) ?? [];
}

export async function listHoldings({ store, read }: Server, account: string): Promise<Holding[]> {
  return await read("listHoldings", () => {
    const sentOf = grouped(store.attempts);
    return rowsWhere(store.purchases, () => true)
      .sort(compareBy(({ lineId }) => lineId))
      .map((row) => {
        const bound = store.bindings.get(row.id);
        const sent = sentOf(row.id).sort(compareBy(({ n }) => n));
        const markersOf = (isAtThis: boolean) =>
          sent.filter((attempt) => (attempt.account === account) === isAtThis).map(({ marker }) => marker);
        return {
          purchaseId: row.id,
          ...pick(row, "lineId", "reason", "sends", "licence", "tariff"),
          state: row.state as State,
          hasAutoRenewal: row.hasAutoRenewal !== 0,
          term: bound?.account === account ? { moduleId: bound.remoteServiceId, expiryAfter: bound.expiryAfter } : null,
          heldAt: bound === undefined || bound.account === account ? null : bound.account,
          markers: markersOf(true),
          markersElsewhere: markersOf(false),
        };
      });
  });
}
