// Which purchases of the simulated ledger does a loop look at next, and when again?
import type { First } from "../../../src/purchases/ledger/queue.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import type { Queue } from "../../../src/purchases/state.ts";
import { asPurchase, compareBy, holdOf, nowOrHold } from "./rows.ts";
import type { Server } from "./server.ts";
import type { PurchaseRow } from "./store.ts";

const attentionMs = 30_000;
const writeBackLeaseMs = 60_000;
const takeDueCall = { name: "takeDue", steps: ["begin", "candidates", "purchases"] } as const;

export async function takeDue(server: Server, queue: Queue, limit: number): Promise<Purchase[]> {
  const listDue = (now: string) => server.store.purchases.where({ queue }).filter(({ notBefore }) => notBefore <= now);
  const hasSome = await server.read("takeDue", () => listDue(server.now()).length > 0);
  if (!hasSome) return [];
  return await server.transact(takeDueCall, (writer) => {
    const now = server.now();
    const due = listDue(now);
    due.sort(
      compareBy(
        ({ notBefore }) => notBefore,
        ({ id }) => id,
      ),
    );
    const taken = due.slice(0, limit);
    for (const row of taken) writer.update("purchases", row, { notBefore: server.now(attentionMs) });
    return taken.map((row) => asPurchase(row, now));
  });
}

/** Changes what a row shows beside its state and version; nothing happens without one. */
async function touch(
  server: Server,
  { name, id }: { name: string; id: string },
  changesOf: (row: PurchaseRow) => Partial<PurchaseRow> | null,
): Promise<void> {
  await server.execute(name, (writer) => {
    const row = server.store.purchases.get(id);
    const changes = row === undefined ? null : changesOf(row);
    if (row !== undefined && changes !== null) writer.update("purchases", row, changes);
  });
}

export async function postpone(server: Server, { id, version }: Purchase, ms: number): Promise<void> {
  await touch(server, { name: "postpone", id }, (row) =>
    row.version === version ? { notBefore: server.now(ms), waits: Math.min(row.waits + 1, 1000) } : null,
  );
}

export async function wake(server: Server, purchaseIds: readonly string[]): Promise<void> {
  if (purchaseIds.length === 0) return;
  await server.execute("wake", (writer) => {
    for (const id of new Set(purchaseIds)) {
      const row = server.store.purchases.get(id);
      if (row?.queue === "buy") writer.update("purchases", row, { notBefore: nowOrHold(row, server.now()) });
    }
  });
}

function accountIn(detail: string | null): string {
  return detail === null ? "main" : ((JSON.parse(detail) as { account?: string }).account ?? "main");
}

export async function firstAwaitingBalance(server: Server, account: string): Promise<First | null> {
  return await server.read("firstAwaitingBalance", () => {
    const now = server.now();
    const isWaiting = ({ state, reason, detail }: PurchaseRow) =>
      state === "Pending" && reason === "awaiting_balance" && accountIn(detail) === account;
    const waiting = server.store.purchases
      .where({ queue: "buy" })
      .filter((row) => holdOf(row, now) === null && isWaiting(row));
    const [first] = waiting.sort(
      compareBy(
        ({ periodStart }) => periodStart ?? "",
        ({ lineId }) => lineId,
      ),
    );
    return first === undefined ? null : { id: first.id, periodStart: first.periodStart ?? "", lineId: first.lineId };
  });
}

export async function takeTurn(server: Server, name: string, everyMs: number): Promise<boolean> {
  return await server.execute("takeTurn", (writer) => {
    const row = server.store.turns.get(name);
    if (row === undefined || row.dueAt > server.now()) return false;
    writer.update("turns", row, { dueAt: server.now(everyMs) });
    return true;
  });
}

export async function giveTurnBack(server: Server, name: string, inMs: number): Promise<void> {
  await server.execute("giveTurnBack", (writer) => {
    const row = server.store.turns.get(name);
    if (row !== undefined) writer.update("turns", row, { dueAt: server.now(inMs) });
  });
}

export async function takeWriteBack(server: Server): Promise<Purchase | null> {
  const found = await server.read("takeWriteBack", () => {
    const now = server.now();
    const due = server.store.purchases.upTo("writeBackDueAt", now);
    const [row] = due.sort(
      compareBy(
        ({ writeBackDueAt }) => writeBackDueAt ?? "",
        ({ id }) => id,
      ),
    );
    return row === undefined ? null : { purchase: asPurchase(row, now), dueAt: row.writeBackDueAt };
  });
  if (found === null) return null;
  const isMine = await server.execute("takeWriteBack", (writer) => {
    const row = server.store.purchases.get(found.purchase.id);
    if (row === undefined || row.writeBackDueAt !== found.dueAt) return false;
    writer.update("purchases", row, { writeBackDueAt: server.now(writeBackLeaseMs) });
    return true;
  });
  return isMine ? found.purchase : null;
}

export async function finishWriteBack(server: Server, purchaseId: string): Promise<void> {
  const columns = () => ({ writeBackDueAt: null, writtenBackAt: server.now() });
  await touch(server, { name: "finishWriteBack", id: purchaseId }, columns);
}

export async function postponeWriteBack(server: Server, purchaseId: string, ms: number): Promise<void> {
  const columns = () => ({ writeBackDueAt: server.now(ms) });
  await touch(server, { name: "postponeWriteBack", id: purchaseId }, columns);
}
