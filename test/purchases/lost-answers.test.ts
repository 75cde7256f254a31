import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { ArmedFault, Fault } from "../../src/sandbox/account/faults.ts";
import { listBreaches } from "./oracle.ts";
import { createStage, type Sold, type Stage } from "./stage.ts";

const settleMs = 300;
/** Everything happens at once, so that the waits for absence are shared. */
const settings = {
  ORDERS_IN_FLIGHT: "8",
  ORDER_TIMEOUT_SECONDS: "0.5",
  SEND_WITHIN_SECONDS: "2",
  SETTLE_SECONDS: String(settleMs / 1000),
  LOOK_INTERVAL_SECONDS: "0.1",
};

/** The account carried the request out, sooner or later. */
const done: [string, Fault][] = [
  ["the answer is lost", { kind: "lost-after" }],
  ["the connection is reset after the request", { kind: "lost-after", how: "reset" }],
  ["the connection is reset in the middle of the answer", { kind: "reset-mid-reply" }],
  ["a gateway answers 502", { kind: "bad-gateway", isExecuted: true }],
  ["the answer is 429", { kind: "too-many-requests", isExecuted: true }],
  ["the good answer comes with status 500", { kind: "http-status", status: 500 }],
  ["the answer is a redirect", { kind: "redirect", isExecuted: true }],
  ["the answer's XML ends in the middle", { kind: "truncated" }],
  ["the answer is a page", { kind: "bad-xml", what: "html" }],
  ["the answer is empty", { kind: "bad-xml", what: "empty" }],
  ["the answer carries entities", { kind: "bad-xml", what: "entity-bomb" }],
  ["the answer is too large", { kind: "huge" }],
  ["the answer comes too slowly", { kind: "trickle", bytes: 1, everyMs: 100 }],
  ["no answer comes at all", { kind: "hang" }],
  ["the request is carried out late", { kind: "late", afterMs: 700 }],
  ["the request is carried out late, and never answered", { kind: "late", afterMs: 700, answer: "none" }],
];

/** The account never carried it out, and did not say so in a way that can be believed. */
const undone: [string, Fault][] = [
  ["the request is lost", { kind: "lost-before" }],
  ["the connection is reset", { kind: "lost-before", how: "reset" }],
  ["a gateway answers 502", { kind: "bad-gateway" }],
  ["the answer is 429", { kind: "too-many-requests" }],
  ["the answer is a redirect", { kind: "redirect" }],
  ["no answer comes at all", { kind: "hang", execution: "never" }],
  ["the account says it exists already", { kind: "refused", type: "exists" }],
  ["the error is of no listed type", { kind: "refused", type: "internal" }],
];

interface Case {
  readonly sold: Sold;
  readonly fault: ArmedFault;
  /** The line of the request that meets the fault. */
  lineId: number;
}

let stage: Stage;
let purchases: Purchase[];
const cases = new Map<string, Case>();

function outcomeOf(name: string) {
  const found = cases.get(name);
  const purchase = purchases.find(({ lineId }) => lineId === found?.lineId);
  if (found === undefined || purchase === undefined) throw new Error(`no purchase for: ${name}`);
  const debits = stage.account.debits().filter(({ licence }) => licence === found.sold.licence);
  return { ...found, purchase, debits };
}

async function expectProvenAbsent(purchase: Purchase) {
  const looks = await stage.ledgerSql(
    `SELECT o.verdict, TIMESTAMPDIFF(MICROSECOND, a.deadline_at, o.created_at) / 1000 AS after_deadline
       FROM mod_ispmodules_observations o JOIN mod_ispmodules_attempts a ON a.purchase_id = o.purchase_id AND a.n = o.n
      WHERE o.purchase_id = ? ORDER BY o.id`,
    [purchase.id],
  );
  const settled = looks.filter((look) => Number(look.after_deadline) >= settleMs);
  expect(settled.length).toBeGreaterThanOrEqual(2);
  expect(settled.every((look) => look.verdict === "absent")).toBe(true);
}

describe("an order", () => {
  beforeAll(async () => {
    stage = await createStage({ settings });
    for (const [name, fault] of [
      ...done.map(([what, fault]) => [`done: ${what}`, fault] as const),
      ...undone.map(([what, fault]) => [`undone: ${what}`, fault] as const),
      ["done: the answer names no id", { kind: "without-id" }] as const,
    ]) {
      const sold = await stage.sellPaid();
      const when = ({ params }: { params: Parameters<typeof isCommit>[0] }) => params.item === sold.licence;
      cases.set(name, {
        sold,
        lineId: sold.lineId,
        fault: stage.account.arm({ func: "addition.order.param", fault, when }),
      });
    }
    purchases = await stage.settle();
  });
  afterAll(() => stage.end());

  it.each([...done.map(([what]) => what), "the answer names no id"])(
    "that took effect is found once when %s",
    (what) => {
      const { fault, purchase, debits } = outcomeOf(`done: ${what}`);
      expect(fault.fired()).toBe(1);
      expect(purchase).toMatchObject({ state: "Purchased", action: "order", attempts: 1, sends: 1 });
      expect(debits).toMatchObject([
        { kind: "order", marker: `im-${purchase.id}-1`, moduleId: purchase.remoteServiceId },
      ]);
    },
  );

  it.each(undone.map(([what]) => what))("that never took effect rests with a person when %s", async (what) => {
    const { fault, purchase, debits } = outcomeOf(`undone: ${what}`);
    expect(fault.fired()).toBe(1);
    expect(purchase).toMatchObject({ state: "NeedsOperator", reason: "absent", attempts: 1, sends: 1 });
    expect(debits).toEqual([]);
    await expectProvenAbsent(purchase);
  });

  it("that rests absent is never sent again by itself, and holds its licence", async () => {
    const { sold, purchase } = outcomeOf("undone: the request is lost");
    const other = await stage.sellPaid({ licence: sold.licence });
    await stage.reach(other.lineId, "Pending", "earlier_period");
    for (let rounds = 0; rounds < 3; rounds++) await stage.round();
    expect((await stage.purchaseOf(sold.lineId)).version).toBe(purchase.version);
    expect(stage.account.requests("addition.order.param")).toHaveLength(cases.size);
  });

  it("breaks no rule in any of these ways", async () => {
    expect(await listBreaches(stage)).toEqual([]);
  });
});

describe("a renewal", () => {
  beforeAll(async () => {
    cases.clear();
    stage = await createStage({ settings });
    const faults = [
      ...done.map(([what, fault]) => [`done: ${what}`, fault] as const),
      ...undone.map(([what, fault]) => [`undone: ${what}`, fault] as const),
    ];
    const owners: Sold[] = [];
    for (const _ of faults) owners.push(await stage.sellPaid());
    await stage.settle();
    for (const [at, sold] of owners.entries()) {
      const [name, fault] = faults[at] ?? ["", { kind: "lost-after" as const }];
      const { remoteServiceId } = await stage.purchaseOf(sold.lineId);
      const { lineId } = await stage.renewPaid(sold.serviceId);
      const when: Parameters<Stage["account"]["arm"]>[0]["when"] = ({ params }) =>
        isCommit(params) && params.elid === remoteServiceId;
      cases.set(name, { sold, lineId, fault: stage.account.arm({ func: "service.prolong", fault, when }) });
    }
    purchases = await stage.settle();
  });
  afterAll(() => stage.end());

  it.each(done.map(([what]) => what))("that took effect is found once when %s", (what) => {
    const { fault, purchase, debits } = outcomeOf(`done: ${what}`);
    expect(fault.fired()).toBe(1);
    expect(purchase).toMatchObject({ state: "Purchased", action: "renew", attempts: 1, sends: 1 });
    expect(debits.map(({ kind }) => kind)).toEqual(["order", "renewal"]);
  });

  it.each(undone.map(([what]) => what))("that never took effect rests with a person when %s", async (what) => {
    const { fault, purchase, debits } = outcomeOf(`undone: ${what}`);
    expect(fault.fired()).toBe(1);
    expect(purchase).toMatchObject({ state: "NeedsOperator", reason: "absent", attempts: 1, sends: 1 });
    expect(debits.map(({ kind }) => kind)).toEqual(["order"]);
    await expectProvenAbsent(purchase);
  });

  it("breaks no rule in any of these ways", async () => {
    expect(await listBreaches(stage)).toEqual([]);
  });
});
