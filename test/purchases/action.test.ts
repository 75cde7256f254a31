import { describe, expect, it } from "vitest";
import {
  type AccountSituation,
  decideAction,
  isLive,
  type Owner,
  type SeenModule,
} from "../../src/purchases/action.ts";
import { addDays, addMonths } from "../../src/purchases/period.ts";

function module(id: string, fields: Partial<SeenModule> = {}): SeenModule {
  return {
    id,
    createdOn: "2026-01-10",
    expiresOn: "2026-12-10",
    status: 2,
    hasAutoRenewal: false,
    remoteid: null,
    ...fields,
  };
}

/** The period 10 December to 10 January, invoiced on 26 November. */
function decide(
  modules: readonly SeenModule[],
  owners: Record<string, Owner> = {},
  rest: Partial<AccountSituation> = {},
) {
  return decideAction({
    modules,
    hasUnresolved: false,
    purchaseId: "aaaaaaaaaaaaaaaa",
    ownerOf: (id) => owners[id] ?? { kind: "nobody" },
    period: { start: "2026-12-10", months: 1 },
    invoicedOn: "2026-11-26",
    ...rest,
  });
}

const mine = (newestExpiry: string): Owner => ({ kind: "this-service", newestExpiry });
const ended = (newestExpiry: string): Owner => ({ kind: "ended-service", newestExpiry });
const foreign: Owner = { kind: "another-service" };
const person = (reason: string) => ({ kind: "person", reason });

describe("no live row", () => {
  it("is ordered", () => {
    expect(decide([])).toEqual({ kind: "order" });
  });
  it("is ordered although a deleted one stands there, whosever it was", () => {
    const owners = { "1": mine("2026-12-10"), "2": foreign };
    const rows = ["1", "2", "3"].map((id) => module(id, { status: 4 }));
    expect(decide(rows, owners)).toEqual({ kind: "order" });
  });
  it("goes to a person while a row cannot be told apart", () => {
    expect(decide([], {}, { hasUnresolved: true })).toEqual(person("evidence_conflict"));
  });
});

describe("a row is live unless it reads deleted", () => {
  it.each([1, 2, 3, 5, null])("status %s", (status) => {
    expect(isLive(module("1", { status }))).toBe(true);
    expect(decide([module("1", { status })])).toEqual(person("already_owned"));
  });
  it("status 4", () => {
    expect(isLive(module("1", { status: 4 }))).toBe(false);
  });
});

describe("a live row bound to this service", () => {
  it.each(["2026-12-09", "2026-12-10", "2026-12-11"])(
    "with expiry %s, not beyond the bound one, is renewed",
    (expiresOn) => {
      const row = module("1", { expiresOn });
      expect(decide([row], { "1": mine("2026-12-10") })).toEqual({ kind: "renew", module: row });
    },
  );
  it.each([
    ["2027-01-09", "2027-01-09"],
    ["2027-01-10", "2027-01-10"],
    ["2027-01-19", "2027-01-19"],
    ["2027-01-21", "2026-12-21"],
    ["2027-02-10", "2027-01-10"],
    ["2027-03-10", "2027-01-10"],
  ])(
    "renewed by hand to %s, through the period, is bound up to %s: the rest pays for later periods",
    (expiresOn, paidUntil) => {
      const row = module("1", { expiresOn });
      expect(decide([row], { "1": mine("2026-12-10") })).toEqual({ kind: "bind", module: row, paidUntil });
    },
  );
  it.each(["2026-12-12", "2027-01-08"])("moved to %s, not through the period, goes to a person", (expiresOn) => {
    expect(decide([module("1", { expiresOn })], { "1": mine("2026-12-10") })).toEqual(person("already_owned"));
  });
  it("without a readable expiry goes to a person", () => {
    expect(decide([module("1", { expiresOn: null })], { "1": mine("2026-12-10") })).toEqual(
      person("evidence_conflict"),
    );
  });
  it("is renewed although another row cannot be told apart: that forbids ordering only", () => {
    const row = module("1");
    expect(decide([row], { "1": mine("2026-12-10") }, { hasUnresolved: true })).toEqual({ kind: "renew", module: row });
  });
  it("is renewed beside a row of somebody else or of nobody", () => {
    const row = module("1");
    const others = [module("2", { expiresOn: "2027-06-01" }), module("3", { expiresOn: "2027-06-01" })];
    expect(decide([...others, row], { "1": mine("2026-12-10"), "2": foreign })).toEqual({ kind: "renew", module: row });
  });
  it("comes before one of a service that has ended, whose expiry is later", () => {
    const own = module("1", { expiresOn: "2026-12-10" });
    const old = module("2", { expiresOn: "2027-05-01" });
    const owners = { "1": mine("2026-12-10"), "2": ended("2027-05-01") };
    expect(decide([old, own], owners)).toEqual({ kind: "renew", module: own });
  });
  it("the furthest of several is renewed", () => {
    const rows = [module("1", { expiresOn: "2026-11-10" }), module("2", { expiresOn: "2026-12-10" })];
    const owners = { "1": mine("2026-11-10"), "2": mine("2026-12-10") };
    expect(decide(rows, owners)).toEqual({ kind: "renew", module: rows[1] });
  });
});

describe("a live row bound to a service that has ended", () => {
  it("is renewed for this one", () => {
    const row = module("1");
    expect(decide([row], { "1": ended("2026-12-10") })).toEqual({ kind: "renew", module: row });
  });
  it("goes to a person when its expiry is beyond what was paid through us", () => {
    expect(decide([module("1", { expiresOn: "2027-02-10" })], { "1": ended("2026-12-10") })).toEqual(
      person("already_owned"),
    );
  });
});

describe("a live row bound to nobody", () => {
  const since = { createdOn: "2026-11-25", expiresOn: "2027-01-09" };
  it("created since the day before the invoice and reaching the period's end is bound", () => {
    const row = module("1", since);
    expect(decide([row])).toEqual({ kind: "bind", module: row, paidUntil: since.expiresOn });
  });
  it.each([
    ["2027-01-20", "2027-01-20"],
    ["2027-01-25", "2026-12-25"],
    ["2027-02-09", "2027-01-09"],
    ["2027-12-09", "2027-01-09"],
  ])("and paid to %s, beyond the period, is bound up to %s", (expiresOn, paidUntil) => {
    expect(decide([module("1", { ...since, expiresOn })])).toMatchObject({ kind: "bind", paidUntil });
  });
  it.each([
    ["created earlier", { createdOn: "2026-11-24" }],
    ["of unknown creation", { createdOn: null }],
    ["ending a day too early", { expiresOn: "2027-01-08" }],
    ["of unknown expiry", { expiresOn: null }],
  ])("%s goes to a person", (_what, fields) => {
    expect(decide([module("1", { ...since, ...fields })])).toEqual(person("already_owned"));
  });
  it.each([
    ["im-bbbbbbbbbbbbbbbb-1", "person"],
    ["im-aaaaaaaaaaaaaaaa-1", "bind"],
    ["im-aaaaaaaaaaaaaaaa-2", "bind"],
    ["s42", "bind"],
    ["im-something else", "bind"],
    ["im-BBBBBBBBBBBBBBBB-1", "bind"],
    ["x-im-bbbbbbbbbbbbbbbb-1", "bind"],
    [null, "bind"],
  ])("marked %j: %s", (remoteid, kind) => {
    expect(decide([module("1", { ...since, remoteid })]).kind).toBe(kind);
  });
  it("goes to a person when the invoice has no date", () => {
    expect(decide([module("1", since)], {}, { invoicedOn: null })).toEqual(person("already_owned"));
  });
  it("goes to a person when another live row stands beside it", () => {
    expect(decide([module("1", since), module("2", since)])).toEqual(person("already_owned"));
    expect(decide([module("1", since), module("2")], { "2": foreign })).toEqual(person("already_owned"));
  });
  it("goes to a person while a row cannot be told apart", () => {
    expect(decide([module("1", since)], {}, { hasUnresolved: true })).toEqual(person("evidence_conflict"));
  });
});

it("a live row that pays for a living other service is never touched", () => {
  const row = module("1", { createdOn: "2026-11-26", expiresOn: "2027-02-01" });
  expect(decide([row], { "1": foreign })).toEqual(person("already_owned"));
});

describe("a term of several periods that staff bought", () => {
  /** How many periods it serves before the next one is renewed; negative when a person is asked instead. */
  function periodsServed(bought: { on: string; months: number }, first: string, months: number): number {
    const expiresOn = addMonths(bought.on, bought.months);
    const row = module("1", { createdOn: bought.on, expiresOn });
    let newestExpiry: string | null = null;
    for (let served = 0; served < 100; served++) {
      const owners: Record<string, Owner> = newestExpiry === null ? {} : { "1": mine(newestExpiry) };
      const period = { start: addMonths(first, served * months), months };
      const decision = decide([row], owners, { period, invoicedOn: bought.on });
      if (decision.kind === "renew") return served;
      if (decision.kind !== "bind") return -1 - served;
      newestExpiry = decision.paidUntil;
    }
    return Number.NaN;
  }

  const days = (from: string, count: number) => Array.from({ length: count }, (_, ahead) => addDays(from, ahead));

  it.each([
    [1, 1, 14],
    [6, 1, 5],
    [12, 1, 4],
  ])(
    "of %i months serves exactly the periods it is long, bought on any day of a leap and a common year",
    (months, fewest, most) => {
      for (const on of days("2027-01-01", 731)) {
        for (let periods = fewest; periods <= most; periods++) {
          expect([on, periods, periodsServed({ on, months: periods * months }, on, months)]).toEqual([
            on,
            periods,
            periods,
          ]);
        }
      }
    },
  );

  it.each([-28, -20, -11, -1])("serves them all when the first began %i days before it was bought", (ahead) => {
    for (const on of days("2027-01-01", 731)) {
      for (const periods of [1, 2, 6, 12]) {
        const served = periodsServed({ on, months: periods }, addDays(on, ahead), 1);
        expect([on, periods, served]).toEqual([on, periods, periods]);
      }
    }
  });

  it.each([7, 14])("bought %i days ahead serves them all but where it is one that ends within its period", (ahead) => {
    for (const on of days("2027-01-01", 731)) {
      for (const periods of [1, 2, 6, 12]) {
        const served = periodsServed({ on, months: periods }, addDays(on, ahead), 1);
        expect([on, periods, served]).toEqual([on, periods, periods === 1 ? -1 : periods]);
      }
    }
  });

  it("is asked about behind a term that pays for no period of ours: an earlier one may still be owed", () => {
    const decideFor = (expiresOn: string) =>
      decide([module("1", { expiresOn })], { "1": mine("2027-01-10") }, { period: { start: "2027-02-10", months: 1 } })
        .kind;
    expect(["2027-02-10", "2027-03-10", "2027-06-12"].map(decideFor)).toEqual(["person", "person", "person"]);
  });

  it.each([
    ["2028-05-26", "person"],
    ["2028-11-24", "person"],
    ["2028-11-25", "bind"],
  ])("up to %s behind a later period that is paid already: %s", (expiresOn, kind) => {
    const period = { start: "2026-11-26", months: 12 };
    expect(decide([module("1", { expiresOn })], { "1": mine("2027-11-26") }, { period }).kind).toBe(kind);
  });

  it.each([
    [12, 19, 1],
    [12, 20, 1],
    [12, 23, 1],
    [12, 35, 2],
    [6, 9, 1],
    [6, 11, 1],
    [6, 17, 2],
  ])("of %i months never serves more than it is long: %i months serve %i", (months, bought, periods) => {
    for (const on of days("2027-01-01", 731)) {
      expect([on, periodsServed({ on, months: bought }, on, months)]).toEqual([on, periods]);
    }
  });
});
