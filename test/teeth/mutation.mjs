// How many small changes of the pure files does no unit test notice?
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { run } from "./tree.mjs";

const seen = ["Killed", "Timeout"];
const unseen = ["Survived", "NoCoverage"];

/** Runs all mutants in the copy; for each file its path, how many were noticed, of how many, and those not. */
export async function countMutants(copy) {
  const { isDone, output } = await run(copy, "node_modules/@stryker-mutator/core/bin/stryker.js", [
    "run",
    "test/teeth/stryker.config.json",
  ]);
  const report = join(copy, "reports/mutation/mutation.json");
  if (!isDone || !existsSync(report)) throw new Error(`the mutants could not be judged\n${output}`);
  const { files } = JSON.parse(readFileSync(report, "utf8"));
  return Object.entries(files).map(([path, { mutants }]) => {
    const killed = mutants.filter(({ status }) => seen.includes(status)).length;
    const alive = mutants.filter(({ status }) => unseen.includes(status));
    const survivors = alive.map(({ location: { start }, replacement, mutatorName }) => {
      return `${path}:${start.line}:${start.column} ${mutatorName} → ${replacement}`;
    });
    return { path, killed, total: killed + alive.length, survivors };
  });
}
