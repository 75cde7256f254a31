// Does the ledger know at which account a service's module is, also after it has moved?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import { changed, claimed, recorded, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeHousing(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  const inUse = async () => (await ledger.listAccountsBeside([])).map(({ account }) => account);

  it("says at which account a module of the licence may still be, until it is deleted there", async () => {
    const [first, second] = [await recorded(ledger, 1), await recorded(ledger, 2)];
    const licence = first.licence ?? "";
    const dayAgo = (days: number) => new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 10);
    const bound = (row: Purchase, account: string, moduleId: string, ago: number) =>
      changed(ledger, row, { to: "Ordered", binding: { ...term(row, moduleId, dayAgo(ago)), account, licence } });
    await bound(first, "ru", "901", 31);
    expect(await ledger.listHeldOfLicence(licence)).toEqual([
      { account: "ru", tariff: first.tariff, serviceRef: first.serviceRef },
    ]);
    expect(await ledger.listHeldOfLicence("1")).toEqual([]);
    expect(await ledger.listAccountsBeside([])).toEqual([
      { account: "ru", services: [first.serviceRef], isAsked: false },
    ]);
    expect(await ledger.listAccountsBeside(["eu", "ru"])).toEqual([]);
    expect([await ledger.listServicesAt("ru"), await ledger.listServicesAt("eu")]).toEqual([[first.serviceRef], []]);
    const adoption = { account: "us", moduleId: "7", serviceRef: "h77", tariff: "8", actor: "ann", why: "ours" };
    const fence = { attempts: 0, bindings: 0, steps: 0, isBusy: false };
    await ledger.adoptModule({ ...adoption, licence: "1", expiresOn: dayAgo(31), fence });
    await ledger.adoptModule({ ...adoption, moduleId: "8", licence: "2", expiresOn: dayAgo(32), fence });
    expect(await ledger.listHeldOfLicence("1")).toEqual([{ account: "us", tariff: "8", serviceRef: "h77" }]);
    expect([await ledger.listHeldOfLicence("2"), await ledger.listServicesAt("us")]).toEqual([[], ["h77"]]);
    expect(await inUse()).toEqual(["ru", "us"]);
    await bound(second, "eu", "901", 32);
    expect(await ledger.listHeldOfLicence(licence)).toEqual([
      { account: "ru", tariff: first.tariff, serviceRef: first.serviceRef },
    ]);
    expect(await inUse()).toEqual(["ru", "us"]);
  });

  it("says of which account a purchase is: that of its term, else of its newest attempt", async () => {
    await startBuying(ledger);
    const [sending, ordered, pending] = [
      await claimed(ledger, await recorded(ledger, 1), { account: "eu" }),
      await claimed(ledger, await recorded(ledger, 2), { account: "eu" }),
      await recorded(ledger, 3),
    ];
    expect(await ledger.listAccountsBeside([])).toEqual([{ account: "eu", services: [], isAsked: true }]);
    await changed(ledger, ordered, { to: "Ordered", binding: { ...term(ordered, "901"), account: "ru" } });
    const accounts = await ledger.listAccountsOf([sending.id, ordered.id, pending.id]);
    expect([sending, ordered, pending].map(({ id }) => accounts.get(id))).toEqual(["eu", "ru", undefined]);
    expect(await ledger.listAccountsOf([])).toEqual(new Map());
  });

  describe("a service whose module is held at another account since", () => {
    const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    const licence = "1000001";
    const bind = async (row: Purchase, account: string, moduleId: string) => {
      await get().letPass(10);
      const binding = { ...term(row, moduleId, tomorrow), account };
      return await changed(ledger, row, { to: "Ordered", binding });
    };
    const adopt = async (account: string, moduleId: string, of: { serviceRef?: string; licence?: string } = {}) => {
      await get().letPass(10);
      const wanted = { serviceRef: "h1", licence, tariff: "8", ...of };
      const fence = await ledger.readFence({ purchase: { id: "" }, ...wanted });
      const how = { account, moduleId, expiresOn: tomorrow, actor: "ann", why: "moved", fence };
      return await ledger.adoptModule({ ...how, ...wanted });
    };
    const held = async () => (await ledger.listHeldOfLicence(licence)).map(({ account }) => account);

    it("is held nowhere else any more, and others of its licence are where they were", async () => {
      await changed(ledger, await bind(await recorded(ledger, 1), "ru", "901"), { to: "Purchased" });
      await bind(await recorded(ledger, 2, { licence }), "us", "901");
      expect(await adopt("eu", "7")).toBe("done");
      expect([await held(), await inUse()]).toEqual([
        ["eu", "us"],
        ["eu", "us"],
      ]);
      expect([await ledger.listServicesAt("ru"), await ledger.listServicesAt("eu")]).toEqual([[], ["h1"]]);
    });

    it("may come back: the newest term tells", async () => {
      await changed(ledger, await bind(await recorded(ledger, 1), "ru", "901"), { to: "Purchased" });
      expect(await adopt("eu", "7")).toBe("done");
      const later = await recorded(ledger, 3, {
        serviceRef: "h1",
        licence,
        period: { start: "2027-12-23", months: 1 },
      });
      await bind(later, "ru", "902");
      expect([await held(), await inUse()]).toEqual([["ru"], ["ru"]]);
    });

    it("of another licence is held there, while the first licence is not known to be free", async () => {
      await changed(ledger, await bind(await recorded(ledger, 1), "ru", "901"), { to: "Purchased" });
      expect(await adopt("eu", "7", { licence: "9" })).toBe("done");
      expect([await held(), await inUse()]).toEqual([["ru"], ["eu"]]);
    });

    it("is not moved while a request of it is under way at the first, whatever its licence and tariff are now", async () => {
      await claimed(ledger, await recorded(ledger, 1), { account: "ru" });
      const asked = await standing(ledger, 2, "NeedsOperator sent");
      const moves = [
        await adopt("eu", "7", { licence: "9" }),
        await adopt("eu", "8", { serviceRef: asked.serviceRef }),
      ];
      expect(moves).toEqual(["busy", "busy"]);
    });
  });
}
