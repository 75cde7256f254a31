import { describe, expect, it } from "vitest";
import { createFreshRead } from "../../src/purchases/fresh-read.ts";

/** A reading whose ends the test decides; counts how many were under way at once. */
function createSource() {
  const open: { resolve: (value: number) => void; reject: (error: Error) => void }[] = [];
  let started = 0;
  let running = 0;
  let most = 0;
  const read = createFreshRead(async () => {
    started += 1;
    running += 1;
    most = Math.max(most, running);
    try {
      return await new Promise<number>((resolve, reject) => open.push({ resolve, reject }));
    } finally {
      running -= 1;
    }
  });
  return {
    read,
    started: () => started,
    most: () => most,
    end: (value: number) => open.shift()?.resolve(value),
    fail: () => open.shift()?.reject(new Error("away")),
  };
}

const passTurns = async () => {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
};

describe("a fresh reading", () => {
  it("begins at once when none is under way", async () => {
    const source = createSource();
    const first = source.read();
    expect(source.started()).toBe(1);
    source.end(1);
    expect(await first).toBe(1);
  });

  it("is never older than the question: who asks during one gets the next", async () => {
    const source = createSource();
    const first = source.read();
    const second = source.read();
    source.end(1);
    expect(await first).toBe(1);
    await passTurns();
    expect(source.started()).toBe(2);
    source.end(2);
    expect(await second).toBe(2);
  });

  it("is shared by all who ask during the same one", async () => {
    const source = createSource();
    const first = source.read();
    const later = Array.from({ length: 50 }, () => source.read());
    source.end(1);
    await first;
    await passTurns();
    source.end(2);
    expect(new Set(await Promise.all(later))).toEqual(new Set([2]));
    expect(source.started()).toBe(2);
  });

  it("a failed one fails only those who asked for it", async () => {
    const source = createSource();
    const first = source.read();
    const second = source.read();
    source.fail();
    await expect(first).rejects.toThrow("away");
    await passTurns();
    source.end(2);
    expect(await second).toBe(2);
    const third = source.read();
    source.end(3);
    expect(await third).toBe(3);
  });

  it("never runs beside another, not even when the first asker asks again at once", async () => {
    const source = createSource();
    const again = source.read().then(() => source.read());
    const second = source.read();
    source.end(1);
    await passTurns();
    expect(source.most()).toBe(1);
    source.end(2);
    expect(await second).toBe(2);
    expect(await again).toBe(2);
    expect(source.started()).toBe(2);
  });
});
