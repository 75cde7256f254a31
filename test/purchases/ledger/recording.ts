// Does a paid line enter a ledger once, with its right to the period?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { NewPurchase } from "../../../src/purchases/purchase.ts";
import { changed, find, newPurchase, recorded, standing } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeRecording(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = get().ledger;
  });

  describe("events", () => {
    const event = (webhookId: string) => ({ webhookId, type: "invoice.paid", body: `{"n":"${webhookId}"}` });

    it("the same one fifty times at once from two processes is accepted once", async () => {
      const other = get().elsewhere();
      const answers = await Promise.all(
        Array.from({ length: 50 }, (_, index) => (index % 2 === 0 ? ledger : other).storeEvent(event("same"))),
      );
      expect(answers.filter((answer) => answer === "accepted")).toHaveLength(1);
      expect(answers.filter((answer) => answer === "duplicate")).toHaveLength(49);
      expect(await ledger.listOpenEvents(10)).toEqual([event("same")]);
    });

    it("many at once, with one repeated among them, are each told their own answer", async () => {
      await ledger.storeEvent(event("e7"));
      const ids = Array.from({ length: 40 }, (_, index) => `e${index}`);
      const answers = await Promise.all(ids.map((id) => ledger.storeEvent(event(id))));
      expect(ids.filter((_, index) => answers[index] === "duplicate")).toEqual(["e7"]);
      expect(await ledger.listOpenEvents(100)).toHaveLength(40);
    });

    it("stay duplicates after they were looked into", async () => {
      await ledger.storeEvent(event("a"));
      await ledger.closeEvent("a");
      expect(await ledger.listOpenEvents(10)).toEqual([]);
      expect(await ledger.storeEvent(event("a"))).toBe("duplicate");
      expect(await ledger.listOpenEvents(10)).toEqual([]);
    });

    it("ids that differ in case or by one character are different", async () => {
      for (const id of ["abc", "ABC", "abc_"]) expect(await ledger.storeEvent(event(id))).toBe("accepted");
    });

    it("are given oldest first, at most so many, and not before their time", async () => {
      for (const id of ["a", "b", "c"]) {
        await ledger.storeEvent(event(id));
        await get().letPass(1_000);
      }
      expect((await ledger.listOpenEvents(2)).map(({ webhookId }) => webhookId)).toEqual(["a", "b"]);
      await ledger.postponeEvent("a", 60_000);
      expect((await ledger.listOpenEvents(9)).map(({ webhookId }) => webhookId)).toEqual(["b", "c"]);
      await get().letPass(60_000);
      expect(await ledger.listOpenEvents(9)).toHaveLength(3);
    });

    it("the age of the newest of a type is told, and that there was none", async () => {
      expect(await ledger.newestEventAgeSeconds("invoice.paid")).toBeNull();
      await ledger.storeEvent(event("a"));
      await get().letPass(90_500);
      expect(await ledger.newestEventAgeSeconds("invoice.paid")).toBe(90);
      await ledger.storeEvent(event("b"));
      expect(await ledger.newestEventAgeSeconds("invoice.paid")).toBe(0);
      expect(await ledger.newestEventAgeSeconds("hook.heartbeat")).toBeNull();
    });
  });

  describe("a line", () => {
    it("is kept as it was given", async () => {
      const given = newPurchase(1, { firstPaidSeenAt: "2026-11-22 08:00:00" });
      expect(await ledger.record(given, "intake")).toEqual({ kind: "recorded", state: "Pending", reason: null });
      expect(await ledger.findPurchase(given.id)).toMatchObject({
        ...given,
        holdsPeriod: true,
        version: 1,
        attempts: 0,
        sends: 0,
        refusals: 0,
        isReversed: false,
        hasAutoRenewal: false,
        action: null,
        detail: null,
        remoteServiceId: null,
        expectedExpiry: null,
      });
    });

    it("is recorded once, however often and from wherever it is given", async () => {
      const other = get().elsewhere();
      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? ledger : other).record(newPurchase(1), "intake")),
      );
      expect(answers.filter((answer) => answer.kind === "recorded")).toHaveLength(1);
      expect(await find(ledger, newPurchase(1))).toMatchObject({ version: 1, state: "Pending" });
      expect((await ledger.readHistory(newPurchase(1).id)).transitions).toHaveLength(1);
    });

    it("without a period is recorded once as well", async () => {
      const odd = newPurchase(1, { period: null, state: "NeedsOperator", reason: "no_due_date" });
      const answers = await Promise.all([ledger, get().elsewhere()].map((each) => each.record(odd, "intake")));
      expect(answers.map(({ kind }) => kind).sort()).toEqual(["exists", "recorded"]);
    });

    it.each([
      ["Pending", "bad_licence"],
      ["NeedsOperator", null],
      ["NeedsOperator", "unpaid"],
      ["Ignored", "before_send"],
    ] as const)("is refused in %s with reason %s", async (state, reason) => {
      await expect(ledger.record(newPurchase(1, { state, reason }), "intake")).rejects.toMatchObject({
        name: "InvariantError",
      });
      expect(await ledger.listPurchases()).toEqual([]);
    });
  });

  describe("a period", () => {
    const ofService = (n: number, start: string, months = 1): NewPurchase =>
      newPurchase(n, { serviceRef: "h1", period: { start, months } });

    it("that overlaps another of its service is recorded for a person, without the right to it", async () => {
      await ledger.record(ofService(1, "2026-11-23"), "intake");
      await ledger.record(ofService(2, "2026-12-22"), "intake");
      expect(await find(ledger, newPurchase(2))).toMatchObject({
        state: "NeedsOperator",
        reason: "period_already_covered",
        holdsPeriod: false,
      });
    });

    it("is told of as what it was recorded", async () => {
      expect(await ledger.record(ofService(1, "2026-11-23"), "intake")).toEqual({
        kind: "recorded",
        state: "Pending",
        reason: null,
      });
      expect(await ledger.record(ofService(2, "2026-11-23"), "intake")).toEqual({
        kind: "recorded",
        state: "NeedsOperator",
        reason: "period_already_covered",
      });
      expect(await ledger.record(ofService(2, "2026-11-23"), "intake")).toEqual({ kind: "exists" });
    });

    it("that begins where another ends is free, and so is the same one of another service", async () => {
      await ledger.record(ofService(1, "2026-11-23"), "intake");
      await ledger.record(ofService(2, "2026-12-23", 12), "intake");
      await ledger.record(newPurchase(3), "intake");
      for (const n of [1, 2, 3])
        expect(await find(ledger, newPurchase(n))).toMatchObject({ state: "Pending", holdsPeriod: true });
    });

    it("of which two processes record overlapping ones at once belongs to exactly one", async () => {
      const processes = [ledger, get().elsewhere(), get().elsewhere()];
      for (let round = 0; round < 5; round++) {
        const serviceRef = `h${100 + round}`;
        const rows = ["2026-11-23", "2026-12-01", "2026-11-23"].map((start, index) =>
          newPurchase(10 * round + index + 1, { serviceRef, period: { start, months: 1 } }),
        );
        await Promise.all(rows.map((row, index) => processes[index]?.record(row, "intake")));
        const found = await Promise.all(rows.map((row) => find(ledger, row)));
        expect(found.filter((purchase) => purchase.holdsPeriod)).toHaveLength(1);
        expect(found.filter((purchase) => purchase.reason === "period_already_covered")).toHaveLength(2);
      }
    });

    it("keeps its own reason where it is covered and a person is asked anyway", async () => {
      await ledger.record(ofService(1, "2026-11-23"), "intake");
      await ledger.record({ ...ofService(2, "2026-11-23"), state: "NeedsOperator", reason: "bad_licence" }, "intake");
      expect(await find(ledger, newPurchase(2))).toMatchObject({ reason: "bad_licence", holdsPeriod: false });
    });

    it("is held by a row that a person decides over, and by none that is ignored", async () => {
      expect(await standing(ledger, 1, "NeedsOperator")).toMatchObject({ holdsPeriod: true });
      expect(await standing(ledger, 2, "Ignored")).toMatchObject({ holdsPeriod: false });
      await ledger.record({ ...newPurchase(3), serviceRef: "h2" }, "intake");
      expect(await find(ledger, newPurchase(3))).toMatchObject({ state: "Pending", holdsPeriod: true });
    });

    it("of which a prorated line pays for a part is nobody's: the next line begins within it", async () => {
      const prorated = { state: "NeedsOperator", reason: "prorated" } as const;
      await ledger.record({ ...ofService(1, "2026-11-23"), ...prorated }, "intake");
      const part = await find(ledger, newPurchase(1));
      expect(part.holdsPeriod).toBe(false);
      await ledger.record(ofService(2, "2026-12-01"), "intake");
      expect(await find(ledger, newPurchase(2))).toMatchObject({ state: "Pending", holdsPeriod: true });
      // Switched off for the product, it is a whole month like any other, and takes it where nobody else has.
      const facts = ofService(1, "2026-10-23");
      const whole = await changed(ledger, part, { to: "Pending", facts });
      expect(whole.holdsPeriod).toBe(true);
      expect(await changed(ledger, whole, { ...prorated, to: prorated.state, facts })).toMatchObject({
        holdsPeriod: false,
      });
    });

    it("given up by a refund is free for the row that was covered", async () => {
      const first = await recorded(ledger, 1, { serviceRef: "h1" });
      const second = await recorded(ledger, 2, { serviceRef: "h1" });
      const facts = newPurchase(2, { serviceRef: "h1" });
      expect(await ledger.change(second, { to: "Pending", reason: null, actor: "buyer", facts })).toEqual({
        kind: "covered",
      });
      expect(await find(ledger, second)).toEqual({ ...second, stateAgeMs: expect.any(Number) });
      expect(await changed(ledger, first, { to: "Refunded", reason: "before_send" })).toMatchObject({
        holdsPeriod: false,
      });
      expect(await changed(ledger, second, { to: "Pending", facts })).toMatchObject({ holdsPeriod: true });
    });

    it("that was refunded comes back without it, and has to take it again", async () => {
      const refunded = await standing(ledger, 1, "Refunded");
      const again = await changed(ledger, refunded, { to: "Pending" });
      expect(again.holdsPeriod).toBe(false);
      expect(await changed(ledger, again, { to: "Pending", facts: newPurchase(1) })).toMatchObject({
        holdsPeriod: true,
      });
    });

    it("moves with the facts, and leaves the old one free", async () => {
      const first = await recorded(ledger, 1, { serviceRef: "h1" });
      const facts = { ...newPurchase(1), serviceRef: "h1", period: { start: "2027-01-23", months: 1 } };
      expect(await changed(ledger, first, { to: "Pending", facts })).toMatchObject({
        period: facts.period,
        holdsPeriod: true,
      });
      expect(await recorded(ledger, 2, { serviceRef: "h1" })).toMatchObject({ state: "Pending", holdsPeriod: true });
    });
  });
}
