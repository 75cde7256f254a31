// Can somebody who only uploads files install the same as the installer does?
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { makeWhmcsTree, type WhmcsTree } from "./whmcs-tree.ts";

const shipped = fileURLToPath(new URL("../../hooks", import.meta.url));

let phpPath: string;
let tree: WhmcsTree;

beforeAll(async () => {
  phpPath = await requirePhp();
});
beforeEach(() => {
  tree = makeWhmcsTree();
});
afterEach(() => tree.remove());

function digestsBelow(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    statSync(join(folder, path)).isFile(),
  );
  const digest = (path: string) =>
    createHash("sha256")
      .update(readFileSync(join(folder, path)))
      .digest("hex");
  return Object.fromEntries(files.sort().map((path) => [path, digest(path)]));
}

test("another program unpacks exactly the shipped files", async () => {
  const { status, stderr } = await tree.run(["package-hooks", "--out", "hooks.zip"]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const unpacked = join(tree.above, "unpacked");
  mkdirSync(unpacked);
  await promisify(execFile)(phpPath, [
    "-r",
    "(new PharData($argv[1]))->extractTo($argv[2]);",
    join(tree.above, "hooks.zip"),
    unpacked,
  ]);
  expect(digestsBelow(unpacked)).toEqual(digestsBelow(shipped));
});

test("the settings lie beside it, never in it, for one reader, with the secret that the bridge gets", async () => {
  const { stdout } = await tree.run(["package-hooks", "--out", "hooks.zip", "--url", "https://bridge.example.com"]);
  const settings = join(tree.above, "ispmodules-settings.php");
  expect(statSync(settings).mode & 0o777).toBe(0o600);
  const secret = readFileSync(join(tree.above, "webhook-secret"), "utf8").trim();
  const read = await promisify(execFile)(phpPath, ["-r", "echo json_encode(include $argv[1]);", settings]);
  expect(JSON.parse(read.stdout)).toEqual({ url: "https://bridge.example.com", secret });
  expect(stdout).toContain(`WEBHOOK_SECRET_FILE=${join(tree.above, "webhook-secret")}`);
  expect(stdout).not.toContain(secret);
  expect(readFileSync(join(tree.above, "hooks.zip")).includes(secret)).toBe(false);
});

test("repeated, and beside the installer, the secret stays the same", async () => {
  await tree.run(["install-hooks", "whmcs"]);
  const secret = readFileSync(join(tree.above, "webhook-secret"), "utf8").trim();
  for (let times = 0; times < 2; times++) {
    expect((await tree.run(["package-hooks", "--out", "hooks.zip"])).status).toBe(0);
    expect(readFileSync(join(tree.above, "ispmodules-settings.php"), "utf8")).toContain(secret);
  }
});

test.each([[[]], [["--out", "hooks.tar"]]])("without a zip to write it is wrong usage: %j", async (words) => {
  expect((await tree.run(["package-hooks", ...words])).status).toBe(64);
  expect(existsSync(join(tree.above, "ispmodules-settings.php"))).toBe(false);
});

test("a folder that is not there is told in words", async () => {
  const { status, stderr } = await tree.run(["package-hooks", "--out", "nowhere/hooks.zip"]);
  expect(status).toBe(1);
  expect(stderr).toContain("cannot be changed (ENOENT)");
});
