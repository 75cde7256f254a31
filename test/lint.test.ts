// Is the whole tree clean, and does the rule against floating promises really fire?
import { execFile } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { readTree } from "./architecture/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
const fixture = readFileSync(join(root, "test/lint/floating.ts"), "utf8");
const rule = "lint/nursery/noFloatingPromises";

interface Finding {
  readonly severity: string;
  readonly category: string;
  readonly location: { readonly path: string; readonly start: { readonly line: number } };
}

/** Biome's own report; its exit status is 1 when there are errors, so it says nothing about a crash. */
function runBiome(folder: string, command: "check" | "lint"): Promise<{ checked: number; findings: Finding[] }> {
  const options = ["--reporter=json", "--max-diagnostics=none", "--colors=off", "."];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [biome, command, ...options], { cwd: folder, maxBuffer: 2 ** 26 }, (_, out, err) => {
      try {
        const { summary, diagnostics } = JSON.parse(out);
        resolve({ checked: summary.changed + summary.unchanged, findings: diagnostics });
      } catch (cause) {
        reject(new Error(`no report from the linter: ${err.slice(0, 2000)}`, { cause }));
      }
    });
  });
}

test("the whole tree is clean", async () => {
  const { checked, findings } = await runBiome(root, "check");
  const faults = findings
    .filter(({ severity }) => severity !== "info" && severity !== "hint")
    .map(({ category, location }) => `${location.path}:${location.start.line} ${category}`);
  expect(faults).toEqual([]);
  expect(checked).toBeGreaterThan(10);
}, 60_000);

describe("a floating promise", () => {
  const tree = mkdtempSync(join(tmpdir(), "ispmodules-lint-"));
  afterAll(() => rmSync(tree, { recursive: true }));

  /** The project's own rules over a small tree, without what leaves the fixture out of the real one. */
  async function lintFixtureAs(...paths: string[]): Promise<Finding[]> {
    const {
      files: _files,
      vcs: _vcs,
      $schema: _schema,
      ...rules
    } = JSON.parse(readFileSync(join(root, "biome.json"), "utf8"));
    writeFileSync(join(tree, "biome.json"), JSON.stringify(rules));
    mkdirSync(join(tree, "src"), { recursive: true });
    cpSync(join(root, "src/clock.ts"), join(tree, "src/clock.ts"));
    for (const path of paths) {
      mkdirSync(join(tree, dirname(path)), { recursive: true });
      writeFileSync(join(tree, path), fixture);
    }
    return (await runBiome(tree, "lint")).findings;
  }

  test("is an error everywhere, also through another file", async () => {
    const expected = fixture.split("\n").flatMap((line, index) => (line.includes("// floats") ? [index + 1] : []));
    expect(expected).toHaveLength(3);
    const paths = [
      "src/purchases/floating.ts",
      "src/cli/floating.ts",
      "src/sandbox/floating.ts",
      "test/lint/floating.ts",
    ];
    const findings = await lintFixtureAs(...paths);
    for (const path of paths) {
      const lines = findings
        .filter(({ category, severity, location }) => {
          return category === rule && severity === "error" && location.path === path;
        })
        .map(({ location }) => location.start.line);
      expect(lines, path).toEqual(expected);
    }
  }, 60_000);

  test("is excused by no comment", () => {
    const excuse = /biome-ignore(?:-\w+)?\s+lint(?:\/nursery(?:\/noFloatingPromises)?)?\s*[:(]/;
    expect(`// ${"biome"}-ignore ${rule}: reason`).toMatch(excuse);
    const sources = [...readTree(root, "src").values(), ...readTree(root, "test").values()];
    expect(sources.filter(({ text }) => excuse.test(text)).map(({ path }) => path)).toEqual([]);
  });
});
