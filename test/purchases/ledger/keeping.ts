// Are values, orders and limits kept as the database keeps them?
import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../../src/clock.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import {
  changed,
  claimed,
  claimRequest,
  decided,
  find,
  limits,
  newPurchase,
  outcomes,
  recorded,
  standing,
  startBuying,
  term,
  wordOf,
} from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const ids = (purchases: readonly Purchase[]) => purchases.map(({ id }) => id);
const instant = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/;

export function describeKeeping(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("a value", () => {
    it.each([
      ["10", "10.0000"],
      ["0.5", "0.5000"],
      ["1120.12345", "1120.1235"],
      ["9.99995", "10.0000"],
      ["12345678901234.5678", "12345678901234.5678"],
    ])("of money, %s, is kept to four places: %s", async (cost, kept) => {
      const sending = await claimed(ledger, await recorded(ledger, 1), { cost });
      expect(await ledger.newestAttempt(sending.id)).toMatchObject({ cost: kept });
    });

    it("of time has microseconds, in UTC", async () => {
      const { id } = await standing(ledger, 1, "Unknown");
      const { transitions, attempts, outcomes: told } = await ledger.readHistory(id);
      const { sendBy, deadlineAt } = attempts[0] ?? {};
      const origin = await ledger.readBuyingOrigin();
      for (const time of [transitions[0]?.createdAt, sendBy, deadlineAt, told[0]?.createdAt, origin?.at]) {
        expect(time).toMatch(instant);
      }
      expect(Math.abs((await ledger.readClock()).getTime() - systemClock.now().getTime())).toBeLessThan(60_000);
    });

    it("of text comes back as it was, whatever it holds", async () => {
      const detail = { typed: 'it\'s \\ "ключ 🔑"\n', nested: [{ no: null }] };
      const row = await changed(ledger, await recorded(ledger, 1), { to: "Pending", reason: "unpaid", detail });
      expect(row.detail).toEqual(detail);
    });

    it("that is longer than its column is refused, not cut, and nothing else is stored with it", async () => {
      const row = await recorded(ledger, 1);
      const facts = { ...newPurchase(1), licence: "12345678901" };
      await expect(ledger.change(row, { to: "Pending", reason: null, actor: "test", facts })).rejects.toThrow();
      await expect(ledger.change(row, { to: "Pending", reason: null, actor: "a".repeat(65) })).rejects.toThrow();
      expect(await find(ledger, row)).toEqual({ ...row, stateAgeMs: expect.any(Number) });
      await expect(ledger.record(newPurchase(2, { tariff: "12345678901" }), "test")).rejects.toThrow();
      expect(await ledger.listPurchases()).toHaveLength(1);
      await expect(ledger.stopBuying("w".repeat(256))).rejects.toThrow();
      expect(await ledger.readBuying()).toMatchObject({ position: "on" });
      await ledger.stopBuying("ж".repeat(255));
      expect(await ledger.readBuying()).toMatchObject({ position: "off" });
    });

    it("of a decision that is longer than its column is refused with the change it would make", async () => {
      const row = await standing(ledger, 1, "NeedsOperator sent");
      const change = (why: string) =>
        ledger.change(row, { to: "Pending", reason: null, actor: "test", decision: decided("buy-again", { why }) });
      await expect(change("w".repeat(1001))).rejects.toThrow();
      expect(await find(ledger, row)).toMatchObject({ state: "NeedsOperator", version: row.version });
      expect((await ledger.readHistory(row.id)).decisions).toEqual([]);
      expect(await change("ж".repeat(1000))).toEqual({ kind: "changed" });
    });

    it("that is no day is refused", async () => {
      const row = await standing(ledger, 1, "Unknown");
      const change = { to: "Ordered", reason: null, actor: "test", binding: term(row, "901", "2026-02-30") } as const;
      await expect(ledger.change(row, change)).rejects.toThrow();
      expect(await find(ledger, row)).toMatchObject({ state: "Unknown", version: row.version });
    });

    it("of sends above two is refused", async () => {
      const row = await recorded(ledger, 1);
      await expect(ledger.change(row, { to: "Pending", reason: null, actor: "test", sends: 3 })).rejects.toThrow();
      expect(await find(ledger, row)).toMatchObject({ sends: 0, version: 1 });
    });
  });

  describe("the order", () => {
    it("of what became due together is that of the ids", async () => {
      for (let n = 1; n <= 12; n++) await recorded(ledger, n);
      await startBuying(ledger);
      const due = ids(await ledger.takeDue("buy", 5));
      const all = ids(await ledger.listPurchases()).sort();
      expect(due).toEqual(all.slice(0, 5));
      expect(ids(await ledger.takeDue("buy", 50))).toEqual(all.slice(5));
    });

    it("of purchases is that of their recording", async () => {
      for (const n of [3, 1, 2]) {
        await recorded(ledger, n, { invoiceId: 7, serviceRef: "h7", period: null });
        await get().letPass(10);
      }
      const lines = (rows: readonly Purchase[]) => rows.map(({ lineId }) => lineId);
      expect(lines(await ledger.listPurchases())).toEqual([3, 1, 2]);
      expect(lines(await ledger.findByInvoice(7))).toEqual([3, 1, 2]);
      expect(lines(await ledger.findByService("h7"))).toEqual([3, 1, 2]);
      expect(await ledger.findByService("h8")).toEqual([]);
      expect(lines(await ledger.findByLines([1, 2, 3]))).toEqual([3, 1, 2]);
    });

    it("of telling WHMCS is that of buying", async () => {
      for (const n of [2, 1]) {
        await standing(ledger, n, "Purchased");
        await get().letPass(10);
      }
      const told = [await ledger.takeWriteBack(), await ledger.takeWriteBack(), await ledger.takeWriteBack()];
      expect(told.map((row) => row?.lineId)).toEqual([2, 1, undefined]);
    });

    it("of the looks shown is theirs, and only the newest hundred are", async () => {
      const { id } = await standing(ledger, 1, "Unknown");
      const attempt = await ledger.newestAttempt(id);
      if (attempt === null) throw new Error("no attempt");
      for (let look = 1; look <= 103; look++) {
        await ledger.recordObservation(attempt, { verdict: "absent", digest: "0".repeat(64), detail: { look } });
      }
      const { observations } = await ledger.readHistory(id);
      expect(observations.map(({ detail }) => JSON.parse(detail).look)).toEqual(
        Array.from({ length: 100 }, (_, at) => at + 4),
      );
      expect(await ledger.listObservations(attempt)).toHaveLength(103);
    });

    it("of reasons against a claim: the first that applies is told", async () => {
      const pending = await recorded(ledger, 1);
      const old = await ledger.readFence(claimRequest(pending));
      const all = { fence: old, limits: { ...limits, capDay: "1", ordersInFlight: 0 } };
      const told = async (changes = {}) => wordOf(await ledger.claim(claimRequest(pending, { ...all, ...changes })));
      const other = await claimed(ledger, await recorded(ledger, 2, { licence: "1000001" }));
      expect(await told()).toBe("earlier_period");
      await changed(ledger, other, { to: "Pending", sends: 0 });
      expect(await told()).toBe("moved");
      const fence = await ledger.readFence(claimRequest(pending));
      expect(await told({ fence })).toBe("spend_cap");
      expect(await told({ fence, limits: { ...limits, ordersInFlight: 0 } })).toBe("slots");
      await ledger.stopBuying("enough");
      expect(await told()).toBe("not-on");
    });
  });

  describe("what is refused", () => {
    const accepted = { n: 1, outcome: outcomes.accepted };
    const outcomesOf = async ({ id }: Purchase) => (await ledger.readHistory(id)).outcomes.length;

    it("because a term pays for another leaves no outcome", async () => {
      const first = await standing(ledger, 1, "Sending");
      const second = await standing(ledger, 2, "Sending");
      await changed(ledger, first, { to: "Ordered", binding: term(first, "901") });
      const change = { to: "Ordered", reason: null, actor: "test", outcome: accepted } as const;
      expect(await ledger.change(second, { ...change, binding: term(second, "901") })).toEqual({
        kind: "bound-elsewhere",
      });
      expect(await outcomesOf(second)).toBe(0);
      const { account, ...rest } = term(second, "901");
      expect(await ledger.change(second, { ...change, binding: { ...rest, account: `${account}2` } })).toEqual({
        kind: "changed",
      });
      expect(await outcomesOf(second)).toBe(1);
    });

    it("because a bound purchase would move to a term of another leaves it its own", async () => {
      const first = await standing(ledger, 1, "Ordered");
      const second = await standing(ledger, 2, "Ordered");
      const change = { to: "Ordered", reason: null, actor: "test", binding: term(first, "5002") } as const;
      expect(await ledger.change(first, change)).toEqual({ kind: "bound-elsewhere" });
      const bound = await ledger.listBindings("main", ["5001", "5002"]);
      expect(bound.map(({ purchaseId }) => purchaseId)).toEqual([first.id, second.id]);
    });

    it("because the period is another's leaves no outcome, and what looked too early leaves its own", async () => {
      const covered = await claimed(ledger, await recorded(ledger, 1));
      await recorded(ledger, 2, { serviceRef: "h9" });
      const facts = newPurchase(1, { serviceRef: "h9" });
      const change = { reason: null, actor: "test", outcome: { n: 1, outcome: outcomes.refused } } as const;
      expect(await ledger.change(covered, { ...change, to: "Pending", facts })).toEqual({ kind: "covered" });
      expect(await outcomesOf(covered)).toBe(0);
      const { licence, tariff } = term(covered, "901");
      const fence = { licence, tariff, known: { attempts: 0, bindings: 0, steps: 0, isBusy: false } };
      expect(await ledger.change(covered, { ...change, to: "Unknown", fence })).toEqual({ kind: "moved" });
      expect(await outcomesOf(covered)).toBe(1);
    });

    it("nothing of a period that a person is asked about anyway: only the right to it", async () => {
      await recorded(ledger, 2, { serviceRef: "h9" });
      const row = await recorded(ledger, 1);
      const facts = newPurchase(1, { serviceRef: "h9" });
      expect(await changed(ledger, row, { to: "NeedsOperator", reason: "bad_licence", facts })).toMatchObject({
        serviceRef: "h9",
        holdsPeriod: false,
      });
    });
  });

  describe("what is one's own", () => {
    it("an attempt makes nobody else of oneself", async () => {
      const sending = await claimed(ledger, await recorded(ledger, 1));
      expect(await ledger.readFence(claimRequest(sending))).toEqual({
        attempts: 1,
        bindings: 0,
        steps: 0,
        isBusy: false,
      });
    });

    it("a purchase without a period waits for none, and none waits for it", async () => {
      const odd = await recorded(ledger, 1, { period: null, serviceRef: "h5" });
      const later = await recorded(ledger, 2, { serviceRef: "h5" });
      expect(await ledger.hasEarlierUnsettled(odd)).toBe(false);
      expect(await ledger.hasEarlierUnsettled(later)).toBe(false);
      expect(wordOf(await ledger.claim(claimRequest(odd)))).toBe("moved");
    });

    it("slots and things in flight are each account's", async () => {
      const one = { ...limits, ordersInFlight: 1 };
      await claimed(ledger, await recorded(ledger, 1), { limits: one });
      expect(wordOf(await ledger.claim(claimRequest(await recorded(ledger, 2), { limits: one })))).toBe("slots");
      await claimed(ledger, await recorded(ledger, 3), { limits: one, account: "second" });
    });

    it("a slot given back is taken by the next", async () => {
      const two = { limits: { ...limits, ordersInFlight: 2 } };
      const first = await claimed(ledger, await recorded(ledger, 1), two);
      await claimed(ledger, await recorded(ledger, 2), two);
      expect(wordOf(await ledger.claim(claimRequest(await recorded(ledger, 3), two)))).toBe("slots");
      await changed(ledger, first, { to: "Unknown" });
      await claimed(ledger, await find(ledger, newPurchase(3)), two);
    });
  });

  describe("a pause", () => {
    const pause = {
      account: "main",
      reason: "awaiting_balance",
      errorType: "not_enough_money",
      stepMs: 60_000,
    } as const;

    it("is begun by one of many refusals, and by the next once it was tried or has run out", async () => {
      const begin = async (stepMs: number) => await ledger.pauseAccount({ ...pause, stepMs });
      expect([await begin(60_000), await begin(1)]).toEqual([true, false]);
      expect(await ledger.readPause("main")).toMatchObject({ stepMs: 60_000 });
      await get().letPass(60_000);
      expect([await begin(30_000), await begin(1)]).toEqual([true, false]);
      await get().letPass(30_000);
      expect(await ledger.takeProbe(pause)).toBe(true);
      expect([await begin(45_000), await begin(1)]).toEqual([true, false]);
      expect(await ledger.readPause("main")).toMatchObject({ stepMs: 45_000, isProbed: false });
    });

    it("that runs out keeps its reason, its step and how long ago it ended", async () => {
      await ledger.pauseAccount({ ...pause, reason: "account_paused", errorType: "auth" });
      await get().letPass(90_000);
      const present = await ledger.readPause("main");
      expect(present).toMatchObject({ reason: "account_paused", errorType: "auth", stepMs: 60_000, isProbed: false });
      expect(present?.remainingMs).toBeLessThanOrEqual(-30_000);
      expect(present?.remainingMs).toBeGreaterThan(-50_000);
    });
  });

  describe("what is not there", () => {
    it("is not changed, postponed, woken, told of or given back, and that is no error", async () => {
      const nobody: Purchase = { ...(await recorded(ledger, 1)), id: "nobodynobodynobo" };
      await ledger.postpone(nobody, 1);
      await ledger.wake([nobody.id]);
      await ledger.finishWriteBack(nobody.id);
      await ledger.postponeWriteBack(nobody.id, 1);
      await ledger.closeEvent("nothing");
      await ledger.postponeEvent("nothing", 1);
      await ledger.giveTurnBack("nothing", 1);
      expect(await ledger.change(nobody, { to: "Pending", reason: null, actor: "test" })).toEqual({ kind: "moved" });
      expect(wordOf(await ledger.claim(claimRequest(nobody)))).toBe("moved");
      expect(await ledger.listPurchases()).toHaveLength(1);
      expect(await ledger.listOpenEvents(9)).toEqual([]);
    });
  });
}
