// Does exactly one request get its turn, and none that must wait?
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimRequest } from "../../../src/purchases/ledger/claim.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { NewPurchase, Purchase } from "../../../src/purchases/purchase.ts";
import {
  changed,
  claimed,
  claimRequest,
  decided,
  find,
  limits,
  outcomes,
  recorded,
  type Standing,
  standing,
  startBuying,
  term,
  wordOf,
} from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeClaiming(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  const tryClaim = async (purchase: Purchase, changes: Partial<ClaimRequest> = {}, by = ledger) =>
    wordOf(await by.claim(claimRequest(purchase, changes)));
  /** The fence as it stands, so that nothing but what the test is about refuses. */
  const fenceOf = (purchase: Purchase) => ledger.readFence(claimRequest(purchase));

  describe("a claim", () => {
    it("makes the intent durable before anything is sent", async () => {
      const pending = await recorded(ledger, 1);
      const claim = await ledger.claim(claimRequest(pending, { cost: "12.3456", isAnnounced: true }));
      expect(claim).toMatchObject({ kind: "claimed", n: 1, marker: `im-${pending.id}-1` });
      const found = await find(ledger, pending);
      expect(found).toMatchObject({
        state: "Sending",
        reason: null,
        action: "order",
        version: 2,
        attempts: 1,
        sends: 1,
      });
      expect(found.expectedExpiry).toBe("2026-12-23");
      expect(claim.kind === "claimed" && claim.purchase).toEqual({ ...found, stateAgeMs: 0 });
      expect(await ledger.newestAttempt(pending.id)).toMatchObject({
        purchaseId: pending.id,
        n: 1,
        marker: `im-${pending.id}-1`,
        account: "main",
        action: "order",
        licence: "1000001",
        tariff: "23221",
        remoteServiceId: null,
        listBefore: [{ id: "900", expiresOn: null }],
        cost: "12.3456",
        currency: "USD",
        isAnnounced: true,
        madeOn: new Date().toISOString().slice(0, 10),
      });
    });

    it("of a renewal remembers its module", async () => {
      const pending = await recorded(ledger, 1);
      const sending = await claimed(ledger, pending, { action: "renew", moduleId: "901" });
      expect(sending).toEqual({ ...(await find(ledger, pending)), stateAgeMs: 0 });
      expect(await find(ledger, pending)).toMatchObject({ action: "renew", remoteServiceId: "901" });
      expect(await ledger.newestAttempt(pending.id)).toMatchObject({ action: "renew", remoteServiceId: "901" });
    });

    it("counts the time since its deadline by the ledger's clock", async () => {
      const sending = await standing(ledger, 1, "Sending");
      const before = await ledger.newestAttempt(sending.id);
      expect(before?.sinceDeadlineMs).toBeGreaterThanOrEqual(-70_000);
      expect(before?.sinceDeadlineMs).toBeLessThan(-50_000);
      await get().letPass(80_000);
      expect((await ledger.newestAttempt(sending.id))?.sinceDeadlineMs).toBeGreaterThanOrEqual(10_000);
    });

    it("counts its attempts on, and keeps both", async () => {
      const again = await standing(ledger, 1, "Pending again");
      expect(await claimed(ledger, again)).toMatchObject({ attempts: 2, sends: 1 });
      const { attempts } = await ledger.readHistory(again.id);
      expect(attempts.map(({ marker }) => marker)).toEqual([`im-${again.id}-1`, `im-${again.id}-2`]);
    });
  });

  describe("no claim", () => {
    it.each(["off", "shadow"] as const)("is made while buying is %s", async (position) => {
      const pending = await recorded(ledger, 1);
      await ledger.setBuying({ position, paidSince: null, actor: "test", why: "test" });
      expect(await tryClaim(pending)).toBe("not-on");
      expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1, attempts: 0 });
      expect(await ledger.newestAttempt(pending.id)).toBeNull();
    });

    it("is made from a reading that is out of date", async () => {
      const pending = await recorded(ledger, 1);
      await changed(ledger, pending, { to: "Pending", reason: "unpaid" });
      expect(await tryClaim(pending)).toBe("moved");
      expect(await ledger.newestAttempt(pending.id)).toBeNull();
    });

    it.each([
      "Sending",
      "Unknown",
      "Ordered",
      "Purchased",
      "NeedsOperator",
      "NeedsOperator sent",
      "Refunded",
      "Refunded sent",
      "Ignored",
    ] as Standing[])("is made of a purchase in %s", async (where) => {
      const purchase = await standing(ledger, 1, where);
      expect(await tryClaim(purchase, { fence: await fenceOf(purchase) })).toBe("moved");
      expect(await find(ledger, purchase)).toMatchObject({ state: purchase.state, version: purchase.version });
    });

    it("is made a third time, whoever decided it", async () => {
      const asked = await standing(ledger, 1, "NeedsOperator sent");
      const again = await changed(ledger, asked, { to: "Pending", decision: decided("buy-again") });
      expect(again).toMatchObject({ sends: 1, attempts: 1 });
      const second = await claimed(ledger, again);
      expect(second).toMatchObject({ state: "Sending", sends: 2, attempts: 2 });
      const unknown = await changed(ledger, second, { to: "Unknown" });
      const asking = await changed(ledger, unknown, { to: "NeedsOperator", reason: "absent" });
      const third = await changed(ledger, asking, { to: "Pending", decision: decided("buy-again") });
      expect(await tryClaim(third, { fence: await fenceOf(third) })).toBe("moved");
      expect(await find(ledger, third)).toMatchObject({ state: "Pending", sends: 2, attempts: 2 });
    });

    it("is made without the right to the period", async () => {
      const again = await changed(ledger, await standing(ledger, 1, "Refunded"), { to: "Pending" });
      expect(again.holdsPeriod).toBe(false);
      expect(await tryClaim(again)).toBe("moved");
    });

    it("is made when somebody else has asked for the same since the account's list was read", async () => {
      const pending = await recorded(ledger, 1);
      const fence = await fenceOf(pending);
      const other = await claimed(ledger, await recorded(ledger, 2, { licence: "1000001" }));
      await changed(ledger, other, { to: "Pending", sends: 0, outcome: { n: 1, outcome: outcomes.refused } });
      expect(await tryClaim(pending, { fence })).toBe("moved");
      expect(await tryClaim(pending, { fence: await fenceOf(pending) })).toBe("claimed");
    });

    it("is made when a module was bound for the same since the account's list was read", async () => {
      const pending = await recorded(ledger, 1);
      const fence = await fenceOf(pending);
      const other = await recorded(ledger, 2, { licence: "1000001" });
      await changed(ledger, other, { to: "Ordered", reason: "manual", binding: term(other, "901") });
      expect(await tryClaim(pending, { fence })).toBe("moved");
    });

    it.each(["Sending", "Unknown", "Ordered", "NeedsOperator sent"] as Standing[])(
      "is made while another service's attempt for the same licence and tariff is in %s",
      async (where) => {
        await standing(ledger, 2, where, { licence: "1000001" });
        const pending = await recorded(ledger, 1);
        expect(await tryClaim(pending, { fence: await fenceOf(pending) })).toBe("earlier_period");
      },
    );

    it.each(["Pending again", "Purchased"] as Standing[])("is forbidden by one that is in %s", async (where) => {
      await standing(ledger, 2, where, { licence: "1000001" });
      const pending = await recorded(ledger, 1);
      expect(await tryClaim(pending, { fence: await fenceOf(pending) })).toBe("claimed");
    });

    it("is forbidden by an attempt for another licence or another tariff", async () => {
      await standing(ledger, 2, "Sending", { licence: "1000001", tariff: "99" });
      await standing(ledger, 3, "Sending");
      expect(await tryClaim(await recorded(ledger, 1))).toBe("claimed");
    });
  });

  describe("an earlier period of the service", () => {
    const earlier: Partial<NewPurchase> = { serviceRef: "h1", period: { start: "2026-10-23", months: 1 } };
    const cases: readonly (readonly [Standing, boolean])[] = [
      ["Pending", true],
      ["Pending again", true],
      ["Sending", true],
      ["Unknown", true],
      ["Ordered", true],
      ["NeedsOperator sent", true],
      ["NeedsOperator", false],
      ["Purchased", false],
      ["Refunded", false],
      ["Refunded sent", false],
      ["Ignored", false],
    ];
    it.each(cases)("in %s is unsettled: %s", async (where, isUnsettled) => {
      await standing(ledger, 2, where, earlier);
      const pending = await recorded(ledger, 1);
      expect(await ledger.hasEarlierUnsettled(pending)).toBe(isUnsettled);
      expect(await tryClaim(pending, { fence: await fenceOf(pending) })).toBe(
        isUnsettled ? "earlier_period" : "claimed",
      );
    });

    it.each(["unpaid", "buying_off", "awaiting_balance", "shadow"] as const)("that waits for %s", async (reason) => {
      const first = await recorded(ledger, 2, earlier);
      await changed(ledger, first, { to: "Pending", reason });
      expect(await ledger.hasEarlierUnsettled(await recorded(ledger, 1))).toBe(reason !== "unpaid");
    });

    it("is none of a later period, of another service, or of itself", async () => {
      await recorded(ledger, 2, { ...earlier, period: { start: "2026-12-23", months: 1 } });
      await recorded(ledger, 3, { period: { start: "2026-10-23", months: 1 } });
      expect(await ledger.hasEarlierUnsettled(await recorded(ledger, 1))).toBe(false);
    });
  });

  describe("the keys", () => {
    const cases: readonly (readonly [Standing, boolean, boolean])[] = [
      ["Pending", false, false],
      ["Pending again", false, false],
      ["Sending", true, true],
      ["Unknown", true, false],
      ["Ordered", true, false],
      ["Purchased", false, false],
      ["NeedsOperator", false, false],
      ["NeedsOperator sent", true, false],
      ["Refunded", false, false],
      ["Refunded sent", false, false],
    ];
    it.each(cases)("in %s: same thing in flight %s, slot taken %s", async (where, isBusy, hasSlot) => {
      await standing(ledger, 2, where, { licence: "1000001" });
      const same = await recorded(ledger, 1);
      expect((await fenceOf(same)).isBusy).toBe(isBusy);
      const other = await recorded(ledger, 3);
      expect(await tryClaim(other, { limits: { ...limits, ordersInFlight: 1 } })).toBe(hasSlot ? "slots" : "claimed");
    });

    it("are kept while a sent row is only flagged", async () => {
      const sending = await standing(ledger, 2, "Sending", { licence: "1000001" });
      await changed(ledger, sending, { to: "Sending", isReversed: true });
      expect((await fenceOf(await recorded(ledger, 1))).isBusy).toBe(true);
      expect(await tryClaim(await recorded(ledger, 3), { limits: { ...limits, ordersInFlight: 1 } })).toBe("slots");
    });
  });
}
