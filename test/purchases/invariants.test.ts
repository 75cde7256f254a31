// Is each broken rule found in the books, and does each tempting false alarm stay quiet?
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openFiles } from "../../src/purchases/invariants/file.ts";
import { checkPeriods } from "../../src/purchases/invariants/money.ts";
import { checkAges, checkBooks } from "../../src/purchases/invariants.ts";
import type { Ledger } from "../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { changed, claimed, decided, outcomes, recorded, standing, startBuying, term } from "./ledger/given.ts";
import { createMariaDbLedger, type MariaDbLedger } from "./ledger/under-test.ts";

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

const readBooks = () => ledger.readBooks({ afterServiceRef: "", limit: 100 });
const keys = async () => checkBooks(await readBooks()).map(({ key }) => key);
const edit = (purchase: Purchase, set: string, ...values: readonly unknown[]) =>
  tested.sql(`UPDATE mod_ispmodules_purchases SET ${set} WHERE id = ?`, [...values, purchase.id]);

/** Changes a column and its history with it, so that only the rule in question is broken. */
async function forge(purchase: Purchase, columns: Readonly<Record<string, unknown>>): Promise<void> {
  const [row] = await tested.sql(
    "SELECT changes FROM mod_ispmodules_transitions WHERE purchase_id = ? AND version = ?",
    [purchase.id, purchase.version],
  );
  await tested.sql("UPDATE mod_ispmodules_transitions SET changes = ? WHERE purchase_id = ? AND version = ?", [
    JSON.stringify({ ...JSON.parse(String(row?.changes)), ...columns }),
    purchase.id,
    purchase.version,
  ]);
  for (const [name, value] of Object.entries(columns)) {
    const column = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
    await edit(purchase, `${column} = ?`, value);
  }
}

async function decide(purchase: Purchase, decision: string): Promise<void> {
  await tested.sql(
    `INSERT INTO mod_ispmodules_decisions (purchase_id, version, decision, actor, why, evidence, created_at)
      VALUES (?, ?, ?, 'cli:staff', 'because', '{}', UTC_TIMESTAMP(6))`,
    [purchase.id, purchase.version, decision],
  );
}

/** The answer was lost, the account shows nothing, and a person lets it be bought again. */
async function buyAgain(n: number): Promise<Purchase> {
  const absent = await standing(ledger, n, "NeedsOperator sent");
  return await changed(ledger, absent, { to: "Pending", actor: "cli:staff", decision: decided("buy-again") });
}

const month = (start: string) => ({ period: { start, months: 1 } });

it("a ledger with purchases in every state breaks no rule", async () => {
  const states = ["Pending", "Pending again", "Sending", "Unknown", "Ordered", "Purchased", "NeedsOperator"] as const;
  for (const [at, where] of [...states, "NeedsOperator sent", "Refunded", "Ignored"].entries()) {
    await standing(ledger, 1 + at, where as (typeof states)[number]);
  }
  const books = await readBooks();
  expect(books.purchases).toHaveLength(10);
  expect([checkBooks(books), checkAges(books)]).toEqual([[], []]);
});

describe("I1: two purchases of one period", () => {
  it("are found when both hold the right to it, also in part", async () => {
    const first = await recorded(ledger, 1, { serviceRef: "h1" });
    const second = await recorded(ledger, 2, { serviceRef: "h1", ...month("2026-12-23") });
    expect(await keys()).toEqual([]);
    await forge(second, { periodStart: "2026-12-22", periodKey: "h1:2026-12-22" });
    expect(await keys()).toEqual([`I1:${first.id}+${second.id}`]);
  });
  it("are found when one buys without the right to it, or with another's", async () => {
    const bought = await standing(ledger, 1, "Purchased");
    await forge(bought, { periodKey: null });
    const odd = await standing(ledger, 2, "Pending");
    await forge(odd, { periodKey: "h1:2026-11-23" });
    expect(await keys()).toEqual([`I1:${bought.id}`, `I1:${odd.id}`]);
  });
  it("are looked for within each service only: the work does not grow with the square of a page", async () => {
    for (const n of [1, 2]) await recorded(ledger, n, { serviceRef: "h1", ...month(`2026-0${n}-23`) });
    const books = await readBooks();
    const services = 100;
    let reads = 0;
    const counted = Array.from({ length: services }, (_, at) => books.purchases.map((row) => ({ ...row, at }))).flat();
    const purchases = counted.map(({ at, ...row }) =>
      Object.defineProperty({ ...row }, "serviceRef", {
        get: () => {
          reads += 1;
          return `h${at}`;
        },
        enumerable: true,
      }),
    );
    checkPeriods(openFiles({ ...books, purchases }));
    expect(reads).toBeLessThan(10 * purchases.length);
  });
  it("are no two when one is refunded, ignored or covered, or was bound by a person", async () => {
    const bought = await standing(ledger, 1, "Purchased", { serviceRef: "h1" });
    await recorded(ledger, 2, { serviceRef: "h1", state: "Ignored" });
    const covered = await recorded(ledger, 3, { serviceRef: "h1" });
    const refunded = await recorded(ledger, 4, { serviceRef: "h1" });
    expect(covered).toMatchObject({ reason: "period_already_covered", holdsPeriod: false });
    await changed(ledger, refunded, { to: "Refunded", reason: "before_send" });
    expect(await keys()).toEqual([]);
    await decide(covered, "bind");
    await tested.sql("UPDATE mod_ispmodules_purchases SET state = 'Pending', reason = NULL WHERE id = ?", [covered.id]);
    const pending: Purchase = { ...covered, state: "Pending", reason: null };
    await changed(ledger, pending, {
      to: "Ordered",
      reason: "manual",
      binding: term(covered, "77"),
      remoteServiceId: "77",
    });
    const found = checkBooks(await readBooks()).filter(({ id }) => id === "I1");
    expect([found, bought.holdsPeriod]).toEqual([[], true]);
  });
});

describe("I2 and I4: a second request", () => {
  it("that was accepted as well is found, and that the first was not known to have failed", async () => {
    const again = await standing(ledger, 1, "Pending again");
    const sending = await claimed(ledger, again);
    const outcome = { n: 2, outcome: outcomes.accepted };
    await changed(ledger, sending, { to: "Ordered", binding: term(sending, "901"), remoteServiceId: "901", outcome });
    expect(await keys()).toEqual([]);
    await tested.sql("UPDATE mod_ispmodules_outcomes SET kind = 'accepted' WHERE n = 1");
    expect(await keys()).toEqual([`I2:${again.id}`, `I4:${again.id}`]);
    await tested.sql("DELETE FROM mod_ispmodules_outcomes WHERE n = 1");
    expect(await keys()).toEqual([`I4:${again.id}`]);
  });
  it("after a person's decision to buy again is none", async () => {
    const pending = await buyAgain(1);
    expect(await keys()).toEqual([]);
    const second = await claimed(ledger, pending);
    expect(await keys()).toEqual([]);
    await changed(ledger, second, {
      to: "Ordered",
      binding: term(second, "902"),
      remoteServiceId: "902",
      outcome: { n: 2, outcome: outcomes.accepted },
    });
    expect(await keys()).toEqual([]);
    await tested.sql("UPDATE mod_ispmodules_outcomes SET kind = 'accepted' WHERE n = 1");
    expect(await keys()).toEqual([]);
  });
  it("refused after such a decision lets a third leave", async () => {
    const second = await claimed(ledger, await buyAgain(1));
    const outcome = { n: 2, outcome: outcomes.refused };
    const third = await changed(ledger, second, { to: "Pending", sends: 1, refusals: 1, outcome });
    await claimed(ledger, third);
    expect(await keys()).toEqual([]);
  });
  it("that a decision about something else, or one made later, does not allow is found", async () => {
    const pending = await buyAgain(1);
    const second = await claimed(ledger, pending);
    const alter = (set: string) => tested.sql(`UPDATE mod_ispmodules_decisions SET ${set}`);
    await alter("decision = 'recheck'");
    expect(await keys()).toEqual([`I4:${pending.id}`]);
    await alter("decision = 'buy-again'");
    await changed(ledger, second, { to: "Unknown" });
    expect(await keys()).toEqual([]);
    await alter(`version = ${second.version}`);
    expect(await keys()).toContain(`I4:${pending.id}`);
  });
  it("is found in the count of sends", async () => {
    const unknown = await standing(ledger, 1, "Unknown");
    await forge(unknown, { sends: 0 });
    expect(await keys()).toEqual([`I4:${unknown.id}`]);
    await forge(unknown, { sends: 2 });
    expect(await keys()).toEqual([]);
  });
  it("whose late answer says that it did nothing leaves the count alone", async () => {
    const resting = await standing(ledger, 1, "NeedsOperator sent");
    await tested.sql("UPDATE mod_ispmodules_outcomes SET kind = 'refused'");
    expect([await keys(), resting.sends]).toEqual([[], 1]);
  });
});

describe("I5: what is under way", () => {
  it.each(["Sending", "Unknown", "Ordered"] as const)("in %s keeps others from the same thing", async (where) => {
    const purchase = await standing(ledger, 1, where);
    await forge(purchase, { inflightKey: null });
    expect(await keys()).toEqual([`I5:${purchase.id}`]);
  });
  it("and over keeps nobody", async () => {
    const purchase = await standing(ledger, 1, "Purchased");
    await forge(purchase, { inflightKey: "main:order:1000001:23221" });
    expect(await keys()).toEqual([`I5:${purchase.id}`]);
  });
  it("is found when two do the same, which only a lost index allows", async () => {
    const [first, second] = [await standing(ledger, 1, "Unknown"), await standing(ledger, 2, "Unknown")];
    const key = "main:order:1000001:23221";
    await tested.sql("ALTER TABLE mod_ispmodules_purchases DROP INDEX one_attempt_in_flight");
    try {
      for (const purchase of [first, second]) await forge(purchase, { inflightKey: key });
      expect(await keys()).toEqual([`I5:${key}`]);
    } finally {
      await tested.empty();
      await tested.sql("ALTER TABLE mod_ispmodules_purchases ADD UNIQUE one_attempt_in_flight (inflight_key)");
    }
  });
  it("asks nothing of a row that was taken over from staff, or that a person let go", async () => {
    const pending = await recorded(ledger, 1);
    const binding = term(pending, "77");
    await changed(ledger, pending, { to: "Ordered", reason: "manual", binding, remoteServiceId: "77" });
    const again = await buyAgain(2);
    await changed(ledger, again, { to: "NeedsOperator", reason: "price_above_cap" });
    expect(await keys()).toEqual([]);
  });
});

describe("I6: the term that pays", () => {
  it.each(["Ordered", "Purchased"] as const)("is missing for what is %s", async (where) => {
    const purchase = await standing(ledger, 1, where);
    await tested.sql("DELETE FROM mod_ispmodules_bindings");
    expect(await keys()).toEqual([`I6:${purchase.id}`]);
  });
  it("is of the module that the purchase names", async () => {
    const purchase = await standing(ledger, 1, "Purchased");
    await tested.sql("UPDATE mod_ispmodules_bindings SET remote_service_id = '77'");
    expect(await keys()).toEqual([`I6:${purchase.id}`]);
  });
  it("pays for one purchase only, which only a lost index allows otherwise", async () => {
    for (const n of [1, 2]) await forge(await standing(ledger, n, "Purchased"), { remoteServiceId: "77" });
    await tested.sql("ALTER TABLE mod_ispmodules_bindings DROP INDEX one_purchase_per_term");
    try {
      await tested.sql("UPDATE mod_ispmodules_bindings SET remote_service_id = '77'");
      expect(await keys()).toEqual(["I6:main:77:2026-12-23"]);
    } finally {
      await tested.empty();
      await tested.sql(
        "ALTER TABLE mod_ispmodules_bindings ADD UNIQUE one_purchase_per_term (account, remote_service_id, expiry_after)",
      );
    }
  });
  it("may stay with what a person looks at or has settled", async () => {
    const ordered = await standing(ledger, 1, "Ordered");
    await changed(ledger, ordered, { to: "NeedsOperator", reason: "not_active" });
    expect((await readBooks()).bindings).toHaveLength(1);
    expect(await keys()).toEqual([]);
  });
});

describe("I7: a cost", () => {
  it.each(["currency = NULL", "cost = NULL", "cost = -1"])("with %s is not exact", async (set) => {
    const purchase = await standing(ledger, 1, "Sending");
    await tested.sql(`UPDATE mod_ispmodules_attempts SET ${set}`);
    expect(await keys()).toEqual([`I7:${purchase.id}`]);
  });
  it("that nobody knew is none", async () => {
    await claimed(ledger, await recorded(ledger, 1), { cost: null, currency: null });
    expect(await keys()).toEqual([]);
  });
});

describe("I11: what stands still", () => {
  const ages = async () => checkAges(await readBooks()).map(({ key }) => key);
  const hourMs = 3_600_000;

  it.each(["Unknown", "Ordered", "Pending"] as const)("in %s is found after a day and an hour", async (where) => {
    const { id } = await standing(ledger, 1, where);
    await tested.letPass(25 * hourMs - 60_000);
    expect(await ages()).toEqual([]);
    await tested.letPass(61_000);
    expect(await ages()).toEqual([`I11:${id}:${where}`]);
  });
  it("in Sending is found a minute behind its lease", async () => {
    const { id } = await standing(ledger, 1, "Sending");
    await tested.letPass(75_000 + 30_000);
    expect(await ages()).toEqual([]);
    await tested.letPass(31_000);
    expect(await ages()).toEqual([`I11:${id}:Sending`]);
  });
  it("may do so for a reason, or at rest", async () => {
    await changed(ledger, await recorded(ledger, 1), { to: "Pending", reason: "unpaid" });
    for (const [at, where] of (["Purchased", "NeedsOperator", "Refunded", "Ignored"] as const).entries()) {
      await standing(ledger, 2 + at, where);
    }
    await tested.letPass(1_000 * hourMs);
    expect(await ages()).toEqual([]);
  });
});

describe("I16: a change", () => {
  const step = (set: string, version: number) =>
    tested.sql(`UPDATE mod_ispmodules_transitions SET ${set} WHERE version = ?`, [version]);

  it.each([
    ["that the table does not list", "to_state = 'Purchased'"],
    ["with a reason of another state", "reason = 'bad_licence'"],
    ["that did not begin where the last one ended", "from_state = 'Unknown'"],
  ])("%s is found", async (_what, set) => {
    const { id } = await standing(ledger, 1, "Unknown");
    await step(set, 2);
    expect(await keys()).toEqual([`I16:${id}`]);
  });
  it("of a purchase that was sent and rests needs a decision", async () => {
    const { id } = await buyAgain(1);
    expect(await keys()).toEqual([]);
    await tested.sql("UPDATE mod_ispmodules_transitions SET actor = 'buyer'");
    expect(await keys()).toEqual([]);
    await tested.sql("DELETE FROM mod_ispmodules_decisions");
    expect(await keys()).toEqual([`I16:${id}`]);
  });
  it("by a person needs one whatever was sent, and the date that ignores old lines does not", async () => {
    const asked = await standing(ledger, 1, "NeedsOperator");
    await recorded(ledger, 2, { paidAt: "2021-01-01 00:00:00", state: "NeedsOperator", reason: "bad_licence" });
    await ledger.setBuying({ position: "on", paidSince: "2022-01-01 00:00:00", actor: "cli:staff", why: "go" });
    expect(await keys()).toEqual([]);
    await changed(ledger, asked, { to: "Pending", actor: "cli:staff" });
    expect(await keys()).toEqual([`I16:${asked.id}`]);
    await decide(asked, "recheck");
    expect(await keys()).toEqual([]);
  });
  it("by the buyer of what was never sent needs none", async () => {
    await changed(ledger, await standing(ledger, 1, "NeedsOperator"), { to: "Pending", actor: "buyer" });
    expect(await keys()).toEqual([]);
  });
});

describe("I17: the history", () => {
  it.each([
    ["state = 'Purchased', inflight_key = NULL", "I6"],
    ["licence = '1'", null],
    ["period_months = 2", null],
    ["tariff = NULL", null],
    ["paid_at = '2026-01-01 00:00:00'", null],
    ["expected_expiry = '2027-01-01'", null],
    ["refusals = 1", null],
    ["reversed_at = UTC_TIMESTAMP(6)", null],
    ["has_auto_renewal = 1", null],
    ["detail = '{}'", null],
    ["version = version + 1", null],
    ["attempts = 2", null],
  ])("is contradicted by %s", async (set, also) => {
    const { id } = await standing(ledger, 1, "Unknown");
    await tested.sql(`UPDATE mod_ispmodules_purchases SET ${set}`);
    expect(await keys()).toEqual([...(also === null ? [] : [`${also}:${id}`]), `I17:${id}`]);
  });
  it.each([
    ["a change", "DELETE FROM mod_ispmodules_transitions WHERE version = 2"],
    ["an attempt", "DELETE FROM mod_ispmodules_attempts"],
    ["a readable change", "UPDATE mod_ispmodules_transitions SET changes = '[]' WHERE version = 3"],
  ])("without %s is not whole", async (_what, sql) => {
    const { id } = await standing(ledger, 1, "Unknown");
    await tested.sql(sql);
    expect(await keys()).toContain(`I17:${id}`);
  });
  it("knows of no decision that changed nothing", async () => {
    const asked = await standing(ledger, 1, "NeedsOperator");
    await decide(asked, "wait");
    expect(await keys()).toEqual([`I17:${asked.id}`]);
    await changed(ledger, asked, { to: "NeedsOperator", reason: asked.reason, actor: "cli:staff" });
    expect(await keys()).toEqual([]);
  });
  it("does not tell when a loop looks, or who is told", async () => {
    const { id } = await standing(ledger, 1, "Purchased");
    await tested.sql(
      "UPDATE mod_ispmodules_purchases SET waits = 9, not_before = UTC_TIMESTAMP(6), written_back_at = UTC_TIMESTAMP(6)",
    );
    expect([await keys(), id.length]).toEqual([[], 16]);
  });
});
