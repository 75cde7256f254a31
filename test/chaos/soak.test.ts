// F16: do many bridges under every fault at once buy each paid line once, or leave it with a person?
import { describe, expect, it } from "vitest";
import { reportFamily } from "../families.ts";
import { replayCommand, scale } from "./scale.ts";
import { soak } from "./soak.ts";

const { soakPurchases: purchases, seed } = scale;
/** One for every ten purchases, up to eight: a small soak should not be only the start of processes. */
const processes = Math.min(8, 1 + Math.ceil(purchases / 10));

describe.skipIf(purchases === 0)("a fleet under fire", () => {
  it("buys each paid line once", { timeout: 3_600_000 + purchases * 10_000 }, async () => {
    try {
      const { fired, findings } = await soak({ purchases, seed, processes });
      console.log(`F16: ${processes} bridges, faults ${JSON.stringify(fired)}`);
      const all = Object.values(fired).reduce((sum, each) => sum + each, 0);
      const { lost, double, broken } = findings;
      const counts = { lost: lost.length, double: double.length, broken: broken.length };
      reportFamily({ family: "F16", cases: purchases, fired: all, ...counts, seed });
      expect(findings).toEqual({ lost: [], double: [], broken: [] });
      if (purchases >= 100) for (const [kind, count] of Object.entries(fired)) expect(count, kind).toBeGreaterThan(0);
    } catch (error) {
      console.log(`F16: failed; again by: ${replayCommand("soak.test.ts", "buys each paid line once")}`);
      throw error;
    }
  });
});
