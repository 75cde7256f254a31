// Of which events does the host's own automation still have to be told in the simulated ledger?
import type {
  Announced,
  Announcement,
  AnnouncementKey,
  EndedTerm,
  Unheard,
} from "../../../src/purchases/ledger/announcements.ts";
import { toInstant } from "../../../src/purchases/ledger/rows.ts";
import { msBetween } from "./instants.ts";
import { asPurchase, compareBy, rowsWhere } from "./rows.ts";
import type { Server } from "./server.ts";
import type { Row } from "./store.ts";
import { readSwitch, writeSwitch } from "./switches.ts";
import type { Writer } from "./writing.ts";

const leaseMs = 60_000;
const weekMs = 7 * 86_400_000;

const rowOf = ({ store }: Server, { purchaseId, type }: AnnouncementKey) =>
  store.announcements.get(`${purchaseId}:${type}`);

export function insertAnnouncement(
  server: Pick<Server, "store" | "now">,
  writer: Writer,
  row: AnnouncementKey & { readonly expiresOn: string | null },
): void {
  if (server.store.announcements.has(`${row.purchaseId}:${row.type}`)) return;
  writer.insert("announcements", { ...row, createdAt: server.now(), dueAt: server.now() });
}

export async function announceExpired(server: Server, ended: readonly EndedTerm[]): Promise<void> {
  if (ended.length === 0) return;
  await server.execute("announceExpired", (writer) => {
    for (const term of ended) insertAnnouncement(server, writer, { ...term, type: "expired" });
  });
}

export async function announcesSince(server: Server, isWanted: boolean): Promise<string | null> {
  const name = "events_since";
  await server.execute("announcesSince", (writer) => {
    if (isWanted === (readSwitch(server.store, name) !== "")) return;
    const why = isWanted ? "EVENTS_URL is set" : "EVENTS_URL is not set";
    const value = isWanted ? server.now().slice(0, 10) : "";
    writeSwitch(server, writer, { name, value, actor: "machine", why });
  });
  if (!isWanted) return null;
  return await server.read("announcesSince", () => readSwitch(server.store, name) || null);
}

export async function takeAnnouncement(server: Server): Promise<Announcement | null> {
  const found = await server.read("takeAnnouncement", () => {
    const now = server.now();
    const due = server.store.announcements.upTo("dueAt", now);
    const [row] = due.sort(
      compareBy(
        ({ dueAt }) => dueAt ?? "",
        ({ purchaseId }) => purchaseId,
        ({ type }) => type,
      ),
    );
    const purchase = row === undefined ? undefined : server.store.purchases.get(row.purchaseId);
    return row === undefined || purchase === undefined ? null : { row, purchase: asPurchase(purchase, now), now };
  });
  if (found === null) return null;
  const { row, purchase, now } = found;
  const type = row.type as Announced;
  const isMine = await server.execute("takeAnnouncement", (writer) => {
    const current = rowOf(server, { purchaseId: row.purchaseId, type });
    if (current === undefined || current.dueAt !== row.dueAt) return false;
    writer.update("announcements", current, { dueAt: server.now(leaseMs) });
    return true;
  });
  if (!isMine) return null;
  const { expiresOn, tries, createdAt } = row;
  return { type, purchase, expiresOn, at: toInstant(createdAt), ageMs: msBetween(createdAt, now), tries };
}

async function touch(
  server: Server,
  { name, key }: { name: string; key: AnnouncementKey },
  changesOf: (row: Row<"announcements">) => Partial<Row<"announcements">>,
): Promise<void> {
  await server.execute(name, (writer) => {
    const row = rowOf(server, key);
    if (row !== undefined) writer.update("announcements", row, changesOf(row));
  });
}

export async function finishAnnouncement(server: Server, key: AnnouncementKey): Promise<void> {
  await touch(server, { name: "finishAnnouncement", key }, () => ({ dueAt: null, doneAt: server.now() }));
}

export async function postponeAnnouncement(
  server: Server,
  key: AnnouncementKey,
  { failure, againInMs }: { readonly failure: string; readonly againInMs: number | null },
): Promise<void> {
  await touch(server, { name: "postponeAnnouncement", key }, ({ tries }) => ({
    failure,
    tries: tries + 1,
    dueAt: againInMs === null ? null : server.now(againInMs),
  }));
}

export async function listUnheard(server: Server): Promise<Unheard[]> {
  return await server.read("listUnheard", () => {
    const now = server.now();
    const recent = server.now(-weekMs);
    const rows = rowsWhere(
      server.store.announcements,
      ({ doneAt, failure, dueAt, createdAt }) =>
        doneAt === null && failure !== null && (dueAt !== null || createdAt > recent),
    );
    const failures = [...new Set(rows.map(({ failure }) => failure ?? ""))].sort();
    return failures.map((failure) => {
      const those = rows.filter((row) => row.failure === failure);
      const waiting = those.filter(({ dueAt }) => dueAt !== null).length;
      const ages = those.map(({ createdAt }) => msBetween(createdAt, now));
      const oldestSeconds = Math.floor(Math.max(...ages) / 1000);
      return { failure, waiting, givenUp: those.length - waiting, oldestSeconds };
    });
  });
}
