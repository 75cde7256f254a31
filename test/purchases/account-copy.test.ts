// Is a copied list never older than promised, and is the account spared?
import { beforeEach, describe, expect, it } from "vitest";
import type { Read } from "../../src/ispmanager/account.ts";
import { createAccountCopy, type Patience } from "../../src/purchases/account-copy.ts";
import { createRecentIds } from "../../src/service-calls/recent-ids.ts";
import { createTestClock, type TestClock } from "../webhook/clock.ts";

const patience: Patience = { freshForMs: 60_000, waitMs: 600, staleForMs: 120_000 };
let clock: TestClock;
let readings: ((answer: Read<string>) => void)[];
let mayAsk: () => Promise<boolean>;
let copy: (patience: Patience) => Promise<string | null>;
beforeEach(() => {
  clock = createTestClock("2026-11-23T10:00:00Z");
  readings = [];
  mayAsk = async () => true;
  const read = () => new Promise<Read<string>>((resolve) => readings.push(resolve));
  copy = createAccountCopy({ read, mayAsk: () => mayAsk(), clock });
});

const ok = (value: string) => ({ kind: "ok", value }) as const;
const away = { kind: "unreadable", detail: "no answer" } as const;
/** Until the reading that a question has begun is under way. */
const begun = async (count: number) => {
  while (readings.length < count) await Promise.resolve();
};
const ask = async (answer: Read<string>) => {
  const asked = copy(patience);
  await begun(readings.length + 1);
  readings.at(-1)?.(answer);
  return await asked;
};

describe("a copy", () => {
  it("is given without asking until it is a minute old", async () => {
    expect(await ask(ok("first"))).toBe("first");
    clock.pass(60_000);
    expect([await copy(patience), readings.length]).toEqual(["first", 1]);
    clock.pass(1);
    expect(await ask(ok("second"))).toBe("second");
  });

  it("outlives a failure up to its age, and then nobody knows", async () => {
    await ask(ok("first"));
    clock.pass(120_000);
    expect(await ask(away)).toBe("first");
    clock.pass(5_000);
    expect(await ask(away)).toBeNull();
  });

  it("is not asked for again within five seconds of a failure", async () => {
    expect(await ask(away)).toBeNull();
    clock.pass(4_999);
    expect([await copy(patience), readings.length]).toEqual([null, 1]);
    clock.pass(1);
    expect(await ask(ok("back"))).toBe("back");
  });

  it("is waited for only so long, and what comes late serves the next", async () => {
    const asked = copy(patience);
    await begun(1);
    clock.pass(600);
    expect(await asked).toBeNull();
    const second = copy(patience);
    readings[0]?.(ok("late"));
    expect([await second, readings.length]).toEqual(["late", 1]);
    expect(clock.sleepers()).toBe(0);
  });

  it("is not asked for while the account must be left alone, or while nobody can say whether it must", async () => {
    for (const answer of [async () => false, () => Promise.reject(new Error("ledger away"))]) {
      mayAsk = answer;
      expect([await copy(patience), readings.length]).toEqual([null, 0]);
    }
    mayAsk = async () => true;
    expect(await ask(ok("now"))).toBe("now");
  });
});

describe("the id of a reading call", () => {
  it("is used once within ten minutes", () => {
    const isNew = createRecentIds(clock);
    expect([isNew("a"), isNew("a"), isNew("A")]).toEqual([true, false, true]);
    clock.pass(600_000);
    expect(isNew("a")).toBe(false);
    clock.pass(1);
    expect(isNew("a")).toBe(true);
  });

  it("is remembered among fifty thousand, and no more", () => {
    const isNew = createRecentIds(clock);
    for (let n = 0; n < 50_000; n++) isNew(`id-${n}`);
    expect(isNew("id-49999")).toBe(false);
    expect(isNew("one more")).toBe(true);
    expect(isNew("id-0")).toBe(true);
    expect(isNew("id-49999")).toBe(false);
  });
});
