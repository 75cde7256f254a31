// Does the installer stay on the WHMCS root, whatever those put there who may write in its folders?
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findUser, isRoot, type User } from "../../src/installer/user.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { makeWhmcsTree, type WhmcsTree } from "./whmcs-tree.ts";

const moduleFolder = "modules/servers/ispmanagermodules";

let tree: WhmcsTree;
beforeAll(() => requirePhp());
beforeEach(() => {
  tree = makeWhmcsTree();
});
afterEach(() => tree.remove());

const install = (words: readonly string[] = []) => tree.run(["install-hooks", "whmcs", ...words]);
const here = (path: string) => join(tree.root, path);

function giveTo({ uid, gid }: User, ...paths: readonly string[]): void {
  if (isRoot()) for (const path of paths) fs.chownSync(here(path), uid, gid);
}

/** A folder outside the root with a file that installing would replace, and removing take away. */
function makeVictim(): string {
  const file = join(tree.above, "victim/lib/setup.php");
  fs.mkdirSync(join(tree.above, "victim/empty"), { recursive: true });
  fs.mkdirSync(dirname(file));
  fs.writeFileSync(file, "theirs");
  return file;
}

describe("a folder on the way that is a link", () => {
  test.each([[[]], [["--dry-run"]], [["--remove"]]])("is refused before anything is changed: %j", async (words) => {
    const victim = makeVictim();
    fs.symlinkSync(join(tree.above, "victim"), here(moduleFolder));
    const before = tree.list();
    const { status, stderr } = await install(words);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`${here(moduleFolder)} is a link`)]);
    expect(tree.list()).toEqual(before);
    expect([fs.readFileSync(victim, "utf8"), fs.existsSync(join(tree.above, "victim/empty"))]).toEqual([
      "theirs",
      true,
    ]);
  });

  test("is refused where it leads nowhere, and so is a file in a folder's place", async () => {
    fs.symlinkSync(join(tree.above, "nowhere"), here(moduleFolder));
    expect((await install()).stderr).toContain(`${here(moduleFolder)} is a link`);
    fs.rmSync(here(moduleFolder));
    fs.writeFileSync(here(moduleFolder), "");
    expect((await install()).stderr).toContain(`${here(moduleFolder)} is no folder`);
  });
});

describe.runIf(isRoot())("run by root on a root of root's, below which a web user may write", () => {
  const web = findUser("daemon");
  const asWeb = ["--web-user", "daemon"];
  beforeEach(() => {
    const all = fs.readdirSync(tree.root, { recursive: true, encoding: "utf8" });
    giveTo({ uid: 0, gid: 0 }, "", ...all);
    fs.chmodSync(here("modules/servers"), 0o777);
  });

  test("it installs, and removes again", async () => {
    const before = tree.list();
    expect(await install(asWeb)).toMatchObject({ stderr: "", status: 0 });
    expect(fs.statSync(here(moduleFolder)).uid).toBe(0);
    await install([...asWeb, "--remove"]);
    expect([tree.list(), fs.existsSync(here(moduleFolder))]).toEqual([before, false]);
  });

  test.each([[[]], [["--remove"]]])("it follows no link of theirs: %j", async (words) => {
    const victim = makeVictim();
    fs.symlinkSync(join(tree.above, "victim"), here(moduleFolder));
    const { status, stderr } = await install([...asWeb, ...words]);
    expect([status, stderr]).toEqual([1, expect.stringContaining(`${here(moduleFolder)} is a link`)]);
    expect([fs.readFileSync(victim, "utf8"), fs.existsSync(join(tree.above, "victim/empty"))]).toEqual([
      "theirs",
      true,
    ]);
  });

  test.each([[[]], [["--remove"]]])("it enters no folder of theirs: %j", async (words) => {
    if (web === null) throw new Error("this machine has no user daemon");
    fs.mkdirSync(here(`${moduleFolder}/lib`), { recursive: true });
    fs.writeFileSync(here(`${moduleFolder}/lib/setup.php`), "theirs");
    giveTo(web, moduleFolder);
    const { status, stderr } = await install([...asWeb, ...words]);
    expect(status).toBe(1);
    expect(stderr).toContain(`${here(moduleFolder)} belongs to daemon`);
    expect(stderr).toContain(`chown root ${here(moduleFolder)}`);
    expect(fs.readdirSync(here(`${moduleFolder}/lib`))).toEqual(["setup.php"]);
  });
});

test.each(["pipe", "link"])("a %s in a file's place is not read, but replaced", async (kind) => {
  const hook = here("includes/hooks/ispmanagermodules.php");
  const victim = makeVictim();
  if (kind === "pipe") execFileSync("mkfifo", [hook]);
  else fs.symlinkSync(victim, hook);
  const { status, stdout } = await install();
  expect(status).toBe(0);
  expect(stdout).toContain("replace  includes/hooks/ispmanagermodules.php");
  expect([fs.lstatSync(hook).isFile(), fs.readFileSync(victim, "utf8")]).toEqual([true, "theirs"]);
});

describe("what steers a terminal is not printed", () => {
  const steering = "\u001b[2J";

  test("from the name of a file in our folder", async () => {
    await install();
    fs.writeFileSync(here(`${moduleFolder}/${steering}.tpl`), "");
    const { stdout } = await install(["--remove"]);
    expect(stdout).toContain(`leave    ${moduleFolder}/ [2J.tpl (not ours)`);
  });

  test("from PHP's own complaint", async () => {
    fs.writeFileSync(here("configuration.php"), `<?php\nfwrite(STDERR, "${steering}look"); exit;\n`);
    const { status, stderr } = await install();
    expect([status, stderr]).toEqual([1, expect.stringContaining("cannot run the files:  [2Jlook")]);
  });
});
