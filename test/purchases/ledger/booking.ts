// Do the books show everything that is recorded, service by service, and what each purchase holds at the account?
import { beforeEach, describe, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { changed, claimed, decided, find, inAnHour, outcomes, recorded, standing, startBuying, term } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const wholePage = { afterServiceRef: "", limit: 100 };

export function describeBooking(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });
  const idsOf = (rows: readonly { readonly id: string }[]) => rows.map(({ id }) => id);

  describe("the books", () => {
    it("of an empty ledger are empty", async () => {
      const nothing = { purchases: [], attempts: [], outcomes: [], bindings: [], decisions: [], transitions: [] };
      expect(await ledger.readBooks(wholePage)).toEqual({ ...nothing, nextAfter: null });
    });

    it("show a purchase with the names and values that its history uses", async () => {
      const before = await recorded(ledger, 1, { firstPaidSeenAt: "2026-11-22 08:00:00" });
      const detail = { typed: "web01" };
      await changed(ledger, before, { to: "NeedsOperator", reason: "bad_licence", detail });
      await get().letPass(5_000);
      const [purchase, ...others] = (await ledger.readBooks(wholePage)).purchases;
      expect(others).toEqual([]);
      expect(purchase).toEqual({
        id: before.id,
        lineId: 1,
        lineType: "Hosting",
        invoiceId: 1001,
        serviceRef: "h1",
        productId: 7,
        periodStart: "2026-11-23",
        periodMonths: 1,
        periodKey: "h1:2026-11-23",
        tariff: "23221",
        licence: "1000001",
        firstPaidSeenAt: "2026-11-22 08:00:00",
        paidAt: "2026-11-21 12:00:00",
        state: "NeedsOperator",
        reason: "bad_licence",
        detail: JSON.stringify(detail),
        action: null,
        version: 2,
        inflightKey: null,
        remoteServiceId: null,
        expectedExpiry: null,
        attempts: 0,
        sends: 0,
        refusals: 0,
        isReversed: false,
        hasAutoRenewal: 0,
        stateAgeMs: expect.any(Number),
        leaseLeftMs: null,
      });
      expect(purchase?.stateAgeMs).toBeGreaterThanOrEqual(5_000);
      expect(purchase?.stateAgeMs).toBeLessThan(65_000);
    });

    it("show what blocks others, and how long a lease still holds", async () => {
      await standing(ledger, 1, "Sending");
      const leaseMs = 75_000;
      const read = async () => (await ledger.readBooks(wholePage)).purchases[0];
      const fresh = await read();
      expect(fresh).toMatchObject({ state: "Sending", inflightKey: "main:order:1000001:23221", sends: 1 });
      expect(fresh?.leaseLeftMs).toBeGreaterThan(leaseMs - 60_000);
      expect(fresh?.leaseLeftMs).toBeLessThanOrEqual(leaseMs);
      await get().letPass(leaseMs + 10_000);
      expect((await read())?.leaseLeftMs).toBeLessThanOrEqual(-10_000);
    });

    it("show attempts, outcomes, terms and changes in their order", async () => {
      const again = await standing(ledger, 1, "Pending again");
      const sending = await claimed(ledger, again);
      const binding = term(sending, "901");
      const outcome = { n: 2, outcome: outcomes.accepted };
      await changed(ledger, sending, { to: "Ordered", binding, remoteServiceId: "901", outcome, isReversed: true });
      const books = await ledger.readBooks(wholePage);
      const { id: purchaseId } = again;
      expect(books.purchases).toMatchObject([{ state: "Ordered", isReversed: true, attempts: 2, sends: 1 }]);
      const attempt = { purchaseId, action: "order", currency: "USD", cost: "10.0000" };
      expect(books.attempts).toEqual([
        { ...attempt, n: 1, marker: `im-${purchaseId}-1` },
        { ...attempt, n: 2, marker: `im-${purchaseId}-2` },
      ]);
      expect(books.outcomes).toEqual([
        { purchaseId, n: 1, kind: "refused" },
        { purchaseId, n: 2, kind: "accepted" },
      ]);
      const { account, expiryAfter } = binding;
      expect(books.bindings).toEqual([{ purchaseId, account, remoteServiceId: "901", expiryAfter }]);
      expect(books.transitions.map(({ version, fromState, toState }) => [version, fromState, toState])).toEqual([
        [1, null, "Pending"],
        [2, "Pending", "Sending"],
        [3, "Sending", "Pending"],
        [4, "Pending", "Sending"],
        [5, "Sending", "Ordered"],
      ]);
      const [first] = books.transitions;
      expect(first).toMatchObject({ purchaseId, reason: null, actor: "test" });
      expect(JSON.parse(first?.changes ?? "")).toMatchObject({ lineId: 1, state: "Pending" });
    });

    it("show what people decided about which version, the decisions of each purchase in their order", async () => {
      const [one, two] = [
        await standing(ledger, 1, "NeedsOperator sent"),
        await standing(ledger, 2, "NeedsOperator sent"),
      ];
      const wait = { to: "NeedsOperator", reason: "absent", holdUntil: inAnHour(), decision: decided("wait") } as const;
      const held = await changed(ledger, one, wait);
      await changed(ledger, two, { to: "Refunded", decision: decided("refunded", { parameter: "R1" }) });
      await changed(ledger, held, { to: "Pending", actor: "cli:ann", decision: decided("buy-again") });
      const { decisions } = await ledger.readBooks(wholePage);
      const those = ({ id }: { readonly id: string }) => decisions.filter(({ purchaseId }) => purchaseId === id);
      expect(those(one)).toEqual([
        { purchaseId: one.id, version: one.version, decision: "wait", actor: "test" },
        { purchaseId: one.id, version: held.version, decision: "buy-again", actor: "cli:ann" },
      ]);
      expect(those(two)).toEqual([{ purchaseId: two.id, version: two.version, decision: "refunded", actor: "test" }]);
      expect(decisions.map(({ purchaseId }) => purchaseId)).toEqual(
        [...decisions.map(({ purchaseId }) => purchaseId)].sort(),
      );
    });

    it("of what changed lately are read in pages as well", async () => {
      for (const n of [3, 1, 2, 4]) await standing(ledger, n, "Ignored");
      await get().letPass(61_000);
      for (const n of [8, 6, 7]) await recorded(ledger, n);
      const page = { limit: 2, changedWithinMs: 60_000 };
      const pageAfter = async (afterServiceRef: string) => {
        const { purchases, nextAfter } = await ledger.readBooks({ afterServiceRef, ...page });
        return [...purchases.map(({ serviceRef }) => serviceRef), nextAfter];
      };
      expect(await pageAfter("")).toEqual(["h6", "h7", "h7"]);
      expect(await pageAfter("h7")).toEqual(["h8", null]);
    });

    it("are read service by service, all purchases of a service together, by reference and line", async () => {
      const day = (month: number) => ({ period: { start: `2026-${month}-01`, months: 1 } });
      const third = await recorded(ledger, 3, { serviceRef: "h9" });
      const late = await recorded(ledger, 2, { serviceRef: "h10", ...day(12) });
      const early = await recorded(ledger, 1, { serviceRef: "h10", ...day(11) });
      const first = await ledger.readBooks({ afterServiceRef: "", limit: 1 });
      expect(idsOf(first.purchases)).toEqual([early.id, late.id]);
      expect(first.transitions).toHaveLength(2);
      expect(first.nextAfter).toBe("h10");
      const second = await ledger.readBooks({ afterServiceRef: "h10", limit: 1 });
      expect(idsOf(second.purchases)).toEqual([third.id]);
      expect(await ledger.readBooks({ afterServiceRef: "h9", limit: 1 })).toMatchObject({
        purchases: [],
        nextAfter: null,
      });
      const all = await ledger.readBooks(wholePage);
      expect(idsOf(all.purchases)).toEqual([early.id, late.id, third.id]);
      expect(all.nextAfter).toBeNull();
    });

    it("of what changed lately leave out services at rest, and bring all purchases of the others", async () => {
      const moving = [];
      for (const [at, where] of (["Pending", "Sending", "Unknown", "Ordered"] as const).entries()) {
        moving.push(await standing(ledger, 1 + at, where));
      }
      const resting = [];
      for (const [at, where] of (["Purchased", "NeedsOperator", "Refunded", "Ignored"] as const).entries()) {
        resting.push(await standing(ledger, 5 + at, where));
      }
      const read = async () => idsOf((await ledger.readBooks({ ...wholePage, changedWithinMs: 60_000 })).purchases);
      expect(await read()).toEqual(idsOf([...moving, ...resting]));
      await get().letPass(61_000);
      expect(await read()).toEqual(idsOf(moving));
      const [purchased] = resting;
      if (purchased === undefined) throw new Error("nothing was bought");
      await changed(ledger, purchased, { to: "Purchased", isReversed: true });
      expect(await read()).toEqual(idsOf([...moving, purchased]));
      const older = await recorded(ledger, 9, {
        serviceRef: purchased.serviceRef,
        period: { start: "2026-10-23", months: 1 },
        state: "Ignored",
      });
      await get().letPass(61_000);
      expect(await read()).toEqual(idsOf(moving));
      const refunded = await recorded(ledger, 10, { serviceRef: purchased.serviceRef, period: null });
      expect(await read()).toEqual(idsOf([...moving, purchased, older, refunded]));
    });
  });

  describe("the holdings", () => {
    it("show a flag, and every marker of a purchase sent twice in its order", async () => {
      const again = await standing(ledger, 1, "Pending again");
      const sending = await claimed(ledger, again, { account: "other" });
      await changed(ledger, sending, { to: "Sending", hasAutoRenewal: true });
      const [here] = await ledger.listHoldings("main");
      expect(here).toMatchObject({ state: "Sending", hasAutoRenewal: true, markers: [`im-${again.id}-1`] });
      expect((await ledger.listHoldings("other"))[0]).toMatchObject({
        markers: [`im-${again.id}-2`],
        markersElsewhere: [`im-${again.id}-1`],
      });
      const pending = await changed(ledger, await find(ledger, sending), { to: "Pending", sends: 0 });
      await claimed(ledger, pending);
      expect((await ledger.listHoldings("main"))[0]?.markers).toEqual([`im-${again.id}-1`, `im-${again.id}-3`]);
    });

    it("show what each purchase wants, what term it has at this account, and its markers", async () => {
      const bought = await standing(ledger, 2, "Purchased");
      const refused = await standing(ledger, 1, "Pending again");
      const asked = await recorded(ledger, 3, { licence: null, state: "NeedsOperator", reason: "bad_licence" });
      const elsewhere = { heldAt: null, markersElsewhere: [] };
      const same = { reason: null, tariff: "23221", hasAutoRenewal: false, term: null, ...elsewhere };
      const all = [
        {
          ...same,
          purchaseId: refused.id,
          lineId: 1,
          state: "Pending",
          sends: 0,
          licence: "1000001",
          markers: [`im-${refused.id}-1`],
        },
        {
          ...same,
          purchaseId: bought.id,
          lineId: 2,
          state: "Purchased",
          sends: 1,
          licence: "1000002",
          term: { moduleId: "5002", expiryAfter: "2026-12-23" },
          markers: [`im-${bought.id}-1`],
        },
        {
          ...same,
          purchaseId: asked.id,
          lineId: 3,
          state: "NeedsOperator",
          reason: "bad_licence",
          sends: 0,
          licence: null,
          markers: [],
        },
      ];
      expect(await ledger.listHoldings("main")).toEqual(all);
      expect(await ledger.listHoldings("other")).toEqual(
        all.map(({ markers: markersElsewhere, term: held, ...holding }) => ({
          ...{ ...holding, term: null, markers: [], markersElsewhere },
          heldAt: held === null ? null : "main",
        })),
      );
    });
  });
}
