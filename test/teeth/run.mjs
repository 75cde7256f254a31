// Would the tests notice? Plants one known bug after the other into a copy of the tree, then mutants into the pure files.
//
//   npm run test:teeth [-- --only <bug>] [-- --no-mutation]
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { countMutants } from "./mutation.mjs";
import { build, plant, root, test, withCopy } from "./tree.mjs";

const leastKilledPercent = 90;

/** The test files that must notice each bug, in the order in which they are asked. */
const plan = JSON.parse(readFileSync(join(root, "test/teeth/plan.json"), "utf8"));

/** The tests prove nothing about a bug unless they pass without it. */
async function proveUnpatched(bugs) {
  const files = [...new Set(bugs.flatMap((bug) => plan[bug]))];
  const { passed, failure, trouble } = await withCopy(async (copy) => {
    const refusal = await build(copy);
    return refusal === null ? await test(copy, files) : { passed: 0, failure: null, trouble: refusal };
  });
  const isSound = failure === null && trouble === null;
  console.log(isSound ? `without a bug: ${passed} tests pass` : `without a bug: NOT SOUND: ${failure ?? trouble}`);
  return isSound;
}

/** One line about one bug; true when a test noticed it. */
async function tryBug(bug) {
  const found = await withCopy(async (copy) => {
    plant(copy, join(root, "test/teeth", `${bug}.patch`));
    const refusal = await build(copy);
    if (refusal !== null) return { failure: null, trouble: `it does not build\n${refusal}` };
    const troubles = [];
    for (const file of plan[bug]) {
      const { failure, trouble } = await test(copy, [file]);
      if (failure !== null) return { failure: `${failure} (${file})`, trouble: null };
      if (trouble !== null) troubles.push(trouble);
    }
    return { failure: null, trouble: troubles.join("\n") };
  });
  const isCaught = found.failure !== null;
  console.log(`${bug}: ${isCaught ? `caught by ${found.failure}` : `NOT CAUGHT ${found.trouble}`.trim()}`);
  return isCaught;
}

/** One line for each pure file and one for all; true when each file reaches the least score. */
async function judgeMutants() {
  const files = await withCopy(countMutants);
  const sum = (field) => files.reduce((total, file) => total + file[field], 0);
  const lines = [...files, { path: "all", killed: sum("killed"), total: sum("total") }];
  const percentOf = ({ killed, total }) => (killed / total) * 100;
  for (const line of lines) {
    console.log(`mutants of ${line.path}: ${percentOf(line).toFixed(1)} % killed (${line.killed} of ${line.total})`);
  }
  for (const survivor of files.flatMap(({ survivors }) => survivors)) console.log(`alive: ${survivor}`);
  return files.length > 0 && files.every((file) => percentOf(file) >= leastKilledPercent);
}

async function main() {
  const options = { only: { type: "string" }, "no-mutation": { type: "boolean" } };
  const { only, "no-mutation": skipsMutants } = parseArgs({ options }).values;
  const bugs = Object.keys(plan).filter((bug) => only === undefined || bug === only.replace(/\.patch$/, ""));
  if (bugs.length === 0) {
    console.error(`no bug is named ${only}; there are: ${Object.keys(plan).join(", ")}`);
    process.exit(2);
  }
  let isSharp = await proveUnpatched(bugs);
  let caught = 0;
  for (const bug of bugs) if (await tryBug(bug)) caught += 1;
  console.log(`${caught} of ${bugs.length} caught`);
  isSharp &&= caught === bugs.length;
  if (only === undefined && !skipsMutants) isSharp = (await judgeMutants()) && isSharp;
  process.exitCode = isSharp ? 0 : 1;
}

await main();
