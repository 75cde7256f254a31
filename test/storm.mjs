// What happens when all families of faults are played by the ten thousand? Runs them, adds up their lines, judges the sum.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";

const usage = `Usage: npm run test:storm -- [--seeds N] [--kills N] [--soak N] [--first-seed N] [--case FAMILY/NAME]

  --seeds N       simulated lives of the large families (default 20000); the others in proportion
  --kills N       processes killed by SIGKILL at a chosen moment (default 300)
  --soak N        purchases of one long soak with several bridges (default 200)
  --first-seed N  where the seeds begin (default: from today's date)
  --case NAME     plays one case only, as a failed run prints it`;

function readNumber(text, name) {
  if (!/^\d{1,9}$/.test(text)) throw new Error(`--${name} takes a whole number`);
  return text;
}

function readOptions() {
  const texts = { seeds: "20000", kills: "300", soak: "200" };
  const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const text = { type: "string" };
  const { values } = parseArgs({
    options: { seeds: text, kills: text, soak: text, "first-seed": text, case: text, help: { type: "boolean" } },
  });
  const wanted = { ...texts, "first-seed": today, ...values };
  for (const name of ["seeds", "kills", "soak", "first-seed"]) readNumber(wanted[name], name);
  return wanted;
}

function environmentOf({ seeds, kills, soak, "first-seed": firstSeed, case: one }) {
  const only = one === undefined ? {} : { SIM_CASE: one };
  return {
    ...process.env,
    ...only,
    STORM_SEEDS: seeds,
    STORM_FIRST_SEED: firstSeed,
    CHAOS_KILLS: kills,
    CHAOS_SOAK_PURCHASES: soak,
    CHAOS_SEED: firstSeed,
  };
}

/** A family that does not report has not been played. */
const families = [
  "F1",
  "F2",
  "F3",
  "F4",
  "F5",
  "F6",
  "F7",
  "F8",
  "F9",
  "F10",
  "F11",
  "F12",
  "F13",
  "F14",
  "F15",
  "F18",
  "F19",
  "F20",
  "F21",
];

/** `F3: 500 cases, 812 faults fired, 0 lost, 0 double, 0 broken, seed 1` */
const familyLine = /(F\d+): (\d+) cases, (\d+) faults fired, (\d+) lost, (\d+) double, (\d+) broken/;

/** Simulated lives first and real processes after them, so that these have the machine to themselves. */
async function playAll(options) {
  const suites = options.case === undefined ? ["test/sim/f", "test/chaos"] : ["test/sim/f"];
  const played = [];
  const total = { cases: 0, fired: 0, lost: 0, double: 0, broken: 0, failedRuns: 0 };
  for (const suite of suites) {
    const { sum, status, seen } = await play(suite, environmentOf(options));
    for (const [name, value] of Object.entries(sum)) total[name] += value;
    total.failedRuns += status === 0 ? 0 : 1;
    played.push(...seen);
  }
  const wanted = options.case === undefined ? families : [options.case.split("/")[0]];
  return { ...total, played: played.length, missing: wanted.filter((family) => !played.includes(family)) };
}

async function play(suite, environment) {
  const vitest = spawn("npx", ["vitest", "run", suite], {
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const seen = [];
  const sum = { cases: 0, fired: 0, lost: 0, double: 0, broken: 0 };
  for await (const line of createInterface({ input: vitest.stdout })) {
    console.log(line);
    const [, family, ...figures] = familyLine.exec(line) ?? [];
    if (family === undefined) continue;
    seen.push(family);
    const [cases, fired, lost, double, broken] = figures.map(Number);
    sum.cases += cases;
    sum.fired += fired;
    sum.lost += lost;
    sum.double += double;
    sum.broken += broken;
  }
  const status = vitest.exitCode ?? (await new Promise((resolve) => vitest.once("exit", resolve)));
  return { sum, status, seen };
}

try {
  const options = readOptions();
  if (options.help) {
    console.log(usage);
  } else {
    const { played, missing, cases, fired, lost, double, broken, failedRuns } = await playAll(options);
    console.log(
      `storm: ${played} families, ${cases} cases, ${fired} faults fired, first seed ${options["first-seed"]}`,
    );
    console.log(`storm: ${lost} lost, ${double} double, ${broken} invariant broken`);
    if (missing.length > 0) console.log(`storm: not played: ${missing.join(", ")}`);
    const isClean = failedRuns === 0 && missing.length === 0 && fired > 0 && lost + double + broken === 0;
    process.exitCode = isClean ? 0 : 1;
  }
} catch (error) {
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 64;
}
