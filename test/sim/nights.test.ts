// Does a life wait for what is only put off, before it is judged?
import { describe, expect, it } from "vitest";
import { pay, renewPaid, sell, sellPaid } from "./deeds.ts";
import { instantOf } from "./ledger/instants.ts";
import { beginLife, type Life } from "./life.ts";
import { sleepOver } from "./nights.ts";
import { judge } from "./oracle.ts";
import { isResting } from "./rest.ts";
import { setStatus } from "./service-deeds.ts";
import { deleteLine, setCap } from "./staff.ts";

const minuteMs = 60_000;

const rows = (life: Life) => [...life.store().purchases.values()];
const states = (life: Life) => rows(life).map(({ state, reason }) => `${state}(${reason})`);

/** As failed checks do. */
function putOff(life: Life, ms: number): void {
  const notBefore = instantOf((life.clock.nowMs() + ms) * 1000);
  for (const row of rows(life)) life.store().purchases.set(row.id, { ...row, notBefore });
}

async function findAtTheEnd(life: Life): Promise<string[]> {
  await life.rest();
  await judge(life);
  return life.witness.findings.map(({ what }) => what);
}

describe("a life ends after a look at", () => {
  it("a purchase whose line went while its check was put off", async () => {
    const life = await beginLife({ seed: 1 });
    life.start();
    const sold = sell(life, { isAccepted: false });
    pay(life, sold.invoiceId);
    await life.rest();
    expect(states(life)).toEqual(["Pending(awaiting_acceptance)"]);
    putOff(life, 14 * minuteMs);
    deleteLine(life, sold.lineId);
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(states(life)).toEqual(["NeedsOperator(line_gone)"]);
  });

  it("a second period that had to wait for the first in the night in which its cause was gone", async () => {
    const life = await beginLife({ seed: 1, settings: { ordersInFlight: 1 } });
    setCap(life, "8.99 EUR");
    life.start();
    const { serviceId } = sellPaid(life);
    renewPaid(life, serviceId);
    await life.rest();
    expect(states(life)).toEqual(["NeedsOperator(price_above_cap)", "NeedsOperator(price_above_cap)"]);
    putOff(life, 14 * minuteMs);
    setCap(life, "");
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(states(life)).toEqual(["Purchased(null)", "Purchased(null)"]);
  });

  it("a purchase whose cause went while the account was paused", async () => {
    const life = await beginLife({ seed: 1 });
    setCap(life, "8.99 EUR");
    life.start();
    sellPaid(life);
    await life.rest();
    await life
      .plainLedger()
      .pauseAccount({ account: "main", reason: "account_paused", errorType: "auth", stepMs: 15 * minuteMs });
    setCap(life, "");
    expect(await findAtTheEnd(life)).toEqual([]);
    expect(states(life)).toEqual(["Purchased(null)"]);
  });
});

it("ends behind four nights of a refused request, and one in which a module was found that renews itself", async () => {
  const life = await beginLife({ seed: 1, variants: { autoprolongChange: "refused" } });
  life.start();
  const { serviceId } = sellPaid(life);
  await life.rest();
  for (const module of life.model.state.modules) module.autoprolong = 1;
  setStatus(life, serviceId, "Suspended");
  await sleepOver(life);
  expect([life.witness.findings, life.store().moduleSteps.size, rows(life)[0]?.hasAutoRenewal]).toEqual([[], 8, 1]);
});

describe("a period of a service that waits for an earlier one", () => {
  it("rests only while that one waits for something else", async () => {
    const life = await beginLife({ seed: 1 });
    life.start();
    const { serviceId } = sellPaid(life);
    renewPaid(life, serviceId);
    await life.rest();
    const both = rows(life).map((row) => ({ ...row, state: "Pending" as const, reason: "earlier_period" }));
    for (const row of both) life.store().purchases.set(row.id, row);
    const inOrder = both.toSorted((a, b) => a.lineId - b.lineId);
    expect(inOrder.map((row) => isResting(row, life))).toEqual([false, true]);
  });
});
