// What did the cases of one family come to, and how is a failed one played again?
import { expect } from "vitest";
import { reportFamily } from "../families.ts";
import type { Findings } from "./oracle.ts";
import { replayCommand, scale } from "./scale.ts";

export interface Played {
  /** How often the case's fault happened. */
  readonly fired: number;
  readonly findings: Findings;
}

export interface Tally {
  /** Plays a case, adds it up and holds it against the oracle; one that ends early counts as broken. */
  count(test: string, play: () => Promise<Played>): Promise<void>;
  report(): void;
}

export function createTally(family: string, file: string): Tally {
  const sums = { cases: 0, fired: 0, lost: 0, double: 0, broken: 0 };
  const add = ({ fired, findings }: Played) => {
    sums.fired += fired > 0 ? 1 : 0;
    sums.lost += findings.lost.length;
    sums.double += findings.double.length;
    sums.broken += findings.broken.length;
  };
  return {
    count: async (test, play) => {
      sums.cases += 1;
      try {
        const played = await play().catch((error: unknown) => {
          sums.broken += 1;
          throw error;
        });
        add(played);
        expect(played.fired, "the fault did not fire").toBeGreaterThan(0);
        expect(played.findings).toEqual({ lost: [], double: [], broken: [] });
      } catch (error) {
        console.log(`${family}: failed; again by: ${replayCommand(file, test)}`);
        throw error;
      }
    },
    report: () => reportFamily({ family, ...sums, seed: scale.seed }),
  };
}
