import { expect, it, onTestFinished } from "vitest";
import { type Clock, systemClock } from "../../src/clock.ts";
import type { Log } from "../../src/log.ts";
import { type Loops, startLoops } from "../../src/purchases/loops.ts";
import { type Stage, useStages } from "./stage.ts";

const loopCount = 9;
const raise = useStages();

/** A clock on which nobody wakes by himself: a loop sleeps until it is woken, or until the test ends all sleeps. */
function createSleepyClock() {
  const sleepers = new Set<() => void>();
  let begun = 0;
  const clock: Clock = {
    ...systemClock,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted) return resolve();
        begun += 1;
        const wake = () => {
          sleepers.delete(wake);
          resolve();
        };
        sleepers.add(wake);
        signal?.addEventListener("abort", wake);
      }),
  };
  return {
    clock,
    begun: () => begun,
    sleeping: () => sleepers.size,
    endAll: () => {
      for (const wake of sleepers) wake();
    },
  };
}

interface Running {
  readonly stage: Stage;
  readonly loops: Loops;
  readonly time: ReturnType<typeof createSleepyClock>;
  readonly failures: string[];
}

/** A stage whose loops have run once and sleep. */
async function run(): Promise<Running> {
  const stage = await raise();
  const time = createSleepyClock();
  const failures: string[] = [];
  const note: Log["error"] = (event, fields) => failures.push(`${event} ${fields?.loop ?? ""}`.trim());
  const log: Log = { debug() {}, info() {}, warn() {}, error: note };
  const loops = startLoops({ ...stage.engine, clock: time.clock, log }, stage.api);
  onTestFinished(() => loops.stop());
  await expect.poll(time.sleeping).toBe(loopCount);
  return { stage, loops, time, failures };
}

const event = (invoiceId: number) => ({
  webhookId: `e${invoiceId}`,
  type: "invoice.paid",
  body: JSON.stringify({ type: "invoice.paid", data: { invoice_id: invoiceId } }),
});
const listStates = async ({ engine }: Stage) => (await engine.ledger.listPurchases()).map(({ state }) => state);

it("one event wakes each loop after the other, until the module is bought and WHMCS has been told", async () => {
  const { stage, loops, time } = await run();
  const sold = await stage.sellPaid();
  await stage.engine.ledger.storeEvent(event(sold.invoiceId));
  expect(await listStates(stage)).toEqual([]);
  loops.wake();
  await expect.poll(() => stage.whmcsApi.calls.at(-1)?.action, { timeout: 5_000 }).toBe("LogActivity");
  expect(await listStates(stage)).toEqual(["Purchased"]);
  await expect.poll(time.sleeping).toBe(loopCount);
});

it("a line of which no event came is found after the interval, and goes all the way from there", async () => {
  const { stage, time } = await run();
  await stage.sellPaid();
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6)");
  time.endAll();
  await expect.poll(() => listStates(stage), { timeout: 5_000 }).toEqual(["Purchased"]);
});

it("a hundred wakes at once make one round", async () => {
  const { loops, time } = await run();
  const before = time.begun();
  for (let wake = 0; wake < 100; wake++) loops.wake();
  await expect.poll(time.begun).toBe(before + 1);
  await expect.poll(time.sleeping).toBe(loopCount);
  expect(time.begun()).toBe(before + 1);
});

it("a loop that is woken in the middle of its round begins the next one at once", async () => {
  const { stage, loops } = await run();
  const first = await stage.sellPaid();
  const hanging = stage.account.arm({ func: "addition.order.param", fault: "hang" });
  const sent = stage.account.nextRequest("addition.order.param");
  await stage.engine.ledger.storeEvent(event(first.invoiceId));
  loops.wake();
  await sent;
  const second = await stage.sellPaid();
  await stage.engine.ledger.storeEvent(event(second.invoiceId));
  loops.wake();
  await expect.poll(() => listStates(stage)).toEqual(["Sending", "Pending"]);
  hanging.release();
  await expect.poll(() => listStates(stage), { timeout: 5_000 }).toEqual(["Purchased", "Purchased"]);
});

it("stopping waits for the request that is under way, and begins nothing more", async () => {
  const { stage, loops } = await run();
  const sold = await stage.sellPaid();
  const hanging = stage.account.arm({ func: "addition.order.param", fault: "hang" });
  const sent = stage.account.nextRequest("addition.order.param");
  await stage.engine.ledger.storeEvent(event(sold.invoiceId));
  loops.wake();
  await sent;
  let hasStopped = false;
  const stopped = loops.stop().then(() => {
    hasStopped = true;
  });
  const later = await stage.sellPaid();
  await stage.engine.ledger.storeEvent(event(later.invoiceId));
  loops.wake();
  expect(hasStopped).toBe(false);
  hanging.release();
  await stopped;
  expect(await listStates(stage)).toEqual(["Ordered"]);
  expect(await stage.engine.ledger.listOpenEvents(9)).toHaveLength(1);
  expect(stage.account.debits()).toHaveLength(1);
});

it("a round that throws is told of and tried again, and the other loops go on", async () => {
  const { stage, loops, time, failures } = await run();
  await stage.ledgerSql("RENAME TABLE mod_ispmodules_turns TO mod_ispmodules_turns_away");
  time.endAll();
  const inTurns = new Set(["invariants", "messages", "remote_sweep", "sweep"].map((name) => `loop.failed ${name}`));
  await expect.poll(() => new Set(failures)).toEqual(inTurns);
  const sold = await stage.sellPaid();
  await stage.engine.ledger.storeEvent(event(sold.invoiceId));
  loops.wake();
  await expect.poll(() => listStates(stage), { timeout: 5_000 }).toEqual(["Purchased"]);
  await stage.ledgerSql("RENAME TABLE mod_ispmodules_turns_away TO mod_ispmodules_turns");
  await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6)");
  await stage.sellPaid();
  time.endAll();
  await expect.poll(() => listStates(stage), { timeout: 5_000 }).toEqual(["Purchased", "Purchased"]);
  expect(new Set(failures)).toEqual(inTurns);
});

it("events that the ledger cannot note as done are looked at after the interval, however many they are", async () => {
  const { stage, loops, time, failures } = await run();
  for (let invoiceId = 1; invoiceId <= 60; invoiceId += 1) await stage.engine.ledger.storeEvent(event(invoiceId));
  const refused = "SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'read only'";
  await stage.ledgerSql(`CREATE TRIGGER read_only BEFORE UPDATE ON mod_ispmodules_inbox FOR EACH ROW ${refused}`);
  loops.wake();
  await expect.poll(time.sleeping, { timeout: 5_000 }).toBe(loopCount);
  await stage.ledgerSql("DROP TRIGGER read_only");
  expect(failures).toEqual(["loop.failed intake"]);
  loops.wake();
  await expect.poll(() => stage.engine.ledger.listOpenEvents(1), { timeout: 5_000 }).toEqual([]);
});
