// Does the simulated network keep the transport's promises to the millisecond, whoever dies on the way?
import { expect, test } from "vitest";
import type { NetworkFault } from "./fault.ts";
import type { Phase } from "./network.ts";
import { createSimulatedSide, order, startMs } from "./sides.ts";

const phases: readonly Phase[] = ["looked-up", "connected", "written", "received", "executed", "headers", "body"];

test("each phase takes its own time, and another may run in between", async () => {
  const seen: [Phase, number][] = [];
  const side = createSimulatedSide({ onPhase: (phase) => seen.push([phase, side.clock.monotonicMs()]) });
  const ordered = side.account().order(order, () => true);
  await side.clock.runUntil(startMs + 10);
  expect((await ordered).kind).toBe("accepted");
  const times = [1, 2, 2, 3, 4, 5, 6];
  expect(seen).toEqual(phases.map((phase, index) => [phase, times[index]]));
});

test("whether it is still due is asked once, when the connection stands, and the write follows in the same turn", async () => {
  const events: string[] = [];
  const side = createSimulatedSide({ onPhase: (phase) => events.push(phase) });
  const ordered = side.account().order(order, () => {
    events.push("asked");
    queueMicrotask(() => events.push("microtask"));
    return true;
  });
  await side.clock.runUntil(startMs + 10);
  await ordered;
  expect(events.slice(0, 5)).toEqual(["looked-up", "connected", "asked", "written", "microtask"]);
  expect(events.filter((event) => event === "asked")).toHaveLength(1);
});

test("a question that fails sends nothing", async () => {
  const side = createSimulatedSide();
  const ordered = side.account().order(order, () => {
    throw new Error("no clock");
  });
  await side.clock.runUntil(startMs + 10);
  expect(await ordered).toEqual({ kind: "not-sent", detail: "no longer due" });
  expect(side.network.requests()).toEqual([]);
});

test.each([
  [1, "not-sent", 0],
  [2, "not-sent", 0],
  [3, "unknown", 1],
  [5, "unknown", 1],
  [6, "unknown", 1],
  [7, "accepted", 1],
])("a deadline of %d ms ends in %s", async (deadlineMs, kind, debits) => {
  let asked = 0;
  const side = createSimulatedSide();
  const ordered = side.account(undefined, deadlineMs).order(order, () => {
    asked += 1;
    return true;
  });
  await side.clock.runUntil(startMs + deadlineMs);
  expect((await ordered).kind).toBe(kind);
  expect(asked).toBe(kind === "not-sent" ? 0 : 1);
  await side.clock.runUntil(startMs + 1_000);
  expect(side.debits).toHaveLength(debits);
});

test.each(phases)(
  "a sender that dies when its request is %s hears nothing, and what was written is done",
  async (at) => {
    let isAlive = true;
    const side = createSimulatedSide();
    const onPhase = (phase: Phase) => {
      if (phase === at) isAlive = false;
    };
    let isHeard = false;
    void side
      .account(side.network.postFrom({ isAlive: () => isAlive, onPhase }))
      .order(order, () => true)
      .then(() => {
        isHeard = true;
      });
    while (await side.clock.step());
    expect([isAlive, isHeard]).toEqual([false, false]);
    expect(side.debits).toHaveLength(at === "looked-up" || at === "connected" ? 0 : 1);
  },
);

test("a dead sender reaches no further phase of its own", async () => {
  let isAlive = true;
  const seen: Phase[] = [];
  const side = createSimulatedSide();
  const onPhase = (phase: Phase) => {
    seen.push(phase);
    isAlive = phase !== "written" && isAlive;
  };
  void side.account(side.network.postFrom({ isAlive: () => isAlive, onPhase })).order(order, () => true);
  while (await side.clock.step());
  expect(seen).toEqual(["looked-up", "connected", "written", "received", "executed"]);
});

test("a sender that stands still when its connection stands is asked and writes when it goes on", async () => {
  const side = createSimulatedSide();
  const asked: number[] = [];
  const post = side.network.postFrom({ isAlive: () => true, wake: () => side.clock.sleep(500) });
  const ordered = side.account(post).order(order, () => asked.push(side.clock.monotonicMs()) > 0);
  await side.clock.runUntil(startMs + 600);
  expect([asked, (await ordered).kind]).toEqual([[502], "accepted"]);
});

test("a late order is carried out so long after the deadline", async () => {
  const fault: NetworkFault = { kind: "late", afterMs: 60_000 };
  const side = createSimulatedSide({ faultFor: () => fault });
  const ordered = side.account(undefined, 30_000).order(order, () => true);
  await side.clock.runUntil(startMs + 30_000);
  expect(await ordered).toEqual({ kind: "unknown", detail: "deadline" });
  await side.clock.runUntil(startMs + 89_999);
  expect([side.debits.length, side.fired.length]).toEqual([0, 0]);
  await side.clock.runUntil(startMs + 90_000);
  expect([side.debits.length, side.fired]).toEqual([1, [fault]]);
});

test("a connection that never stands is given up after ten seconds", async () => {
  const side = createSimulatedSide({ faultFor: () => ({ kind: "connect-timeout" }) });
  const ordered = side.account().order(order, () => true);
  await side.clock.runUntil(startMs + 10_001);
  expect(await ordered).toEqual({ kind: "not-sent", detail: "connect deadline" });
});

test("a debit names the request that caused it, and the request its sender's form without the password", async () => {
  const side = createSimulatedSide({ faultFor: ({ number }) => (number === 1 ? { kind: "refuse" } : null) });
  const both = [side.account().order(order, () => true), side.account().order(order, () => true)];
  await side.clock.runUntil(startMs + 10);
  expect((await Promise.all(both)).map(({ kind }) => kind)).toEqual(["not-sent", "accepted"]);
  const [request, ...others] = side.network.requests();
  expect(others).toEqual([]);
  expect(side.debits).toMatchObject([{ requestNumber: request?.number, marker: order.marker }]);
  expect(request).toMatchObject({ fault: null, call: { number: 2, func: "addition.order.param", isCommit: true } });
  expect(JSON.stringify(request)).not.toContain("partner@example.com");
});
