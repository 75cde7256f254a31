// Where does a service stand by its purchases, and what do customer and staff read?
import { describe, expect, it } from "vitest";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { isReasonOf, operatorReasons, states, waitingReasons } from "../../src/purchases/state.ts";
import { viewService } from "../../src/service-calls/service.ts";

const today = "2026-12-01";
const bought: Purchase = {
  ...{ id: "aaaaaaaaaaaaaaaa", lineId: 1, lineType: "Hosting", invoiceId: 1001, serviceRef: "h1", productId: 7 },
  ...{ period: { start: "2026-11-23", months: 1 }, tariff: "23221", licence: "1234567", paidAt: "2026-11-23 12:00:00" },
  ...{ firstPaidSeenAt: null, holdsPeriod: true, state: "Purchased", reason: null, detail: null, action: "order" },
  ...{ version: 5, leaseOwner: null, remoteServiceId: "901", expectedExpiry: "2026-12-23", attempts: 1, sends: 1 },
  ...{ refusals: 0, waits: 0, isReversed: false, hasAutoRenewal: false, holdUntil: null, stateAgeMs: 0 },
};
const waiting: Purchase = {
  ...bought,
  ...{ id: "bbbbbbbbbbbbbbbb", state: "Pending", action: null, sends: 0, remoteServiceId: null, expectedExpiry: null },
};
const rests = (reason: Purchase["reason"], change: Partial<Purchase> = {}): Purchase => ({
  ...{ ...waiting, state: "NeedsOperator", reason },
  ...change,
});
const next = { start: "2026-12-23", months: 1 };
const stateOf = (...purchases: Purchase[]) => viewService(purchases, today, null).state;

describe("the state", () => {
  it("is unpaid without a purchase, and while the invoice is set back", () => {
    expect([stateOf(), stateOf({ ...waiting, reason: "unpaid" })]).toEqual(["unpaid", "unpaid"]);
  });

  it("is of the period that today is in, whatever else is paid", () => {
    expect(stateOf({ ...waiting, period: next }, bought)).toBe("active");
    expect(
      stateOf(waiting, { ...bought, period: { start: "2026-10-23", months: 1 }, expectedExpiry: "2026-11-23" }),
    ).toBe("waiting");
    expect(stateOf(rests("absent"), { ...bought, period: { start: "2026-10-23", months: 1 } })).toBe("attention");
  });

  it("is active for a term that still runs after its period, and for one bought ahead", () => {
    const late = { ...bought, period: { start: "2026-09-23", months: 1 } };
    expect([stateOf(late), stateOf({ ...bought, period: next, expectedExpiry: "2027-01-23" })]).toEqual([
      "active",
      "active",
    ]);
  });

  it("is unpaid again on the last day of the bought term", () => {
    const view = (day: string) => viewService([bought], day, null);
    expect([view("2026-12-22").state, view("2026-12-23").state]).toEqual(["active", "unpaid"]);
    expect(view("2027-02-01").customer_text).toEqual({
      en: "The module was paid until 2026-12-23; it goes on when the next invoice is paid.",
      ru: "Модуль был оплачен до 23.12.2026; он продолжит работу после оплаты следующего счёта.",
    });
  });

  it("is active where another line of the same period rests beside the one that was bought", () => {
    expect(stateOf(rests("period_already_covered", { holdsPeriod: false }), bought)).toBe("active");
  });

  it("is refunded when the money went back, before or after the purchase, and not when it came again", () => {
    const refunded: Purchase = { ...waiting, state: "Refunded", reason: "before_send", holdsPeriod: false };
    expect([stateOf(refunded), stateOf({ ...bought, isReversed: true }), stateOf(refunded, waiting)]).toEqual([
      "refunded",
      "refunded",
      "waiting",
    ]);
  });

  it("without a period is that of the newest that is not done", () => {
    expect(stateOf(rests("no_due_date", { period: null }), { ...bought, expectedExpiry: today, period: null })).toBe(
      "attention",
    );
    expect(stateOf({ ...waiting, state: "Ignored" })).toBe("attention");
  });
});

describe("a licence may be chosen", () => {
  it.each([
    ...(["missing_licence", "bad_licence", "licence_not_ours", "licence_inactive"] as const),
    ...(["licence_ip", "licence_edition"] as const),
  ])("while a purchase rests with %s and nothing was sent", (reason) => {
    const view = viewService([rests(reason)], today, null);
    expect(view.can_choose_licence).toBe(true);
    expect(view.customer_text.en).toMatch(/please (?:enter|correct)/);
  });

  it("not for another reason, nor once something was sent, and then the customer is not asked to", () => {
    for (const purchase of [rests("prorated"), rests("licence_not_ours", { sends: 1 }), waiting, bought]) {
      const view = viewService([purchase], today, null);
      expect([view.can_choose_licence, view.customer_text.en.includes("please")]).toEqual([false, false]);
    }
  });

  it("also for the next period of an active module, which says so", () => {
    const view = viewService([rests("licence_not_ours", { period: next }), bought], today, null);
    expect(view).toMatchObject({ state: "active", can_choose_licence: true, module_id: "901" });
    expect(view.customer_text.en).toMatch(/^The module is active until 2026-12-23\. .*please enter one that was\.$/);
  });
});

describe("the words", () => {
  const all = states.flatMap((state) =>
    [null, ...waitingReasons, ...operatorReasons, "before_send" as const, "manual" as const]
      .filter((reason) => isReasonOf(state, reason))
      .map((reason) => ({ ...waiting, state, reason })),
  );

  it.each(all)("of $state $reason stand in both languages and name nothing of the partner's account", (purchase) => {
    const { customer_text: text, staff_text: staff } = viewService([purchase], today, null);
    expect(text.en).toMatch(/^[A-Z].*\.$/);
    expect(text.ru).toMatch(/^[А-Я].*\.$/);
    expect(`${text.en} ${text.ru}`).not.toMatch(/balance|account|cap|buying|shadow|баланс/i);
    expect(staff).toMatch(/^Purchase bbbbbbbbbbbbbbbb\b.*\.$/);
    expect(staff).not.toContain("decide ID");
  });

  it("for staff name the command with the purchase's own id", () => {
    expect(viewService([rests("absent")], today, null).staff_text).toContain(
      "`ispmodules decide bbbbbbbbbbbbbbbb buy-again`",
    );
  });
});
