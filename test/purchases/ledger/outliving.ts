// Is it known what was done to a module besides buying it, and by one process at a time?
import { beforeEach, expect, it } from "vitest";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import type { NewModuleStep } from "../../../src/purchases/ledger/module-steps.ts";
import { changed, claimRequest, find, recorded, standing, startBuying, term, wordOf } from "./given.ts";
import type { LedgerUnderTest } from "./under-test.ts";

const step = (n: number, changes: Partial<NewModuleStep> = {}): NewModuleStep => ({
  account: "main",
  moduleId: "901",
  n,
  serviceRef: "h1",
  change: "suspend",
  step: "asked",
  detail: "",
  ...changes,
});

export function describeOutliving(get: () => LedgerUnderTest): void {
  let ledger: Ledger;
  beforeEach(async () => {
    ledger = get().ledger;
    await startBuying(ledger);
  });

  it("one process takes a step, the others do not, and each module's steps come back in their order", async () => {
    const elsewhere = get().elsewhere();
    expect([await ledger.takeModuleStep(step(1)), await elsewhere.takeModuleStep(step(1))]).toEqual([true, false]);
    await get().letPass(5_000);
    await elsewhere.takeModuleStep(step(2, { step: "refused", detail: "a".repeat(99) }));
    await ledger.takeModuleStep(step(1, { moduleId: "900", change: "delete" }));
    await ledger.takeModuleStep(step(1, { account: "other" }));
    const steps = await ledger.listModuleSteps("main", ["901", "900", "777"]);
    expect(steps.map(({ moduleId, n, change, step: kind }) => [moduleId, n, change, kind])).toEqual([
      ["900", 1, "delete", "asked"],
      ["901", 1, "suspend", "asked"],
      ["901", 2, "suspend", "refused"],
    ]);
    expect(steps[2]?.detail).toBe("a".repeat(64));
    expect(steps[1]?.ageMs).toBeGreaterThanOrEqual(5_000);
    expect(steps[1]?.day).toMatch(/^\d{4}-\d\d-\d\d$/);
    expect(await ledger.listModuleSteps("main", [])).toEqual([]);
  });

  it.each(["off", "shadow"] as const)(
    "nothing is meant to be asked while buying is %s; what came of it is kept",
    async (position) => {
      await ledger.takeModuleStep(step(1));
      await ledger.setBuying({ position, paidSince: null, actor: "test", why: "test" });
      const words = [await ledger.takeModuleStep(step(2)), await ledger.takeModuleStep(step(2, { step: "unknown" }))];
      expect(words).toEqual([false, true]);
      expect(await ledger.listModuleSteps("main", ["901"])).toHaveLength(2);
    },
  );

  it("a claim whose look is older than a step of such a module is not made, and one that looked again is", async () => {
    const bound = await standing(ledger, 1, "Ordered");
    await changed(ledger, bound, { to: "Purchased", binding: term(bound, "5001", "2026-12-24") });
    const { licence, tariff } = bound;
    const next = await recorded(ledger, 2, { licence, tariff });
    const request = claimRequest(next, { moduleId: "5001", action: "renew" });
    const fence = await ledger.readFence(request);
    await ledger.takeModuleStep(step(1, { moduleId: "7777" }));
    expect(await ledger.readFence(request)).toEqual(fence);
    await ledger.takeModuleStep(step(1, { moduleId: "5001" }));
    expect(wordOf(await ledger.claim({ ...request, fence }))).toBe("moved");
    expect(wordOf(await ledger.claim({ ...request, fence: await ledger.readFence(request) }))).toBe("claimed");
  });

  it("of a claim and a step at once the later one knows of the earlier one", async () => {
    const elsewhere = get().elsewhere();
    for (let n = 1; n <= 8; n++) {
      const id = String(5_000 + n);
      const bound = await standing(ledger, n, "Ordered");
      await changed(ledger, bound, { to: "Purchased", binding: term(bound, id, "2026-12-24") });
      const next = await recorded(ledger, n + 20, { licence: bound.licence, tariff: bound.tariff });
      const request = claimRequest(next, { moduleId: id, action: "renew" });
      const fence = await ledger.readFence(request);
      const [module] = (await ledger.listOwnedModules("main", "2026-12-24")).filter((one) => one.moduleId === id);
      if (module === undefined) throw new Error("no module is owned");
      const stepThenLook = async () => {
        await elsewhere.takeModuleStep(step(1, { moduleId: id, change: "delete" }));
        return (await elsewhere.listWanting(module)).some(({ state }) => state === "Sending");
      };
      const [claim, isSeen] = await Promise.all([ledger.claim({ ...request, fence }), stepThenLook()]);
      expect([wordOf(claim), isSeen]).toEqual(isSeen ? ["claimed", true] : ["moved", false]);
      if (isSeen) await changed(ledger, await find(ledger, next), { to: "Unknown" });
    }
  });

  it("of refused changes those count whose refusal is the newest that was heard", async () => {
    const refused = { step: "refused", detail: "access" } as const;
    await ledger.takeModuleStep(step(1));
    await ledger.takeModuleStep(step(2, refused));
    await ledger.takeModuleStep(step(1, { moduleId: "902", ...refused }));
    await ledger.takeModuleStep(step(1, { moduleId: "903", ...refused, change: "delete" }));
    await ledger.takeModuleStep(step(1, { moduleId: "904", ...refused, detail: "limit" }));
    await ledger.takeModuleStep(step(2, { moduleId: "904", step: "withdrawn" }));
    expect(await ledger.listRefusedChanges("main")).toEqual([
      { change: "delete", detail: "access", modules: 1 },
      { change: "suspend", detail: "access", modules: 2 },
    ]);
    expect(await ledger.listRefusedChanges("other")).toEqual([]);
  });

  it("a module is of the service whose term is its newest, while that has not ended", async () => {
    const first = await standing(ledger, 1, "Ordered");
    await changed(ledger, first, { to: "Purchased", binding: term(first, "5001", "2026-12-24") });
    const second = await standing(ledger, 2, "Ordered");
    await changed(ledger, second, { to: "Purchased", binding: term(second, "5002", "2026-12-01") });
    const owned = await ledger.listOwnedModules("main", "2026-12-02");
    const seen = [step(1, { moduleId: "5001" }), step(2, { moduleId: "5001", step: "accepted" })];
    for (const one of seen) await ledger.takeModuleStep(one);
    const [taken] = await ledger.listModuleSteps("main", ["5001"]);
    expect(owned.map(({ moduleId }) => moduleId)).not.toContain("5002");
    const first5001 = owned.find(({ moduleId }) => moduleId === "5001");
    expect(String(first5001?.boundAt) <= String(taken?.takenAt)).toBe(true);
    expect(taken?.takenAt).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}$/);
    expect(first5001).toEqual({
      moduleId: "5001",
      serviceRef: "h1",
      serviceRefs: ["h1"],
      licence: first.licence,
      tariff: first.tariff,
      paidUntil: "2026-12-24",
      boundAt: first5001?.boundAt,
    });
    expect(await ledger.listOwnedModules("other", "2026-01-01")).toEqual([]);
  });

  it("purchases that are not done want a module of their own, of their service, or of their licence and tariff", async () => {
    const done = await standing(ledger, 1, "Ordered");
    await changed(ledger, done, { to: "Purchased", binding: term(done, "5001", "2026-12-24") });
    const sameService = await recorded(ledger, 2, { serviceRef: "h1" });
    const sameLicence = await recorded(ledger, 3, { licence: done.licence });
    await recorded(ledger, 4, { licence: done.licence, tariff: "999" });
    await recorded(ledger, 5, { serviceRef: "h1", state: "Ignored" });
    const [module] = await ledger.listOwnedModules("main", "2026-12-24");
    if (module === undefined) throw new Error("no module is owned");
    expect((await ledger.listWanting(module)).map(({ id }) => id)).toEqual([sameService.id, sameLicence.id]);
  });
}
