// What do the real PHP files do when WHMCS calls them? Runs them under php-cli inside a folder that looks like a WHMCS root.
import { spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { capsuleStandIn } from "./php-database.ts";
import { paramsStandIn } from "./php-services.ts";
import { whmcsStandIn } from "./php-stand-in.ts";

const killAfterMs = 30_000;

/** The tree of this package that is copied onto a WHMCS root; the same distance from `src` and from `dist`. */
export const shippedHooks = fileURLToPath(new URL("../../hooks", import.meta.url));

/** One time that WHMCS reaches a hook point; `vars` is what it passes on. */
export interface HookCall {
  readonly point: string;
  readonly vars: unknown;
}

/** One time that WHMCS calls a function of the server module, named without its prefix. */
export interface ModuleCall {
  readonly function: string;
  /** Whose params are read from the database; without it the function gets `params` alone. */
  readonly serviceId?: number;
  /** Replaced by those of the service where both exist. */
  readonly params?: Readonly<Record<string, unknown>>;
}

export interface WhmcsSite {
  readonly phpPath: string;
  /** Written above the WHMCS root: what the file returns, or its whole PHP text; null writes none. */
  readonly settings: { readonly url: string; readonly secret: string } | { readonly php: string } | null;
  /** A WHMCS root where our files are already; without it they are copied into a temporary one. */
  readonly root?: string;
  /** PHP text of `configuration.php` after its opening tag. */
  readonly configuration?: string;
  /** Environment of the PHP process, beside PATH. */
  readonly environment?: Readonly<Record<string, string>>;
  /** `mysql://` URL of WHMCS's database; without it `Capsule` does not exist. */
  readonly database?: string;
  /** Superglobals of the request, e.g. `{ get: { a: "view" } }`. */
  readonly request?: Readonly<Partial<Record<"get" | "post" | "session" | "server" | "cookie", object>>>;
  /** Name of the client area's language, as WHMCS calls it; default `english`. */
  readonly language?: string;
  /** What `localAPI` answers, by action; every other action is an error. */
  readonly localApi?: Readonly<Record<string, object>>;
  /** What this WHMCS does not offer; without `collections`, lists from the database are arrays as in 7.x. */
  readonly without?: readonly ("ROOTDIR" | "logActivity" | "collections")[];
}

export interface WhmcsRun {
  /** Whatever reached the page, PHP's own complaints included. */
  readonly stdout: string;
  /** Lines of WHMCS's activity log, oldest first. */
  readonly activityLog: readonly string[];
  /** Calls of `logModuleCall`, masked as WHMCS masks them. */
  readonly moduleLog: readonly Readonly<Record<"module" | "action" | "request" | "response" | "processed", string>>[];
  /** Calls of `localAPI`. */
  readonly apiCalls: readonly { readonly action: string; readonly parameters: Readonly<Record<string, unknown>> }[];
  /** Hook points the hook file registered for. */
  readonly points: readonly string[];
  /** One entry a step: what the module's function returned, or a list of what the hooks returned. */
  readonly results: readonly { readonly returned: unknown; readonly elapsedMs: number }[];
  readonly exitCode: number | null;
  /** How long WHMCS waited for all steps, without the start of PHP. */
  readonly elapsedMs: number;
}

/** Runs one hook call in a PHP process of its own. Throws when PHP ends without having reached the end of its script. */
export function runHook({ point, vars, ...site }: WhmcsSite & HookCall): Promise<WhmcsRun> {
  return runWhmcs(site, [{ point, vars }]);
}

/** Runs several hook calls one after the other in one PHP process, as a cron run does. */
export function runHooks(site: WhmcsSite, calls: readonly HookCall[]): Promise<WhmcsRun> {
  return runWhmcs(site, calls);
}

/** Calls one function of the server module in a PHP process of its own; resolves to what it returned and left behind. */
export async function runModule(site: WhmcsSite, call: ModuleCall): Promise<WhmcsRun & { returned: unknown }> {
  const run = await runWhmcs(site, [call]);
  return { ...run, returned: run.results[0]?.returned };
}

/** Runs steps one after the other in one PHP process, which is one request of WHMCS. */
export async function runWhmcs(site: WhmcsSite, steps: readonly (HookCall | ModuleCall)[]): Promise<WhmcsRun> {
  const above = await mkdtemp(join(tmpdir(), "ispmodules-whmcs-"));
  try {
    const root = site.root ?? join(above, "whmcs");
    await layOut(above, site);
    const { exitCode, stdout } = await runPhp(above, site, JSON.stringify(inputOf(site, root, steps)));
    return { stdout, exitCode, ...parseReport(await readFile(join(above, "report.json"), "utf8")) };
  } finally {
    await rm(above, { recursive: true, force: true });
  }
}

function inputOf(site: WhmcsSite, root: string, steps: readonly (HookCall | ModuleCall)[]) {
  const { without = [], request = {}, localApi = {}, language } = site;
  return {
    root,
    steps: steps.map((step) => ("function" in step ? { ...step, params: { ...step.params } } : step)),
    database: site.database === undefined ? null : databaseOf(site.database),
    ...{ without, request, localApi, language },
  };
}

function databaseOf(url: string) {
  const { hostname, port, pathname, username, password } = new URL(url);
  const dsn = `mysql:host=${hostname};port=${port || "3306"};dbname=${pathname.slice(1)};charset=utf8`;
  return { dsn, user: decodeURIComponent(username), password: decodeURIComponent(password) };
}

async function layOut(above: string, site: WhmcsSite): Promise<void> {
  await writeFile(join(above, "stand-in.php"), whmcsStandIn);
  await writeFile(join(above, "database.php"), capsuleStandIn);
  await writeFile(join(above, "services.php"), paramsStandIn);
  if (site.root !== undefined) return;
  const root = join(above, "whmcs");
  await cp(shippedHooks, root, { recursive: true });
  await mkdir(join(root, "templates_c"));
  await writeFile(join(root, "configuration.php"), `<?php\n${site.configuration ?? ""}\n`);
  if (site.settings !== null) {
    await writeFile(join(above, "ispmodules-settings.php"), settingsFile(site.settings), { mode: 0o600 });
  }
}

function settingsFile(settings: NonNullable<WhmcsSite["settings"]>): string {
  if ("php" in settings) return settings.php;
  return `<?php\nreturn ['url' => ${phpString(settings.url)}, 'secret' => ${phpString(settings.secret)}];\n`;
}

/** A single-quoted PHP literal. */
export function phpString(value: string): string {
  return `'${value.replace(/[\\']/g, "\\$&")}'`;
}

async function runPhp(
  above: string,
  site: WhmcsSite,
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

function parseReport(report: string): Omit<WhmcsRun, "stdout" | "exitCode"> {
  return JSON.parse(report);
}
