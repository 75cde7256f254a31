// What have people been told of a simulated purchase that is not done, and what not yet?

import { causeMessage, type MessageKey, type Unfinished } from "../../../src/purchases/ledger/messages.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { asPurchase, compareBy, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { PurchaseRow } from "./store.ts";

export function listUntoldCauses(server: Server, limit: number): Promise<Purchase[]> {
  return server.read("listUntoldCauses", () => {
    const now = server.now();
    const rests = (row: PurchaseRow) =>
      row.state === "NeedsOperator" && !(row.holdUntil !== null && row.holdUntil > now);
    return untold(server, { rests, messageOf: (row) => causeMessage(row.reason ?? ""), limit });
  });
}

const finished = ["Purchased", "Refunded", "Ignored"];

export function listUnfinished(server: Server, wanted: Unfinished): Promise<Purchase[]> {
  return server.read("listUnfinished", () => {
    const rests = (row: PurchaseRow) => {
      const paidAt = row.paidAt ?? row.firstPaidSeenAt ?? "";
      return !finished.includes(row.state) && paidAt >= wanted.paidFrom && paidAt <= wanted.paidUntil;
    };
    return untold(server, { rests, messageOf: () => wanted.message, limit: wanted.limit });
  });
}

interface Wanted {
  readonly rests: (row: PurchaseRow) => boolean;
  readonly messageOf: (row: PurchaseRow) => string;
  readonly limit: number;
}

function untold(server: Server, { rests, messageOf, limit }: Wanted): Purchase[] {
  const { purchases, messages } = server.store;
  const now = server.now();
  const isToSend = (row: PurchaseRow) => {
    const begun = messages.get(`${row.id}:${messageOf(row)}`);
    return begun === undefined || (begun.dueAt !== null && begun.dueAt <= now);
  };
  const rows = rowsWhere(purchases, (row) => rests(row) && isToSend(row));
  rows.sort(compareBy(({ stateSince }) => stateSince));
  return rows
    .toReversed()
    .slice(0, limit)
    .map((row) => asPurchase(row, server.now()));
}

const laterOrNever = (server: Server, ms: number | null) => (ms === null ? null : server.now(ms));

export function beginMessage(server: Server, key: MessageKey, againInMs: number | null): Promise<number | null> {
  return server.execute("beginMessage", (writer) => {
    const now = server.now();
    const dueAt = laterOrNever(server, againInMs);
    const row = server.store.messages.get(`${key.purchaseId}:${key.message}`);
    if (row === undefined) writer.insert("messages", { ...key, createdAt: now, dueAt });
    else if (row.dueAt === null || row.dueAt > now) return null;
    else writer.update("messages", row, { dueAt });
    return row?.refusals ?? 0;
  });
}

export async function endMessage(
  server: Server,
  { purchaseId, message }: MessageKey,
  { againInMs, refusals }: { againInMs: number | null; refusals: number },
): Promise<void> {
  await server.execute("endMessage", (writer) => {
    const row = server.store.messages.get(`${purchaseId}:${message}`);
    if (row !== undefined) writer.update("messages", row, { dueAt: laterOrNever(server, againInMs), refusals });
  });
}
