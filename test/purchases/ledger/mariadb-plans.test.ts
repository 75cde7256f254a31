import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../../../src/database/connection.ts";
import { createLedger, type Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { startTcpProxy, type TcpProxy } from "../../database/tcp-proxy.ts";
import { claimRequest, find, newPurchase, recorded, standing, startBuying } from "./given.ts";
import { createMariaDbLedger, type MariaDbLedger } from "./under-test.ts";

let tested: MariaDbLedger;
let proxy: TcpProxy;
let database: Database;
let ledger: Ledger;
let said: string[] = [];
beforeAll(async () => {
  tested = await createMariaDbLedger();
  await startBuying(tested.ledger);
  await standing(tested.ledger, 1, "Purchased");
  await recorded(tested.ledger, 2);
  await fill(4_000);
  proxy = await startTcpProxy(tested.url);
  proxy.decide((bytes) => {
    if (bytes[4] === 3) said.push(bytes.toString("utf8", 5));
    return "pass";
  });
  database = openDatabase({ name: "ledger", url: proxy.urlOf(tested.url), connections: 2 });
  ledger = createLedger(database);
});
afterAll(async () => {
  await database?.close();
  await proxy?.close();
  await tested?.close();
});

/** A ledger a few years old: nearly everything is bought, some hundred rows wait. */
async function fill(count: number): Promise<void> {
  await tested.sql(`INSERT INTO mod_ispmodules_purchases (id, invoice_line_id, line_type, invoice_id, service_ref, product_id,
      period_start, period_months, state, version, state_since, queue, not_before, write_back_due_at, created_at)
    SELECT CONCAT('filled', LPAD(seq, 10, '0')), seq + 1000, 'Hosting', seq + 1000, CONCAT('h', seq MOD 500 + 1000), 7,
      '2026-01-01', 1, IF(seq MOD 20 = 0, 'Pending', 'Purchased'), 1, UTC_TIMESTAMP(6), IF(seq MOD 20 = 0, 'buy', NULL),
      UTC_TIMESTAMP(6) + INTERVAL CAST(seq AS SIGNED) - 2000 SECOND, IF(seq MOD 100 = 1, UTC_TIMESTAMP(6), NULL), UTC_TIMESTAMP(6)
    FROM seq_1_to_${count}`);
  await tested.sql(`INSERT INTO mod_ispmodules_attempts (purchase_id, n, marker, owner, account, action, licence, tariff,
      period_months, list_before, cost, expected_expiry, is_announced, send_by, deadline_at, created_at)
    SELECT CONCAT('filled', LPAD(seq, 10, '0')), 1, CONCAT('im-', seq), 'p', 'main', 'order', seq + 5000, '23221', 1, '[]',
      1, '2026-12-01', 0, UTC_TIMESTAMP(6), UTC_TIMESTAMP(6), UTC_TIMESTAMP(6) - INTERVAL seq HOUR
    FROM seq_1_to_${count}`);
  await tested.sql(`INSERT INTO mod_ispmodules_inbox (webhook_id, type, body, received_at, not_before, done_at)
    SELECT CONCAT('e', seq), 'invoice.paid', '{}', UTC_TIMESTAMP(6), IF(seq MOD 50 = 0, UTC_TIMESTAMP(6), NULL), NULL
    FROM seq_1_to_${count}`);
  await tested.sql(`INSERT INTO mod_ispmodules_announcements (purchase_id, type, created_at, due_at)
    SELECT CONCAT('filled', LPAD(seq, 10, '0')), 'purchased', UTC_TIMESTAMP(6), IF(seq MOD 100 = 1, UTC_TIMESTAMP(6), NULL)
    FROM seq_1_to_${count}`);
  for (const table of ["purchases", "attempts", "inbox", "announcements"])
    await tested.sql(`ANALYZE TABLE mod_ispmodules_${table}`);
}

interface Step {
  readonly type: string;
  readonly key: string | null;
  readonly rows: number;
  readonly extra: string;
}

/** How the server carries out the selects that `work` sends; one list of steps for each. */
async function plansOf(work: () => Promise<unknown>): Promise<Step[][]> {
  said = [];
  await work();
  const selects = said.filter((text) => /^select\b.*\bfrom `mod_/s.test(text));
  expect(selects.length).toBeGreaterThan(0);
  return await Promise.all(
    selects.map(async (text) => {
      // On the bridge's own session: its collation decides over the plan.
      const [steps] = (await database.query.execute(sql.raw(`EXPLAIN ${text}`))) as unknown as [
        Record<string, string>[],
      ];
      return steps.map((step) => ({
        type: step.type ?? "",
        key: step.key ?? null,
        rows: Number(step.rows),
        extra: String(step.Extra),
      }));
    }),
  );
}

describe("taking what is due", () => {
  it("walks the index in its order, without sorting", async () => {
    const plans = await plansOf(() => ledger.takeDue("buy", 20));
    for (const [step] of plans) {
      expect(step).toMatchObject({ type: "range", key: "due" });
      expect(step?.extra).not.toMatch(/filesort|temporary/);
    }
    expect(plans).toHaveLength(2);
  });

  it("reads what waits to be told, and open events, by their index", async () => {
    for (const [work, key] of [
      [() => ledger.takeWriteBack(), "write_back_due"],
      [() => ledger.listOpenEvents(20), "open_events"],
      [() => ledger.takeAnnouncement(), "announcement_due"],
    ] as const) {
      const [[step] = []] = await plansOf(work);
      expect(step).toMatchObject({ type: "range", key });
      expect(step?.extra).not.toMatch(/filesort|temporary/);
    }
  });
});

it("a claim reads a handful of rows, however old the ledger is", async () => {
  const pending = await find(ledger, newPurchase(2));
  const plans = await plansOf(() =>
    ledger.claim(claimRequest(pending, { limits: { ...claimRequest(pending).limits, capDay: "900" } })),
  );
  for (const step of plans.flat()) {
    expect(step.type).not.toBe("ALL");
    expect(step.rows).toBeLessThan(200);
  }
});

it("purchases of a line, an invoice or a service are read by their index", async () => {
  const reads = [
    () => ledger.findByLines([1, 2]),
    () => ledger.findByInvoice(1001),
    () => ledger.findByService("h1"),
    () => ledger.findPurchase("x"),
  ];
  for (const read of reads) {
    for (const step of (await plansOf(read)).flat()) {
      expect(step.type).not.toBe("ALL");
      expect(step.rows).toBeLessThan(10);
    }
  }
});

it("the books of a page of services are read by their indexes, all of them and what changed lately", async () => {
  for (const scope of [{}, { changedWithinMs: 60_000 }]) {
    const plans = await plansOf(() => ledger.readBooks({ afterServiceRef: "h1", limit: 10, ...scope }));
    expect(plans.length).toBeGreaterThanOrEqual(6);
    const [[services] = []] = plans;
    expect(services).toMatchObject({ type: "range", key: "by_service" });
    expect(services?.extra).not.toContain("filesort");
    for (const step of plans.slice(1).flat()) expect(step.rows).toBeLessThan(200);
  }
});
