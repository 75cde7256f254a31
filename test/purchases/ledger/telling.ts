// Is it known of each purchase what people were told?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { causeMessage, waitMessage } from "../../../src/purchases/ledger/messages.ts";
import { changed, decided, inAnHour, recorded, standing, startBuying } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeTelling(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });
  const ids = (rows: readonly { id: string }[]) => rows.map(({ id }) => id);

  describe("a cause for a person", () => {
    it("is untold until it was told, another one of the same purchase again, the newest first", async () => {
      const first = await recorded(ledger, 1, { state: "NeedsOperator", reason: "missing_licence" });
      await get().letPass(1_000);
      const second = await recorded(ledger, 2, { state: "NeedsOperator", reason: "quantity" });
      await recorded(ledger, 3);
      expect(ids(await ledger.listUntoldCauses(9))).toEqual([second.id, first.id]);
      expect(ids(await ledger.listUntoldCauses(1))).toEqual([second.id]);
      await ledger.beginMessage({ purchaseId: first.id, message: causeMessage("missing_licence") }, null);
      expect(ids(await get().elsewhere().listUntoldCauses(9))).toEqual([second.id]);
      await changed(ledger, first, { to: "NeedsOperator", reason: "bad_licence" });
      expect(ids(await ledger.listUntoldCauses(9))).toContain(first.id);
    });

    it("that a person has put off is told when that time has come", async () => {
      const purchase = await standing(ledger, 1, "NeedsOperator");
      const put = {
        to: "NeedsOperator",
        reason: purchase.reason,
        holdUntil: inAnHour(),
        decision: decided("wait"),
      } as const;
      await changed(ledger, purchase, put);
      expect(await ledger.listUntoldCauses(9)).toEqual([]);
      await get().letPass(3_700_000);
      expect(ids(await ledger.listUntoldCauses(9))).toEqual([purchase.id]);
    });
  });

  describe("a long wait", () => {
    const hourMs = 3_600_000;
    const wanted = { reasons: ["account_unreachable", "account_paused"], olderThanMs: 24 * hourMs, limit: 9 } as const;
    const waits = async () => (await ledger.listLongWaits(wanted)).map(({ purchase, isTold }) => [purchase.id, isTold]);

    it("is one for an account, whichever its reasons were, and not what the purchase waited for before", async () => {
      const [paused, unpaid] = [await recorded(ledger, 1), await recorded(ledger, 2)];
      await recorded(ledger, 3);
      await standing(ledger, 4, "Purchased");
      const away = { to: "Pending", reason: "account_unreachable" } as const;
      const first = await changed(ledger, paused, { to: "Pending", reason: "account_paused" });
      const second = await changed(ledger, unpaid, { to: "Pending", reason: "unpaid" });
      await get().letPass(23 * hourMs);
      await changed(ledger, first, away);
      await changed(ledger, second, away);
      expect(await waits()).toEqual([]);
      await get().letPass(2 * hourMs);
      expect(await waits()).toEqual([[first.id, false]]);
      await get().letPass(23 * hourMs);
      expect(await waits()).toEqual([
        [first.id, false],
        [second.id, false],
      ]);
      expect(await ledger.listLongWaits({ ...wanted, limit: 1 })).toHaveLength(1);
    });

    it("is told when its message was begun, and not while that is due again", async () => {
      const { id } = await changed(ledger, await recorded(ledger, 1), { to: "Pending", reason: "account_paused" });
      await get().letPass(25 * hourMs);
      const key = { purchaseId: id, message: waitMessage("account_paused") };
      await ledger.beginMessage(key, hourMs);
      expect(await waits()).toEqual([[id, true]]);
      await get().letPass(2 * hourMs);
      expect(await get().elsewhere().listLongWaits(wanted)).toMatchObject([{ isTold: false }]);
      await ledger.beginMessage(key, null);
      await get().letPass(2 * hourMs);
      expect(await waits()).toEqual([[id, true]]);
    });
  });

  it("a message that was begun is tried again when it is due, by one process, and never when that is over", async () => {
    const { id: purchaseId } = await recorded(ledger, 1, { state: "NeedsOperator", reason: "quantity" });
    const key = { purchaseId, message: causeMessage("quantity") };
    const elsewhere = get().elsewhere();
    expect([await ledger.beginMessage(key, 60_000), await elsewhere.beginMessage(key, 60_000)]).toEqual([0, null]);
    expect(await ledger.listUntoldCauses(9)).toEqual([]);
    await ledger.endMessage(key, { againInMs: 120_000, refusals: 1 });
    await get().letPass(61_000);
    expect(await ledger.listUntoldCauses(9)).toEqual([]);
    await get().letPass(61_000);
    expect(ids(await ledger.listUntoldCauses(9))).toEqual([purchaseId]);
    expect([await elsewhere.beginMessage(key, null), await ledger.beginMessage(key, null)]).toEqual([1, null]);
    await get().letPass(86_400_000);
    expect(await ledger.listUntoldCauses(9)).toEqual([]);
  });

  describe("a purchase that is not done", () => {
    const wanted = {
      paidFrom: "2026-11-21 11:00:00",
      paidUntil: "2026-11-21 12:00:00",
      message: "being_activated",
      limit: 9,
    };

    it("is listed by the time of its payment, or the moment it was first seen paid, until the message was sent", async () => {
      const due = await recorded(ledger, 1);
      const seen = await recorded(ledger, 2, { paidAt: null, firstPaidSeenAt: "2026-11-21 11:30:00" });
      await recorded(ledger, 3, { paidAt: "2026-11-21 12:00:01" });
      await recorded(ledger, 4, { paidAt: "2026-11-21 10:59:59" });
      await recorded(ledger, 5, { paidAt: null });
      expect(new Set(ids(await ledger.listUnfinished(wanted)))).toEqual(new Set([due.id, seen.id]));
      await ledger.beginMessage({ purchaseId: due.id, message: "being_activated" }, null);
      expect(ids(await ledger.listUnfinished(wanted))).toEqual([seen.id]);
    });

    it("is none that is bought, refunded or ignored", async () => {
      await standing(ledger, 1, "Purchased");
      await standing(ledger, 2, "Refunded");
      await standing(ledger, 3, "Ignored");
      const open = [await standing(ledger, 4, "Ordered"), await standing(ledger, 5, "NeedsOperator")];
      const listed = await ledger.listUnfinished({
        ...wanted,
        paidFrom: "2000-01-01 00:00:00",
        paidUntil: "2100-01-01 00:00:00",
      });
      expect(new Set(ids(listed))).toEqual(new Set(ids(open)));
    });
  });
}
