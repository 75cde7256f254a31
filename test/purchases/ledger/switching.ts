// Does the ledger remember what people and loops have switched, and act on it in the same moment?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import {
  changed,
  claimRequest,
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

const sorted = (texts: readonly string[]) => texts.toSorted((a, b) => a.localeCompare(b));

export function describeSwitching(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = get().ledger;
  });
  const set = (position: "off" | "shadow" | "on", paidSince: string | null) =>
    ledger.setBuying({ position, paidSince, actor: "staff", why: "because" });

  describe("buying", () => {
    it("is off on a fresh ledger, and on or in shadow only with a date", async () => {
      expect(await ledger.readBuying()).toEqual({ position: "off", paidSince: null });
      expect(await set("on", null)).toBe("no-date");
      expect(await set("shadow", null)).toBe("no-date");
      expect(await set("off", null)).toBe("set");
      expect(await ledger.readBuying()).toEqual({ position: "off", paidSince: null });
    });

    it("keeps its date over all positions, says who set it and why", async () => {
      expect(await set("shadow", "2026-11-01 00:00:00")).toBe("set");
      expect(await set("on", null)).toBe("set");
      expect(await ledger.readBuying()).toEqual({ position: "on", paidSince: "2026-11-01 00:00:00" });
      expect(await ledger.readBuyingOrigin()).toMatchObject({ actor: "staff", why: "because" });
    });

    it("never moves its date back, and then changes nothing at all", async () => {
      await set("on", "2026-11-01 00:00:00");
      expect(await set("off", "2026-10-31 23:59:59")).toBe("earlier");
      expect(await ledger.readBuying()).toEqual({ position: "on", paidSince: "2026-11-01 00:00:00" });
      expect(await set("on", "2026-11-01 00:00:00")).toBe("set");
      expect(await set("on", "2026-11-01 00:00:01")).toBe("set");
    });

    it("goes off by machine, which says why", async () => {
      await set("on", "2026-11-01 00:00:00");
      await ledger.stopBuying("a form moved money");
      expect(await ledger.readBuying()).toMatchObject({ position: "off", paidSince: "2026-11-01 00:00:00" });
      expect(await ledger.readBuyingOrigin()).toMatchObject({ actor: "machine", why: "a form moved money" });
      const pending = await recorded(ledger, 1);
      expect(await ledger.claim(claimRequest(pending))).toMatchObject({ why: "not-on" });
    });

    it("wakes everything that waits to be bought", async () => {
      const pending = await recorded(ledger, 1);
      await ledger.postpone(pending, 3_600_000);
      await set("on", "2026-11-01 00:00:00");
      expect(await ledger.takeDue("buy", 9)).toHaveLength(1);
    });
  });

  describe("the date from which is bought", () => {
    const old = { paidAt: "2026-10-31 23:59:59" };
    const cases: readonly (readonly [Standing, "Ignored" | "stays"])[] = [
      ["Pending", "Ignored"],
      ["Pending again", "Ignored"],
      ["NeedsOperator", "Ignored"],
      ["Sending", "stays"],
      ["Unknown", "stays"],
      ["Ordered", "stays"],
      ["Purchased", "stays"],
      ["NeedsOperator sent", "stays"],
      ["Refunded", "stays"],
      ["Refunded sent", "stays"],
    ];
    it.each(cases)("what was paid earlier and is in %s: %s", async (where, end) => {
      await startBuying(ledger);
      const before = await standing(ledger, 1, where, old);
      await set("on", "2026-11-01 00:00:00");
      const after = await find(ledger, before);
      if (end === "stays") return expect(after).toEqual({ ...before, stateAgeMs: expect.any(Number) });
      expect(after).toMatchObject({ state: "Ignored", reason: null, holdsPeriod: false, version: before.version + 1 });
      const { transitions } = await ledger.readHistory(before.id);
      expect(transitions.at(-1)).toMatchObject({ fromState: before.state, toState: "Ignored", actor: "staff" });
      await get().letPass(3_600_000);
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
    });

    it("leaves what was paid on it, later, or at a moment nobody knows", async () => {
      const moments = ["2026-11-01 00:00:00", "2026-11-02 00:00:00", null];
      for (const [index, paidAt] of moments.entries()) await recorded(ledger, index + 1, { paidAt });
      await set("on", "2026-11-01 00:00:00");
      expect((await ledger.listPurchases({ state: "Pending" })).map(({ paidAt }) => paidAt)).toEqual(moments);
    });

    it("ends what a person has put off as well", async () => {
      const asked = await recorded(ledger, 1, { ...old, state: "NeedsOperator", reason: "bad_licence" });
      const wait = { to: "NeedsOperator", reason: "bad_licence", decision: decided("wait") } as const;
      await changed(ledger, asked, { ...wait, holdUntil: inAnHour() });
      await set("on", "2026-11-01 00:00:00");
      expect(await find(ledger, asked)).toMatchObject({ state: "Ignored", holdUntil: null });
    });

    it("ignores many at once, and gives their periods back", async () => {
      const many = Array.from({ length: 30 }, (_, n) => ({ ...newPurchase(n + 1), ...old }));
      await Promise.all(many.map((row) => ledger.record(row, "intake")));
      await set("on", "2026-11-01 00:00:00");
      expect(await ledger.listPurchases({ state: "Ignored" })).toHaveLength(30);
      expect(await recorded(ledger, 99, { serviceRef: "h1" })).toMatchObject({ state: "Pending", holdsPeriod: true });
    });

    it("set while others change the same rows leaves no row whose history does not lead to it", async () => {
      await startBuying(ledger);
      const other = get().elsewhere();
      const rows = await Promise.all(Array.from({ length: 40 }, (_, n) => recorded(ledger, n + 1, old)));
      const changes = rows.map((row) =>
        other.change(row, { to: "NeedsOperator", reason: "bad_licence", actor: "buyer" }),
      );
      const [isSet, ...results] = await Promise.all([set("on", "2026-11-01 00:00:00"), ...changes]);
      expect(isSet).toBe("set");
      for (const [index, row] of rows.entries()) {
        const { transitions } = await ledger.readHistory(row.id);
        const present = await find(ledger, row);
        expect(transitions.map(({ version }) => version)).toEqual(transitions.map((_, at) => at + 1));
        expect(transitions.at(-1)).toMatchObject({ version: present.version, toState: "Ignored" });
        expect(transitions).toHaveLength(results[index]?.kind === "changed" ? 3 : 2);
      }
    });
  });

  describe("the account's pause", () => {
    const pause = {
      account: "main",
      reason: "awaiting_balance",
      errorType: "not_enough_money",
      stepMs: 60_000,
    } as const;

    it("is none until there is one, and none after the account goes on", async () => {
      expect(await ledger.readPause("main")).toBeNull();
      await ledger.pauseAccount(pause);
      expect(await ledger.readPause("main")).toMatchObject(pause);
      await ledger.resumeAccount("main");
      expect(await ledger.readPause("main")).toBeNull();
    });

    it("runs out by the ledger's clock, and stays until somebody has tried", async () => {
      await ledger.pauseAccount(pause);
      const first = await ledger.readPause("main");
      expect(first?.remainingMs).toBeGreaterThan(50_000);
      expect(first?.remainingMs).toBeLessThanOrEqual(60_000);
      await get().letPass(60_000);
      expect((await ledger.readPause("main"))?.remainingMs).toBeLessThanOrEqual(0);
    });

    it("is probed by one of many, and only once it has run out", async () => {
      await ledger.pauseAccount(pause);
      const processes = Array.from({ length: 6 }, () => get().elsewhere());
      const probe = async () => {
        const present = await ledger.readPause("main");
        if (present === null) throw new Error("no pause");
        return (await Promise.all(processes.map((each) => each.takeProbe(present)))).filter((isMine) => isMine).length;
      };
      expect(await probe()).toBe(0);
      await get().letPass(60_000);
      expect(await probe()).toBe(1);
      expect(await probe()).toBe(0);
      expect((await ledger.readPause("main"))?.remainingMs).toBeGreaterThan(50_000);
      await ledger.resumeAccount("main");
      expect(await ledger.takeProbe(pause)).toBe(false);
    });

    it("says whether it was tried since it began", async () => {
      await ledger.pauseAccount(pause);
      expect(await ledger.readPause("main")).toMatchObject({ isProbed: false });
      await get().letPass(60_000);
      await ledger.takeProbe(pause);
      expect(await ledger.readPause("main")).toMatchObject({ isProbed: true });
      await ledger.pauseAccount({ ...pause, stepMs: 120_000 });
      expect(await ledger.readPause("main")).toMatchObject({ isProbed: false, stepMs: 120_000 });
    });

    it("is one account's: it begins, is probed and ends for that one alone", async () => {
      const other = { ...pause, account: "ru", stepMs: 30_000 };
      await ledger.pauseAccount(pause);
      expect(await ledger.readPause("ru")).toBeNull();
      expect(await ledger.takeProbe(other)).toBe(false);
      expect([await ledger.pauseAccount(other), await ledger.pauseAccount(other)]).toEqual([true, false]);
      await get().letPass(40_000);
      expect([await ledger.takeProbe(other), await ledger.takeProbe(pause)]).toEqual([true, false]);
      expect(await ledger.readPause("ru")).toMatchObject({ ...other, isProbed: true });
      await ledger.resumeAccount("ru");
      expect(await ledger.readPause("ru")).toBeNull();
      expect(await ledger.readPause("main")).toMatchObject({ ...pause, isProbed: false });
    });

    it("that ends wakes those who waited for it, and nobody else", async () => {
      const rows = await Promise.all([1, 2, 3].map((n) => recorded(ledger, n)));
      for (const [index, reason] of (["awaiting_balance", "account_paused", "spend_cap"] as const).entries()) {
        const row = rows[index];
        if (row !== undefined) await changed(ledger, row, { to: "Pending", reason, againInMs: 3_600_000 });
      }
      await ledger.pauseAccount(pause);
      await ledger.resumeAccount("main");
      const woken = await ledger.takeDue("buy", 9);
      expect(woken.map(({ reason }) => reason).sort()).toEqual(["account_paused", "awaiting_balance"]);
    });
  });

  it("the renewal form of an account is unproven until it was proven", async () => {
    expect(await ledger.isRenewalFormProven("main")).toBe(false);
    await ledger.proveRenewalForm("main");
    expect(await ledger.isRenewalFormProven("main")).toBe(true);
    expect(await ledger.isRenewalFormProven("ru")).toBe(false);
    await ledger.proveRenewalForm("ru");
    expect(await ledger.isRenewalFormProven("ru")).toBe(true);
  });

  describe("reading", () => {
    it("finds purchases by line, by invoice, by id and by state", async () => {
      const [first, second] = [
        await recorded(ledger, 1),
        await recorded(ledger, 2, { invoiceId: 1001, state: "Ignored" }),
      ];
      const found = async (rows: Promise<{ id: string }[]>) => sorted((await rows).map(({ id }) => id));
      expect(await found(ledger.findByLines([1, 2, 3]))).toEqual(sorted([first.id, second.id]));
      expect(await found(ledger.findByLines([]))).toEqual([]);
      expect(await found(ledger.findByInvoice(1001))).toEqual(sorted([first.id, second.id]));
      expect(await found(ledger.listPurchases({ state: "Ignored" }))).toEqual([second.id]);
      expect(await ledger.findPurchase("nobody")).toBeNull();
    });

    it("counts by state and reason, and how old the oldest is", async () => {
      const row = await recorded(ledger, 1);
      await changed(ledger, row, { to: "Pending", reason: "shadow" });
      await get().letPass(90_500);
      await recorded(ledger, 2);
      await recorded(ledger, 3);
      const counts = await ledger.countByState();
      expect(counts.find(({ reason }) => reason === "shadow")).toEqual({
        state: "Pending",
        reason: "shadow",
        count: 1,
        held: 0,
        oldestSeconds: 90,
      });
      expect(counts.find(({ reason }) => reason === null)).toMatchObject({
        state: "Pending",
        count: 2,
        oldestSeconds: 0,
      });
    });

    it("counts what a person has put off apart, and its age not at all while that lasts", async () => {
      const row = await standing(ledger, 1, "NeedsOperator");
      const wait = { to: "NeedsOperator", reason: "bad_licence", decision: decided("wait") } as const;
      await changed(ledger, row, { ...wait, holdUntil: inAnHour() });
      await get().letPass(90_500);
      expect(await ledger.countByState()).toEqual([
        { state: "NeedsOperator", reason: "bad_licence", count: 1, held: 1, oldestSeconds: 0 },
      ]);
      await standing(ledger, 2, "NeedsOperator");
      await get().letPass(60_500);
      expect(await ledger.countByState()).toMatchObject([{ count: 2, held: 1, oldestSeconds: 60 }]);
      await get().letPass(3_600_000);
      expect(await ledger.countByState()).toMatchObject([{ count: 2, held: 0, oldestSeconds: 3_751 }]);
    });

    it("says once that the balance became low, and since when it is so in a row", async () => {
      const found = { balance: "9.00", currency: "EUR", weekCost: "10", monthCost: "30", unknown: 1 };
      const [first, second] = ["2026-11-23T10:00:00.000Z", "2026-11-23T11:00:00.000Z"];
      expect(await ledger.readForecast()).toBeNull();
      expect(await ledger.keepForecast({ ...found, lowSince: first })).toBe(false);
      expect(
        await get()
          .elsewhere()
          .keepForecast({ ...found, balance: "8.00", lowSince: second }),
      ).toBe(true);
      expect(await ledger.readForecast()).toEqual({ ...found, balance: "8.00", lowSince: first });
      expect(await ledger.keepForecast({ ...found, balance: "10.00", lowSince: null })).toBe(true);
      expect(await ledger.keepForecast({ ...found, lowSince: second })).toBe(false);
      expect(await ledger.readForecast()).toEqual({ ...found, lowSince: second });
    });

    it("gives the catalogue back as it was kept, the newest one", async () => {
      expect(await ledger.loadCatalogue()).toBeNull();
      const at = new Date("2026-11-23T10:00:00.123Z");
      await ledger.keepCatalogue({ old: true }, new Date(0));
      await ledger.keepCatalogue({ names: ["ключ 🔑", "a'b\\c"] }, at);
      expect(await ledger.loadCatalogue()).toEqual({ catalogue: { names: ["ключ 🔑", "a'b\\c"] }, readAt: at });
    });
  });
}
