// Does the ledger keep what a person has seen broken, and does it hold buying back after a restore?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { claimRequest, recorded, startBuying } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const said = { actor: "cli:staff", why: "seen" };

export function describePrecautions(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(() => {
    ledger = get().ledger;
  });
  const switchTo = (position: "off" | "shadow" | "on") => ledger.setBuying({ position, paidSince: null, ...said });

  describe("broken rules that were seen", () => {
    it("are none at first, then kept together, sorted, each once", async () => {
      expect(await ledger.readKnownBreaches()).toEqual([]);
      await ledger.rememberBreaches(["I2:b", "I1:a"], said);
      await ledger.rememberBreaches([], said);
      await ledger.rememberBreaches(["I2:b", "I20:901"], said);
      expect(await ledger.readKnownBreaches()).toEqual(["I1:a", "I20:901", "I2:b"]);
    });
  });

  describe("a restored ledger", () => {
    it("stops buying in the moment in which it is said, and only the first time", async () => {
      await startBuying(ledger);
      const pending = await recorded(ledger, 1);
      expect(await ledger.readRestore()).toBeNull();
      const before = await ledger.readClock();
      expect(await ledger.throwRestore({ actor: "machine", why: "a marker nobody knows" })).toBe(true);
      const restore = await ledger.readRestore();
      expect(restore).toEqual({ since: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z$/), look: null });
      expect(Math.abs(Date.parse(restore?.since ?? "") - before.getTime())).toBeLessThan(60_000);
      expect(await ledger.readBuying()).toMatchObject({ position: "off" });
      expect(await ledger.readBuyingOrigin()).toMatchObject({ actor: "machine", why: "a marker nobody knows" });
      expect(await ledger.claim(claimRequest(pending))).toMatchObject({ why: "not-on" });
      expect(await ledger.throwRestore(said)).toBe(false);
      expect(await ledger.readRestore()).toEqual(restore);
    });

    it("does not buy before it was compared; shadow and off are free", async () => {
      await startBuying(ledger);
      await ledger.throwRestore(said);
      expect(await switchTo("on")).toBe("restored");
      expect(await ledger.readBuying()).toMatchObject({ position: "off" });
      expect(await switchTo("shadow")).toBe("set");
      expect(await switchTo("on")).toBe("restored");
      expect(await ledger.readBuying()).toMatchObject({ position: "shadow" });
      expect(await switchTo("off")).toBe("set");
      await ledger.clearRestore(said);
      expect(await ledger.readRestore()).toBeNull();
      expect(await switchTo("on")).toBe("set");
    });

    it("refused to buy leaves the date where it was, and an earlier date is told as one", async () => {
      await startBuying(ledger);
      await ledger.throwRestore(said);
      const from = (paidSince: string) => ledger.setBuying({ position: "on", paidSince, ...said });
      expect(await from("2026-01-01 00:00:00")).toBe("restored");
      expect(await ledger.readBuying()).toEqual({ position: "off", paidSince: "2020-01-01 00:00:00" });
      expect(await from("2019-01-01 00:00:00")).toBe("earlier");
    });

    it("tells its moments to the millisecond, in six digits", async () => {
      await ledger.throwRestore(said);
      await ledger.keepRestoreLook("a".repeat(64));
      const { since, look } = (await ledger.readRestore()) ?? {};
      for (const moment of [since, look?.at]) expect(moment).toMatch(/T\d\d:\d\d:\d\d\.\d{3}000Z$/);
    });

    it("said once more stops buying again where it had gone to shadow", async () => {
      await startBuying(ledger);
      await ledger.throwRestore(said);
      await switchTo("shadow");
      expect(await ledger.throwRestore(said)).toBe(false);
      expect(await ledger.readBuying()).toMatchObject({ position: "off" });
    });

    it("keeps the newest first look beside the moment it was said", async () => {
      await ledger.keepRestoreLook("a".repeat(64));
      expect(await ledger.readRestore()).toBeNull();
      await ledger.throwRestore(said);
      const since = (await ledger.readRestore())?.since ?? "";
      for (const digest of ["a".repeat(64), "b".repeat(64)]) {
        await ledger.keepRestoreLook(digest);
        const restore = await ledger.readRestore();
        expect(restore).toEqual({ since, look: { digest, at: expect.any(String) } });
        expect(Date.parse(restore?.look?.at ?? "")).toBeGreaterThanOrEqual(Date.parse(since));
      }
    });
  });
}
