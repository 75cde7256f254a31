// What else in the simulated ledger forbids sending now? Asked by itself, and again inside a claim.
import { addMoney, compareMoney, type Decimal } from "../../../src/money.ts";
import type { Fence } from "../../../src/purchases/fence.ts";
import type { SpendingCaps } from "../../../src/purchases/ledger/guards.ts";
import { overlaps } from "../../../src/purchases/period.ts";
import type { Purchase, PurchaseFacts } from "../../../src/purchases/purchase.ts";
import { isUnresolved, type State } from "../../../src/purchases/state.ts";
import type { Server } from "./server.ts";
import type { BindingRow, LedgerStore, PurchaseRow } from "./store.ts";

interface FenceKey {
  readonly purchase: Pick<Purchase, "id">;
  readonly licence: string;
  readonly tariff: string;
}

function countAttempts(store: LedgerStore, key: FenceKey): Pick<Fence, "attempts" | "isBusy"> {
  let attempts = 0;
  let isBusy = false;
  for (const { purchaseId, tariff } of store.attempts.where({ licence: key.licence })) {
    if (tariff !== key.tariff) continue;
    const owner = store.purchases.get(purchaseId);
    if (owner === undefined) continue;
    attempts += 1;
    if (owner.inflightKey !== null && owner.id !== key.purchase.id) isBusy = true;
  }
  return { attempts, isBusy };
}

function boundTo({ bindings }: LedgerStore, { licence, tariff }: FenceKey): BindingRow[] {
  return bindings.where({ licence }).filter((row) => row.tariff === tariff);
}

function countBindings(store: LedgerStore, key: FenceKey): number {
  return boundTo(store, key).length;
}

function countAdopted(store: LedgerStore, key: FenceKey): number {
  return store.adoptions.where({ licence: key.licence }).filter(({ tariff }) => tariff === key.tariff).length;
}

function countSteps(store: LedgerStore, key: FenceKey): number {
  const ids = new Set(boundTo(store, key).map(({ remoteServiceId }) => remoteServiceId));
  return [...ids].flatMap((remoteServiceId) => store.moduleSteps.where({ remoteServiceId })).length;
}

export function fenceOf(store: LedgerStore, key: FenceKey): Fence {
  const bindings = countBindings(store, key) + countAdopted(store, key);
  return { ...countAttempts(store, key), bindings, steps: countSteps(store, key) };
}

/** Four statements, as in the real ledger: others may write between them. */
export async function readFence(server: Server, key: FenceKey): Promise<Fence> {
  const known = await server.read("readFence", () => countAttempts(server.store, key));
  const bound = await server.read("readFence", () => countBindings(server.store, key));
  const adopted = await server.read("readFence", () => countAdopted(server.store, key));
  const steps = await server.read("readFence", () => countSteps(server.store, key));
  return { ...known, bindings: bound + adopted, steps };
}

function isUnsettled(row: PurchaseRow): boolean {
  if (row.state === "Pending") return row.reason !== "unpaid";
  return isUnresolved(row.state as State, row.sends);
}

export function isEarlierUnsettled(store: LedgerStore, { id, serviceRef, period }: Purchase): boolean {
  if (period === null) return false;
  for (const row of store.purchases.where({ serviceRef })) {
    if (row.id === id) continue;
    if (row.periodStart !== null && row.periodStart < period.start && isUnsettled(row)) return true;
  }
  return false;
}

export interface Spending {
  readonly account: string;
  readonly cost: Decimal | null;
  readonly limits: SpendingCaps;
}

export function isAboveCaps(server: Server, { account, cost, limits }: Spending): boolean {
  if (cost === null) return false;
  const isAbove = (cap: Decimal | null, hours: number) =>
    cap !== null && compareMoney(addMoney(spentWithin(server, account, hours), cost), cap) > 0;
  return isAbove(limits.capDay, 24) || isAbove(limits.capMonth, 30 * 24);
}

function spentWithin({ store, now }: Server, account: string, hours: number): Decimal {
  const since = now(-hours * 3_600_000);
  let sum = "0";
  for (const [key, { account: spentAt, cost, createdAt }] of store.attempts) {
    const kind = store.outcomes.get(key)?.kind;
    if (spentAt !== account || cost === null || createdAt <= since || kind === "refused" || kind === "not-sent")
      continue;
    sum = addMoney(sum, cost);
  }
  return sum;
}

/** The key of the period when this row may have it, `covered` when another row of the service holds part of it. */
export function periodKeyFor(store: LedgerStore, id: string, facts: PurchaseFacts): string | "covered" | null {
  const { period, serviceRef } = facts;
  if (period === null) return null;
  for (const row of store.purchases.where({ serviceRef })) {
    if (row.id === id || row.periodKey === null) continue;
    const { periodStart: start, periodMonths: months } = row;
    if (start !== null && months !== null && overlaps(period, { start, months })) return "covered";
  }
  return `${serviceRef}:${period.start}`;
}
