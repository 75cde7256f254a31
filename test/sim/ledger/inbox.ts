// Which signed events have arrived in the simulated ledger, and which are still to be looked into?
import { databaseErrorCode } from "../../../src/database/connection.ts";
import { DatabaseError } from "../../../src/errors.ts";
import type { StoredEvent } from "../../../src/purchases/ledger/inbox.ts";
import { microsOf } from "./instants.ts";
import { compareBy } from "./rows.ts";
import type { Server } from "./server.ts";

/** Each event is a statement of its own; the real ledger stores those that arrive together in one. */
export async function storeEvent(server: Server, event: StoredEvent): Promise<"accepted" | "duplicate"> {
  try {
    await server.execute("storeEvent", (writer) => {
      const now = server.now();
      writer.insert("inbox", { ...event, receivedAt: now, notBefore: now });
    });
    return "accepted";
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return "duplicate";
    throw new DatabaseError("inbox_unwritable", "the ledger cannot store the event", { cause: error });
  }
}

export async function listOpenEvents(server: Server, limit: number): Promise<StoredEvent[]> {
  return await server.read("listOpenEvents", () => {
    const now = server.now();
    const open = server.store.inbox.upTo("notBefore", now);
    open.sort(
      compareBy(
        ({ notBefore }) => notBefore ?? "",
        ({ webhookId }) => webhookId,
      ),
    );
    return open.slice(0, limit).map(({ webhookId, type, body }) => ({ webhookId, type, body }));
  });
}

export async function closeEvent(server: Server, webhookId: string): Promise<void> {
  await server.execute("closeEvent", (writer) => {
    const row = server.store.inbox.get(webhookId);
    if (row !== undefined) writer.update("inbox", row, { doneAt: server.now(), notBefore: null });
  });
}

export async function postponeEvent(server: Server, webhookId: string, ms: number): Promise<void> {
  await server.execute("postponeEvent", (writer) => {
    const row = server.store.inbox.get(webhookId);
    if (row !== undefined) writer.update("inbox", row, { notBefore: server.now(ms) });
  });
}

export async function newestEventAgeSeconds(server: Server, type: string): Promise<number | null> {
  return await server.read("newestEventAgeSeconds", () => {
    let newest = "";
    for (const row of server.store.inbox.values()) {
      if (row.type === type && row.receivedAt > newest) newest = row.receivedAt;
    }
    return newest === "" ? null : Math.trunc((microsOf(server.now()) - microsOf(newest)) / 1_000_000);
  });
}
