// Does the installer write and remove no file but its own, whatever place PHP names for the settings?
import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findUser, isRoot, type User } from "../../src/installer/user.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { makeWhmcsTree, type WhmcsTree } from "./whmcs-tree.ts";

const usual = "ispmodules-settings.php";
const theirs = "<?php\n// Somebody else's.\nreturn [];\n";

let tree: WhmcsTree;
beforeAll(() => requirePhp());
beforeEach(() => {
  tree = makeWhmcsTree();
});
afterEach(() => tree.remove());

const install = (words: readonly string[] = [], root = "whmcs") => tree.run(["install-hooks", root, ...words]);

/** A folder beside the root, of a user or of whoever runs the test. */
function makeFolder(name: string, user?: User): string {
  const folder = join(tree.above, name);
  fs.mkdirSync(folder, { mode: 0o755 });
  if (isRoot() && user !== undefined) fs.chownSync(folder, user.uid, user.gid);
  return folder;
}

/** What `configuration.php` says, which is a web user's word where they may write it. */
function namePlace(file: string, root = tree.root): void {
  fs.writeFileSync(join(root, "configuration.php"), `<?php\ndefine('ISPMODULES_SETTINGS', '${file}');\n`);
}

describe.runIf(isRoot())("run by root, a place in another's folder", () => {
  test.each(["root", "daemon"])("(%s) is only written where the administrator repeats it", async (name) => {
    const folder = makeFolder("private", findUser(name) ?? undefined);
    namePlace(`${folder}/own.php`);
    const refused = await install();
    expect(refused.status).toBe(1);
    expect(refused.stderr).toContain(`${folder}/own.php for its settings, in a folder of ${name}: if you mean that`);
    expect(fs.readdirSync(folder)).toEqual([]);
    expect((await install(["--settings", "private/own.php"])).status).toBe(0);
    const { uid, mode } = fs.statSync(`${folder}/own.php`);
    expect([uid, mode & 0o777]).toEqual([tree.owner.uid, 0o600]);

    const left = await install(["--remove"]);
    expect(left.stdout).toContain(`leave    ${folder}/own.php (PHP names `);
    await install();
    expect((await install(["--remove", "--settings", `${folder}/own.php`])).stdout).toContain(`remove   ${folder}/own`);
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  test("is seen behind a link of the web user's", async () => {
    const folder = makeFolder("private");
    fs.symlinkSync(folder, join(tree.root, "mine"));
    namePlace(`${tree.root}/mine/own.php`);
    expect((await install()).stderr).toContain("in a folder of root");
    expect(fs.readdirSync(folder)).toEqual([]);
  });
});

describe("a file that is not ours", () => {
  test.each([
    ["in the usual place", () => join(tree.above, usual), [] as string[]],
    ["in the web user's own folder", () => join(makeFolder("web", tree.owner), "own.php"), []],
    ["in a place that was repeated", () => join(makeFolder("private"), "own.php"), ["--settings", "private/own.php"]],
  ])("%s is neither replaced nor removed", async (_where, place, words) => {
    const file = place();
    fs.writeFileSync(file, theirs);
    namePlace(file);
    const refused = await install(words);
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining(`${file} was not made by install-`)]);
    expect((await install(["--remove", ...words])).stdout).toContain(`leave    ${file} (`);
    expect(fs.readFileSync(file, "utf8")).toBe(theirs);
  });

  test("is not reached through a link", async () => {
    const file = join(makeFolder("private"), "secret");
    fs.writeFileSync(file, theirs, { mode: 0o600 });
    const link = join(makeFolder("web", tree.owner), "own.php");
    fs.symlinkSync(file, link);
    namePlace(link);
    expect((await install()).stderr).toContain("was not made by install-hooks");
    await install(["--remove"]);
    expect([fs.readFileSync(file, "utf8"), fs.lstatSync(link).isSymbolicLink()]).toEqual([theirs, true]);
  });
});

test("a place that the administrator repeats and PHP does not name is refused", async () => {
  const { status, stderr } = await install(["--settings", "own.php"]);
  expect([status, stderr]).toEqual([
    1,
    expect.stringContaining(`PHP looks for its settings in ${tree.above}/${usual}`),
  ]);
  expect(fs.existsSync(join(tree.above, usual))).toBe(false);
});

test("a second WHMCS below the same folder takes nothing from the first", async () => {
  const second = tree.copyRoot("second");
  expect((await install()).status).toBe(0);
  const settings = fs.readFileSync(join(tree.above, usual), "utf8");
  const refused = await install(["--url", "http://10.0.0.5:8788"], "second");
  expect([refused.status, refused.stderr]).toEqual([
    1,
    expect.stringContaining(`belongs to the WHMCS in ${tree.root}`),
  ]);
  const own = join(makeFolder("web", tree.owner), "own.php");
  namePlace(own, second);
  expect((await install(["--url", "http://10.0.0.5:8788"], "second")).status).toBe(0);
  expect(fs.readFileSync(own, "utf8")).toContain("10.0.0.5");
  namePlace(join(tree.above, usual), second);
  expect((await install(["--remove"], "second")).stdout).toContain(`leave    ${join(tree.above, usual)}`);
  expect(fs.readFileSync(join(tree.above, usual), "utf8")).toBe(settings);
});

test("a folder that looks served is told", async () => {
  expect((await install()).stdout).not.toContain("serves");
  fs.writeFileSync(join(tree.above, "index.php"), "<?php\n");
  expect((await install()).stdout).toContain(`${tree.above} looks like a folder that the web server serves`);
});
