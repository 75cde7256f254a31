// Is the history of a purchase what happened to it?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import {
  changed,
  claimed,
  decided,
  find,
  inAnHour,
  newPurchase,
  outcomes,
  recorded,
  standing,
  startBuying,
  term,
} from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

export function describeRemembering(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  describe("the history", () => {
    /** What the history says of a purchase, told from nothing. */
    async function replay(id: string): Promise<Record<string, unknown>> {
      const { transitions } = await ledger.readHistory(id);
      const told: Record<string, unknown> = {};
      for (const { changes } of transitions) Object.assign(told, JSON.parse(changes));
      const {
        periodStart = null,
        periodMonths = null,
        periodKey = null,
        detail = null,
        holdUntil = null,
        ...rest
      } = told;
      return {
        action: null,
        remoteServiceId: null,
        expectedExpiry: null,
        attempts: 0,
        sends: 0,
        refusals: 0,
        isReversed: false,
        hasAutoRenewal: 0,
        ...rest,
        period: periodStart === null ? null : { start: periodStart, months: periodMonths },
        holdsPeriod: periodKey !== null,
        holdUntil: typeof holdUntil === "string" ? new Date(`${holdUntil.replace(" ", "T")}Z`) : null,
        detail: typeof detail === "string" ? JSON.parse(detail) : null,
        version: transitions.length,
      };
    }

    async function expectReplay(purchase: Purchase): Promise<void> {
      const {
        id,
        waits: _waits,
        leaseOwner: _owner,
        stateAgeMs: _age,
        hasAutoRenewal,
        ...present
      } = await find(ledger, purchase);
      const { inflightKey: _key, ...told } = await replay(id);
      expect(told).toEqual({ ...present, hasAutoRenewal: hasAutoRenewal ? 1 : 0 });
    }

    it("rebuilds a purchase at every step of a varied life", async () => {
      let row = await recorded(ledger, 1);
      await expectReplay(row);
      const step = async (change: Parameters<typeof changed>[2]) => {
        row = await changed(ledger, row, change);
        await expectReplay(row);
      };
      await step({ to: "NeedsOperator", reason: "bad_licence", detail: { typed: "web01" } });
      await step({ to: "Pending", facts: { ...newPurchase(1), licence: "7654321" }, detail: null });
      await step({ to: "Refunded", reason: "before_send" });
      await step({ to: "Pending" });
      await step({ to: "Pending", reason: "unpaid", facts: { ...newPurchase(1), paidAt: null } });
      row = await claimed(ledger, row, { licence: "7654321" });
      await expectReplay(row);
      await step({ to: "Sending", isReversed: true });
      await step({
        to: "Pending",
        sends: 0,
        refusals: 1,
        outcome: { n: 1, outcome: outcomes.refused },
        isReversed: false,
      });
      row = await claimed(ledger, row, { action: "renew", moduleId: "901", expectedExpiry: "2027-01-01" });
      await expectReplay(row);
      await step({ to: "Unknown", detail: { unclear: "timeout" } });
      await step({ to: "Unknown", isReversed: true });
      await step({
        to: "Ordered",
        detail: null,
        remoteServiceId: "901",
        binding: term(row, "901"),
        expectedExpiry: "2027-01-02",
      });
      await step({ to: "Purchased", isReversed: false, hasAutoRenewal: true });
      await step({ to: "Purchased", isReversed: true });
    });

    it("rebuilds what people decided", async () => {
      let row = await standing(ledger, 1, "NeedsOperator sent");
      const step = async (change: Parameters<typeof changed>[2]) => {
        row = await changed(ledger, row, change);
        await expectReplay(row);
      };
      await step({ to: "NeedsOperator", reason: "absent", holdUntil: inAnHour(), decision: decided("wait") });
      await step({ to: "Pending", detail: null, decision: decided("buy-again") });
      row = await claimed(ledger, row);
      await step({ to: "Unknown" });
      await step({ to: "NeedsOperator", reason: "absent" });
      await step({ to: "Refunded", detail: { reference: "R1" }, isReversed: true, decision: decided("refunded") });
      await step({ to: "NeedsOperator", reason: "reversed_after_send", isReversed: false });
      await step({ to: "Ordered", binding: term(row, "901"), facts: newPurchase(1), decision: decided("bind") });
    });

    it("tells decisions in their order, with what they rest on", async () => {
      let row = await standing(ledger, 1, "NeedsOperator sent");
      const look = { n: 1, verdict: "absent", digest: "1".repeat(64), detail: { modules: [] } } as const;
      row = await changed(ledger, row, {
        to: "NeedsOperator",
        reason: "absent",
        actor: "cli:ann",
        holdUntil: inAnHour(),
        decision: decided("wait", { parameter: "2026-12-01", look, evidence: { answer: null } }),
      });
      await changed(ledger, row, { to: "Refunded", decision: decided("refunded", { parameter: "R1" }) });
      const { decisions, observations } = await ledger.readHistory(row.id);
      expect(decisions).toMatchObject([
        { decision: "wait", version: row.version - 1, actor: "cli:ann", parameter: "2026-12-01", why: "because" },
        { decision: "refunded", version: row.version, actor: "test", parameter: "R1" },
      ]);
      expect(decisions.map(({ evidence }) => JSON.parse(evidence))).toEqual([{ answer: null }, {}]);
      expect(observations).toMatchObject([{ n: 1, verdict: "absent", digest: "1".repeat(64) }]);
      expect(JSON.parse(observations[0]?.detail ?? "")).toEqual({ modules: [] });
    });

    it("rebuilds what was ignored when the date was set, and what had no period", async () => {
      const old = await recorded(ledger, 1, { paidAt: "2025-01-01 00:00:00" });
      const odd = await recorded(ledger, 2, {
        period: null,
        licence: null,
        state: "NeedsOperator",
        reason: "no_due_date",
      });
      const covered = await recorded(ledger, 3, { serviceRef: "h1" });
      await ledger.setBuying({ position: "on", paidSince: "2026-01-01 00:00:00", actor: "staff", why: "go" });
      for (const purchase of [old, odd, covered]) await expectReplay(purchase);
      expect(await find(ledger, old)).toMatchObject({ state: "Ignored", version: 2 });
    });

    it("tells attempts, outcomes and looks in their order", async () => {
      const unknown = await standing(ledger, 1, "Unknown");
      const attempt = await ledger.newestAttempt(unknown.id);
      if (attempt === null) throw new Error("no attempt");
      for (const verdict of ["absent", "unreadable", "found"] as const) {
        await ledger.recordObservation(attempt, { verdict, digest: "0".repeat(64), detail: { verdict } });
      }
      await get().letPass(5_000);
      const looks = await ledger.listObservations(attempt);
      expect(looks.map(({ verdict }) => verdict)).toEqual(["absent", "unreadable", "found"]);
      for (const { ageMs } of looks) expect(ageMs).toBeGreaterThanOrEqual(5_000);
      const history = await ledger.readHistory(unknown.id);
      expect(history.attempts.map(({ n, marker }) => [n, marker])).toEqual([[1, `im-${unknown.id}-1`]]);
      expect(history.outcomes.map(({ n, kind }) => [n, kind])).toEqual([[1, "unknown"]]);
      expect(history.observations.map(({ verdict }) => verdict)).toEqual(["absent", "unreadable", "found"]);
    });
  });
}
