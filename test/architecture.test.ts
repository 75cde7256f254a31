// Does the source tree keep its shape, and would a breach be noticed?
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { checkTree } from "./architecture/rules.ts";
import { parseTree, readTree } from "./architecture/source.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const question = "// What is this?\n";

/** Files as path and text below their opening question. */
function check(files: Record<string, string>): string[] {
  return checkTree(parseTree(Object.fromEntries(Object.entries(files).map(([path, text]) => [path, question + text]))));
}

test("the source tree keeps every rule", () => {
  const tree = readTree(root, "src");
  expect(tree.size).toBeGreaterThan(5);
  expect(tree.get("src/config.ts")?.imports.map(({ target }) => target)).toContain("src/errors.ts");
  expect(checkTree(tree)).toEqual([]);
});

describe("imports", () => {
  test.each([
    ["src/storefront/redirect.ts", "../purchases/state.ts"],
    ["src/purchases/buyer.ts", "../ispmanager/client.ts"],
    ["src/app.ts", "./webhook/receive.ts"],
    ["src/cli.ts", "./main.ts"],
    ["src/cli/demo.ts", "../sandbox/shop.ts"],
    ["src/sandbox/shop.ts", "../money.ts"],
    ["src/log.ts", "./errors.ts"],
    ["src/main.ts", "./config.ts"],
    ["src/whmcs/reader.ts", "drizzle-orm"],
  ])("%s may import %s", (path, target) => {
    expect(check({ [path]: `import { a } from "${target}";` })).toEqual([]);
  });

  test.each([
    ["src/purchases/buyer.ts", "../storefront/catalog.ts"],
    ["src/purchases/buyer.ts", "../app.ts"],
    ["src/whmcs/reader.ts", "../database/connection.ts"],
    ["src/database/connection.ts", "../ispmanager/client.ts"],
    ["src/ispmanager/client.ts", "../purchases/state.ts"],
    ["src/storefront/redirect.ts", "../webhook/signature.ts"],
    ["src/log.ts", "./whmcs/facts.ts"],
    ["src/main.ts", "./cli.ts"],
    ["src/main.ts", "./sandbox/shop.ts"],
    ["src/purchases/buyer.ts", "../sandbox/account.ts"],
    ["src/sandbox/demo.ts", "../cli/serve.ts"],
    ["src/whmcs/reader.ts", "../config.ts"],
    ["src/whmcs/reader.ts", "../../test/config.test.ts"],
  ])("%s must not import %s", (path, target) => {
    const problems = check({ [path]: `import { a } from "${target}";` });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(path);
  });

  test.each([
    `import type { A } from "../storefront/catalog.ts";`,
    `import {\n  a,\n  b,\n} from "../storefront/catalog.ts";`,
    `export { a } from "../storefront/catalog.ts";`,
    `export * from '../storefront/catalog.ts';`,
    `import "../storefront/catalog.ts";`,
    `const a = await import("../storefront/catalog.ts");`,
    `import { b } from "node:fs"; // first\nimport a from "../storefront/catalog.ts";`,
  ])("every way to import is seen: %s", (text) => {
    expect(check({ "src/purchases/buyer.ts": text })).toEqual([
      "src/purchases/buyer.ts: must not import src/storefront/catalog.ts",
    ]);
  });

  test("an import in a comment is none", () => {
    expect(
      check({ "src/purchases/buyer.ts": `// import { a } from "../app.ts";\n/*\nimport "../app.ts";\n*/` }),
    ).toEqual([]);
  });

  test("the settings' types are open to all", () => {
    expect(check({ "src/purchases/buyer.ts": `import type { BuyingSettings } from "../config.ts";` })).toEqual([]);
  });

  test("a folder that no layer names is refused", () => {
    expect(check({ "src/misc/thing.ts": "" })).toEqual(["src/misc/thing.ts: has no place in the layers"]);
  });

  test("a cycle is found, through types as well, and told once", () => {
    const problems = check({
      "src/whmcs/a.ts": `import { b } from "./b.ts";`,
      "src/whmcs/b.ts": `import type { C } from "./c.ts";`,
      "src/whmcs/c.ts": `import { a } from "./a.ts";`,
      "src/whmcs/d.ts": `import { a } from "./a.ts";\nimport { b } from "./b.ts";`,
    });
    expect(problems).toEqual(["import cycle: src/whmcs/a.ts → src/whmcs/b.ts → src/whmcs/c.ts → src/whmcs/a.ts"]);
  });
});

describe("pure files", () => {
  const pure = [
    "src/purchases/state.ts",
    "src/purchases/period.ts",
    "src/purchases/evidence.ts",
    "src/purchases/checks.ts",
    "src/purchases/checks-account.ts",
    "src/purchases/checks/client.ts",
    "src/ispmanager/outcome.ts",
    "src/money.ts",
  ];

  const clock = { "src/clock.ts": `export const a = () => new Date();\nexport const b = setTimeout;` };

  test.each(pure)("%s reaches nothing that acts", (path) => {
    const up = "../".repeat(path.split("/").length - 2) || "./";
    for (const [from, actor] of [
      [`${up}clock.ts`, "src/clock.ts"],
      ["node:fs", "node:fs"],
      ["mysql2/promise", "mysql2/promise"],
    ]) {
      expect(check({ ...clock, [path]: `import { a } from "${from}";` })).toContain(
        `${path}: is pure and must not reach ${actor}`,
      );
    }
    const harmless = `import { Big } from "big.js";\nimport type { A } from "${up}clock.ts";`;
    expect(check({ ...clock, [path]: harmless })).toEqual([]);
  });

  test("what a pure file reaches through another counts as well", () => {
    const period = `import { a } from "./calendar.ts";`;
    const path = "src/purchases/period.ts";
    const reach = (calendar: string) => check({ [path]: period, "src/purchases/calendar.ts": calendar });
    expect(reach(`export const a = 1;`)).toEqual([]);
    expect(reach(`import { sql } from "drizzle-orm";`)).toEqual([`${path}: is pure and must not reach drizzle-orm`]);
  });

  test.each([
    `fetch("https://example.com");`,
    "setTimeout(run, 1);",
    "const a = Math.random();",
    "const a = randomBytes(8);",
  ])("a pure file does not act by itself: %s", (text) => {
    expect(check({ "src/purchases/state.ts": text })).toEqual([
      "src/purchases/state.ts: is pure and must not reach src/purchases/state.ts",
    ]);
  });

  test("a type beside a value does not hide the value", () => {
    const inPeriod = (text: string) => check({ ...clock, "src/purchases/period.ts": text });
    expect(inPeriod(`import { type Clock, systemClock } from "../clock.ts";`)).toHaveLength(1);
    expect(inPeriod(`import { type Clock } from "../clock.ts";`)).toEqual([]);
  });
});

describe("shape", () => {
  test("300 lines are the most", () => {
    expect(check({ "src/app.ts": "\n".repeat(299) })).toEqual([]);
    expect(check({ "src/app.ts": "\n".repeat(300) })).toEqual(["src/app.ts: has 301 lines, more than 300"]);
  });

  test.each(["", "import a from 'b';\n", "// The public app.\n", "\n// Which app?\n"])(
    "a file that begins with %j asks no question",
    (text) => {
      expect(checkTree(parseTree({ "src/app.ts": text }))).toEqual([
        "src/app.ts: does not begin with the question it answers",
      ]);
    },
  );

  test("the question may follow the interpreter line", () => {
    expect(checkTree(parseTree({ "src/cli.ts": `#!/usr/bin/env node\n${question}` }))).toEqual([]);
  });

  test.each(["whmcs/utils.ts", "whmcs/date-helper.ts", "purchases/manager.ts", "whmcs/common/a.ts"])(
    "the name %s is refused",
    (name) => {
      expect(check({ [`src/${name}`]: "" })).toEqual([`src/${name}: is named after no concept`]);
    },
  );

  test("ispmanager is no manager", () => {
    expect(check({ "src/ispmanager/client.ts": "" })).toEqual([]);
  });
});

describe("bans", () => {
  const words: [what: string, text: string][] = [
    ["reads process.env", "const a = process.env.A;"],
    ["reads process.env", "const { env } = process;"],
    ["reads process.env", `import { env } from "node:process";`],
    ["reads process.env", `const a = \`x \${process.env.A}\`;`],
    ["asks the machine for the time", "const a = Date.now();"],
    ["asks the machine for the time", "const a = new Date();"],
    ["asks the machine for the time", "const a = [1].map(Date.now);"],
    ["asks the machine for the time", "const a = performance.now();"],
    ["writes to the console", `console.log("a");`],
    ["writes to the console", `const quote = /["']/;\nconsole.error('a');`],
  ];

  test.each(words)("a file that %s is refused: %s", (what, text) => {
    expect(check({ "src/whmcs/reader.ts": text })).toEqual([`src/whmcs/reader.ts: ${what}`]);
  });

  test.each([
    ["src/config.ts", "process.env"],
    ["src/clock.ts", "new Date()"],
    ["src/sandbox/shop.ts", "Date.now()"],
    ["src/sandbox/shop.ts", "console.log()"],
    ["src/cli/demo.ts", "console.log()"],
  ])("%s may use %s", (path, text) => {
    expect(check({ [path]: text })).toEqual([]);
  });

  test.each([
    `const a = new Date(row.date);`,
    `// new Date() and console.log are banned`,
    `const a = "see console.log, Date.now() and process.env";`,
    `listen(config.console.port);`,
    `import { page } from "./console.ts";`,
    `const environment = { env: 1 };`,
    `import { env } from "hono/adapter";`,
  ])("harmless: %s", (text) => {
    expect(check({ "src/whmcs/reader.ts": text })).toEqual([]);
  });
});
