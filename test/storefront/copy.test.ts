// Is the catalogue at most two seconds old, read once for all who wait, and still there when WHMCS is not?
import { setImmediate } from "node:timers/promises";
import { beforeEach, describe, expect, test } from "vitest";
import type { Log } from "../../src/log.ts";
import { buildCatalogue, type Catalogue } from "../../src/storefront/catalog.ts";
import { type CatalogueCopy, type CatalogueKeeper, createCatalogueCopy } from "../../src/storefront/copy.ts";
import { createTestClock, type TestClock } from "../webhook/clock.ts";
import { catalogRows, priceRow } from "./rows.ts";

const start = "2026-11-23T10:00:00Z";
const hourMs = 60 * 60 * 1000;

const catalogueFor = (monthly: string) =>
  buildCatalogue(catalogRows({ prices: [priceRow({ monthly })] }), null).catalogue;

interface Read {
  succeed(catalogue: Catalogue): void;
  fail(): void;
}

/** WHMCS as seen from here: each read waits until the test answers it. */
let reads: Read[];
let kept: { catalogue: Catalogue; readAt: Date }[];
let logged: string[];
let clock: TestClock;

beforeEach(() => {
  reads = [];
  kept = [];
  logged = [];
  clock = createTestClock(start);
});

const readCatalogue = () =>
  new Promise<Catalogue>((resolve, reject) => {
    reads.push({ succeed: resolve, fail: () => reject(new Error("away")) });
  });

const emptyKeeper: CatalogueKeeper = {
  load: async () => null,
  keep: async (catalogue, readAt) => void kept.push({ catalogue, readAt }),
};

function openCopy(keeper: Partial<CatalogueKeeper> = {}): CatalogueCopy {
  const note = (event: string) => void logged.push(event);
  const log: Log = { debug: note, info: note, warn: note, error: note };
  return createCatalogueCopy({ readCatalogue, keeper: { ...emptyKeeper, ...keeper }, clock, log });
}

/** Lets everything that is ready to go on do so. */
const settle = () => setImmediate();

async function ask(copy: CatalogueCopy) {
  const current = await copy.current();
  return current && { cost: current.catalogue.modules[0]?.periods[0]?.cost, isStale: current.isStale };
}

/** A copy that has read WHMCS once, just now. */
async function openFilledCopy(keeper: Partial<CatalogueKeeper> = {}): Promise<CatalogueCopy> {
  const copy = openCopy(keeper);
  const answer = ask(copy);
  reads[0]?.succeed(catalogueFor("15.00"));
  expect(await answer).toEqual({ cost: "15.0000", isStale: false });
  return copy;
}

const fresh = (cost: string) => ({ cost, isStale: false });
const stale = (cost: string) => ({ cost, isStale: true });

test("a copy of two seconds is served as it is, an older one is read again before answering", async () => {
  const copy = await openFilledCopy();
  clock.pass(2_000);
  expect(copy.current()).toMatchObject({ isStale: false });
  expect(reads).toHaveLength(1);
  clock.pass(1);
  const answer = ask(copy);
  reads[1]?.succeed(catalogueFor("16.00"));
  expect(await answer).toEqual(fresh("16.0000"));
});

test("the age counts from the moment the read began", async () => {
  const copy = await openFilledCopy();
  clock.pass(hourMs);
  const answer = ask(copy);
  clock.pass(1_900);
  reads[1]?.succeed(catalogueFor("16.00"));
  expect(await answer).toEqual(fresh("16.0000"));
  clock.pass(101);
  void copy.current();
  expect(reads).toHaveLength(3);
});

test("fifty who ask at once, also the first time, wait for one read", async () => {
  const copy = openCopy();
  for (const cost of ["15", "16"]) {
    const before = reads.length;
    const answers = Array.from({ length: 50 }, () => ask(copy));
    expect(reads).toHaveLength(before + 1);
    reads.at(-1)?.succeed(catalogueFor(`${cost}.00`));
    expect(new Set((await Promise.all(answers)).map((answer) => answer?.cost))).toEqual(new Set([`${cost}.0000`]));
    clock.pass(hourMs);
  }
});

test("unchanged content is not rendered again", async () => {
  const copy = await openFilledCopy();
  const before = await copy.current();
  clock.pass(3_000);
  const answer = copy.current();
  reads[1]?.succeed(catalogueFor("15.00"));
  expect((await answer)?.documents).toBe(before?.documents);
});

describe("while WHMCS fails", () => {
  test("the last good list is served as stale for 24 hours, then nothing", async () => {
    const copy = await openFilledCopy();
    clock.pass(24 * hourMs);
    const answer = ask(copy);
    reads[1]?.fail();
    expect(await answer).toEqual(stale("15.0000"));
    clock.pass(1_000);
    const later = ask(copy);
    reads[2]?.fail();
    expect(await later).toBeNull();
    expect(logged).toEqual(["catalogue.refresh_failed", "catalogue.refresh_failed"]);
  });

  test("it is not asked again at once, but soon", async () => {
    const copy = await openFilledCopy();
    clock.pass(3_000);
    const answer = ask(copy);
    reads[1]?.fail();
    await answer;
    clock.pass(499);
    expect(copy.current()).toMatchObject({ isStale: true });
    expect(reads).toHaveLength(2);
    clock.pass(1);
    const next = ask(copy);
    reads[2]?.succeed(catalogueFor("16.00"));
    expect(await next).toEqual(fresh("16.0000"));
  });
});

describe("while WHMCS is silent", () => {
  test("who asks waits two seconds, whoever comes later not at all, and only one read is under way", async () => {
    const copy = await openFilledCopy();
    clock.pass(hourMs);
    let isAnswered = false;
    const answer = ask(copy).finally(() => {
      isAnswered = true;
    });
    clock.pass(1_999);
    await settle();
    expect(isAnswered).toBe(false);
    clock.pass(1);
    expect(await answer).toEqual(stale("15.0000"));
    clock.pass(20_000);
    expect(copy.current()).toMatchObject({ isStale: true });
    expect(reads).toHaveLength(2);
  });

  test("a late answer still counts, and does not pass for a fresh one", async () => {
    const copy = await openFilledCopy();
    clock.pass(hourMs);
    const answer = ask(copy);
    clock.pass(5_000);
    await answer;
    reads[1]?.succeed(catalogueFor("16.00"));
    await settle();
    const next = ask(copy);
    expect(reads).toHaveLength(3);
    reads[2]?.fail();
    expect(await next).toEqual(stale("16.0000"));
  });

  test("no sleeper is left behind by an answer in time", async () => {
    await openFilledCopy();
    expect(clock.sleepers()).toBe(0);
  });
});

describe("after a restart", () => {
  const keptAt = (readAt: string, catalogue: unknown = catalogueFor("14.00")): Partial<CatalogueKeeper> => ({
    load: async () => ({ catalogue: JSON.parse(JSON.stringify(catalogue)), readAt: new Date(readAt) }),
  });
  async function askWithoutWhmcs(keeper: Partial<CatalogueKeeper>) {
    const answer = ask(openCopy(keeper));
    reads[0]?.fail();
    return answer;
  }

  test("the kept list is served as stale while WHMCS is away", async () => {
    expect(await askWithoutWhmcs(keptAt("2026-11-22T10:00:00Z"))).toEqual(stale("14.0000"));
  });
  test("a kept list older than 24 hours is not", async () => {
    expect(await askWithoutWhmcs(keptAt("2026-11-22T09:59:59Z"))).toBeNull();
  });
  test.each([
    ["of another shape", { modules: [{}] }],
    [
      "with a cost that is none",
      {
        ...catalogueFor("1.00"),
        modules: [{ ...catalogueFor("1.00").modules[0], periods: [{ months: 1, cost: "x" }] }],
      },
    ],
    ["that is null", null],
  ])("a kept list %s is not, and the log says so", async (_what, catalogue) => {
    expect(await askWithoutWhmcs(keptAt(start, catalogue))).toBeNull();
    expect(logged).toContain("catalogue.load_failed");
  });
  test("nothing kept means no answer, until WHMCS is back", async () => {
    const copy = openCopy();
    const answer = ask(copy);
    reads[0]?.fail();
    expect(await answer).toBeNull();
    expect(await copy.current()).toBeNull();
    clock.pass(500);
    const later = ask(copy);
    reads[1]?.succeed(catalogueFor("15.00"));
    expect(await later).toEqual(fresh("15.0000"));
  });
  test("a silent ledger delays nobody while WHMCS answers", async () => {
    await openFilledCopy({ load: () => new Promise(() => {}) });
  });
  test("a silent ledger and a silent WHMCS end in no answer after two seconds", async () => {
    const copy = openCopy({ load: () => new Promise(() => {}) });
    const answer = ask(copy);
    clock.pass(2_000);
    expect(await answer).toBeNull();
  });
  test("the kept list never replaces a newer one", async () => {
    let release = () => {};
    const late = new Promise<void>((resolve) => {
      release = resolve;
    });
    const copy = await openFilledCopy({
      load: () => late.then(() => ({ catalogue: catalogueFor("14.00"), readAt: new Date(start) })),
    });
    release();
    await settle();
    expect(await ask(copy)).toEqual(fresh("15.0000"));
  });
});

describe("the last good list is kept", () => {
  async function refresh(copy: CatalogueCopy, afterMs: number, monthly: string) {
    clock.pass(afterMs);
    const answer = ask(copy);
    reads.at(-1)?.succeed(catalogueFor(monthly));
    await answer;
    await settle();
  }
  const keptCosts = () => kept.map(({ catalogue }) => catalogue.modules[0]?.periods[0]?.cost);

  test("when it changed, or when the kept one is ten minutes old", async () => {
    const copy = await openFilledCopy();
    await settle();
    expect(kept).toEqual([{ catalogue: catalogueFor("15.00"), readAt: new Date(start) }]);
    await refresh(copy, 3_000, "15.00");
    expect(keptCosts()).toEqual(["15.0000"]);
    await refresh(copy, 3_000, "16.00");
    expect(keptCosts()).toEqual(["15.0000", "16.0000"]);
    await refresh(copy, 10 * 60 * 1000, "16.00");
    expect(keptCosts()).toEqual(["15.0000", "16.0000", "16.0000"]);
  });

  test("again and again until the ledger takes it, without harm to any answer", async () => {
    let isAway = true;
    const copy = await openFilledCopy({
      keep: (catalogue, readAt) => (isAway ? Promise.reject(new Error("away")) : emptyKeeper.keep(catalogue, readAt)),
    });
    await refresh(copy, 3_000, "15.00");
    expect(logged).toEqual(["catalogue.keep_failed", "catalogue.keep_failed"]);
    isAway = false;
    await refresh(copy, 3_000, "15.00");
    expect(keptCosts()).toEqual(["15.0000"]);
  });

  test("one at a time, when the ledger is silent", async () => {
    let asked = 0;
    const copy = await openFilledCopy({
      keep: () => {
        asked += 1;
        return new Promise(() => {});
      },
    });
    await refresh(copy, 3_000, "16.00");
    await refresh(copy, 3_000, "17.00");
    expect(asked).toBe(1);
  });
});
