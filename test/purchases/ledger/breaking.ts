// When the line to the ledger breaks, is everything or nothing stored, and is nobody told more than is known?
import { beforeEach, describe, expect, it } from "vitest";
import { CommitUnacknowledged } from "../../../src/database/connection.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import {
  changed,
  claimRequest,
  decided,
  find,
  newPurchase,
  outcomes,
  recorded,
  standing,
  startBuying,
} from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeBreaking(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("a claim whose COMMIT was not confirmed", () => {
    it("is told so, and is not there when it never arrived", async () => {
      const pending = await recorded(ledger, 1);
      const broken = await get().overBrokenLine("commit", "cut");
      expect(await broken.claim(claimRequest(pending))).toEqual({ kind: "unacknowledged", n: 1 });
      expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1, attempts: 0 });
      expect(await ledger.newestAttempt(pending.id)).toBeNull();
    });

    it("is told so, and is there when only the answer was lost", async () => {
      const pending = await recorded(ledger, 1);
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      expect(await broken.claim(claimRequest(pending))).toEqual({ kind: "unacknowledged", n: 1 });
      expect(await find(ledger, pending)).toMatchObject({ state: "Sending", version: 2, attempts: 1 });
      expect(await ledger.newestAttempt(pending.id)).toMatchObject({ n: 1 });
    });

    it("is an error, not a claim, when it had been refused", async () => {
      const pending = await recorded(ledger, 1);
      await changed(ledger, pending, { to: "Pending", reason: "unpaid" });
      const broken = await get().overBrokenLine("commit", "cut");
      await expect(broken.claim(claimRequest(pending))).rejects.toBeInstanceOf(CommitUnacknowledged);
    });
  });

  describe("a line that breaks", () => {
    it.each(["purchase", "attempt", "transition"] as const)("within a claim, at its %s, leaves nothing", async (at) => {
      const pending = await recorded(ledger, 1);
      const broken = await get().overBrokenLine(at, "deliver-and-cut");
      await expect(broken.claim(claimRequest(pending))).rejects.toThrow();
      expect(await find(ledger, pending)).toMatchObject({ state: "Pending", version: 1 });
      expect(await ledger.newestAttempt(pending.id)).toBeNull();
      expect(await ledger.claim(claimRequest(pending))).toMatchObject({ kind: "claimed" });
    });

    it("within a change leaves neither outcome nor history", async () => {
      const sending = await standing(ledger, 1, "Sending");
      const broken = await get().overBrokenLine("transition", "deliver-and-cut");
      const outcome = { n: 1, outcome: outcomes.unknown };
      await expect(broken.change(sending, { to: "Unknown", reason: null, actor: "test", outcome })).rejects.toThrow();
      expect(await find(ledger, sending)).toMatchObject({ state: "Sending", version: 2 });
      const history = await ledger.readHistory(sending.id);
      expect([history.outcomes.length, history.transitions.length]).toEqual([0, 2]);
    });

    it.each(["decision", "transition"] as const)(
      "within what a person decided, at its %s, leaves nothing",
      async (at) => {
        const asked = await standing(ledger, 1, "NeedsOperator sent");
        const before = await ledger.readHistory(asked.id);
        const broken = await get().overBrokenLine(at, "deliver-and-cut");
        const look = { n: 1, verdict: "absent", digest: "0".repeat(64), detail: {} } as const;
        const decision = decided("buy-again", { look });
        await expect(
          broken.change(asked, { to: "Pending", reason: null, actor: "cli:ann", decision }),
        ).rejects.toThrow();
        expect(await find(ledger, asked)).toMatchObject({ state: "NeedsOperator", version: asked.version });
        expect(await ledger.readHistory(asked.id)).toEqual(before);
      },
    );

    it("at the COMMIT of a change is an error that assumes nothing", async () => {
      const pending = await recorded(ledger, 1);
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      const change = { to: "Pending", reason: "shadow", actor: "test" } as const;
      await expect(broken.change(pending, change)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.change(pending, change)).toEqual({ kind: "moved" });
    });

    it("while a line is recorded leaves it to the next try", async () => {
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      await expect(broken.record(newPurchase(1), "intake")).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.record(newPurchase(1), "intake")).toEqual({ kind: "exists" });
      const cut = await get().overBrokenLine("commit", "cut");
      await expect(cut.record(newPurchase(2), "intake")).rejects.toThrow();
      expect(await ledger.record(newPurchase(2), "intake")).toMatchObject({ kind: "recorded" });
    });

    it("while an event is stored accepts nothing", async () => {
      const broken = await get().overBrokenLine("event", "cut");
      const event = { webhookId: "a", type: "invoice.paid", body: "{}" };
      await expect(broken.storeEvent(event)).rejects.toMatchObject({ name: "DatabaseError", code: "inbox_unwritable" });
      expect(await ledger.storeEvent(event)).toBe("accepted");
    });

    it("while an event is stored accepts nothing, even when it was stored", async () => {
      const broken = await get().overBrokenLine("event", "deliver-and-cut");
      const event = { webhookId: "a", type: "invoice.paid", body: "{}" };
      await expect(broken.storeEvent(event)).rejects.toMatchObject({ name: "DatabaseError", code: "inbox_unwritable" });
      expect(await ledger.storeEvent(event)).toBe("duplicate");
    });

    it("while a line is recorded, at the line or its history, leaves neither", async () => {
      for (const at of ["purchase", "transition"] as const) {
        const broken = await get().overBrokenLine(at, "deliver-and-cut");
        await expect(broken.record(newPurchase(1), "intake")).rejects.toThrow();
        expect(await ledger.listPurchases()).toEqual([]);
      }
      expect(await ledger.record(newPurchase(1), "intake")).toMatchObject({ kind: "recorded" });
    });

    it("at the COMMIT of a change that never arrived leaves the row to be changed again", async () => {
      const sending = await standing(ledger, 1, "Sending");
      const broken = await get().overBrokenLine("commit", "cut");
      const change = {
        to: "Unknown",
        reason: null,
        actor: "test",
        outcome: { n: 1, outcome: outcomes.unknown },
      } as const;
      await expect(broken.change(sending, change)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect((await ledger.readHistory(sending.id)).outcomes).toEqual([]);
      expect(await ledger.change(sending, change)).toEqual({ kind: "changed" });
    });

    it.each(["cut", "deliver-and-cut"] as const)(
      "at a COMMIT (%s) that a refusal never came to is not met",
      async (fate) => {
        const facts = newPurchase(2, { serviceRef: "h1" });
        await recorded(ledger, 1);
        const covered = await recorded(ledger, 2, { serviceRef: "h1" });
        const broken = await get().overBrokenLine("commit", fate);
        const change = { to: "Pending", reason: null, actor: "test", facts } as const;
        expect(await broken.change(covered, change)).toEqual({ kind: "covered" });
      },
    );

    it("at the COMMIT of taking what is due takes it or does not", async () => {
      const pending = await recorded(ledger, 1);
      const cut = await get().overBrokenLine("commit", "cut");
      await expect(cut.takeDue("buy", 9)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect((await ledger.takeDue("buy", 9)).map(({ id }) => id)).toEqual([pending.id]);
      await get().letPass(31_000);
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      await expect(broken.takeDue("buy", 9)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.takeDue("buy", 9)).toEqual([]);
    });

    it("at the COMMIT of a restore stops buying and holds it back, or neither", async () => {
      const said = { actor: "cli:staff", why: "from a backup" };
      const cut = await get().overBrokenLine("commit", "cut");
      await expect(cut.throwRestore(said)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.readRestore()).toBeNull();
      expect(await ledger.readBuying()).toMatchObject({ position: "on" });
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      await expect(broken.throwRestore(said)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.readRestore()).not.toBeNull();
      expect(await ledger.readBuying()).toMatchObject({ position: "off" });
    });

    it("at the COMMIT of the date sets all of it or nothing", async () => {
      const old = await recorded(ledger, 1, { paidAt: "2025-01-01 00:00:00" });
      const set = (by: Ledger) =>
        by.setBuying({ position: "off", paidSince: "2026-01-01 00:00:00", actor: "staff", why: "go" });
      await expect(set(await get().overBrokenLine("commit", "cut"))).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.readBuying()).toEqual({ position: "on", paidSince: "2020-01-01 00:00:00" });
      expect(await find(ledger, old)).toMatchObject({ state: "Pending", version: 1 });
      const broken = await get().overBrokenLine("commit", "deliver-and-cut");
      await expect(set(broken)).rejects.toBeInstanceOf(CommitUnacknowledged);
      expect(await ledger.readBuying()).toEqual({ position: "off", paidSince: "2026-01-01 00:00:00" });
      expect(await find(ledger, old)).toMatchObject({ state: "Ignored", version: 2 });
    });
  });
}
