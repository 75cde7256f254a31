import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import { CommitUnacknowledged, openDatabase } from "../../../src/database/connection.ts";
import { createLedger, type Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { type Fate, isStatement, startTcpProxy } from "../../database/tcp-proxy.ts";
import {
  changed,
  claimRequest,
  decided,
  find,
  newPurchase,
  outcomes,
  recorded,
  standing,
  startBuying,
} from "./given.ts";
import { createMariaDbLedger, type MariaDbLedger } from "./under-test.ts";

let tested: MariaDbLedger;
let ledger: Ledger;
beforeAll(async () => {
  tested = await createMariaDbLedger();
  ledger = tested.ledger;
});
beforeEach(async () => {
  await tested.empty();
  await startBuying(ledger);
});
afterAll(() => tested?.close());

/** The same ledger over a line on which a statement that begins so meets its fate; only from its `nth` time on. */
async function overBrokenLine(text: string, fate: Fate, nth = 1): Promise<Ledger> {
  const proxy = await startTcpProxy(tested.url);
  const database = openDatabase({ name: "ledger", url: proxy.urlOf(tested.url), connections: 2 });
  onTestFinished(async () => {
    await proxy.close();
    await database.close();
  });
  let seen = 0;
  proxy.decide((bytes) => {
    if (!isStatement(bytes, text)) return "pass";
    seen += 1;
    return seen >= nth ? fate : "pass";
  });
  return createLedger(database);
}

describe("a claim whose COMMIT was not confirmed", () => {
  it("is told so, and is not there when it never arrived", async () => {
    const pending = await recorded(ledger, 1);
    const broken = await overBrokenLine("COMMIT", "cut");
    expect(await broken.claim(claimRequest(pending))).toEqual({ kind: "unacknowledged", n: 1 });
    expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1, attempts: 0 });
    expect(await ledger.newestAttempt(pending.id)).toBeNull();
  });

  it("is told so, and is there when only the answer was lost", async () => {
    const pending = await recorded(ledger, 1);
    const broken = await overBrokenLine("COMMIT", "deliver-and-cut");
    expect(await broken.claim(claimRequest(pending))).toEqual({ kind: "unacknowledged", n: 1 });
    expect(await find(ledger, pending)).toMatchObject({ state: "Sending", version: 2, attempts: 1 });
    expect(await ledger.newestAttempt(pending.id)).toMatchObject({ n: 1 });
  });

  it("is an error, not a claim, when it had been refused", async () => {
    const pending = await recorded(ledger, 1);
    await changed(ledger, pending, { to: "Pending", reason: "unpaid" });
    const broken = await overBrokenLine("COMMIT", "cut");
    await expect(broken.claim(claimRequest(pending))).rejects.toBeInstanceOf(CommitUnacknowledged);
  });
});

describe("a line that breaks", () => {
  it.each([
    "update `mod_ispmodules_purchases`",
    "insert into `mod_ispmodules_attempts`",
    "insert into `mod_ispmodules_tran",
  ])("within a claim, at %s, leaves nothing", async (statement) => {
    const pending = await recorded(ledger, 1);
    const broken = await overBrokenLine(statement, "deliver-and-cut");
    await expect(broken.claim(claimRequest(pending))).rejects.toThrow();
    expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1 });
    expect(await ledger.newestAttempt(pending.id)).toBeNull();
    expect(await ledger.claim(claimRequest(pending))).toMatchObject({ kind: "claimed" });
  });

  it("within a change leaves neither outcome nor history", async () => {
    const sending = await standing(ledger, 1, "Sending");
    const broken = await overBrokenLine("insert into `mod_ispmodules_tran", "deliver-and-cut");
    const outcome = { n: 1, outcome: outcomes.unknown };
    await expect(broken.change(sending, { to: "Unknown", reason: null, actor: "test", outcome })).rejects.toThrow();
    expect(await find(ledger, sending)).toMatchObject({ state: "Sending", version: 2 });
    const history = await ledger.readHistory(sending.id);
    expect([history.outcomes.length, history.transitions.length]).toEqual([0, 2]);
  });

  it.each([
    "update `mod_ispmodules_purchases`",
    "insert into `mod_ispmodules_decisions`",
    "insert into `mod_ispmodules_observations`",
    "insert into `mod_ispmodules_tran",
  ])("within a decision, at %s, leaves nothing of it", async (statement) => {
    const asked = await standing(ledger, 1, "NeedsOperator sent");
    const before = await ledger.readHistory(asked.id);
    const broken = await overBrokenLine(statement, "deliver-and-cut");
    const look = { n: 1, verdict: "absent", digest: "0".repeat(64), detail: {} } as const;
    const change = { to: "Pending", reason: null, actor: "test", decision: decided("buy-again", { look }) } as const;
    await expect(broken.change(asked, change)).rejects.toThrow();
    expect(await ledger.readHistory(asked.id)).toEqual(before);
    expect(await find(ledger, asked)).toMatchObject({ state: "NeedsOperator", version: asked.version });
    expect(await ledger.change(asked, change)).toEqual({ kind: "changed" });
  });

  it("at the COMMIT of a change is an error that assumes nothing", async () => {
    const pending = await recorded(ledger, 1);
    const broken = await overBrokenLine("COMMIT", "deliver-and-cut");
    const change = { to: "Pending", reason: "shadow", actor: "test" } as const;
    await expect(broken.change(pending, change)).rejects.toBeInstanceOf(CommitUnacknowledged);
    expect(await ledger.change(pending, change)).toEqual({ kind: "moved" });
  });

  it("while a line is recorded leaves it to the next try", async () => {
    const broken = await overBrokenLine("COMMIT", "deliver-and-cut");
    await expect(broken.record(newPurchase(1), "intake")).rejects.toBeInstanceOf(CommitUnacknowledged);
    expect(await ledger.record(newPurchase(1), "intake")).toEqual({ kind: "exists" });
    const cut = await overBrokenLine("COMMIT", "cut");
    await expect(cut.record(newPurchase(2), "intake")).rejects.toThrow();
    expect(await ledger.record(newPurchase(2), "intake")).toMatchObject({ kind: "recorded" });
  });

  it("while an event is stored accepts nothing", async () => {
    const broken = await overBrokenLine("insert into `mod_ispmodules_inbox`", "cut");
    const event = { webhookId: "a", type: "invoice.paid", body: "{}" };
    await expect(broken.storeEvent(event)).rejects.toMatchObject({ name: "DatabaseError", code: "inbox_unwritable" });
    expect(await ledger.storeEvent(event)).toBe("accepted");
  });
});

it("taking what is due leaves out rows that somebody is holding, and waits for nobody", async () => {
  await recorded(ledger, 1);
  const free = await recorded(ledger, 2);
  await tested.sql("START TRANSACTION");
  await tested.sql("SELECT id FROM mod_ispmodules_purchases WHERE invoice_line_id = 1 FOR UPDATE");
  const began = performance.now();
  const due = await ledger.takeDue("buy", 9);
  await tested.sql("ROLLBACK");
  expect(due.map(({ id }) => id)).toEqual([free.id]);
  expect(performance.now() - began).toBeLessThan(2_000);
});

it("setting the date waits for a row that somebody is changing, and goes on from there", async () => {
  const row = await recorded(ledger, 1);
  await tested.sql("START TRANSACTION");
  await tested.sql("UPDATE mod_ispmodules_purchases SET version = 2, state = 'NeedsOperator', reason = 'bad_licence'");
  await tested.sql(`INSERT INTO mod_ispmodules_transitions SELECT purchase_id, 2, 'Pending', 'NeedsOperator', 'bad_licence',
    'buyer', '{}', created_at FROM mod_ispmodules_transitions`);
  const setting = ledger.setBuying({ position: "on", paidSince: "2027-01-01 00:00:00", actor: "staff", why: "go" });
  await systemClock.sleep(60);
  await tested.sql("COMMIT");
  expect(await setting).toBe("set");
  expect(await find(ledger, row)).toMatchObject({ state: "Ignored", version: 3 });
  const { transitions } = await ledger.readHistory(row.id);
  expect(transitions.map(({ fromState, toState }) => [fromState, toState])).toEqual([
    [null, "Pending"],
    ["Pending", "NeedsOperator"],
    ["NeedsOperator", "Ignored"],
  ]);
});

describe("the database itself", () => {
  it("lets no purchase be sent a third time", async () => {
    const pending = await recorded(ledger, 1);
    await expect(ledger.change(pending, { to: "Pending", reason: null, actor: "test", sends: 3 })).rejects.toThrow();
    expect(await find(ledger, pending)).toMatchObject({ sends: 0, version: 1 });
    await expect(tested.sql("UPDATE mod_ispmodules_purchases SET sends = 3")).rejects.toThrow();
  });

  it("knows no other states", async () => {
    await recorded(ledger, 1);
    await expect(tested.sql("UPDATE mod_ispmodules_purchases SET state = 'Done'")).rejects.toThrow();
  });

  it("holds one attempt for one thing, even where every check before it was passed", async () => {
    const pending = await recorded(ledger, 1);
    await recorded(ledger, 2);
    const key = `main:order:${pending.licence}:${pending.tariff}`;
    await tested.sql("UPDATE mod_ispmodules_purchases SET inflight_key = ? WHERE invoice_line_id = 2", [key]);
    expect(await ledger.claim(claimRequest(pending))).toEqual({ kind: "not-claimed", why: "contended" });
    expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1 });
    expect(await ledger.newestAttempt(pending.id)).toBeNull();
  });

  it("holds one purchase for one period, even where every check before it was passed", async () => {
    await recorded(ledger, 1);
    await recorded(ledger, 2);
    const twice = "UPDATE mod_ispmodules_purchases SET period_key = 'h1:2026-11-23' WHERE invoice_line_id = 2";
    await expect(tested.sql(twice)).rejects.toMatchObject({ code: "ER_DUP_ENTRY" });
  });
});
