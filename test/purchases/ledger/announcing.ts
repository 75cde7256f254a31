// Is it known of which events the host's own automation was told, and is none lost or told twice?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { changed, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const hourMs = 3_600_000;

export function describeAnnouncing(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  /** Purchase `n`, bought to the 24th, and what is told of it. */
  async function bought(n: number, announce: "purchased" | "renewed" = "purchased"): Promise<Purchase> {
    const ordered = await standing(ledger, n, "Ordered");
    return await changed(ledger, ordered, {
      to: "Purchased",
      binding: term(ordered, String(5000 + n), "2026-12-24"),
      announce,
    });
  }

  it("nothing is due of what was changed without a word", async () => {
    await standing(ledger, 1, "Purchased");
    expect([await ledger.takeAnnouncement(), await ledger.listUnheard()]).toEqual([null, []]);
  });

  it("what a change announces is due at once, for one process, and is over when it was told", async () => {
    const purchase = await bought(1, "renewed");
    const elsewhere = get().elsewhere();
    const taken = await ledger.takeAnnouncement();
    expect(taken).toMatchObject({
      type: "renewed",
      purchase: { id: purchase.id, state: "Purchased", licence: purchase.licence },
      expiresOn: "2026-12-24",
      tries: 0,
    });
    expect(new Set(Object.keys(taken?.purchase ?? {}))).toEqual(new Set(Object.keys(purchase)));
    expect(Math.abs((taken?.at.getTime() ?? 0) - Date.now())).toBeLessThan(hourMs);
    expect(await elsewhere.takeAnnouncement()).toBeNull();
    await ledger.finishAnnouncement({ purchaseId: purchase.id, type: "renewed" });
    await get().letPass(30 * 24 * hourMs);
    expect([await ledger.takeAnnouncement(), await ledger.listUnheard()]).toEqual([null, []]);
  });

  it("whoever took one and ends has it taken again by the next, a minute later", async () => {
    const { id } = await bought(1);
    await ledger.takeAnnouncement();
    await get().letPass(59_000);
    expect(await ledger.takeAnnouncement()).toBeNull();
    await get().letPass(2_000);
    expect(await get().elsewhere().takeAnnouncement()).toMatchObject({ purchase: { id }, tries: 0 });
  });

  it("a change that somebody else was faster with announces nothing", async () => {
    const ordered = await standing(ledger, 1, "Ordered");
    await changed(ledger, ordered, { to: "NeedsOperator", reason: "not_active" });
    const late = { to: "Purchased", reason: null, actor: "test", announce: "purchased" } as const;
    expect(await ledger.change(ordered, late)).toEqual({ kind: "moved" });
    expect(await ledger.takeAnnouncement()).toBeNull();
  });

  it("one that failed is due again when it was said, the longest due first, and is listed until then", async () => {
    const [first, second] = [await bought(1), await bought(2)];
    for (const { id: purchaseId } of [first, second]) {
      await ledger.postponeAnnouncement(
        { purchaseId, type: "purchased" },
        { failure: "http_503", againInMs: purchaseId === first.id ? 2 * hourMs : hourMs },
      );
    }
    expect(await ledger.takeAnnouncement()).toBeNull();
    await get().letPass(3 * hourMs);
    const unheard = { failure: "http_503", waiting: 2, givenUp: 0, oldestSeconds: expect.closeTo(10_800, -2) };
    expect(await ledger.listUnheard()).toEqual([unheard]);
    expect(await ledger.takeAnnouncement()).toMatchObject({ purchase: { id: second.id }, tries: 1 });
    const taken = await ledger.takeAnnouncement();
    expect(taken).toMatchObject({ purchase: { id: first.id }, tries: 1, ageMs: expect.closeTo(3 * hourMs, -5) });
  });

  it("one that is given up is never due again, and listed for a week", async () => {
    const { id: purchaseId } = await bought(1);
    const key = { purchaseId, type: "purchased" } as const;
    await ledger.postponeAnnouncement(key, { failure: "ECONNREFUSED", againInMs: null });
    await get().letPass(6 * 24 * hourMs);
    expect(await ledger.takeAnnouncement()).toBeNull();
    expect(await ledger.listUnheard()).toMatchObject([{ failure: "ECONNREFUSED", waiting: 0, givenUp: 1 }]);
    await get().letPass(2 * 24 * hourMs);
    expect(await ledger.listUnheard()).toEqual([]);
  });

  describe("a term that has ended", () => {
    it("is announced once, beside what was announced of its purchase before", async () => {
      const { id: purchaseId } = await bought(1);
      const ended = [{ purchaseId, expiresOn: "2026-12-24" }];
      await ledger.announceExpired([]);
      for (const each of [ledger, get().elsewhere()]) await each.announceExpired(ended);
      const types = [await ledger.takeAnnouncement(), await ledger.takeAnnouncement()].map((taken) => taken?.type);
      expect(new Set(types)).toEqual(new Set(["expired", "purchased"]));
      await ledger.finishAnnouncement({ purchaseId, type: "expired" });
      await ledger.finishAnnouncement({ purchaseId, type: "purchased" });
      await ledger.announceExpired(ended);
      expect(await ledger.takeAnnouncement()).toBeNull();
    });

    it("counts from the day on which that was wanted first, which is forgotten when it is not", async () => {
      const today = (await ledger.readClock()).toISOString().slice(0, 10);
      expect(await ledger.announcesSince(false)).toBeNull();
      expect(await ledger.announcesSince(true)).toBe(today);
      expect(await get().elsewhere().announcesSince(true)).toBe(today);
      expect(await ledger.announcesSince(false)).toBeNull();
      expect(await ledger.announcesSince(true)).toBe(today);
    });
  });
}
