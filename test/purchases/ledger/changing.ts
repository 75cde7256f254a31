// Does a purchase change only as listed, and by one at a time?
import { beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../../src/purchases/ledger/change.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { changed, claimed, decided, find, outcomes, recorded, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const wait: Change = { to: "Pending", reason: "shadow", actor: "test" };

export function describeChanging(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("a change", () => {
    it("is stored with its history, and the version grows", async () => {
      const before = await recorded(ledger, 1);
      const after = await changed(ledger, before, {
        to: "Pending",
        reason: "shadow",
        detail: { cost: "10.00" },
        actor: "buyer",
      });
      expect(after).toMatchObject({ reason: "shadow", detail: { cost: "10.00" }, version: 2 });
      const { transitions } = await ledger.readHistory(before.id);
      expect(
        transitions.map(({ version, fromState, toState, reason, actor }) => [
          version,
          fromState,
          toState,
          reason,
          actor,
        ]),
      ).toEqual([
        [1, null, "Pending", null, "test"],
        [2, "Pending", "Pending", "shadow", "buyer"],
      ]);
    });

    it("from a reading that is out of date stores nothing", async () => {
      const before = await recorded(ledger, 1);
      const present = await changed(ledger, before, { to: "Pending", reason: "unpaid" });
      expect(await ledger.change(before, { ...wait, detail: { x: 1 } })).toEqual({ kind: "moved" });
      expect(await find(ledger, before)).toEqual({ ...present, stateAgeMs: expect.any(Number) });
      expect((await ledger.readHistory(before.id)).transitions).toHaveLength(2);
    });

    it("of one reading by eight processes at once is made once", async () => {
      const before = await recorded(ledger, 1);
      const processes = [ledger, get().elsewhere()];
      const results = await Promise.all(Array.from({ length: 8 }, (_, n) => processes[n % 2]?.change(before, wait)));
      expect(results.map((result) => result?.kind).sort()).toEqual([
        "changed",
        ...Array.from({ length: 7 }, () => "moved"),
      ]);
      expect(await find(ledger, before)).toMatchObject({ version: 2 });
    });

    it.each([
      ["Purchased", { to: "Pending", reason: null }],
      ["Ignored", { to: "Pending", reason: null }],
      ["Refunded", { to: "Ordered", reason: null }],
      ["Pending", { to: "Pending", reason: null, holdUntil: new Date(0) }],
      ["Pending", { to: "Pending", reason: "awaiting_balance", holdUntil: new Date(0), decision: decided("wait") }],
      ["Pending", { to: "Pending", reason: null, decision: decided("recheck") }],
      ["Unknown", { to: "Ordered", reason: null, decision: decided("bind") }],
      ["NeedsOperator", { to: "Ordered", reason: "manual" }],
      ["NeedsOperator", { to: "Refunded", reason: null }],
      ["NeedsOperator sent", { to: "Pending", reason: null }],
      ["NeedsOperator sent", { to: "Ordered", reason: null }],
      ["NeedsOperator sent", { to: "Refunded", reason: "before_send" }],
      ["Unknown", { to: "Purchased", reason: null }],
      ["Pending", { to: "Unknown", reason: null }],
      ["Ordered", { to: "Pending", reason: null }],
      ["Pending", { to: "Pending", reason: "absent" }],
      ["Pending", { to: "NeedsOperator", reason: null }],
      ["Ordered", { to: "Purchased", reason: "shadow" }],
    ] as const)("from %s to %j is not listed and is refused", async (where, change) => {
      const before = await standing(ledger, 1, where);
      await expect(ledger.change(before, { ...change, actor: "test" })).rejects.toMatchObject({
        name: "InvariantError",
      });
      expect(await find(ledger, before)).toMatchObject({ version: before.version, state: before.state });
    });

    it("leaves alone what it does not name", async () => {
      const before = await standing(ledger, 1, "Ordered");
      const after = await changed(ledger, before, { to: "Ordered", isReversed: true });
      expect(after).toEqual({
        ...before,
        isReversed: true,
        version: before.version + 1,
        waits: 1,
        stateAgeMs: expect.any(Number),
      });
    });

    it("counts how often the same wait was renewed, and begins anew with another", async () => {
      let purchase = await recorded(ledger, 1);
      const waits: number[] = [];
      for (const reason of ["unpaid", "unpaid", "unpaid", "shadow"] as const) {
        purchase = await changed(ledger, purchase, { to: "Pending", reason });
        waits.push(purchase.waits);
      }
      expect(waits).toEqual([0, 1, 2, 0]);
    });

    it("tells since when the present state stands, whatever changes within it", async () => {
      const before = await recorded(ledger, 1);
      await get().letPass(60_000);
      expect((await changed(ledger, before, wait)).stateAgeMs).toBeGreaterThanOrEqual(60_000);
      const sending = await claimed(ledger, await find(ledger, before));
      expect((await find(ledger, sending)).stateAgeMs).toBeLessThan(30_000);
    });
  });

  describe("an outcome", () => {
    const answered = (
      before: Purchase,
      outcome: (typeof outcomes)[keyof typeof outcomes],
      to: Change["to"] = "Unknown",
    ) => ledger.change(before, { to, reason: null, actor: "test", outcome: { n: 1, outcome } });

    it("is kept although the row had moved", async () => {
      const sending = await standing(ledger, 1, "Sending");
      await changed(ledger, sending, { to: "Unknown" });
      expect(await answered(sending, outcomes.accepted)).toEqual({ kind: "moved" });
      const attempt = await ledger.newestAttempt(sending.id);
      expect(attempt && (await ledger.readOutcome(attempt))).toEqual(outcomes.accepted);
      expect(await find(ledger, sending)).toMatchObject({ state: "Unknown" });
    });

    it("that came first stands, whatever is told later", async () => {
      const sending = await standing(ledger, 1, "Sending");
      await answered(sending, outcomes.unknown);
      await answered(sending, outcomes.refused);
      const attempt = await ledger.newestAttempt(sending.id);
      expect(attempt && (await ledger.readOutcome(attempt))).toEqual(outcomes.unknown);
    });

    it("of the newest attempt that has one is told as the purchase's own", async () => {
      const sending = await standing(ledger, 1, "Sending");
      await answered(sending, outcomes.refused, "Pending");
      const again = await claimed(ledger, await find(ledger, sending));
      expect(await ledger.newestOutcome(sending.id)).toEqual(outcomes.refused);
      await ledger.change(again, {
        ...{ to: "Unknown", reason: null, actor: "test" },
        outcome: { n: 2, outcome: outcomes.unknown },
      });
      expect(await ledger.newestOutcome(sending.id)).toEqual(outcomes.unknown);
    });

    it("is none until there is one", async () => {
      const sending = await standing(ledger, 1, "Sending");
      expect(await ledger.newestOutcome(sending.id)).toBeNull();
      const attempt = await ledger.newestAttempt(sending.id);
      expect(attempt && (await ledger.readOutcome(attempt))).toBeNull();
      expect(await ledger.newestAttempt("nobody")).toBeNull();
    });
  });

  describe("a binding", () => {
    it("pays for one purchase only, and the second change stores nothing", async () => {
      const first = await standing(ledger, 1, "Unknown");
      const second = await standing(ledger, 2, "Unknown");
      await changed(ledger, first, { to: "Ordered", binding: term(first, "901") });
      const change: Change = { to: "Ordered", reason: null, actor: "test", binding: term(second, "901") };
      expect(await ledger.change(second, { ...change, outcome: { n: 1, outcome: outcomes.accepted } })).toEqual({
        kind: "bound-elsewhere",
      });
      expect(await find(ledger, second)).toMatchObject({ state: "Unknown", version: second.version });
      expect(await ledger.listBindings("main", ["901"])).toMatchObject([{ purchaseId: first.id }]);
    });

    it("to one term, asked for by many at once, is given to one", async () => {
      const rows = await Promise.all([1, 2, 3, 4].map((n) => standing(ledger, n, "Unknown")));
      const processes = [ledger, get().elsewhere()];
      const results = await Promise.all(
        rows.map((row, index) =>
          processes[index % 2]?.change(row, { to: "Ordered", reason: null, actor: "test", binding: term(row, "901") }),
        ),
      );
      expect(results.filter((result) => result?.kind === "changed")).toHaveLength(1);
      expect(results.filter((result) => result?.kind === "bound-elsewhere")).toHaveLength(3);
    });

    it("to another term of the same module pays for another purchase", async () => {
      const first = await standing(ledger, 1, "Unknown");
      const second = await standing(ledger, 2, "Unknown");
      await changed(ledger, first, { to: "Ordered", binding: term(first, "901", "2026-12-23") });
      await changed(ledger, second, { to: "Ordered", binding: term(second, "901", "2027-01-23") });
      expect(await ledger.listBindings("main", ["901", "902"])).toEqual([
        {
          ...{ moduleId: "901", serviceRef: "h2", purchaseId: second.id, newestExpiry: "2027-01-23" },
          ...{ boundExpiry: "2027-01-23", adopted: null },
        },
      ]);
      expect(await ledger.listBindings("main", ["901"], second.id)).toMatchObject([{ purchaseId: first.id }]);
      expect(await ledger.listBindings("other", ["901"])).toEqual([]);
      expect(await ledger.listBindings("main", [])).toEqual([]);
    });

    it("is replaced when the same purchase is bound again, the same one included", async () => {
      const ordered = await standing(ledger, 1, "Ordered");
      const bindTo = async (before: Purchase, expiry: string) =>
        await changed(ledger, before, { to: "Ordered", binding: term(before, "901", expiry) });
      const again = await bindTo(await bindTo(ordered, "2026-12-24"), "2026-12-24");
      expect(await ledger.listBindings("main", ["901", "5001"])).toMatchObject([{ newestExpiry: "2026-12-24" }]);
      await changed(ledger, again, { to: "Purchased", binding: term(again, "901", "2026-12-24") });
    });

    it("found by looking is made only while the ledger knows nothing newer than the look", async () => {
      const row = await recorded(ledger, 1);
      const { licence, tariff } = term(row, "901");
      const known = await ledger.readFence({ purchase: row, licence, tariff });
      const bind = async (from: typeof known): Promise<string> => {
        const before = await find(ledger, row);
        const fence = { licence, tariff, known: from };
        const change: Change = { to: "Ordered", reason: "manual", actor: "test", binding: term(row, "901"), fence };
        return (await ledger.change(before, change)).kind;
      };
      const other = await claimed(ledger, await recorded(ledger, 2, { licence }));
      expect(await bind(known)).toBe("moved");
      expect(await bind(await ledger.readFence({ purchase: row, licence, tariff }))).toBe("moved");
      await changed(ledger, other, { to: "Pending", sends: 0 });
      expect(await bind(known)).toBe("moved");
      expect(await find(ledger, row)).toMatchObject({ state: "Pending", version: 1 });
      expect(await ledger.listBindings("main", ["901"])).toEqual([]);
      expect(await bind(await ledger.readFence({ purchase: row, licence, tariff }))).toBe("changed");
    });

    it("says which modules the account must still show", async () => {
      const ordered = await standing(ledger, 1, "Ordered");
      const key = { account: "main", licence: ordered.licence ?? "", tariff: ordered.tariff ?? "" };
      expect(await ledger.listModulesStillPaid({ ...key, day: "2026-12-22" })).toEqual(["5001"]);
      expect(await ledger.listModulesStillPaid({ ...key, day: "2026-12-23" })).toEqual([]);
      expect(await ledger.listModulesStillPaid({ ...key, licence: "1", day: "2026-12-22" })).toEqual([]);
    });
  });
}
