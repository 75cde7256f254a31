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
