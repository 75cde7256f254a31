// Do many that ask at once share slots, caps and things to buy without one too many?
import { beforeEach, describe, expect, it } from "vitest";
import type { ClaimRequest } from "../../../src/purchases/ledger/claim.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { changed, claimed, claimRequest, find, limits, outcomes, recorded, startBuying, wordOf } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const hour = 3_600_000;

export function describeCompeting(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  const tryClaim = async (purchase: Purchase, changes: Partial<ClaimRequest> = {}, by = ledger) =>
    wordOf(await by.claim(claimRequest(purchase, changes)));

  describe("at once", () => {
    it("two claims of one purchase: one is made", async () => {
      const other = get().elsewhere();
      for (let n = 1; n <= 5; n++) {
        const pending = await recorded(ledger, n);
        const words = await Promise.all([tryClaim(pending), tryClaim(pending, { owner: "process-2" }, other)]);
        expect(words.filter((word) => word === "claimed")).toHaveLength(1);
        expect((await ledger.readHistory(pending.id)).attempts).toHaveLength(1);
        await changed(ledger, await find(ledger, pending), { to: "Pending", sends: 0 });
      }
    });

    it("two purchases of one licence and tariff: one is made", async () => {
      const other = get().elsewhere();
      for (let n = 1; n <= 5; n++) {
        const rows = [
          await recorded(ledger, n, { licence: "42", tariff: String(n) }),
          await recorded(ledger, n + 10, { licence: "42", tariff: String(n) }),
        ];
        const [first, second] = rows;
        if (first === undefined || second === undefined) throw new Error("two rows");
        const words = await Promise.all([tryClaim(first), tryClaim(second, {}, other)]);
        expect(words.filter((word) => word === "claimed")).toHaveLength(1);
        for (const row of await ledger.listPurchases({ state: "Sending" }))
          await changed(ledger, row, { to: "Unknown" });
      }
    });

    it("twenty from three processes: as many as there are slots", async () => {
      const processes = [ledger, get().elsewhere(), get().elsewhere()];
      const rows = await Promise.all(Array.from({ length: 20 }, (_, index) => recorded(ledger, index + 1)));
      const words = await Promise.all(rows.map((row, index) => tryClaim(row, {}, processes[index % 3])));
      expect(words.filter((word) => word === "claimed")).toHaveLength(4);
      expect(new Set(words)).toEqual(new Set(["claimed", "slots"]));
      expect(await ledger.listPurchases({ state: "Sending" })).toHaveLength(4);
    });

    it("twenty under a cap for seven: seven", async () => {
      const processes = [ledger, get().elsewhere(), get().elsewhere()];
      const rows = await Promise.all(Array.from({ length: 20 }, (_, index) => recorded(ledger, index + 1)));
      const capped = { limits: { ...limits, ordersInFlight: 50, capDay: "79.9999" } };
      const words = await Promise.all(rows.map((row, index) => tryClaim(row, capped, processes[index % 3])));
      expect(words.filter((word) => word === "claimed")).toHaveLength(7);
      expect(new Set(words)).toEqual(new Set(["claimed", "spend_cap"]));
    });
  });

  describe("spending caps", () => {
    const exceeds = (cost: string | null, caps: { capDay?: string; capMonth?: string }) =>
      ledger.exceedsCaps({ account: "main", cost, limits: { ...limits, ...caps } });

    it("count the last day and the last thirty days, to the last digit", async () => {
      await claimed(ledger, await recorded(ledger, 1), { cost: "10.0001" });
      expect(await exceeds("9.9999", { capDay: "20" })).toBe(false);
      expect(await exceeds("10", { capDay: "20" })).toBe(true);
      expect(await exceeds("9.9999", { capMonth: "20.0000" })).toBe(false);
      expect(await exceeds("9.99990001", { capMonth: "20" })).toBe(true);
      await get().letPass(24 * hour - 60_000);
      expect(await exceeds("10", { capDay: "20" })).toBe(true);
      await get().letPass(60_000);
      expect(await exceeds("20", { capDay: "20" })).toBe(false);
      expect(await exceeds("20.0001", { capDay: "20" })).toBe(true);
      expect(await exceeds("10", { capMonth: "20" })).toBe(true);
      await get().letPass(29 * 24 * hour);
      expect(await exceeds("20", { capMonth: "20" })).toBe(false);
    });

    it("count what was accepted, what is unresolved, and nothing that was refused or not sent", async () => {
      const kinds = [outcomes.accepted, outcomes.unknown, outcomes.refused, outcomes.notSent];
      for (const [index, outcome] of kinds.entries()) {
        const sending = await claimed(ledger, await recorded(ledger, index + 1), { cost: "1" });
        await changed(ledger, sending, { to: "Unknown", outcome: { n: 1, outcome } });
      }
      await claimed(ledger, await recorded(ledger, 9), { cost: "1" });
      expect(await exceeds("1", { capDay: "4" })).toBe(false);
      expect(await exceeds("1.0001", { capDay: "4" })).toBe(true);
    });

    it("are none where none is set, and a cost that nobody knows is not counted", async () => {
      expect(await exceeds("99999999", {})).toBe(false);
      expect(await exceeds(null, { capDay: "1" })).toBe(false);
      await claimed(ledger, await recorded(ledger, 1), { cost: null, currency: null });
      expect(await exceeds("1", { capDay: "1" })).toBe(false);
    });

    it("are each account's", async () => {
      await claimed(ledger, await recorded(ledger, 1), { account: "ru" });
      expect(await exceeds("10", { capDay: "10" })).toBe(false);
      expect(await ledger.exceedsCaps({ account: "ru", cost: "1", limits: { ...limits, capDay: "10" } })).toBe(true);
    });

    it("are asked again when claiming", async () => {
      const pending = await recorded(ledger, 1);
      expect(await tryClaim(pending, { limits: { ...limits, capDay: "9.9999" } })).toBe("spend_cap");
      expect(await tryClaim(pending, { limits: { ...limits, capMonth: "9.9999" } })).toBe("spend_cap");
      expect(await tryClaim(pending, { limits: { ...limits, capDay: "10", capMonth: "10" } })).toBe("claimed");
    });
  });
}
