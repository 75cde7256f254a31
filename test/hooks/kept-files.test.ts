// Which of the small files that survive a PHP request does the hook believe, and whose are they?
import { chown, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook } from "../../src/sandbox/php.ts";
import { startBridge, type TestBridge } from "./bridge.ts";
import { makeRoot } from "./whmcs-site.ts";

let bridge: TestBridge;
let root: string;
let temporary: string;
const endings: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  bridge = await startBridge({ status: 503 });
  const made = await makeRoot(bridge.url);
  ({ root } = made);
  temporary = join(root, "../tmp");
  await mkdir(temporary);
  endings.push(() => bridge.stop(), made.remove);
});
afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

/** How often the bridge is asked by one payment; the first one fails, and should be remembered. */
async function pay(environment: Record<string, string> = {}): Promise<number> {
  const before = bridge.calls.length;
  const site = {
    phpPath: await requirePhp(),
    root,
    settings: null,
    environment: { TMPDIR: temporary, ...environment },
  };
  const run = await runHook({ ...site, point: "InvoicePaid", vars: { invoiceid: 5 } });
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
  return bridge.calls.length - before;
}

/** Without templates_c our files stand in the folder that every user of the machine may write to. */
async function removeOwnFolder(): Promise<void> {
  await rm(join(root, "templates_c"), { recursive: true });
}

test("a failure is remembered in WHMCS's own folder, else in the shared one", async () => {
  expect([await pay(), await pay()]).toEqual([1, 0]);
  expect(await readdir(temporary)).toEqual([]);
  await removeOwnFolder();
  expect([await pay(), await pay()]).toEqual([1, 0]);
  expect(await readdir(temporary)).toHaveLength(1);
});

test("a PHP that has not learned to tell its user has the files of that same user, and no others", async () => {
  const folder = join(root, "../ini");
  await mkdir(folder);
  await writeFile(join(folder, "own.ini"), "disable_functions = posix_geteuid\n");
  expect(await pay()).toBe(1);
  expect(await pay({ PHP_INI_SCAN_DIR: `:${folder}` })).toBe(0);
});

test.runIf(process.getuid?.() === 0)("a file of another user is not believed", async () => {
  for (const folder of [join(root, "templates_c"), temporary]) {
    expect([await pay(), await pay()]).toEqual([1, 0]);
    for (const name of await readdir(folder)) await chown(join(folder, name), 65_534, 65_534);
    expect(await pay()).toBe(1);
    await rm(join(root, "templates_c"), { recursive: true, force: true });
  }
});
