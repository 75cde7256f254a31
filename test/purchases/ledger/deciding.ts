// Is what a person decides stored whole, once, and only about what they saw?
import { beforeEach, describe, expect, it } from "vitest";
import type { Change } from "../../../src/purchases/ledger/change.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { changed, decided, find, inAnHour, newPurchase, recorded, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeDeciding(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("a decision", () => {
    const putOff: Change = {
      to: "NeedsOperator",
      reason: "absent",
      actor: "cli:ann",
      holdUntil: inAnHour(),
      decision: decided("wait"),
    };
    const countOf = async (purchase: Purchase) => {
      const { decisions, observations, transitions } = await ledger.readHistory(purchase.id);
      return [decisions.length, observations.length, transitions.length];
    };

    it("from a reading that is out of date stores nothing, its look included", async () => {
      const before = await standing(ledger, 1, "NeedsOperator sent");
      const present = await changed(ledger, before, { to: "NeedsOperator", reason: "absent", isReversed: true });
      const counts = await countOf(before);
      const look = { n: 1, verdict: "absent", digest: "0".repeat(64), detail: {} } as const;
      expect(await ledger.change(before, { ...putOff, decision: decided("wait", { look }) })).toEqual({
        kind: "moved",
      });
      expect(await find(ledger, before)).toEqual({ ...present, stateAgeMs: expect.any(Number) });
      expect(await countOf(before)).toEqual(counts);
    });

    it("of one reading by eight at once is made once", async () => {
      const before = await standing(ledger, 1, "NeedsOperator sent");
      const processes = [ledger, get().elsewhere()];
      const results = await Promise.all(
        Array.from({ length: 8 }, (_, n) =>
          processes[n % 2]?.change(
            before,
            n < 4 ? putOff : { to: "Pending", reason: null, actor: "cli:bob", decision: decided("buy-again") },
          ),
        ),
      );
      expect(results.filter((result) => result?.kind === "changed")).toHaveLength(1);
      expect(await find(ledger, before)).toMatchObject({ version: before.version + 1 });
      const { decisions } = await ledger.readHistory(before.id);
      expect(decisions.map(({ version }) => version)).toEqual([before.version]);
    });

    it("that binds a term which pays for another purchase stores nothing", async () => {
      const other = await standing(ledger, 2, "Purchased");
      const before = await standing(ledger, 1, "NeedsOperator sent");
      const counts = await countOf(before);
      const binding = term(other, "5002");
      const change: Change = { to: "Ordered", reason: null, actor: "test", binding, decision: decided("bind") };
      expect(await ledger.change(before, change)).toEqual({ kind: "bound-elsewhere" });
      expect(await countOf(before)).toEqual(counts);
    });

    it("that would bind a period which another purchase holds stores nothing", async () => {
      await recorded(ledger, 1);
      const before = await recorded(ledger, 2, { serviceRef: "h1" });
      const facts = newPurchase(2, { serviceRef: "h1" });
      expect(before.reason).toBe("period_already_covered");
      const change = { reason: "manual", actor: "test", binding: term(before, "901"), facts } as const;
      expect(await ledger.change(before, { ...change, to: "Ordered", decision: decided("bind") })).toEqual({
        kind: "covered",
      });
      expect(await ledger.listBindings("main", ["901"])).toEqual([]);
      expect((await countOf(before))[0]).toBe(0);
    });

    it("frees what was in flight when it buys again or settles, and nothing when it only puts off", async () => {
      const fenceOf = async (purchase: Purchase) => {
        const key = { licence: "42", tariff: purchase.tariff ?? "" };
        return (await ledger.readFence({ purchase: { ...purchase, id: "another" }, ...key })).isBusy;
      };
      for (const [n, end] of [
        [1, { to: "Pending", decision: decided("buy-again") }],
        [2, { to: "Refunded", decision: decided("refunded") }],
      ] as const) {
        const before = await standing(ledger, n, "NeedsOperator sent", { licence: "42" });
        const waiting = await changed(ledger, before, putOff);
        expect(await fenceOf(before)).toBe(true);
        expect(await changed(ledger, waiting, end)).toMatchObject({ sends: 1, holdUntil: null });
        expect(await fenceOf(before)).toBe(false);
      }
    });
  });
}
