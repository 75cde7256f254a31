// What have people been told of a simulated purchase that is not done, and what not yet?

import {
  causeMessage,
  type LongWait,
  type LongWaits,
  type MessageKey,
  type Unfinished,
  waitMessage,
} from "../../../src/purchases/ledger/messages.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { asPurchase, byVersion, compareBy, rowsWhere } from "./rows.ts";
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

export function listLongWaits(server: Server, wanted: LongWaits): Promise<LongWait[]> {
  return server.read("listLongWaits", () => {
    const { purchases, transitions } = server.store;
    const until = server.now(-wanted.olderThanMs);
    const isSo = (state: string, reason: string | null) =>
      state === "Pending" && (wanted.reasons as readonly (string | null)[]).includes(reason);
    const isLong = (row: PurchaseRow) => {
      if (!isSo(row.state, row.reason)) return false;
      const steps = transitions.where({ purchaseId: row.id }).sort(byVersion);
      const since = steps.findLastIndex(({ toState, reason }) => !isSo(toState, reason));
      return (steps[since + 1]?.createdAt ?? until) <= until;
    };
    return rowsWhere(purchases, isLong)
      .sort(compareBy(({ lineId }) => lineId))
      .sort(compareBy(({ stateSince }) => stateSince))
      .slice(0, wanted.limit)
      .map((row) => ({
        purchase: asPurchase(row, server.now()),
        isTold: !isToSend(server, row.id, waitMessage(row.reason ?? "")),
      }));
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
  const rows = rowsWhere(server.store.purchases, (row) => rests(row) && isToSend(server, row.id, messageOf(row)));
  rows.sort(compareBy(({ stateSince }) => stateSince));
  return rows
    .toReversed()
    .slice(0, limit)
    .map((row) => asPurchase(row, server.now()));
}

function isToSend(server: Server, id: string, message: string): boolean {
  const begun = server.store.messages.get(`${id}:${message}`);
  return begun === undefined || (begun.dueAt !== null && begun.dueAt <= server.now());
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
