// How may modules of suspended, ended and stopped services be left, and does the oracle know only that?
import { describe, expect, it } from "vitest";
import { decide } from "../../src/purchases/decisions.ts";
import type { Bridge } from "./bridge.ts";
import { provideByHand } from "./by-hand.ts";
import { issueOverdue, pay, renewPaid, type Sold, sell, sellPaid } from "./deeds.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { runUnpaid, setEnd, setStatus, stopByHand } from "./service-deeds.ts";
import { deleteLine, setCap } from "./staff.ts";

/** With the right to suspend and resume, which the documented account does not have. */
async function owned(): Promise<{ life: Life; sold: Sold }> {
  const life = await beginLife({ seed: 1, variants: { refused: {} } });
  life.start();
  const sold = sellPaid(life);
  await life.rest();
  return { life, sold };
}

const steps = (life: Life) =>
  [...life.store().moduleSteps.values()].map(({ change, step, detail }) => `${change} ${step} ${detail}`.trim());
const statusOf = (life: Life) => life.model.state.modules[0]?.status;

async function findAtTheEnd(life: Life): Promise<string[]> {
  await life.rest();
  return await findNow(life);
}

async function findNow(life: Life): Promise<string[]> {
  const before = life.witness.findings.length;
  await judge(life);
  return life.witness.findings.slice(before).map(({ what }) => what);
}

describe("the module of an ended service that staff have renewed by hand", () => {
  async function ended() {
    const { life, sold } = await owned();
    setEnd(life, "delete");
    provideByHand(life, sold.licence, 1);
    setStatus(life, sold.serviceId, "Terminated");
    return life;
  }

  it("is kept, which is said once", async () => {
    const life = await ended();
    expect(await findAtTheEnd(life)).toEqual([]);
    expect([statusOf(life), steps(life)]).toEqual([2, ["delete kept 2027-01-26"]]);
  });

  it("is missed where nobody was told, and where nobody else has paid for it", async () => {
    const life = await ended();
    await life.rest();
    const { moduleSteps } = life.store();
    const [[key, step]] = [...moduleSteps] as [[string, NonNullable<ReturnType<typeof moduleSteps.get>>]];
    moduleSteps.clear();
    const missed = ["at rest module 900 is there, and its service 1 is Terminated"];
    expect(await findNow(life)).toEqual(missed);
    moduleSteps.set(key, step);
    expect(await findNow(life)).toEqual([]);
    (life.witness.byHand as Map<string, number>).clear();
    expect(await findNow(life)).toEqual(missed);
  });
});

it("the module of an ended service is kept for another of its licence that nothing was paid for yet", async () => {
  const { life, sold } = await owned();
  setEnd(life, "delete");
  runUnpaid(life, sold.licence);
  await life.pass(2 * 60_000);
  setStatus(life, sold.serviceId, "Terminated");
  await findAtTheEnd(life);
  expect([life.witness.findings, statusOf(life), steps(life)]).toEqual([[], 2, []]);
});

describe("the module of an ended service of which a paid line was deleted", () => {
  const waiting = (life: Life) => [...life.store().purchases.values()].find(({ reason }) => reason === "line_gone");

  async function ended(): Promise<{ life: Life; row: PurchaseRow }> {
    const { life, sold } = await owned();
    setEnd(life, "delete");
    setCap(life, "8.99 EUR");
    const { lineId } = renewPaid(life, sold.serviceId);
    await life.rest();
    deleteLine(life, lineId);
    setStatus(life, sold.serviceId, "Cancelled");
    expect(await findAtTheEnd(life)).toEqual([]);
    return { life, row: waiting(life) as PurchaseRow };
  }

  it("is kept until a person has said that the payment was given back", async () => {
    const { life, row } = await ended();
    expect([row.state, statusOf(life), steps(life)]).toEqual(["NeedsOperator", 2, []]);
    const [{ engine }] = life.bridges() as [Bridge];
    const decision = { kind: "refunded", reference: "R-1" } as const;
    const deciding = decide(engine, { purchaseId: row.id, version: null, decision, why: "paid back", actor: "staff" });
    expect(await findAtTheEnd(life)).toEqual([]);
    expect([(await deciding).kind, statusOf(life)]).toEqual(["decided", 4]);
  });

  it("is missed where a person has said so, or where it is of another licence and service", async () => {
    const { life, row } = await ended();
    const missed = "at rest module 900 is there, and its service 1 is Cancelled";
    for (const other of [{ state: "Refunded" } as const, { serviceRef: "h9", licence: "2000009" }]) {
      life.store().purchases.set(row.id, { ...row, ...other });
      expect(await findNow(life)).toContain(missed);
    }
  });
});

describe("the module of a suspended service that others let run again", () => {
  it("runs on, and is stopped when the service is suspended anew", async () => {
    const { life, sold } = await owned();
    setStatus(life, sold.serviceId, "Suspended");
    await life.rest();
    stopByHand(life, sold.licence, 2);
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(statusOf(life)).toBe(2);
    setStatus(life, sold.serviceId, "Active");
    await life.rest();
    setStatus(life, sold.serviceId, "Suspended");
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(statusOf(life)).toBe(3);
  });

  it("is missed where it is not others who let it run", async () => {
    const { life, sold } = await owned();
    setStatus(life, sold.serviceId, "Suspended");
    await life.rest();
    const [module] = life.model.state.modules;
    if (module !== undefined) module.status = 2;
    expect(await findNow(life)).toEqual(["at rest module 900 runs, and its service 1 is Suspended"]);
  });
});

describe("a stopped module that is renewed before its end, which the account counts from that day", () => {
  const rows = (life: Life) => [...life.store().purchases.values()].map(({ state, reason }) => `${state}(${reason})`);

  it("loses what an ended service had left, and nothing that a service that goes on has paid for", async () => {
    const { life, sold } = await owned();
    stopByHand(life, sold.licence, 3);
    setStatus(life, sold.serviceId, "Cancelled");
    await life.rest();
    sellPaid(life, { licence: sold.licence, cycle: "Semi-Annually" });
    expect(await findAtTheEnd(life)).toEqual([]);
    expect([rows(life), life.model.state.modules[0]?.expiredate]).toEqual([
      ["Purchased(null)", "Purchased(null)"],
      "2027-05-26",
    ]);
    (life.cuts.lostDays as Map<string, number>).clear();
    expect(await findNow(life)).toEqual(["module 900 ends 2027-05-26, and 7 months were paid for"]);
  });

  it("waits for a person where the period after it was bought first, also when we have stopped it", async () => {
    const life = await beginLife({ seed: 1, variants: { refused: {} } });
    life.start();
    const first = sell(life);
    const [, second = 0] = issueOverdue(life, first.serviceId, 2);
    pay(life, second);
    await life.rest();
    setStatus(life, first.serviceId, "Suspended");
    await life.rest();
    pay(life, first.invoiceId);
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(rows(life)).toEqual(["Purchased(null)", "NeedsOperator(not_active)"]);
    setStatus(life, first.serviceId, "Active");
    expect(await findAtTheEnd(life)).toEqual([]);
    expect([rows(life), life.model.state.modules[0]?.expiredate]).toEqual([
      ["Purchased(null)", "Purchased(null)"],
      "2027-01-26",
    ]);
  });
});
