// How does a bug come into a tree of its own, and what do that tree's tests say of it?
import { execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../..", import.meta.url));
/** A run of tests, or of mutants, that takes longer proves nothing. */
const runLimitMs = 30 * 60_000;

/** Copies the tree as it stands (what git ignores is left out), runs `work` on the copy, and removes it. */
export async function withCopy(work) {
  const copy = realpathSync(mkdtempSync(join(tmpdir(), "ispmodules-teeth-")));
  try {
    const listing = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
      cwd: root,
    });
    const paths = listing
      .toString()
      .split("\0")
      .filter((path) => path !== "" && existsSync(join(root, path)));
    for (const path of new Set(paths)) cpSync(join(root, path), join(copy, path));
    symlinkSync(realpathSync(join(root, "node_modules")), join(copy, "node_modules"));
    return await work(copy);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** Throws when the patch does not apply. */
export function plant(copy, patch) {
  // A repository around the temporary folder would make git pass over the files.
  const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(copy) };
  execFileSync("git", ["apply", patch], { cwd: copy, env, stdio: "pipe" });
}

/** Type-checks and builds; what the compiler says when it fails, else null. */
export async function build(copy) {
  const { isDone, output } = await run(copy, "node_modules/typescript/bin/tsc", ["-p", "src"]);
  return isDone ? null : output;
}

/**
 * Runs test files until the first test fails, twice over, because a busy machine makes others fail once. `failure`: the
 * name of a test that failed by what it saw; `trouble`: why the run says nothing, be it a file that does not load, a test
 * or a run that took too long. Both are null when all passed.
 */
export async function test(copy, files, triesLeft = 1) {
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  const options = ["run", ...files, "--bail=1", "--retry=1", "--reporter=json", `--outputFile=${report}`];
  const { isDone, output } = await run(copy, "node_modules/vitest/vitest.mjs", options);
  const isJudged = existsSync(report) && JSON.parse(readFileSync(report, "utf8")).numTotalTests > 0;
  if (isJudged) return readVerdict(report, isDone);
  // Not a single test ran: the run's database server did not start, for example.
  return triesLeft > 0 ? await test(copy, files, triesLeft - 1) : { passed: 0, failure: null, trouble: output };
}

function readVerdict(report, isDone) {
  const { testResults, numPassedTests: passed } = JSON.parse(readFileSync(report, "utf8"));
  const failed = testResults.flatMap((file) => file.assertionResults.filter(({ status }) => status === "failed"));
  const isLate = ({ failureMessages }) => /\b(?:Test|Hook) timed out in \d+ms/.test(failureMessages.join("\n"));
  const failure = failed.find((each) => !isLate(each))?.fullName.trim() ?? null;
  const isPassed = isDone && passed > 0;
  if (failure !== null || isPassed) return { passed, failure, trouble: null };
  const messages = [...testResults.map(({ message }) => message), ...failed.flatMap((each) => each.failureMessages)];
  return { passed, failure, trouble: messages.filter(Boolean).join("\n") || "the run ended badly" };
}

/** Runs a script of ours or of a package in the copy; everything it started ends with it. */
export function run(copy, script, parameters) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [script, ...parameters], {
      cwd: copy,
      detached: true,
      env: { ...process.env, NO_COLOR: "1", CI: "1" },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    const end = () => process.kill(-child.pid, "SIGTERM");
    const timer = setTimeout(end, runLimitMs);
    process.once("SIGINT", end);
    child.on("close", (status) => {
      clearTimeout(timer);
      process.off("SIGINT", end);
      resolve({ isDone: status === 0, output });
    });
  });
}
