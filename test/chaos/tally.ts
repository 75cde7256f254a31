// What did the cases of one family come to, and how is a failed one played again?
import { expect } from "vitest";
import { reportFamily } from "../families.ts";
import type { Findings } from "./oracle.ts";
import { replayCommand, scale } from "./scale.ts";

export interface Tally {
  /** Plays a case: `play` returns how often its fault fired and what the oracle found. */
  count(test: string, play: () => Promise<{ readonly fired: number; readonly findings: Findings }>): Promise<void>;
  report(): void;
}

export function createTally(family: string, file: string): Tally {
  const sums = { cases: 0, fired: 0, lost: 0, double: 0, broken: 0 };
  return {
    count: async (test, play) => {
      sums.cases += 1;
      try {
        const { fired, findings } = await play();
        sums.fired += fired > 0 ? 1 : 0;
        sums.lost += findings.lost.length;
        sums.double += findings.double.length;
        sums.broken += findings.broken.length;
        expect(fired, "the fault did not fire").toBeGreaterThan(0);
        expect(findings).toEqual({ lost: [], double: [], broken: [] });
      } catch (error) {
        console.log(`${family}: failed; again by: ${replayCommand(file, test)}`);
        throw error;
      }
    },
    report: () => reportFamily({ family, ...sums, seed: scale.seed }),
  };
}
