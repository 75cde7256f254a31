import fc, { integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import type { SeenModule } from "../../src/purchases/action.ts";
import { isSeenThrough, isTermBound, judgeLook, type Look, paidUntil } from "../../src/purchases/evidence.ts";
import { addDays, addMonths } from "../../src/purchases/period.ts";
import { order, renewal } from "./attempts.ts";

function module(id: string, fields: Partial<SeenModule> = {}): SeenModule {
  const same = { status: 2, hasAutoRenewal: false, remoteid: null };
  return { id, createdOn: "2026-11-23", expiresOn: "2026-12-23", ...same, ...fields };
}
function look(modules: readonly SeenModule[], rest: Partial<Look> = {}): Look {
  return { modules, unresolved: [], boundElsewhere: new Set(), ...rest };
}

describe("an order", () => {
  const before = module("900");

  it("is found as the one new row of its licence and tariff", () => {
    const row = module("901");
    expect(judgeLook(order, look([before, row]))).toEqual({ kind: "found", module: row });
  });
  it.each(["2026-11-22", "2026-11-23", "2026-11-24", null])("is found when the row was created %s", (createdOn) => {
    expect(judgeLook(order, look([module("901", { createdOn })])).kind).toBe("found");
  });
  it.each([null, ""])("is found when its row shows the marker as %j, which says nothing", (remoteid) => {
    expect(judgeLook(order, look([module("901", { remoteid })])).kind).toBe("found");
  });
  it.each([
    ["there before", look([before])],
    ["bound to another purchase", look([module("901")], { boundElsewhere: new Set(["901"]) })],
    ["older than the attempt", look([module("901", { createdOn: "2026-11-21" })])],
    ["marked as another attempt's", look([module("901", { remoteid: "im-zo5o4l7kps6lmwmk-2" })])],
    ["marked by somebody else", look([module("901", { remoteid: "s42" })])],
  ])("is absent when the only row is %s", (_what, seen) => {
    expect(judgeLook(order, seen)).toEqual({ kind: "absent" });
  });
  it("is absent when nothing stands there", () => {
    expect(judgeLook(order, look([]))).toEqual({ kind: "absent" });
  });
  it("is not told from several new rows", () => {
    expect(judgeLook(order, look([module("901"), module("902")]))).toEqual({ kind: "many", ids: ["901", "902"] });
  });
  it("is found by its marker alone, whatever else is new and however old the row says it is", () => {
    const row = module("902", { remoteid: order.marker, createdOn: "2020-01-01" });
    expect(judgeLook(order, look([module("901"), row, module("903")]))).toEqual({ kind: "found", module: row });
  });
  it("is not told from two rows with its marker", () => {
    const rows = ["901", "902"].map((id) => module(id, { remoteid: order.marker }));
    expect(judgeLook(order, look(rows))).toEqual({ kind: "many", ids: ["901", "902"] });
  });
  it("contradicts itself when its marker stands on a row that pays for another purchase", () => {
    const seen = look([module("901", { remoteid: order.marker })], { boundElsewhere: new Set(["901"]) });
    expect(judgeLook(order, seen)).toEqual({ kind: "conflict", ids: ["901"] });
  });
  it("is not absent while a new row cannot be told apart", () => {
    expect(judgeLook(order, look([], { unresolved: ["905"] }))).toEqual({ kind: "conflict", ids: ["905"] });
    expect(judgeLook(order, look([], { unresolved: ["900"] }))).toEqual({ kind: "absent" });
  });
});

describe("a renewal", () => {
  const at = (expiresOn: string | null, fields: Partial<SeenModule> = {}) =>
    look([module("900", { expiresOn, ...fields })]);
  const announced = { ...renewal, isAnnounced: true };

  it.each(["2027-01-22", "2027-01-23", "2027-01-24"])("announced for 23 January is found at %s", (day) => {
    expect(judgeLook(announced, at(day)).kind).toBe("found");
  });
  it.each(["2027-01-21", "2027-01-25", "2027-01-20"])("announced for 23 January contradicts %s", (day) => {
    expect(judgeLook(announced, at(day))).toEqual({ kind: "conflict", ids: ["900"] });
  });
  it.each(["2027-01-20", "2027-01-23", "2027-01-26"])("computed for 23 January is found at %s", (day) => {
    expect(judgeLook(renewal, at(day)).kind).toBe("found");
  });
  it.each(["2027-01-19", "2027-01-27"])("computed for 23 January contradicts %s", (day) => {
    expect(judgeLook(renewal, at(day))).toEqual({ kind: "conflict", ids: ["900"] });
  });
  it("is absent only where the expiry stands exactly as before", () => {
    expect(judgeLook(renewal, at("2026-12-23"))).toEqual({ kind: "absent" });
    expect(judgeLook(renewal, at("2026-12-24"))).toEqual({ kind: "conflict", ids: ["900"] });
    expect(judgeLook(renewal, at("2026-12-22"))).toEqual({ kind: "conflict", ids: ["900"] });
  });
  it.each([
    [announced, "2027-02-22"],
    [announced, "2027-06-01"],
    [renewal, "2027-02-20"],
  ])("moved a further period on was made twice", (attempt, day) => {
    expect(judgeLook(attempt, at(day))).toEqual({ kind: "many", ids: ["900"] });
  });
  it("of a module that had run out may count from the day it was renewed", () => {
    const late = { ...renewal, listBefore: [{ id: "900", expiresOn: "2026-10-01" }], expectedExpiry: "2026-11-01" };
    expect(judgeLook(late, at("2026-12-23")).kind).toBe("found");
    expect(judgeLook(late, at("2026-11-01")).kind).toBe("found");
    expect(judgeLook({ ...late, isAnnounced: true }, at("2026-12-23")).kind).toBe("many");
  });
  it.each([
    ["is gone", look([]), []],
    ["is another one", look([module("901", { expiresOn: "2027-01-23" })]), []],
    ["is deleted", at("2027-01-23", { status: 4 }), ["900"]],
    ["has no readable expiry", at(null), ["900"]],
  ])("contradicts itself when its module %s", (_what, seen, ids) => {
    expect(judgeLook(renewal, seen)).toEqual({ kind: "conflict", ids });
  });
  it("without an expiry from before proves nothing", () => {
    const listBefore = [{ id: "900", expiresOn: null }];
    expect(judgeLook({ ...renewal, listBefore }, at("2027-01-23")).kind).toBe("conflict");
    expect(judgeLook({ ...renewal, listBefore: [] }, at("2027-01-23")).kind).toBe("conflict");
  });
  it("is measured by the earlier expiry of its own module, not of its neighbour's", () => {
    const listBefore = [{ id: "800", expiresOn: "2026-11-30" }, ...renewal.listBefore];
    expect(judgeLook({ ...renewal, listBefore }, at("2026-12-23"))).toEqual({ kind: "absent" });
    expect(judgeLook({ ...renewal, listBefore }, at("2026-11-30")).kind).toBe("conflict");
  });
  it("rests on the expiry, not on the marker", () => {
    expect(judgeLook(renewal, at("2026-12-23", { remoteid: renewal.marker }))).toEqual({ kind: "absent" });
  });
});

describe("seen through the expected date", () => {
  const day = "2026-11-26";
  const through = (action: "order" | "renew", expiresOn: string | null, status: number | null = 2) =>
    isSeenThrough({ action, expectedExpiry: "2026-12-23", isAnnounced: true }, module("1", { expiresOn, status }), day);

  it.each([
    ["order", "2026-12-20", true],
    ["order", "2026-12-19", false],
    ["renew", "2026-12-22", true],
    ["renew", "2026-12-21", false],
    ["renew", "2028-01-01", true],
    ["order", null, false],
  ] as const)("%s at %s: %s", (action, expiry, isIt) => {
    expect(through(action, expiry)).toBe(isIt);
  });
  it.each([
    ["2026-12-20", true],
    ["2026-12-19", false],
  ])("a renewal whose date was only computed, at %s: %s", (expiresOn, isIt) => {
    const computed = { action: "renew", expectedExpiry: "2026-12-23", isAnnounced: false } as const;
    expect(isSeenThrough(computed, module("1", { expiresOn }), day)).toBe(isIt);
  });
  it("an active renewal that was found is also seen through, so that nothing found waits for ever", () => {
    fc.assert(
      fc.property(integer({ min: -40, max: 80 }), fc.boolean(), (days, isAnnounced) => {
        const attempt = { ...renewal, isAnnounced };
        const row = module("900", { expiresOn: addDays(attempt.expectedExpiry, days) });
        return judgeLook(attempt, look([row])).kind !== "found" || isSeenThrough(attempt, row, day);
      }),
    );
  });
  it.each([1, 3, 4, 5, null])("not while its status is %s", (status) => {
    expect(through("order", "2026-12-23", status)).toBe(false);
  });
  it.each([
    [3, "2026-12-22", "2026-12-22", true],
    [3, "2026-12-22", "2026-12-21", false],
    [3, "2026-12-21", "2027-01-01", false],
    [5, "2026-12-22", "2027-01-01", false],
    [4, "2026-12-22", "2027-01-01", false],
  ])("status %s at %s on %s, when the term may be over again: %s", (status, expiresOn, today, isIt) => {
    const wanted = { action: "renew", expectedExpiry: "2026-12-23", isAnnounced: true } as const;
    expect(isSeenThrough(wanted, module("1", { expiresOn, status }), today)).toBe(isIt);
  });
});

it.each([
  ["2026-11-23", true],
  ["2026-12-23", true],
  ["2026-12-26", true],
  ["2026-12-27", false],
  ["2027-01-23", false],
])("a term that ends %s is another purchase's whose term ends 2026-12-23: %s", (expiresOn, isIt) => {
  expect(isTermBound(expiresOn, "2026-12-23")).toBe(isIt);
});

it("no day on which an order was made hides the row it made", () => {
  const offset = integer({ min: -1, max: 1 });
  fc.assert(
    property(integer({ min: 0, max: 800 }), offset, (days, off) => {
      const madeOn = addDays("2026-01-01", days);
      return (
        judgeLook({ ...order, madeOn }, look([module("901", { createdOn: addDays(madeOn, off) })])).kind === "found"
      );
    }),
  );
});

describe("what a seen term pays for", () => {
  const ends = (expiresOn: string) => paidUntil({ expectedExpiry: "2026-12-23", expiresOn }, order);

  it.each(["2026-12-20", "2026-12-23", "2026-12-26", "2026-12-30"])("is all of it up to %s", (expiresOn) => {
    expect(ends(expiresOn)).toBe(expiresOn);
  });
  it.each([
    ["2027-01-23", "2026-12-23"],
    ["2027-01-24", "2026-12-24"],
    ["2027-06-23", "2026-12-23"],
  ])("leaves further terms up to %s to the periods that they pay for", (expiresOn, own) => {
    expect(ends(expiresOn)).toBe(own);
  });
  it("is all of it when a module that had run out counts from the day of its renewal", () => {
    const late = { ...renewal, listBefore: [{ id: renewal.remoteServiceId ?? "", expiresOn: "2026-09-23" }] };
    const from = { expectedExpiry: "2026-10-23", expiresOn: addMonths(late.madeOn, late.periodMonths) };
    expect(paidUntil(from, late)).toBe(from.expiresOn);
    const inTime = { ...late, listBefore: [{ id: renewal.remoteServiceId ?? "", expiresOn: late.madeOn }] };
    expect(paidUntil(from, inTime)).not.toBe(from.expiresOn);
  });
});
