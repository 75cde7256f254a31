// Does every test outside the chaos suite wait for facts, and never long for the clock?
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL(".", import.meta.url));
const longestMs = 100;

/** Waits of this text that are longer than allowed, or that turn the machine's clock. A simulated clock sleeps in no time. */
function findWaits(text: string, isSimulated = false): string[] {
  const calls = isSimulated ? "setTimeout|systemClock\\.sleep" : "setTimeout|sleep";
  const waits = [...text.matchAll(new RegExp(`\\b(?:${calls})\\((?:[^()\\n]*,)?\\s*(\\d[\\d_]*)\\s*\\)`, "g"))];
  const long = waits.filter(([, ms = ""]) => Number(ms.replaceAll("_", "")) > longestMs).map(([call]) => call);
  return [...long, ...(text.match(/\b(?:faketime|timedatectl|settimeofday)\b/g) ?? [])];
}

test("no test sleeps for real longer than 100 ms, and none turns the clock", () => {
  const files = readdirSync(root, { encoding: "utf8", recursive: true }).filter(
    (path) => /\.(?:ts|mjs)$/.test(path) && !/^(?:chaos\/|waits\.test)/.test(path),
  );
  expect(files.length).toBeGreaterThan(200);
  const found = files.flatMap((path) => {
    const waits = findWaits(readFileSync(root + path, "utf8"), path.startsWith("sim/"));
    return waits.map((wait) => `${path}: ${wait}`);
  });
  expect(found).toEqual([]);
});

test.each(["await clock.sleep(101);", "setTimeout(end, 1_000);", "await setTimeout( 500 )", "run('faketime')"])(
  "%s is found",
  (text) => {
    expect(findWaits(text)).toHaveLength(1);
  },
);

test.each(["await clock.sleep(100);", "setTimeout(end, 20);", "setTimeout(end, limitMs);"])("%s is not", (text) => {
  expect(findWaits(text)).toEqual([]);
});

test("of simulated time only what waits for the machine's clock is found", () => {
  expect(findWaits("await clock.sleep(90_000);", true)).toEqual([]);
  expect(findWaits("await systemClock.sleep(500);", true)).toHaveLength(1);
});
