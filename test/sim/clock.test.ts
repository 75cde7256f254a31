// Does simulated time wake sleepers in order, at their time, and only when told to?
import fc from "fast-check";
import { expect, test } from "vitest";
import { createVirtualClock } from "./clock.ts";

const startMs = Date.UTC(2026, 0, 31, 12);

test("time stands still until somebody advances it", async () => {
  const clock = createVirtualClock(startMs);
  expect([clock.nowMs(), clock.now().toISOString(), clock.monotonicMs()]).toEqual([
    startMs,
    "2026-01-31T12:00:00.000Z",
    0,
  ]);
  expect(await clock.step()).toBe(false);
  await clock.runUntil(startMs + 250);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([startMs + 250, 250]);
});

test("sleepers wake in order of time, and of asking where times are equal", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (waits) => {
      const clock = createVirtualClock(startMs);
      const woken: { at: number; asked: number }[] = [];
      const all = waits.map((ms, asked) => clock.sleep(ms).then(() => woken.push({ at: clock.monotonicMs(), asked })));
      await clock.runUntil(startMs + 20);
      await Promise.all(all);
      const expected = waits.map((at, asked) => ({ at, asked })).sort((a, b) => a.at - b.at || a.asked - b.asked);
      expect(woken).toEqual(expected);
    }),
  );
});

test("whoever is woken runs to its next wait before the next sleeper wakes", async () => {
  const clock = createVirtualClock(startMs);
  const seen: string[] = [];
  async function walk(name: string) {
    await clock.sleep(10);
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
    seen.push(`${name} ${clock.monotonicMs()}`);
    await clock.sleep(0);
    seen.push(`${name} again`);
  }
  const both = [walk("a"), walk("b")];
  await clock.runUntil(startMs + 10);
  expect(seen).toEqual(["a 10", "b 10", "a again", "b again"]);
  await Promise.all(both);
});

test("a step goes to the next sleeper and no further", async () => {
  const clock = createVirtualClock(startMs);
  const woken: number[] = [];
  const all = [30, 10, 20].map((ms) => clock.sleep(ms).then(() => woken.push(ms)));
  expect(await clock.step()).toBe(true);
  expect([woken, clock.monotonicMs()]).toEqual([[10], 10]);
  await clock.runUntil(startMs + 29);
  expect([woken, clock.monotonicMs()]).toEqual([[10, 20], 29]);
  expect(await clock.step()).toBe(true);
  expect(await clock.step()).toBe(false);
  await Promise.all(all);
});

test("an abort wakes its sleeper at once and leaves nobody behind", async () => {
  const clock = createVirtualClock(startMs);
  const stop = new AbortController();
  const sleeping = clock.sleep(1000, stop.signal);
  stop.abort();
  await sleeping;
  await clock.sleep(1000, stop.signal);
  expect([clock.monotonicMs(), await clock.step()]).toEqual([0, false]);
});

test("a timer is over at its time; one that was called off never is, and no step leads to it", async () => {
  const clock = createVirtualClock(startMs);
  const over: string[] = [];
  const called = clock.timer(10);
  const kept = clock.timer(20);
  void called.over.then(() => over.push("called off"));
  void kept.over.then(() => over.push("kept"));
  called.callOff();
  expect([await clock.step(), over, clock.monotonicMs()]).toEqual([true, ["kept"], 20]);
  expect(await clock.step()).toBe(false);
});

test("an abort wakes all who sleep under one signal, also those who slept under it before", async () => {
  const clock = createVirtualClock(startMs);
  const stop = new AbortController();
  const first = clock.sleep(10, stop.signal);
  await clock.runUntil(startMs + 10);
  await first;
  const both = [clock.sleep(10, stop.signal), clock.sleep(20, stop.signal)];
  stop.abort();
  await Promise.all(both);
  expect([clock.monotonicMs(), await clock.step()]).toEqual([10, false]);
});
