// Is a module that was bought before us linked once, and never while a claim may go by what was known before?
import { beforeEach, describe, expect, it } from "vitest";
import type { AdoptionRequest } from "../../../src/purchases/ledger/adoptions.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { changed, claimRequest, recorded, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeAdopting(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  /** Module 901 of service 1, up to 23 December, from what the ledger knows now. */
  const request = async (changes: Partial<AdoptionRequest> = {}): Promise<AdoptionRequest> => {
    const wanted = { licence: "1000001", tariff: "23221", ...changes };
    const fence = await ledger.readFence({ purchase: { id: "" }, ...wanted });
    const module = { account: "main", moduleId: "901", serviceRef: "h1", expiresOn: "2026-12-23" };
    return { ...module, actor: "cli:ann", why: "bought before", fence, ...wanted };
  };

  describe("an adoption", () => {
    it("makes the module its service's up to the day, and the account must show it until then", async () => {
      expect(await ledger.adoptModule(await request())).toBe("done");
      const adopted = { serviceRef: "h1", expiresOn: "2026-12-23", on: expect.any(String) };
      const known = { moduleId: "901", serviceRef: "h1", newestExpiry: "2026-12-23", adopted };
      expect(await ledger.listBindings("main", ["901", "902"])).toEqual([
        { ...known, purchaseId: null, boundExpiry: null },
      ]);
      expect((await ledger.listBindings("main", ["901"]))[0]?.adopted?.on).toMatch(/^\d{4}-\d\d-\d\d$/);
      expect(await ledger.listBindings("other", ["901"])).toEqual([]);
      expect(await ledger.listAdoptions("main")).toEqual([
        {
          account: "main",
          moduleId: "901",
          serviceRef: "h1",
          licence: "1000001",
          tariff: "23221",
          expiresOn: "2026-12-23",
        },
      ]);
      expect(await ledger.listAdoptions("other")).toEqual([]);
      const key = { account: "main", licence: "1000001", tariff: "23221" };
      expect(await ledger.listModulesStillPaid({ ...key, day: "2026-12-22" })).toEqual(["901"]);
      expect(await ledger.listModulesStillPaid({ ...key, day: "2026-12-23" })).toEqual([]);
      expect(await ledger.listModulesStillPaid({ ...key, licence: "2", day: "2026-12-22" })).toEqual([]);
    });

    it("is made once, whoever asks for it again", async () => {
      const other = { serviceRef: "h2", licence: "1000002" };
      const elsewhere = get().elsewhere();
      const wanted = [await request(), await request(other)];
      const results = await Promise.all(wanted.map((each, at) => [ledger, elsewhere][at]?.adoptModule(each)));
      expect(results.toSorted()).toEqual(["adopted", "done"]);
      expect(await ledger.listAdoptions("main")).toHaveLength(1);
    });

    it("yields to the newer term of a purchase, and is still told of", async () => {
      expect(await ledger.adoptModule(await request())).toBe("done");
      const later = await standing(ledger, 3, "Unknown", { licence: "1000001" });
      await changed(ledger, later, { to: "Ordered", binding: term(later, "901", "2027-01-23") });
      expect(await ledger.listBindings("main", ["901"])).toMatchObject([
        { serviceRef: "h3", purchaseId: later.id, boundExpiry: "2027-01-23", newestExpiry: "2027-01-23" },
      ]);
      expect(await ledger.listBindings("main", ["901"], later.id)).toMatchObject([
        { serviceRef: "h1", purchaseId: null, newestExpiry: "2026-12-23" },
      ]);
      const part = await standing(ledger, 4, "Unknown");
      await changed(ledger, part, { to: "Ordered", binding: term(part, "901", "2026-11-23") });
      expect(await ledger.listBindings("main", ["901"], later.id)).toMatchObject([
        { serviceRef: "h4", purchaseId: part.id, boundExpiry: "2026-11-23", newestExpiry: "2026-12-23" },
      ]);
    });

    it("of a module that pays for a purchase, or beside an attempt under way, is refused", async () => {
      const bought = await standing(ledger, 5, "Purchased");
      const key = { licence: bought.licence ?? "", serviceRef: "h5" };
      expect(await ledger.adoptModule(await request({ ...key, moduleId: "5005" }))).toBe("bound");
      for (const [n, state] of [
        [6, "Sending"],
        [7, "Unknown"],
        [8, "NeedsOperator sent"],
      ] as const) {
        const { licence } = await standing(ledger, n, state);
        expect(await ledger.adoptModule(await request({ licence: licence ?? "" })), state).toBe("busy");
      }
      expect(await ledger.listAdoptions("main")).toEqual([]);
    });

    it("between the look of a claim and the claim keeps it from being made", async () => {
      const purchase = await recorded(ledger, 1);
      const fence = await ledger.readFence(claimRequest(purchase));
      expect(await ledger.adoptModule(await request())).toBe("done");
      expect(await ledger.claim(claimRequest(purchase, { fence }))).toEqual({ kind: "not-claimed", why: "moved" });
      const binding = term(purchase, "901");
      const known = { licence: "1000001", tariff: "23221", known: fence };
      const bound = await ledger.change(purchase, {
        ...{ to: "Ordered", reason: "manual", actor: "test", binding, fence: known },
      });
      expect(bound).toEqual({ kind: "moved" });
    });

    it("from a look that is older than what the ledger knows is not made", async () => {
      const stale = await request();
      await standing(ledger, 1, "Pending again");
      expect(await ledger.adoptModule(stale)).toBe("moved");
      const earlier = await request({ moduleId: "902" });
      expect(await ledger.adoptModule(await request())).toBe("done");
      expect(await ledger.adoptModule(earlier)).toBe("moved");
    });
  });
}
