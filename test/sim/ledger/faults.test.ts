// What does the simulated ledger make of faults that a real server shows too seldom to be tested on?
import { beforeEach, describe, expect, it } from "vitest";
import { CommitUnacknowledged } from "../../../src/database/connection.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import {
  changed,
  claimRequest,
  find,
  newPurchase,
  recorded,
  standing,
  startBuying,
} from "../../purchases/ledger/given.ts";
import { createSimulatedLedger } from "./ledger.ts";
import { type Line, type LineCall, plainLine } from "./line.ts";
import { copyStore, createStore, type LedgerStore } from "./store.ts";
import { atomically } from "./writing.ts";

let store: LedgerStore;
let ledger: Ledger;
let nowMs: number;
let plain: Line;
beforeEach(async () => {
  nowMs = Date.UTC(2026, 10, 21, 12);
  store = createStore();
  plain = plainLine(() => nowMs);
  ledger = createSimulatedLedger(store, plain);
  await startBuying(ledger);
});

/** The ledger over a line that tells its calls, and throws at those that `faultOf` has an error for. */
function overLine(faultOf: (call: LineCall) => Error | null = () => null): { ledger: Ledger; calls: LineCall[] } {
  const calls: LineCall[] = [];
  const run: Line["run"] = async (call, body) => {
    calls.push(call);
    const fault = faultOf(call);
    if (fault !== null) throw fault;
    return await plain.run(call, body);
  };
  return { ledger: createSimulatedLedger(store, { nowMs: plain.nowMs, run }), calls };
}

const errorOf = (code: string) => Object.assign(new Error(code), { code });
const failing = (code: string, name: string) => overLine((call) => (call.name === name ? errorOf(code) : null));

/** Does the work and expects that no row of any table is another one afterwards. */
async function expectNothingStored(work: () => Promise<unknown>): Promise<void> {
  const before = copyStore(store);
  await work();
  expect(store).toEqual(before);
}

describe("a claim", () => {
  it.each(["ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT"])("that the server ends with %s is contended", async (code) => {
    const pending = await recorded(ledger, 1);
    const { ledger: broken, calls } = failing(code, "claim");
    await expectNothingStored(async () => {
      expect(await broken.claim(claimRequest(pending))).toEqual({ kind: "not-claimed", why: "contended" });
    });
    expect(calls).toHaveLength(1);
  });

  it.each(["ECONNRESET", "ER_CON_COUNT_ERROR", "ER_OPTION_PREVENTS_STATEMENT", "ER_DISK_FULL"])(
    "that meets %s is an error",
    async (code) => {
      const pending = await recorded(ledger, 1);
      const { ledger: broken } = failing(code, "claim");
      await expectNothingStored(() => expect(broken.claim(claimRequest(pending))).rejects.toMatchObject({ code }));
    },
  );

  it("of which the COMMIT was dropped while it would have been contended is contended", async () => {
    const pending = await recorded(ledger, 1);
    plant("purchases", (await recorded(ledger, 2)).id, { inflightKey: `main:order:${pending.licence}:23221` });
    const unknown = new CommitUnacknowledged("commit_unacknowledged", "not confirmed");
    const { ledger: broken } = overLine((call) => (call.kind === "transaction" ? unknown : null));
    await expectNothingStored(async () => {
      expect(await broken.claim(claimRequest(pending))).toMatchObject({ why: "contended" });
    });
  });
});

/** A row as only a defect could have left it. */
function plant<T extends keyof LedgerStore>(table: T, key: string, columns: object): void {
  const rows = store[table] as Map<string, object>;
  rows.set(key, { ...rows.get(key), ...columns });
}

describe("a key that is taken although every check was passed", () => {
  const row = { version: 9, marker: "im-strange-1", fromState: null };
  const cases: readonly (readonly [string, (id: string, other: string) => void])[] = [
    ["the same thing in flight", (_, other) => plant("purchases", other, { inflightKey: "main:order:1000001:23221" })],
    ["the attempt", (id) => plant("attempts", `${id}:1`, row)],
    ["the attempt's marker", (id, other) => plant("attempts", `${other}:1`, { marker: `im-${id}-1` })],
    ["the history", (id) => plant("transitions", `${id}:2`, row)],
  ];
  it.each(cases)("(%s) keeps a claim from storing anything", async (_, spoil) => {
    const pending = await recorded(ledger, 1);
    const other = await recorded(ledger, 2);
    spoil(pending.id, other.id);
    await expectNothingStored(async () => {
      expect(await ledger.claim(claimRequest(pending))).toEqual({ kind: "not-claimed", why: "contended" });
    });
  });

  it("keeps a change from storing anything, and is an error", async () => {
    const row = await recorded(ledger, 1);
    plant("transitions", `${row.id}:2`, { version: 2 });
    const change = { to: "Pending", reason: "unpaid", actor: "test" } as const;
    await expectNothingStored(() => expect(ledger.change(row, change)).rejects.toMatchObject({ code: "ER_DUP_ENTRY" }));
  });

  it("of a period keeps its second line from being recorded", async () => {
    plant("purchases", (await recorded(ledger, 2)).id, { periodKey: "h1:2026-11-23" });
    await expectNothingStored(async () => {
      expect(await ledger.record(newPurchase(1), "intake")).toEqual({ kind: "exists" });
    });
  });

  it("in the middle of setting the date leaves the date and every row as they were", async () => {
    for (const n of [1, 2, 3]) await recorded(ledger, n);
    const last = [...store.purchases.keys()].reduce((a, b) => (a > b ? a : b));
    plant("transitions", `${last}:2`, { version: 2 });
    const wanted = { position: "on", paidSince: "2027-01-01 00:00:00", actor: "staff", why: "go" } as const;
    await expectNothingStored(() => expect(ledger.setBuying(wanted)).rejects.toMatchObject({ code: "ER_DUP_ENTRY" }));
  });
});

it("a transaction that wrote a row twice and failed leaves it as it was before the first time", async () => {
  const { id } = await recorded(ledger, 1);
  const before = store.purchases.get(id);
  const failTwice = () =>
    atomically(store, (writer) => {
      for (const waits of [1, 2]) {
        const row = store.purchases.get(id);
        if (row !== undefined) writer.update("purchases", row, { waits });
      }
      expect(store.purchases.get(id)?.waits).toBe(2);
      throw new Error("too late");
    });
  expect(failTwice).toThrow("too late");
  expect(store.purchases.get(id)).toBe(before);
});

describe("the line", () => {
  it("is told what a transaction does before its COMMIT", async () => {
    const { ledger: told, calls } = overLine();
    const pending = await recorded(told, 1);
    const sending = await told.claim(claimRequest(pending));
    if (sending.kind !== "claimed") throw new Error("not claimed");
    const outcome = { n: 1, outcome: { kind: "unknown", detail: "timeout" } } as const;
    await changed(told, sending.purchase, { to: "Unknown", outcome });
    const steps = calls.filter(({ kind }) => kind === "transaction").map(({ name, steps }) => [name, ...steps]);
    expect(steps).toEqual([
      ["record", "begin", "lock", "purchase", "transition"],
      ["claim", "begin", "lock", "purchase", "attempt", "transition"],
      ["change", "begin", "outcome", "purchase", "transition"],
    ]);
  });

  it("is used in the name of the function that asks, and not at all where there is nothing to ask", async () => {
    const { ledger: told, calls } = overLine();
    await told.readBuying();
    await told.findByLines([]);
    await told.wake([]);
    await told.listBindings("main", []);
    await told.takeDue("buy", 5);
    await told.recordObservation({ purchaseId: "a", n: 1 } as never, { verdict: "many", digest: "", detail: {} });
    expect(calls.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "readBuying read",
      "takeDue read",
      "recordObservation statement",
    ]);
  });

  it("that breaks after a purchase was settled leaves it settled, and who waited for it waits on", async () => {
    const ordered = await standing(ledger, 1, "Ordered");
    const later = await recorded(ledger, 2, { serviceRef: "h1", period: { start: "2026-12-23", months: 1 } });
    await changed(ledger, later, { to: "Pending", reason: "earlier_period", againInMs: 60_000 });
    const { ledger: broken } = failing("ECONNRESET", "wakeWaiting");
    const change = { to: "Purchased", reason: null, actor: "verifier" } as const;
    await expect(broken.change(ordered, change)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(await find(ledger, ordered)).toMatchObject({ state: "Purchased" });
    expect(await ledger.takeDue("buy", 9)).toEqual([]);
    nowMs += 60_000;
    expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
  });
});

it("a backup keeps its moment, and a ledger on it goes on from there", async () => {
  const pending = await recorded(ledger, 1);
  const backup = copyStore(store);
  await ledger.claim(claimRequest(pending));
  await ledger.stopBuying("late");
  const restored = createSimulatedLedger(backup, plain);
  expect(await find(restored, pending)).toEqual(pending);
  expect(await restored.readBuying()).toMatchObject({ position: "on" });
  expect(await restored.claim(claimRequest(pending))).toMatchObject({ kind: "claimed", n: 1 });
  expect(await ledger.readBuying()).toMatchObject({ position: "off" });
});

it("time is told to the microsecond and ages are cut to whole milliseconds", async () => {
  nowMs += 0.25;
  const row = await recorded(ledger, 1);
  expect(store.purchases.get(row.id)?.createdAt).toBe("2026-11-21 12:00:00.000250");
  nowMs += 1.5;
  expect((await find(ledger, row)).stateAgeMs).toBe(1);
  nowMs = Date.UTC(2026, 11, 31, 23, 59, 59, 999);
  await ledger.postpone(row, 1);
  expect(store.purchases.get(row.id)?.notBefore).toBe("2027-01-01 00:00:00.000000");
});
