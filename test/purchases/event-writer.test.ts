// Are events that arrive together each stored exactly once, and does each sender learn what became of its own?
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../src/database/connection.ts";
import { migrateLedger } from "../../src/database/migrate.ts";
import { DatabaseError } from "../../src/errors.ts";
import { createEventWriter } from "../../src/purchases/ledger/event-writer.ts";
import { type Relay, startRelay } from "../bench/statements.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";

let stored: TestDatabase;
let relay: Relay;
let database: Database;

beforeAll(async () => {
  stored = await freshDatabase("ledger");
  await migrateLedger(stored.url);
  relay = await startRelay(stored.url);
  database = openDatabase({ name: "ledger", url: relay.url, connections: 4 });
});
afterAll(async () => {
  await database.close();
  await relay.close();
  await stored.drop();
});
beforeEach(async () => {
  await database.query.execute("DELETE FROM mod_ispmodules_inbox");
});

const event = (webhookId: string, body = `{"of":"${webhookId}"}`) => ({ webhookId, type: "invoice.paid", body });

async function readInbox(): Promise<{ webhook_id: string; body: string }[]> {
  const select = "SELECT webhook_id, body FROM mod_ispmodules_inbox ORDER BY webhook_id";
  const [rows] = (await database.query.execute(select)) as unknown as [{ webhook_id: string; body: string }[]];
  return rows;
}

const ids = (count: number) => Array.from({ length: count }, (_, index) => `event-${String(index).padStart(4, "0")}`);

describe("events that arrive together", () => {
  it("are all stored, with fewer statements than events", async () => {
    const write = createEventWriter(database);
    const before = relay.statements.length;
    const outcomes = await Promise.all(ids(100).map((id) => write(event(id))));
    expect(outcomes).toEqual(Array(100).fill("accepted"));
    expect(await readInbox()).toEqual(ids(100).map((id) => ({ webhook_id: id, body: `{"of":"${id}"}` })));
    const inserts = relay.statements.slice(before).filter(({ text }) => /^insert into/i.test(text));
    expect(inserts.length).toBeGreaterThan(0);
    expect(inserts.length).toBeLessThan(20);
  });

  it("do not share the fate of one that was stored before", async () => {
    const write = createEventWriter(database);
    await write(event("event-0007", "the first"));
    const outcomes = await Promise.all(ids(20).map((id) => write(event(id))));
    expect(outcomes).toEqual(ids(20).map((id) => (id === "event-0007" ? "duplicate" : "accepted")));
    const rows = await readInbox();
    expect(rows).toHaveLength(20);
    expect(rows[7]).toEqual({ webhook_id: "event-0007", body: "the first" });
  });

  it("with one id are one event", async () => {
    const write = createEventWriter(database);
    const outcomes = await Promise.all(ids(12).map(() => write(event("event-0001"))));
    expect(outcomes.filter((outcome) => outcome === "accepted")).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === "duplicate")).toHaveLength(11);
    expect(await readInbox()).toHaveLength(1);
  });

  it("may each be as large as a webhook may be", async () => {
    const write = createEventWriter(database);
    const body = '"'.repeat(16 * 1024);
    const outcomes = await Promise.all(ids(40).map((id) => write(event(id, body))));
    expect(outcomes).toEqual(Array(40).fill("accepted"));
    expect((await readInbox()).every((row) => row.body === body)).toBe(true);
  });
});

describe("a ledger that cannot be written", () => {
  it("refuses every event, and stores those that come after it is back", async () => {
    const write = createEventWriter(database);
    await database.query.execute("RENAME TABLE mod_ispmodules_inbox TO away");
    const outcomes = await Promise.allSettled(ids(30).map((id) => write(event(id))));
    await database.query.execute("RENAME TABLE away TO mod_ispmodules_inbox");
    expect(outcomes.map(({ status }) => status)).toEqual(Array(30).fill("rejected"));
    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({ reason: expect.any(DatabaseError) });
    }
    expect(await write(event("event-0001"))).toBe("accepted");
  });

  it("refuses at once when too many wait", async () => {
    const write = createEventWriter(database);
    const outcomes = await Promise.allSettled(ids(1_100).map((id) => write(event(id))));
    const accepted = outcomes.filter(({ status }) => status === "fulfilled").length;
    expect(accepted).toBeGreaterThanOrEqual(1_000);
    expect(accepted).toBeLessThan(1_100);
    expect(await readInbox()).toHaveLength(accepted);
  });
});
