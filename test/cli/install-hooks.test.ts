// Does the installer put everything in its place, show that it works, and take it off again?
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { findUser, isRoot } from "../../src/installer/user.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { makeWhmcsTree, type WhmcsTree } from "./whmcs-tree.ts";

const shipped = fileURLToPath(new URL("../../hooks", import.meta.url));
const shippedPaths = readdirSync(shipped, { recursive: true, encoding: "utf8" }).filter((path) =>
  statSync(join(shipped, path)).isFile(),
);
const hookFile = "whmcs/includes/hooks/ispmanagermodules.php";
const moduleFolder = "whmcs/modules/servers/ispmanagermodules";
const settingsFile = "ispmodules-settings.php";

const digest = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const newSecret = () => `whsec_${randomBytes(32).toString("base64")}`;

let tree: WhmcsTree;
let bare: string[];

beforeAll(() => requirePhp());

beforeEach(() => {
  tree = makeWhmcsTree();
  bare = tree.list();
});

afterEach(() => tree.remove());

const install = (words: readonly string[] = [], settings: Readonly<Record<string, string>> = {}) =>
  tree.run(["install-hooks", "whmcs", ...words], settings);
const readSettings = () => readFileSync(join(tree.above, settingsFile), "utf8");
const secretIn = (text: string) => /whsec_[A-Za-z0-9+/=]+/.exec(text)?.[0];

describe("on a fresh root", () => {
  test("every file arrives whole with the owner and group of the root, and is shown", async () => {
    const { status, stdout, stderr } = await install();
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(shippedPaths.length).toBeGreaterThan(1);
    for (const path of shippedPaths) {
      const file = join(tree.root, path);
      expect(digest(file)).toBe(digest(join(shipped, path)));
      const { uid, gid, mode } = statSync(file);
      expect({ uid, gid, mode: mode & 0o777 }).toEqual({ ...tree.owner, mode: 0o644 });
      expect(stdout).toMatch(new RegExp(`^ {2}add +${path}$`, "m"));
    }
    expect(statSync(join(tree.above, moduleFolder)).uid).toBe(tree.owner.uid);
  });

  test("the settings are for the web server's user alone, with a new secret that the bridge finds in a file", async () => {
    const { stdout } = await install();
    const file = statSync(join(tree.above, settingsFile));
    expect({ uid: file.uid, mode: file.mode & 0o777 }).toEqual({ uid: tree.owner.uid, mode: 0o600 });
    const kept = join(tree.above, "webhook-secret");
    expect(statSync(kept).mode & 0o777).toBe(0o600);
    expect(readFileSync(kept, "utf8").trim()).toBe(secretIn(readSettings()));
    expect(Buffer.from(secretIn(readSettings())?.slice(6) ?? "", "base64")).toHaveLength(32);
    expect(stdout).toContain(`WEBHOOK_SECRET_FILE=${kept}`);
    expect(stdout).not.toContain("whsec_");
    expect(readSettings()).toContain("'http://127.0.0.1:8788'");
  });

  test("--dry-run shows the same and changes nothing", async () => {
    const { status, stdout } = await install(["--dry-run"]);
    expect(status).toBe(0);
    for (const path of shippedPaths) expect(stdout).toContain(`add      ${path}`);
    expect(tree.list()).toEqual(bare);
  });

  test("the bridge's own secret is used, the newest of several, and no file is made for it", async () => {
    const [old, newest] = [newSecret(), newSecret()];
    await install([], { WEBHOOK_SECRET: `${old}, ${newest}`, PORT: "9000", HOST: "::" });
    expect(secretIn(readSettings())).toBe(newest);
    expect(readSettings()).toContain("'http://127.0.0.1:9000'");
    expect(existsSync(join(tree.above, "webhook-secret"))).toBe(false);
  });

  test("a secret file that the settings name and that is not there yet is made", async () => {
    const file = join(tree.above, "whmcs-secret");
    const { stdout } = await install([], { WEBHOOK_SECRET_FILE: file });
    expect(readFileSync(file, "utf8").trim()).toBe(secretIn(readSettings()));
    expect(stdout).not.toContain("Give the bridge");
  });

  test("where configuration.php names another place, the settings go there", async () => {
    const elsewhere = join(tree.above, "private");
    mkdirSync(elsewhere);
    if (isRoot()) chownSync(elsewhere, tree.owner.uid, tree.owner.gid);
    writeFileSync(
      join(tree.root, "configuration.php"),
      `<?php\n$db_password = 'hidden';\ndefine('ISPMODULES_SETTINGS', '${elsewhere}/own.php');\n`,
    );
    const { status, stdout } = await install();
    expect(status).toBe(0);
    expect(stdout).toContain(`write    ${elsewhere}/own.php`);
    expect(stdout).not.toContain("hidden");
    expect(existsSync(join(tree.above, settingsFile))).toBe(false);
  });
});

describe("repeated", () => {
  test("it changes nothing", async () => {
    await install();
    const times = () => tree.list().map((path) => [path, statSync(join(tree.above, path)).mtimeMs]);
    const [before, settings] = [times(), readSettings()];
    const { status, stdout } = await install();
    expect(status).toBe(0);
    expect(stdout).not.toMatch(/^ {2}(?:add|replace|write) /m);
    expect([times(), readSettings()]).toEqual([before, settings]);
  });

  test("a file that was changed is whole again, and so is a settings file that others may read", async () => {
    await install();
    const settings = readSettings();
    writeFileSync(join(tree.above, hookFile), "<?php // broken");
    chmodSync(join(tree.above, settingsFile), 0o644);
    const { status, stdout } = await install();
    expect(status).toBe(0);
    expect(stdout).toContain("replace  includes/hooks/ispmanagermodules.php");
    expect(digest(join(tree.above, hookFile))).toBe(digest(join(shipped, "includes/hooks/ispmanagermodules.php")));
    expect(statSync(join(tree.above, settingsFile)).mode & 0o777).toBe(0o600);
    expect(readSettings()).toBe(settings);
  });

  test("a secret that the bridge still takes stays, one that it takes no more is replaced", async () => {
    const [first, second] = [newSecret(), newSecret()];
    await install([], { WEBHOOK_SECRET: first });
    await install([], { WEBHOOK_SECRET: `${first},${second}` });
    expect(secretIn(readSettings())).toBe(first);
    await install([], { WEBHOOK_SECRET: second });
    expect(secretIn(readSettings())).toBe(second);
  });

  test("an address that was given stays until another is given", async () => {
    await install(["--url", "https://bridge.example.com/modules/"]);
    expect(readSettings()).toContain("'https://bridge.example.com/modules'");
    await install();
    expect(readSettings()).toContain("'https://bridge.example.com/modules'");
    await install(["--url", "http://10.0.0.5:8788"]);
    expect(readSettings()).toContain("'http://10.0.0.5:8788'");
  });
});

describe("refused with nothing changed", () => {
  test("a folder that is no WHMCS root", async () => {
    const { status, stderr } = await tree.run(["install-hooks", "."]);
    expect(status).toBe(1);
    expect(stderr).toContain("no configuration.php, no init.php, no includes/hooks, no modules/servers");
    expect(tree.list()).toEqual(bare);
  });

  test.each([
    [["--php", "/no/such/php"], "--php"],
    [["--web-user", "no-such-user-here"], "no user no-such-user-here"],
  ])("%j", async (words, said) => {
    const { status, stderr } = await install(words);
    expect(status).toBe(1);
    expect(stderr).toContain(said);
    expect(tree.list()).toEqual(bare);
  });

  test("wrong usage", async () => {
    expect((await tree.run(["install-hooks"])).status).toBe(64);
    expect((await install(["--url", "ftp://example.com"])).status).toBe(64);
    expect((await install([], { WEBHOOK_SECRET: "whsec_short" })).status).toBe(78);
    expect(existsSync(join(tree.above, settingsFile))).toBe(false);
  });
});

describe.runIf(isRoot())("run by root", () => {
  test("PHP is asked as whoever wrote the compiled templates", async () => {
    const user = findUser("daemon");
    if (user === null) throw new Error("this machine has no user daemon");
    const compiled = join(tree.root, "templates_c", "0a1b.header.tpl.php");
    writeFileSync(compiled, "<?php");
    chownSync(compiled, user.uid, user.gid);
    const { status, stdout } = await install();
    expect(status).toBe(0);
    expect(stdout).toContain("PHP runs as daemon");
    expect(stdout).toContain("WHMCS's cron job has to run as daemon too");
    expect(statSync(join(tree.above, settingsFile)).uid).toBe(user.uid);
    expect(statSync(join(tree.above, hookFile)).uid).toBe(tree.owner.uid);
  });

  test("a root that belongs to root needs the web server's user", async () => {
    chownSync(tree.root, 0, 0);
    const { status, stderr } = await install();
    expect(status).toBe(1);
    expect(stderr).toContain("--web-user www-data");
    expect(tree.list()).toEqual(bare);
  });

  test("settings that PHP cannot reach are told, not passed over", async () => {
    const closed = join(tree.above, "closed");
    mkdirSync(closed, { mode: 0o700 });
    const name = `<?php\ndefine('ISPMODULES_SETTINGS', '${closed}/own.php');\n`;
    writeFileSync(join(tree.root, "configuration.php"), name);
    const { status, stderr } = await install(["--settings", `${closed}/own.php`]);
    expect(status).toBe(1);
    expect(stderr).toContain("php as nobody cannot read");
  });

  test("a folder that its owner may not write in is not written in", async () => {
    mkdirSync(join(tree.above, moduleFolder), { mode: 0o755 });
    const { status, stderr } = await install();
    expect(status).toBe(1);
    expect(stderr).toMatch(new RegExp(`^${tree.above}/${moduleFolder}/.* cannot be changed \\(EACCES\\)`, "m"));
    expect(readdirSync(join(tree.above, moduleFolder))).toEqual([]);
  });
});

describe("--remove", () => {
  test("takes off what was put on, and nothing else", async () => {
    await install();
    const { status, stdout } = await install(["--remove"]);
    expect(status).toBe(0);
    expect(stdout).toContain("remove   includes/hooks/ispmanagermodules.php");
    expect(tree.list()).toEqual(bare);
    expect(existsSync(join(tree.above, moduleFolder))).toBe(false);
    expect((await install(["--remove"])).stdout).toContain("Nothing of ours was there.");
  });

  test("leaves a file of somebody else in our folder and names it", async () => {
    await install();
    writeFileSync(join(tree.above, moduleFolder, "own.tpl"), "mine");
    const { stdout } = await install(["--remove"]);
    expect(stdout).toContain("leave    modules/servers/ispmanagermodules/own.tpl (not ours)");
    expect(tree.list()).toEqual([...bare, `${moduleFolder}/own.tpl`].sort());
  });
});
