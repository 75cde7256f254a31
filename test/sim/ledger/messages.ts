// What have people been told of a simulated purchase that is not done, and what not yet?

import { causeMessage, type Unfinished } from "../../../src/purchases/ledger/messages.ts";
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
  const rows = rowsWhere(purchases, (row) => rests(row) && !messages.has(`${row.id}:${messageOf(row)}`));
  rows.sort(compareBy(({ stateSince }) => stateSince));
  return rows
    .toReversed()
    .slice(0, limit)
    .map((row) => asPurchase(row, server.now()));
}

export async function rememberMessage(server: Server, purchaseId: string, message: string): Promise<void> {
  await server.execute("rememberMessage", (writer) => {
    if (server.store.messages.has(`${purchaseId}:${message}`)) return;
    writer.insert("messages", { purchaseId, message, createdAt: server.now() });
  });
}
