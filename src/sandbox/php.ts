// What does the real WHMCS hook file do when WHMCS calls it? Runs it under php-cli inside a folder that looks like a WHMCS root.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { hookStandIn } from "./php-stand-in.ts";

const killAfterMs = 30_000;

/** The hook file of this package; the same distance from `src` and from `dist`. */
export const shippedHookFile = fileURLToPath(
  new URL("../../hooks/includes/hooks/ispmanagermodules.php", import.meta.url),
);

/** One time that WHMCS reaches a hook point; `vars` is what it passes on. */
export interface HookCall {
  readonly point: string;
  readonly vars: unknown;
}

export interface HookSite {
  readonly phpPath: string;
  /** The file as it is shipped; it is copied to `includes/hooks/ispmanagermodules.php`. */
  readonly hookFile: string;
  /** Written above the WHMCS root: what the file returns, or its whole PHP text; null writes none. */
  readonly settings: { readonly url: string; readonly secret: string } | { readonly php: string } | null;
  /** PHP text of `configuration.php` after its opening tag. */
  readonly configuration?: string;
  /** Environment of the PHP process, beside PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** What this WHMCS does not offer. */
  readonly without?: readonly ("ROOTDIR" | "logActivity")[];
}

export interface HookRun {
  /** Whatever reached the page, PHP's own complaints included. */
  readonly stdout: string;
  /** Lines of WHMCS's activity log, oldest first. */
  readonly activityLog: readonly string[];
  /** Hook points the file registered for. */
  readonly points: readonly string[];
  readonly exitCode: number | null;
  /** How long WHMCS waited for the hooks, without the start of PHP. */
  readonly elapsedMs: number;
}

/** Runs one hook call in a PHP process of its own. Throws when PHP ends without having reached the end of the calls' script. */
export function runHook({ point, vars, ...site }: HookSite & HookCall): Promise<HookRun> {
  return runHooks(site, [{ point, vars }]);
}

/** Runs several hook calls one after the other in one PHP process, as a cron run does. */
export async function runHooks(site: HookSite, calls: readonly HookCall[]): Promise<HookRun> {
  const above = await mkdtemp(join(tmpdir(), "ispmodules-whmcs-"));
  try {
    await layOut(above, site);
    const reportFile = join(above, "report.json");
    const { exitCode, stdout } = await runPhp(above, site, JSON.stringify({ calls, without: site.without ?? [] }));
    return { stdout, exitCode, ...parseReport(await readFile(reportFile, "utf8")) };
  } finally {
    await rm(above, { recursive: true, force: true });
  }
}

async function layOut(above: string, site: HookSite): Promise<void> {
  const root = join(above, "whmcs");
  await mkdir(join(root, "includes", "hooks"), { recursive: true });
  await cp(site.hookFile, join(root, "includes", "hooks", "ispmanagermodules.php"));
  await writeFile(join(root, "configuration.php"), `<?php\n${site.configuration ?? ""}\n`);
  await writeFile(join(above, "stand-in.php"), hookStandIn);
  if (site.settings !== null) {
    await writeFile(join(above, "ispmodules-settings.php"), settingsFile(site.settings), { mode: 0o600 });
  }
}

function settingsFile(settings: NonNullable<HookSite["settings"]>): string {
  if ("php" in settings) return settings.php;
  return `<?php\nreturn ['url' => ${phpString(settings.url)}, 'secret' => ${phpString(settings.secret)}];\n`;
}

/** A single-quoted PHP literal. */
export function phpString(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}

async function runPhp(
  above: string,
  site: HookSite,
  input: string,
): Promise<{ exitCode: number | null; stdout: string }> {
  const flags = ["-d", "display_errors=1", "-d", "error_reporting=-1", "-d", "log_errors=0"];
  const child = spawn(site.phpPath, [...flags, join(above, "stand-in.php")], {
    cwd: above,
    env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...site.environment },
    stdio: ["pipe", "pipe", "inherit"],
    timeout: killAfterMs,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A PHP that ends before reading says why on stdout; the broken pipe adds nothing.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [exitCode, stdout] = await Promise.all([ended, text(child.stdout)]);
  return { exitCode, stdout };
}

function parseReport(report: string): Pick<HookRun, "activityLog" | "points" | "elapsedMs"> {
  return JSON.parse(report);
}
