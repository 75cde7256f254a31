import { describe, expect, it } from "vitest";
import type { SeenModule } from "../../src/purchases/action.ts";
import {
  type AccountReading,
  type BoundElsewhere,
  type Decision,
  findEarlierOpen,
  judgeDecision,
  type LineReading,
  listOpenDecisions,
  type Situation,
} from "../../src/purchases/decision.ts";
import type { Verdict } from "../../src/purchases/ledger/evidence.ts";
import { addMonths } from "../../src/purchases/period.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { refusalTexts } from "../../src/purchases/refusals.ts";
import { order, renewal } from "./attempts.ts";

const settleMs = 600_000;
const lookIntervalMs = 300_000;
const now = new Date("2026-11-24T10:00:00Z");
const period = { start: "2026-11-23", months: 1 };

/** Sent once, its answer lost, shown nowhere. */
const absent: Purchase = {
  ...{ id: order.purchaseId, lineId: 1, lineType: "Hosting", invoiceId: 1001, serviceRef: "h1", productId: 7, period },
  ...{ tariff: order.tariff, licence: order.licence, paidAt: "2026-11-21 12:00:00", firstPaidSeenAt: null },
  ...{ holdsPeriod: true, state: "NeedsOperator", reason: "absent", detail: null, action: "order", version: 5 },
  ...{ leaseOwner: null, remoteServiceId: null, expectedExpiry: "2026-12-23", attempts: 1, sends: 1, refusals: 0 },
  ...{ waits: 0, isReversed: false, hasAutoRenewal: false, holdUntil: null, stateAgeMs: 0 },
};
const neverSent: Purchase = { ...absent, reason: "bad_licence", action: null, attempts: 0, sends: 0 };
const module: SeenModule = {
  ...{ id: "901", createdOn: "2026-11-23", expiresOn: "2026-12-23", status: 2, hasAutoRenewal: false, remoteid: null },
};
const fence = { attempts: 1, bindings: 0, steps: 0, isBusy: false };
const empty = { modules: [], unresolved: [], digest: "0".repeat(64) };
const seen = {
  ...{ kind: "seen", name: "main", licence: order.licence, tariff: order.tariff, seen: empty, bound: [], fence },
  ...{ verdict: { kind: "absent" }, cart: "not-in-cart" },
} as const satisfies AccountReading;
const showing = (...modules: SeenModule[]) => ({ ...seen, seen: { ...empty, modules } });
const obligation = { licence: order.licence, tariff: order.tariff, period, extra: {}, cap: null, revenue: null };
const line = {
  ...{ kind: "read", invoiceStatus: "Paid", facts: absent, judgement: { kind: "go", obligation } },
  cost: { kind: "known", cost: "10.0000", currency: "EUR" },
} as const satisfies LineReading;
const situation: Situation = {
  ...{
    purchase: absent,
    attempt: { ...order, sinceDeadlineMs: settleMs + lookIntervalMs },
    answer: null,
    line,
    account: seen,
    earlierOpen: null,
  },
  ...{ now, settleMs, lookIntervalMs, looks: [{ verdict: "absent", ageMs: lookIntervalMs }] },
};
const untouched: Situation = {
  ...situation,
  purchase: neverSent,
  attempt: null,
  account: { ...seen, verdict: null, cart: null },
};

const bind = (moduleId = "901"): Decision => ({ kind: "bind", moduleId });
const buyAgain = (amount: string | null = "10", currency: string | null = null): Decision => ({
  kind: "buy-again",
  amount: amount === null ? null : { amount, currency },
});
const wait = (until: string): Decision => ({ kind: "wait", until: new Date(until) });
const refunded = (reference = "R-1"): Decision => ({ kind: "refunded", reference });
const recheck: Decision = { kind: "recheck" };

/** What comes of it: where the row goes, or why it stays. */
function ruling(decision: Decision, changes: Partial<Situation> = {}, base = situation) {
  const ruled = judgeDecision({ ...base, ...changes }, decision);
  return ruled.kind === "refused" ? ruled.why : ruled.effect;
}

it.each([bind(), buyAgain(), recheck, refunded(), wait("2026-12-01")])(
  "$kind is for a row at rest only",
  (decision) => {
    for (const state of ["Pending", "Sending", "Unknown", "Ordered", "Purchased", "Refunded", "Ignored"] as const) {
      expect(ruling(decision, { purchase: { ...absent, state } })).toBe("not-at-rest");
    }
  },
);

it("a purchase is open to the decisions that what was sent leaves", () => {
  expect(listOpenDecisions(absent)).toEqual(["bind", "buy-again", "refunded", "wait"]);
  expect(listOpenDecisions({ ...absent, sends: 2 })).toEqual(["bind", "refunded", "wait"]);
  expect(listOpenDecisions(neverSent)).toEqual(["bind", "recheck", "refunded", "wait"]);
  expect(listOpenDecisions({ ...neverSent, licence: null })).toEqual(["recheck", "refunded", "wait"]);
  expect(listOpenDecisions({ ...neverSent, period: null })).toEqual(["recheck", "refunded", "wait"]);
  expect(listOpenDecisions({ ...absent, state: "Pending" })).toEqual([]);
  expect(listOpenDecisions({ ...neverSent, state: "Pending", reason: "awaiting_balance" })).toEqual(["wait"]);
});

it("each refusal is a sentence", () => {
  for (const text of Object.values(refusalTexts)) expect(text.length).toBeGreaterThan(10);
});

describe("bind", () => {
  const bindsTo = (account: AccountReading, changes: Partial<Situation> = {}, base = situation) =>
    ruling(bind(), { account, ...changes }, base);

  it("takes the module's own end of term, and what was never sent as bought by hand", () => {
    const late = { ...module, expiresOn: "2026-12-24" };
    const taken = { to: "Ordered", reason: null, remoteServiceId: "901", expectedExpiry: "2026-12-24", module: late };
    expect(bindsTo(showing(late))).toEqual({ ...taken, detail: null });
    expect(bindsTo(showing(late), {}, untouched)).toEqual({ ...taken, reason: "manual", action: null, detail: null });
  });

  it("takes the period again where it is not held", () => {
    const settled = { ...absent, holdsPeriod: false };
    expect(bindsTo(showing(module), { purchase: settled })).toMatchObject({ facts: settled });
  });

  it.each([
    ["reaches the period's end but for a day", "2026-12-22", 0, true],
    ["ends two days before the period", "2026-12-21", 0, false],
    ["reaches what was expected of the order but for three days", "2026-12-20", 1, true],
    ["ends four days before what was expected", "2026-12-19", 1, false],
    ["has no end", null, 1, false],
  ])("of a module whose term %s", (_what, expiresOn, sends, isTaken) => {
    const result = bindsTo(showing({ ...module, expiresOn }), {}, sends === 0 ? untouched : situation);
    if (isTaken) expect(result).toMatchObject({ to: "Ordered", expectedExpiry: expiresOn });
    else expect(result).toBe("term-too-short");
  });

  it("of a renewal reaches the announced end but for a day", () => {
    const attempt = { ...renewal, isAnnounced: true };
    const purchase: Purchase = { ...absent, action: "renew", period: { start: "2026-12-23", months: 1 } };
    const until = (expiresOn: string) => bindsTo(showing({ ...module, expiresOn }), { attempt, purchase });
    expect(until("2027-01-22")).toMatchObject({ to: "Ordered" });
    expect(until("2027-01-21")).toBe("term-too-short");
  });

  it("without a period has only what was sent to go by", () => {
    expect(bindsTo(showing(module), { purchase: { ...absent, period: null } })).toMatchObject({ to: "Ordered" });
    expect(bindsTo(showing(module), { purchase: { ...neverSent, period: null } }, untouched)).toBe("no-period");
  });

  it("of what was never sent waits until an earlier period of the service is settled", () => {
    const earlier = { earlierOpen: "earlier" };
    expect(bindsTo(showing(module), earlier, untouched)).toBe("earlier-period-open");
    expect(bindsTo(showing(module), earlier)).toMatchObject({ to: "Ordered" });
  });

  it.each<[boolean, Partial<Purchase>]>([
    [true, {}],
    [true, { state: "Sending" }],
    [true, { state: "Unknown" }],
    [true, { state: "Pending", reason: "shadow" }],
    [true, { state: "Pending", reason: null }],
    [false, { state: "Pending", reason: "unpaid" }],
    [false, { state: "Ordered" }],
    [false, { state: "Purchased", reason: null }],
    [false, { holdsPeriod: false }],
    [false, { period: null }],
    [false, { period: { start: "2026-11-23", months: 1 } }],
    [false, { id: neverSent.id }],
    [true, { state: "Pending", reason: "earlier_period" }],
  ])("finds an earlier period that is open (%s): %o", (isOpen, changes) => {
    const earlier = { ...neverSent, id: "earlier", period: { start: "2026-10-23", months: 1 }, ...changes };
    expect(findEarlierOpen(neverSent, [neverSent, earlier])).toBe(isOpen ? earlier.id : null);
  });

  it("passes over an earlier period that waits for what this one has sent", () => {
    const earlier: Purchase = { ...neverSent, id: "earlier", period: { start: "2026-10-23", months: 1 } };
    const waiting: Purchase = { ...earlier, state: "Pending", reason: "earlier_period" };
    expect(findEarlierOpen(absent, [absent, waiting])).toBeNull();
    expect(findEarlierOpen(absent, [absent, { ...waiting, reason: "shadow" }])).toBe("earlier");
  });

  it.each([
    ["no-such-module", showing()],
    ["no-such-module", showing({ ...module, id: "902" })],
    ["module-deleted", showing({ ...module, status: 4 })],
    ["in-flight", { ...showing(module), fence: { ...fence, isBusy: true } }],
    ["account-unreadable", { kind: "unreadable", detail: {} }],
    ["no-licence", { kind: "nothing-to-look-for" }],
  ] as [string, AccountReading][])("is refused: %s", (why, account) => {
    expect(bindsTo(account)).toBe(why);
  });

  it.each([
    ["2026-12-23", "bound-elsewhere"],
    ["2026-12-20", "bound-elsewhere"],
    ["2027-01-23", "bound-elsewhere"],
    ["2026-12-19", "Ordered"],
  ])("of a term when %s is paid for elsewhere: %s", (newestExpiry, end) => {
    const bound = [
      { moduleId: "901", serviceRef: "h2", purchaseId: "another", newestExpiry, owner: "ended-service" as const },
    ];
    const result = bindsTo({ ...showing(module), bound });
    expect(typeof result === "string" ? result : result.to).toBe(end);
  });
});

describe("bind of a term that also pays for later periods", () => {
  const year = { ...module, expiresOn: "2027-11-23" };
  const partOf = (account: AccountReading, changes: Partial<Situation> = {}, base = situation) => {
    const result = ruling(bind(), { account, ...changes }, base);
    return typeof result === "string" ? result : [result.expectedExpiry, result.module?.expiresOn];
  };
  const boundTo = (newestExpiry: string, owner: BoundElsewhere["owner"] = "this-service") => ({
    ...showing(year),
    bound: [{ moduleId: "901", serviceRef: "h1", purchaseId: "another", newestExpiry, owner }],
  });

  it("takes the part of the period, whether it was sent or bought by hand", () => {
    expect(partOf(showing(year))).toEqual(["2026-12-23", "2026-12-23"]);
    expect(partOf(showing(year), {}, untouched)).toEqual(["2026-12-23", "2026-12-23"]);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11])("goes on behind the %i months that pay for others", (months) => {
    const start = addMonths("2026-11-23", months);
    const purchase = { ...neverSent, period: { start, months: 1 } };
    const end = addMonths(start, 1);
    expect(partOf(boundTo(start), { purchase }, untouched)).toEqual([end, end]);
  });

  it("takes the next part where others have what was expected of the order", () => {
    expect(partOf(boundTo("2026-12-23"))).toEqual(["2027-01-23", "2027-01-23"]);
  });

  it("is refused when less than a period is left behind what pays for others", () => {
    const account = { ...boundTo("2026-12-23"), ...showing({ ...year, expiresOn: "2027-01-21" }) };
    const bound = boundTo("2026-12-23").bound;
    expect(partOf({ ...account, bound }, {}, untouched)).toBe("term-too-short");
    expect(partOf({ ...account, bound })).toBe("term-too-short");
  });

  it("is refused when others have all of it, or their service stands, or nobody can say", () => {
    const purchase = { ...neverSent, period: { start: "2027-10-23", months: 1 } };
    expect(partOf(boundTo("2027-11-22"), { purchase }, untouched)).toBe("bound-elsewhere");
    expect(partOf(boundTo("2026-12-23", "another-service"), {}, untouched)).toBe("bound-elsewhere");
    expect(partOf(boundTo("2026-12-23", "unknown"), {}, untouched)).toBe("whmcs-unreadable");
  });

  it("takes all of it where a module that had run out counts from the day of its renewal", () => {
    const listBefore = [{ id: "900", expiresOn: "2026-10-05" }];
    const attempt = { ...renewal, listBefore, expectedExpiry: "2026-11-05" };
    const late = { ...module, id: "900", expiresOn: "2026-12-23" };
    const result = ruling(bind("900"), { account: showing(late), attempt });
    expect(result).toMatchObject({ expectedExpiry: "2026-12-23" });
  });
});

describe("buy-again", () => {
  it("lets the purchase go on, with what WHMCS says of it now", () => {
    const again = { to: "Pending", reason: null, detail: null, facts: absent, isReversed: false };
    expect(ruling(buyAgain())).toEqual(again);
    expect(ruling(buyAgain("10.0000", "EUR"))).toEqual(again);
    expect(ruling(buyAgain(), { account: { ...seen, cart: "refused" } })).toEqual(again);
  });

  const found = { kind: "found", module } as const;
  const other = { ...line, judgement: { kind: "wait", reason: "unpaid" } } as const;
  const past = (verdict: Verdict, intervals: number) => ({ verdict, ageMs: intervals * lookIntervalMs });
  const cases: [string, Partial<Situation>][] = [
    ["never-sent", { purchase: neverSent, attempt: null }],
    ["sent-twice", { purchase: { ...absent, sends: 2 } }],
    ["whmcs-unreadable", { line: { kind: "unreadable" } }],
    ["line-not-ready", { line: { kind: "gone" } }],
    ["line-not-ready", { line: other }],
    ["line-not-ready", { line: { ...line, judgement: { kind: "refunded" } } }],
    ["account-unreadable", { account: { kind: "unreadable", detail: {} } }],
    ["in-flight", { account: { ...seen, fence: { ...fence, isBusy: true } } }],
    ["not-absent", { account: { ...seen, verdict: found } }],
    ["not-absent", { account: { ...seen, verdict: { kind: "many", ids: ["1", "2"] } } }],
    ["not-absent", { account: { ...seen, verdict: { kind: "conflict", ids: ["1"] } } }],
    ["was-accepted", { answer: { kind: "accepted", moduleId: "901", newExpiry: null } }],
    ["in-cart", { account: { ...seen, cart: "in-cart" } }],
    ["cart-unreadable", { account: { ...seen, cart: "unreadable" } }],
    ["not-settled", { attempt: { ...order, sinceDeadlineMs: settleMs - 1 } }],
    ["missed-once", { looks: [] }],
    ["missed-once", { looks: [{ verdict: "absent", ageMs: lookIntervalMs - 1 }] }],
    ["missed-once", { looks: [{ verdict: "unreadable", ageMs: lookIntervalMs }] }],
    ["missed-once", { looks: [past("absent", 3), past("found", 2)] }],
    ["missed-once", { looks: [past("absent", 3), past("in-cart", 2)] }],
    // The other look was made before the account had its time.
    ["missed-once", { attempt: { ...order, sinceDeadlineMs: settleMs + lookIntervalMs - 1 } }],
    ["cost-unknown", { line: { ...line, cost: { kind: "unknown" } } }],
    [
      "cost-above-revenue",
      {
        line: {
          ...line,
          cost: {
            kind: "loss",
            cost: "10",
            currency: "EUR",
            loss: { revenue: "9.0000", paid_in: "USD", rate: "0.9" },
          },
        },
      },
    ],
    ["cost-above-cap", { line: { ...line, cost: { kind: "above-cap", cost: "10", currency: "EUR" } } }],
  ];
  it.each(cases)("is refused: %s", (why, changes) => {
    expect(ruling(buyAgain(), changes)).toBe(why);
  });

  it.each([
    [null, null, "amount-missing"],
    ["10.01", null, "amount-differs"],
    ["9.9999", "EUR", "amount-differs"],
    ["-10", null, "amount-differs"],
    ["10", "USD", "amount-differs"],
  ])("typed as %s %s is refused: %s", (amount, currency, why) => {
    expect(ruling(buyAgain(amount, currency))).toBe(why);
  });
});

describe("recheck", () => {
  it.each([{ kind: "go", obligation }, { kind: "wait", reason: "unpaid" }, { kind: "refunded" }] as const)(
    "lets what was never sent go on when WHMCS says $kind",
    (judgement) => {
      const read = { ...line, judgement };
      expect(ruling(recheck, { line: read }, untouched)).toEqual({
        ...{ to: "Pending", reason: null, detail: null, facts: absent },
      });
    },
  );

  it.each([
    ["was-sent", situation, {}],
    ["whmcs-unreadable", untouched, { line: { kind: "unreadable" } }],
    ["cause-remains", untouched, { line: { kind: "gone" } }],
    ["cause-remains", untouched, { line: { ...line, judgement: { kind: "person", reason: "bad_licence" } } }],
  ] as [string, Situation, Partial<Situation>][])("is refused: %s", (why, base, changes) => {
    expect(ruling(recheck, changes, base)).toBe(why);
  });

  it("asks nothing of the account: the buyer does", () => {
    const blind = { account: { kind: "unreadable", detail: {} } } as const;
    expect(ruling(recheck, blind, untouched)).toMatchObject({ to: "Pending" });
  });
});

describe("refunded", () => {
  it.each([
    ["Paid", false],
    ["Refunded", true],
    ["Unpaid", true],
    ["Collections", true],
  ])("keeps whether the invoice, now %s, is Paid", (invoiceStatus, isReversed) => {
    expect(ruling(refunded(), { line: { ...line, invoiceStatus } })).toEqual({
      ...{ to: "Refunded", reason: null, detail: { reference: "R-1", settled: "absent" }, isReversed },
    });
  });

  it("needs no readable account, and does need WHMCS", () => {
    const blind = { account: { kind: "unreadable", detail: {} } } as const;
    expect(ruling(refunded(), blind)).toMatchObject({ to: "Refunded" });
    expect(ruling(refunded(), { line: { kind: "gone" } })).toMatchObject({ isReversed: true });
    expect(ruling(refunded(), { line: { kind: "unreadable" } })).toBe("whmcs-unreadable");
  });

  it.each(["", "  ", "a\nb", "a\u0000", "a\u200b", "x".repeat(65)])("needs a reference; %j is none", (reference) => {
    expect(ruling(refunded(reference))).toBe("bad-reference");
  });
  it.each(["x", "возврат № 5", "x".repeat(64)])("takes %j for one", (reference) => {
    expect(ruling(refunded(reference))).toMatchObject({ detail: { reference } });
  });
});

describe("wait", () => {
  it.each(["2026-11-24T10:00:00.001Z", "2027-11-25T10:00:00Z"])("until %s puts the row off", (until) => {
    expect(ruling(wait(until))).toEqual({ to: "NeedsOperator", reason: "absent", holdUntil: new Date(until) });
  });
  it.each(["2026-11-24T10:00:00Z", "2020-01-01", "2027-11-25T10:00:00.001Z", "never"])(
    "until %s is refused",
    (until) => {
      expect(ruling(wait(until))).toBe("bad-date");
    },
  );
});
