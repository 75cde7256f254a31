import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { claimRequest, find, recorded, startBuying } from "./given.ts";
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

it("waking rows goes on when somebody who takes them in another order wins", async () => {
  for (const n of [1, 2]) await recorded(ledger, n);
  const rows = await tested.sql("SELECT id FROM mod_ispmodules_purchases ORDER BY id");
  const [first, second] = rows.map(({ id }) => String(id));
  const touch = "UPDATE mod_ispmodules_purchases SET waits = waits + 1 WHERE id = ?";
  await tested.sql("UPDATE mod_ispmodules_purchases SET not_before = '2001-01-01' WHERE id = ?", [first]);
  await tested.sql("UPDATE mod_ispmodules_purchases SET not_before = '2002-01-01' WHERE id = ?", [second]);
  await tested.sql("START TRANSACTION");
  // The server gives up whoever has changed less.
  for (let times = 0; times < 5; times++) await tested.sql(touch, [second]);
  const waking = ledger.wake([first ?? "", second ?? ""]);
  await systemClock.sleep(60);
  await tested.sql(touch, [first]);
  await tested.sql("COMMIT");
  await waking;
  const woken = await tested.sql("SELECT id FROM mod_ispmodules_purchases WHERE not_before > '2020-01-01'");
  expect(woken).toHaveLength(2);
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
