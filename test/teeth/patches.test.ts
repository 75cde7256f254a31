// Do the planted bugs still fit the tree, so that they can be planted when the tests are to be tried?
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "test/teeth");
const plan: Readonly<Record<string, readonly string[]>> = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
const patches = readdirSync(folder).filter((name) => name.endsWith(".patch"));

/** The lines that each hunk of a patch expects to find, by the file in which it looks for them. */
function expectationsOf(patch: string): { path: string; lines: string }[] {
  return patch.split(/^(?=--- a\/)/m).flatMap((part) => {
    const path = /^--- a\/(.+)/.exec(part)?.[1];
    if (path === undefined) return [];
    const hunks = part.split(/^@@ .*\n/m).slice(1);
    return hunks.map((hunk) => {
      const before = hunk.split("\n").filter((line) => line.startsWith(" ") || line.startsWith("-"));
      return { path, lines: before.map((line) => `${line.slice(1)}\n`).join("") };
    });
  });
}

describe.each(patches)("%s", (name) => {
  const patch = readFileSync(join(folder, name), "utf8");

  test("says first which careless thought it is", () => {
    expect(patch).toMatch(/^[A-Z].*\.\n\ndiff --git /);
  });

  test("still applies", () => {
    const expectations = expectationsOf(patch);
    expect(expectations).not.toEqual([]);
    for (const { path, lines } of expectations) expect(`\n${readFileSync(join(root, path), "utf8")}`).toContain(lines);
  });
});

test("each bug is asked for in the plan, by test files that exist", () => {
  expect(new Set(Object.keys(plan).map((bug) => `${bug}.patch`))).toEqual(new Set(patches));
  const files = Object.values(plan).flat();
  expect(files.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  expect(Object.values(plan).every((suites) => suites.length > 0)).toBe(true);
});
