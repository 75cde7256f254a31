// What does WHMCS's own front page send to a browser or panel? PHP's built-in server in a folder with our real hook files.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { phpString, shippedHooks } from "../../src/sandbox/php.ts";
import { secret } from "../webhook/signing.ts";
import { freePort } from "./bridge.ts";

/** Paths of what our files keep between requests, by their names. */
async function listKept(root: string, pattern: RegExp): Promise<string[]> {
  const folder = join(root, "templates_c");
  return (await readdir(folder)).filter((name) => pattern.test(name)).map((name) => join(folder, name));
}

/** Lets what our files keep look older than it is. */
export async function makeKeptOlder(root: string, pattern: RegExp, seconds: number): Promise<void> {
  for (const file of await listKept(root, pattern)) {
    const changed = (await stat(file)).mtimeMs / 1000 - seconds;
    await utimes(file, changed, changed);
  }
}

/** What comes before a page's own output: a session, headers of its own, something half printed, then the hooks. */
const page = `<?php
define('WHMCS', true);
define('ROOTDIR', __DIR__);
$hooks = [];
function add_hook($point, $priority, $function) { $GLOBALS['hooks'][$point][] = $function; }
function logActivity($line) { file_put_contents(ROOTDIR . '/activity.log', $line . "\\n", FILE_APPEND); }
require ROOTDIR . '/includes/hooks/ispmanagermodules.php';
ob_start();
header('Set-Cookie: WHMCSsession=1');
header('Cache-Control: no-store, private');
echo 'half a page';
foreach (['ClientAreaPage', basename(__FILE__) === 'index.php' ? 'ClientAreaPageHome' : 'ClientAreaPageCart'] as $point) {
    foreach (isset($hooks[$point]) ? $hooks[$point] : [] as $function) {
        $function(['filename' => basename(__FILE__, '.php')]);
    }
}
echo ' of WHMCS';
`;

/** A WHMCS root that outlives a PHP request, with our files in it and settings above it that name this bridge. */
export async function makeRoot(bridgeUrl: string): Promise<{ root: string; remove: () => Promise<void> }> {
  const above = await mkdtemp(join(tmpdir(), "ispmodules-site-"));
  const root = join(above, "whmcs");
  await cp(shippedHooks, root, { recursive: true });
  await mkdir(join(root, "templates_c"));
  await writeFile(join(root, "configuration.php"), "<?php\n");
  const settings = `<?php return ['url' => ${phpString(bridgeUrl)}, 'secret' => ${phpString(secret)}];`;
  await writeFile(join(above, "ispmodules-settings.php"), settings);
  return { root, remove: () => rm(above, { recursive: true, force: true }) };
}

export interface WhmcsSite {
  /** Address without a slash at its end. */
  readonly url: string;
  /** Makes what our hook files keep older. */
  age(seconds: number): Promise<void>;
  /** Forgets that the bridge did not answer. */
  forgetFailure(): Promise<void>;
  stop(): Promise<void>;
}

/** A WHMCS whose settings file names this bridge; without one, itself. */
export async function startSite(bridgeUrl?: string): Promise<WhmcsSite> {
  const port = await freePort();
  const { root, remove } = await makeRoot(bridgeUrl ?? `http://127.0.0.1:${port}`);
  const site = await serveRoot(root, port);
  return {
    ...site,
    stop: async () => {
      await site.stop();
      await remove();
    },
  };
}

/** Lets PHP's server answer at this port for a root where our files are. */
export async function serveRoot(root: string, port: number): Promise<WhmcsSite> {
  for (const name of ["index.php", "cart.php"]) await writeFile(join(root, name), page);
  const server = spawn(await requirePhp(), ["-d", "display_errors=1", "-S", `127.0.0.1:${port}`, "-t", root], {
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", PHP_CLI_SERVER_WORKERS: "3" },
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  const ended = new Promise((resolve) => server.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("close", () => reject(new Error("PHP's server did not start")));
    server.stderr.on("data", (text) => String(text).includes("started") && resolve());
  });
  return {
    url: `http://127.0.0.1:${port}`,
    age: (seconds) => makeKeptOlder(root, /prices/, seconds),
    forgetFailure: async () => {
      for (const file of await listKept(root, /rest/)) await rm(file);
    },
    stop: async () => {
      // The server's workers are its children, in its own process group.
      if (server.pid !== undefined) process.kill(-server.pid, "SIGTERM");
      await ended;
    },
  };
}
