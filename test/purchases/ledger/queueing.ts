// Is each purchase looked at when it is due, by one process at a time?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import {
  changed,
  decided,
  find,
  inAnHour,
  newPurchase,
  recorded,
  type Standing,
  standing,
  startBuying,
} from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const ids = (purchases: readonly Purchase[]) => purchases.map(({ id }) => id);

export function describeQueueing(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("what is due", () => {
    const cases: readonly (readonly [Standing, "buy" | "look" | null])[] = [
      ["Pending", "buy"],
      ["Pending again", "buy"],
      ["Sending", "look"],
      ["Unknown", "look"],
      ["Ordered", "look"],
      ["Purchased", null],
      ["NeedsOperator", "buy"],
      ["NeedsOperator sent", null],
      ["Refunded", null],
      ["Refunded sent", null],
      ["Ignored", null],
    ];
    it.each(cases)("in %s goes to: %s", async (where, queue) => {
      const purchase = await standing(ledger, 1, where);
      await get().letPass(120_000);
      expect(ids(await ledger.takeDue("buy", 9))).toEqual(queue === "buy" ? [purchase.id] : []);
      expect(ids(await ledger.takeDue("look", 9))).toEqual(queue === "look" ? [purchase.id] : []);
    });

    it("is given whole, the longest due first, and at most so many", async () => {
      const first = await recorded(ledger, 1);
      await get().letPass(2_000);
      const second = await recorded(ledger, 2);
      await get().letPass(1_000);
      await recorded(ledger, 3);
      const due = await ledger.takeDue("buy", 2);
      expect(due).toEqual([first, second].map((purchase) => ({ ...purchase, stateAgeMs: expect.any(Number) })));
    });

    it("once taken stays away from others for a while, and comes back by itself", async () => {
      await recorded(ledger, 1);
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
      expect(await get().elsewhere().takeDue("buy", 9)).toEqual([]);
      await get().letPass(29_000);
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
      await get().letPass(2_000);
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
    });

    it("of four hundred rows is taken by eight processes without one twice", async () => {
      const count = 400;
      await Promise.all(
        Array.from({ length: count }, (_, n) =>
          ledger.record(newPurchase(n + 1, { state: "NeedsOperator", reason: "no_due_date", period: null }), "test"),
        ),
      );
      const processes = [ledger, ...Array.from({ length: 7 }, () => get().elsewhere())];
      const taken = await Promise.all(
        processes.map(async (each) => {
          const mine: string[] = [];
          for (let idle = 0; idle < 3; ) {
            const due = ids(await each.takeDue("buy", 20));
            if (due.length === 0) idle += 1;
            mine.push(...due);
          }
          return mine;
        }),
      );
      expect(taken.flat()).toHaveLength(count);
      expect(new Set(taken.flat()).size).toBe(count);
    });
  });

  describe("what waits for the balance", () => {
    it("is led by the oldest period, then by the oldest line; what waits for something else does not stand there", async () => {
      expect(await ledger.firstAwaitingBalance("main")).toBeNull();
      const starts = ["2026-11-20", "2026-11-10", "2026-11-10", "2026-11-01"];
      for (const [at, start] of starts.entries()) {
        const pending = await recorded(ledger, at + 1, { period: { start, months: 1 } });
        const reason = at === 3 ? "spend_cap" : "awaiting_balance";
        await changed(ledger, pending, { to: "Pending", reason, againInMs: 60_000 });
      }
      const first = await find(ledger, newPurchase(2));
      expect(await ledger.firstAwaitingBalance("main")).toEqual({ id: first.id, periodStart: "2026-11-10", lineId: 2 });
      await changed(ledger, first, { to: "Refunded", reason: "before_send" });
      expect(await ledger.firstAwaitingBalance("main")).toMatchObject({ lineId: 3 });
    });

    it("and is put off leaves its place to the next, whatever ends a pause, until that time is over", async () => {
      const awaiting = { to: "Pending", reason: "awaiting_balance" } as const;
      const rows = [await recorded(ledger, 1), await recorded(ledger, 2)];
      for (const row of rows) await changed(ledger, row, { ...awaiting, againInMs: 60_000 });
      const first = await find(ledger, newPurchase(1));
      const held = await changed(ledger, first, { ...awaiting, holdUntil: inAnHour(), decision: decided("wait") });
      expect(held.holdUntil).not.toBeNull();
      expect(await ledger.firstAwaitingBalance("main")).toMatchObject({ lineId: 2 });
      await ledger.resumeAccount("main");
      expect(ids(await ledger.takeDue("buy", 9))).toEqual([rows[1]?.id]);
      await get().letPass(3_610_000);
      expect(await ledger.firstAwaitingBalance("main")).toMatchObject({ lineId: 1 });
      expect(ids(await ledger.takeDue("buy", 9))).toContain(held.id);
      const again = await changed(ledger, await find(ledger, held), {
        ...awaiting,
        holdUntil: inAnHour(),
        decision: decided("wait"),
      });
      expect(await changed(ledger, again, { to: "Pending", reason: "spend_cap" })).toMatchObject({ holdUntil: null });
    });

    it("is led in each account by its own", async () => {
      const [here, there] = [await recorded(ledger, 1), await recorded(ledger, 2)];
      await changed(ledger, here, { to: "Pending", reason: "awaiting_balance" });
      await changed(ledger, there, { to: "Pending", reason: "awaiting_balance", detail: { account: "ru" } });
      expect(await ledger.firstAwaitingBalance("main")).toMatchObject({ lineId: 1 });
      expect(await ledger.firstAwaitingBalance("ru")).toMatchObject({ lineId: 2 });
      expect(await ledger.firstAwaitingBalance("eu")).toBeNull();
    });
  });

  describe("a row that is being sent", () => {
    it("is not looked for before its lease ends, whatever flag was set meanwhile", async () => {
      const sending = await standing(ledger, 1, "Sending");
      const flagged = await changed(ledger, sending, { to: "Sending", isReversed: true });
      await changed(ledger, flagged, { to: "Sending", isReversed: false, againInMs: 0 });
      await ledger.wake([sending.id]);
      await get().letPass(74_000);
      expect(await ledger.takeDue("look", 9)).toEqual([]);
      await get().letPass(2_000);
      expect(await ledger.takeDue("look", 9)).toHaveLength(1);
    });
  });

  describe("a change", () => {
    it("says when its row is looked at again", async () => {
      const pending = await recorded(ledger, 1);
      await changed(ledger, pending, { to: "Pending", reason: "shadow", againInMs: 60_000 });
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
      await get().letPass(60_000);
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
    });

    it.each(["Purchased", "NeedsOperator sent", "Refunded"] as const)(
      "to %s wakes the service's later period and the licence's other service",
      async (end) => {
        const facts = { serviceRef: "h1", licence: "42" };
        const later = await recorded(ledger, 2, { ...facts, period: { start: "2026-12-23", months: 1 } });
        const neighbour = await recorded(ledger, 3, { licence: "42" });
        const stranger = await recorded(ledger, 4);
        for (const row of [later, neighbour, stranger]) {
          await changed(ledger, row, { to: "Pending", reason: "earlier_period", againInMs: 3_600_000 });
        }
        await standing(ledger, 1, end, facts);
        expect(ids(await ledger.takeDue("buy", 9)).sort()).toEqual(ids([later, neighbour]).sort());
      },
    );
  });

  describe("postponing", () => {
    it("moves only the time and the count of waits", async () => {
      const pending = await recorded(ledger, 1);
      await ledger.postpone(pending, 60_000);
      expect(await find(ledger, pending)).toEqual({ ...pending, waits: 1, stateAgeMs: expect.any(Number) });
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
      await get().letPass(60_000);
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
    });

    it("from a reading that is out of date does nothing", async () => {
      const pending = await recorded(ledger, 1);
      await changed(ledger, pending, { to: "Pending", reason: "shadow" });
      await ledger.postpone(pending, 60_000);
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
    });
  });

  describe("waking", () => {
    it("makes what waits to be bought due, and leaves looks in their rhythm", async () => {
      const pending = await recorded(ledger, 1);
      await ledger.postpone(pending, 60_000);
      const unknown = await standing(ledger, 2, "Unknown");
      await ledger.postpone(unknown, 60_000);
      await ledger.wake([pending.id, unknown.id]);
      await ledger.wake([]);
      expect(ids(await ledger.takeDue("buy", 9))).toEqual([pending.id]);
      expect(await ledger.takeDue("look", 9)).toEqual([]);
    });
  });

  describe("a row that a person has put off", () => {
    const putOff = async (n: number) =>
      await changed(ledger, await standing(ledger, n, "NeedsOperator"), {
        to: "NeedsOperator",
        reason: "bad_licence",
        holdUntil: inAnHour(),
        decision: decided("wait"),
      });

    it("is looked at by no loop before, whatever wakes the others, and at that moment again", async () => {
      const held = await putOff(1);
      expect(held.holdUntil?.getTime()).toBeGreaterThan(Date.now());
      const free = await standing(ledger, 2, "NeedsOperator");
      await ledger.wake([held.id, free.id]);
      await startBuying(ledger);
      expect(ids(await ledger.takeDue("buy", 9))).toEqual([free.id]);
      await get().letPass(3_590_000);
      expect(ids(await ledger.takeDue("buy", 9))).toEqual([free.id]);
      await get().letPass(20_000);
      expect(ids(await ledger.takeDue("buy", 9))).toContain(held.id);
      expect(await find(ledger, held)).toMatchObject({ holdUntil: null, version: held.version });
    });

    it("stays put off when its reason or a flag is renewed, and is free once it goes on", async () => {
      const held = await putOff(1);
      const renewed = await changed(ledger, held, { to: "NeedsOperator", reason: "missing_licence", againInMs: 0 });
      expect(renewed.holdUntil).toEqual(held.holdUntil);
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
      await changed(ledger, renewed, { to: "Pending", decision: decided("recheck") });
      await ledger.wake([held.id]);
      expect(await ledger.takeDue("buy", 9)).toMatchObject([{ id: held.id, holdUntil: null }]);
    });
  });

  describe("a turn", () => {
    it("is taken by one of many at once, and again after its interval", async () => {
      const processes = Array.from({ length: 6 }, () => get().elsewhere());
      const take = async () =>
        (await Promise.all(processes.map((each) => each.takeTurn("sweep", 60_000)))).filter((isMine) => isMine).length;
      expect(await take()).toBe(1);
      expect(await take()).toBe(0);
      await get().letPass(60_000);
      expect(await take()).toBe(1);
    });

    it("that was not used to its end comes again sooner", async () => {
      await ledger.takeTurn("nightly_sweep", 3_600_000);
      await ledger.giveTurnBack("nightly_sweep", 5_000);
      expect(await ledger.takeTurn("nightly_sweep", 3_600_000)).toBe(false);
      await get().letPass(5_000);
      expect(await ledger.takeTurn("nightly_sweep", 3_600_000)).toBe(true);
    });

    it("of one loop says nothing of another's, and an unheard-of loop has none", async () => {
      expect(await ledger.takeTurn("sweep", 60_000)).toBe(true);
      expect(await ledger.takeTurn("nightly_sweep", 60_000)).toBe(true);
      expect(await ledger.takeTurn("nothing", 60_000)).toBe(false);
    });
  });

  describe("telling WHMCS", () => {
    it("is due once for each bought purchase, and taken by one process", async () => {
      const bought = await standing(ledger, 1, "Purchased");
      await standing(ledger, 2, "Ordered");
      const takers = [ledger, get().elsewhere(), get().elsewhere()];
      const taken = (await Promise.all(takers.map((each) => each.takeWriteBack()))).filter((row) => row !== null);
      expect(ids(taken)).toEqual([bought.id]);
      await ledger.finishWriteBack(bought.id);
      await get().letPass(3_600_000);
      expect(await ledger.takeWriteBack()).toBeNull();
    });

    it("that a process took and did not finish is due again after a minute, or when it was put off to", async () => {
      const bought = await standing(ledger, 1, "Purchased");
      expect(await ledger.takeWriteBack()).toMatchObject({ id: bought.id });
      await get().letPass(58_000);
      expect(await ledger.takeWriteBack()).toBeNull();
      await get().letPass(3_000);
      expect(await ledger.takeWriteBack()).toMatchObject({ id: bought.id });
      await ledger.postponeWriteBack(bought.id, 5_000);
      expect(await ledger.takeWriteBack()).toBeNull();
      await get().letPass(5_000);
      expect(await ledger.takeWriteBack()).toMatchObject({ id: bought.id });
    });

    it("is not due again because a bought purchase is flagged", async () => {
      const bought = await standing(ledger, 1, "Purchased");
      await ledger.takeWriteBack();
      await ledger.finishWriteBack(bought.id);
      await changed(ledger, bought, { to: "Purchased", isReversed: true });
      await get().letPass(3_600_000);
      expect(await ledger.takeWriteBack()).toBeNull();
    });
  });
}
