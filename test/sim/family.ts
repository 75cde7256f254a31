// How are all cases of one family of faults played, counted and reported?
import { expect } from "vitest";
import { reportFamily } from "../families.ts";
import { firstSeed, onlyCase, stormSeeds } from "./scale.ts";
import type { Finding } from "./witness.ts";

export interface Case {
  /** Unique in its family, e.g. `new order/claim:acknowledged`, or the seed. */
  readonly name: string;
  readonly play: () => Promise<Played>;
}

export interface Played {
  /** How many faults happened; a case without any proves nothing. */
  readonly fired: number;
  readonly findings: readonly Finding[];
}

const longestList = 5;

/** Plays every case to its end, prints one line, and fails when anything was lost, bought twice, broken, or never happened. */
export async function playFamily(family: string, cases: readonly Case[]): Promise<void> {
  const wanted = cases.filter(({ name }) => onlyCase === null || onlyCase === `${family}/${name}`);
  const failed: string[] = [];
  const sum = { fired: 0, lost: 0, double: 0, broken: 0 };
  for (const { name, play } of wanted) {
    const { fired, findings } = await playSafely(play);
    sum.fired += fired;
    for (const { kind } of findings) sum[kind] += 1;
    const idle = fired === 0 ? ["no fault happened in it"] : [];
    const wrongs = [...findings.map(({ kind, what }) => `${kind}: ${what}`), ...idle];
    if (wrongs.length > 0)
      failed.push(`${family}/${name}\n    ${wrongs.join("\n    ")}\n    ${replayOf(family, name)}`);
  }
  if (wanted.length > 0) reportFamily({ family, cases: wanted.length, ...sum, seed: firstSeed });
  expect(failed.slice(0, longestList).join("\n"), `${failed.length} of ${wanted.length} cases failed`).toBe("");
  if (onlyCase === null) expect(sum.fired).toBeGreaterThan(0);
}

async function playSafely(play: Case["play"]): Promise<Played> {
  try {
    return await play();
  } catch (error) {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { fired: 1, findings: [{ kind: "broken", what }] };
  }
}

function replayOf(family: string, name: string): string {
  const scale = `--seeds ${stormSeeds ?? 0} --first-seed ${firstSeed}`;
  return `replay: npm run test:storm -- ${scale} --case '${family}/${name}'`;
}
