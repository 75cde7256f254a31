// Which purchases are there in the simulated ledger? Reading them by line, by invoice, by id, and their history.
import type { StateCount } from "../../../src/purchases/ledger/find.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import type { State } from "../../../src/purchases/state.ts";
import { microsOf } from "./instants.ts";
import { asPurchase, byNumber, byVersion, compareBy, holdOf } from "./rows.ts";
import type { Server } from "./server.ts";
import type { PurchaseRow } from "./store.ts";
import type { Table } from "./table.ts";

const byAge = compareBy<PurchaseRow>(
  ({ createdAt }) => createdAt,
  ({ lineId }) => lineId,
);

async function find(
  server: Server,
  name: string,
  among: (rows: Table<PurchaseRow>) => PurchaseRow[],
): Promise<Purchase[]> {
  return await server.read(name, () => {
    const now = server.now();
    return among(server.store.purchases)
      .sort(byAge)
      .map((row) => asPurchase(row, now));
  });
}

export async function findByLines(server: Server, lineIds: readonly number[]): Promise<Purchase[]> {
  if (lineIds.length === 0) return [];
  return await find(server, "findByLines", (rows) => [...new Set(lineIds)].flatMap((lineId) => rows.where({ lineId })));
}

export async function findByInvoice(server: Server, invoiceId: number): Promise<Purchase[]> {
  return await find(server, "findByInvoice", (rows) => rows.where({ invoiceId }));
}

export async function findByService(server: Server, serviceRef: string): Promise<Purchase[]> {
  return await find(server, "findByService", (rows) => rows.where({ serviceRef }));
}

export async function listPurchases(server: Server, filter: { state?: State } = {}): Promise<Purchase[]> {
  const { state } = filter;
  return await find(server, "listPurchases", (rows) =>
    state === undefined ? [...rows.values()] : rows.where({ state }),
  );
}

export async function findPurchase(server: Server, id: string): Promise<Purchase | null> {
  return await server.read("findPurchase", () => {
    const row = server.store.purchases.get(id);
    return row === undefined ? null : asPurchase(row, server.now());
  });
}

export async function countByState(server: Server): Promise<StateCount[]> {
  return await server.read("countByState", () => {
    const now = server.now();
    const counts = new Map<string, StateCount>();
    for (const row of server.store.purchases.values()) {
      const { state, reason } = row;
      const key = `${state} ${reason ?? ""}`;
      const isHeld = holdOf(row, now) !== null;
      const seconds = isHeld ? 0 : Math.trunc((microsOf(now) - microsOf(row.stateSince)) / 1_000_000);
      const known = counts.get(key) ?? { count: 0, held: 0, oldestSeconds: 0 };
      counts.set(key, {
        state,
        reason,
        count: known.count + 1,
        held: known.held + (isHeld ? 1 : 0),
        oldestSeconds: Math.max(known.oldestSeconds, seconds),
      });
    }
    return [...counts.values()].sort(
      compareBy(
        ({ state }) => state,
        ({ reason }) => reason ?? "",
      ),
    );
  });
}

const looksShown = 100;

export async function readHistory(server: Server, purchaseId: string) {
  return await server.read("readHistory", () => {
    const { transitions, attempts, outcomes, decisions, observations } = server.store;
    return {
      transitions: transitions.where({ purchaseId }).sort(byVersion),
      attempts: attempts.where({ purchaseId }).sort(byNumber),
      outcomes: outcomes.where({ purchaseId }).sort(byNumber),
      decisions: decisions.where({ purchaseId }).sort(byVersion),
      observations: observations.where({ purchaseId }).slice(-looksShown),
    };
  });
}

export async function readClock(server: Server): Promise<Date> {
  return await server.read("readClock", () => new Date(Math.floor(microsOf(server.now()) / 1000)));
}
