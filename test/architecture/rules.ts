// Which rules does the shape of the source tree follow, and where are they broken?
import type { Source, Tree } from "./source.ts";

/** From the top: an area imports itself and areas of lower rows, never its neighbours. The last row is open to itself. */
const layers: readonly (readonly string[])[] = [
  ["cli"],
  ["main"],
  ["app", "doctor", "installer"],
  ["catalogue", "service-calls"],
  ["console", "report", "storefront", "webhook"],
  ["purchases"],
  ["automation", "database", "ispmanager", "whmcs"],
  ["clock", "config", "day", "errors", "log", "money", "version"],
];
const ground = layers.length - 1;

/** Files that only compute: no clock, no network, no database, no settings, nor anything they import. */
const pureFiles = [
  /^src\/money\.ts$/,
  /^src\/purchases\/(?:state|period|evidence|action|cost|rules|decision|standing|licences\/[^/]+)\.ts$/,
  /^src\/purchases\/(?:checks[^/]*|invariants)(?:\/[^/]+)?\.ts$/,
  /^src\/ispmanager\/outcome\.ts$/,
  /^src\/catalogue\/(?:margin|proposal)\.ts$/,
];
const purePackages = new Set(["big.js", "fast-xml-parser", "valibot", "node:crypto"]);
const acts =
  /(?<![.\w$])(?:fetch|process|performance|setTimeout|setInterval|setImmediate|crypto|random[A-Z]\w*)\b|\bDate\.now\b|\bMath\.random\b/;

const maxLines = 300;

/** `src/whmcs/reader.ts` is of `whmcs`, `src/app.ts` of `app`; everything that begins with `cli` is of `cli`. */
function areaOf(path: string): string {
  const name = path.split("/")[1]?.replace(/\.tsx?$/, "") ?? "";
  return name.startsWith("cli") ? "cli" : name;
}

function layerOf(area: string): number {
  return layers.findIndex((row) => row.includes(area));
}

function checkArrows({ path, imports }: Source): string[] {
  const area = areaOf(path);
  if (area !== "sandbox" && layerOf(area) === -1) return [`${path}: has no place in the layers`];
  return imports.flatMap(({ target, isRelative, isTypeOnly }) => {
    const to = areaOf(target);
    if (!isRelative || to === area) return [];
    if (!target.startsWith("src/")) return [`${path}: imports ${target} from outside the source`];
    if (to === "sandbox") return area === "cli" ? [] : [`${path}: imports the sandbox (${target})`];
    if (to === "config" && !isTypeOnly && !["cli", "main"].includes(area)) {
      return [`${path}: reads the settings itself (${target}) instead of taking them as an argument`];
    }
    if (area === "sandbox") return to === "cli" ? [`${path}: imports the command line (${target})`] : [];
    const isAllowed = layerOf(to) > layerOf(area) || (layerOf(to) === ground && layerOf(area) === ground);
    return isAllowed ? [] : [`${path}: must not import ${target}`];
  });
}

/** What a file does besides computing, by itself or through what it imports: the packages and files that act. */
function listActors(tree: Tree, path: string, seen: Set<string>): string[] {
  seen.add(path);
  const source = tree.get(path);
  if (!source) return [path];
  const own = acts.test(source.code) ? [path] : [];
  const imported = source.imports.flatMap(({ target, isRelative, isTypeOnly }) => {
    if (isTypeOnly || seen.has(target)) return [];
    if (isRelative) return listActors(tree, target, seen);
    return purePackages.has(target) ? [] : [target];
  });
  return [...own, ...imported];
}

function checkPurity({ path }: Source, tree: Tree): string[] {
  if (!pureFiles.some((pattern) => pattern.test(path))) return [];
  return listActors(tree, path, new Set()).map((actor) => `${path}: is pure and must not reach ${actor}`);
}

function checkShape({ path, text }: Source): string[] {
  const problems: string[] = [];
  const lines = text.replace(/\n$/, "").split("\n");
  if (lines.length > maxLines) problems.push(`${path}: has ${lines.length} lines, more than ${maxLines}`);
  const first = lines[0]?.startsWith("#!") ? lines[1] : lines[0];
  if (!/^\/\/ .*\?/.test(first ?? "")) problems.push(`${path}: does not begin with the question it answers`);
  if (/(?:^|[-_./])(?:util|helper|manager|common)s?(?:[-_./]|$)/i.test(path)) {
    problems.push(`${path}: is named after no concept`);
  }
  return problems;
}

interface Ban {
  readonly what: string;
  readonly pattern: RegExp;
  readonly isExcepted: (path: string) => boolean;
}

const bans: readonly Ban[] = [
  {
    what: "reads process.env",
    pattern:
      /\bprocess\s*(?:\?\.|\.)\s*env\b|\bprocess\s*\[|\benv\b[^;\n]*\}\s*=\s*process\b|^from (?:node:)?process$/m,
    isExcepted: (path) => path === "src/config.ts",
  },
  {
    what: "asks the machine for the time",
    pattern:
      /\bDate\s*\.\s*now\b|\bnew\s+Date\b(?!\s*\(\s*[^\s)])|\bperformance\s*\.\s*now\b|\bprocess\s*\.\s*hrtime\b/,
    isExcepted: (path) => path === "src/clock.ts" || areaOf(path) === "sandbox",
  },
  {
    what: "writes to the console",
    pattern: /(?<![.\w$])console\s*\./,
    isExcepted: (path) => ["cli", "sandbox"].includes(areaOf(path)),
  },
];

function checkBans({ path, code, imports }: Source): string[] {
  const packages = imports.filter(({ isRelative }) => !isRelative).map(({ target }) => `from ${target}`);
  const seen = [code, ...packages].join("\n");
  return bans.filter((ban) => ban.pattern.test(seen) && !ban.isExcepted(path)).map((ban) => `${path}: ${ban.what}`);
}

/** Types count as well: two files that need each other's types are one concept. */
function findCycles(tree: Tree): string[] {
  const problems: string[] = [];
  const finished = new Set<string>();
  function visit(path: string, trail: readonly string[]): void {
    const start = trail.indexOf(path);
    if (start !== -1) {
      problems.push(`import cycle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (finished.has(path)) return;
    for (const { target } of tree.get(path)?.imports ?? []) if (tree.has(target)) visit(target, [...trail, path]);
    finished.add(path);
  }
  for (const path of tree.keys()) visit(path, []);
  return problems;
}

/** One line for each broken rule, beginning with the path; empty when all is well. */
export function checkTree(tree: Tree): string[] {
  const perFile = [checkArrows, checkPurity, checkShape, checkBans];
  return [
    ...[...tree.values()].flatMap((source) => perFile.flatMap((check) => check(source, tree))),
    ...findCycles(tree),
  ];
}
