// Where is a program that the sandbox needs, and can it be installed when it is missing?
import { execFile } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { setTimeout as pause } from "node:timers/promises";
import { BridgeError } from "../errors.ts";

/** Receives one line for people whenever something slow begins, such as an installation. */
export type Announce = (line: string) => void;

interface Requirement<Found> {
  /** What people call it. */
  readonly title: string;
  readonly packages: readonly string[];
  /** Resolves to where the programs are, or null when anything is missing. */
  readonly find: () => Promise<Found | null>;
}

export interface MariaDbPrograms {
  readonly server: string;
  readonly install: string;
}

const serverFolders = ["/usr/sbin", "/usr/libexec", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
const phpExtensions = ["curl", "mysqli", "pdo_mysql", "dom", "simplexml"];
const lockAttempts = 100;
const lockPauseMs = 3_000;

/**
 * Paths of `mariadbd` and `mariadb-install-db`, installed from Debian's packages when missing and we are root.
 * @throws BridgeError `missing_program`, naming the package, where nothing can be installed.
 */
export function requireMariaDb(announce: Announce = () => {}): Promise<MariaDbPrograms> {
  return ensure({ title: "MariaDB server", packages: ["mariadb-server"], find: findMariaDb }, announce);
}

/**
 * Path of a `php` for the command line that has the extensions WHMCS hooks use (curl, mysqli, PDO, xml).
 * @throws BridgeError `missing_program`, naming the packages, where nothing can be installed.
 */
export function requirePhp(announce: Announce = () => {}): Promise<string> {
  const packages = ["php-cli", "php-curl", "php-mysql", "php-xml"];
  return ensure({ title: "PHP for the command line", packages, find: findPhp }, announce);
}

/**
 * `Smarty.class.php` of every Smarty that is installed; one is installed when there is none and we are root.
 * @throws BridgeError `missing_program`, naming the package, where nothing can be installed.
 */
export function requireSmarty(announce: Announce = () => {}): Promise<readonly string[]> {
  const find = async () => {
    const found = ["3", "4"].map((version) => `/usr/share/php/smarty${version}/Smarty.class.php`).filter(existsSync);
    return found.length === 0 ? null : found;
  };
  return ensure({ title: "Smarty", packages: ["smarty4"], find }, announce);
}

/** The package's system user comes last: without it an installation by another process is still under way. */
async function findMariaDb(): Promise<MariaDbPrograms | null> {
  if (process.getuid?.() === 0 && (await run("id", ["-u", "mysql"])).status !== 0) return null;
  const server = await findProgram("mariadbd");
  const install = (await findProgram("mariadb-install-db")) ?? (await findProgram("mysql_install_db"));
  return server !== null && install !== null ? { server, install } : null;
}

async function findPhp(): Promise<string | null> {
  const php = await findProgram("php");
  if (php === null) return null;
  const { output } = await run(php, ["-m"]);
  const loaded = new Set(output.toLowerCase().split(/\s+/));
  return phpExtensions.every((extension) => loaded.has(extension)) ? php : null;
}

/** Servers live outside the PATH of ordinary users, hence the fixed folders after the shell's own search. */
async function findProgram(name: string): Promise<string | null> {
  const { status, output } = await run("sh", ["-c", 'command -v -- "$0"', name]);
  const inPath = output.trim();
  if (status === 0 && inPath.startsWith("/")) return inPath;
  return serverFolders.map((folder) => `${folder}/${name}`).find(isExecutable) ?? null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function ensure<Found>(requirement: Requirement<Found>, announce: Announce): Promise<Found> {
  const found = await requirement.find();
  if (found !== null) return found;
  const names = requirement.packages.join(" ");
  if (process.getuid?.() !== 0 || (await findProgram("apt-get")) === null) {
    throw missing(
      requirement,
      `${requirement.title} is missing; install it, on Debian and Ubuntu with: apt-get install ${names}`,
    );
  }
  announce(`installing ${requirement.title} (${names})`);
  await install(requirement);
  const installed = await requirement.find();
  if (installed !== null) return installed;
  throw missing(requirement, `${requirement.title} is missing although ${names} is installed`);
}

function missing(requirement: Requirement<unknown>, message: string, cause?: unknown): BridgeError {
  const fields = { packages: requirement.packages.join(" ") };
  return new BridgeError("missing_program", message, cause === undefined ? { fields } : { cause, fields });
}

/** `--no-remove`, because Debian would otherwise swap an installed MySQL server for MariaDB. */
async function install(requirement: Requirement<unknown>): Promise<void> {
  const releasePolicy = await forbidServiceStart();
  try {
    await aptGet(requirement, ["update"]);
    await aptGet(requirement, ["install", "-y", "--no-install-recommends", "--no-remove", ...requirement.packages]);
  } finally {
    await releasePolicy();
  }
  if (requirement.packages.includes("mariadb-server")) await keepServiceDown();
}

async function aptGet(requirement: Requirement<unknown>, args: readonly string[]): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    const { status, output } = await run("env", [
      "LC_ALL=C",
      "DEBIAN_FRONTEND=noninteractive",
      "apt-get",
      "-q",
      ...args,
    ]);
    if (status === 0) return;
    const isLocked = /could not get lock|unable to (lock|acquire)|is another process using it/i.test(output);
    if (isLocked && attempt < lockAttempts) {
      await pause(lockPauseMs);
      continue;
    }
    const names = requirement.packages.join(" ");
    throw missing(
      requirement,
      `${requirement.title} could not be installed; run: apt-get install ${names}`,
      new Error(output),
    );
  }
}

const policyFile = "/usr/sbin/policy-rc.d";
const policyMark = "# ispmodules: no database service while its package is being installed";

/**
 * Debian starts a server as soon as its package is unpacked. This policy forbids that for MariaDB only and only while
 * this process lives, so that a file left behind by a killed process has no effect. A policy of the owner stays in force.
 */
async function forbidServiceStart(): Promise<() => Promise<void>> {
  const present = await readFile(policyFile, "utf8").catch(() => null);
  if (present !== null && !present.includes(policyMark)) return async () => {};
  const script = `#!/bin/sh\n${policyMark}\ncase "$1" in mariadb*|mysql*) kill -0 ${process.pid} 2>/dev/null && exit 101;; esac\nexit 0\n`;
  await writeFile(policyFile, script, { mode: 0o755 });
  return () => rm(policyFile, { force: true });
}

/** The package was not here before, so a system service of it can only be the one this installation brought. */
async function keepServiceDown(): Promise<void> {
  if (existsSync("/run/systemd/system")) await run("systemctl", ["disable", "--now", "mariadb"]);
  else await run("service", ["mariadb", "stop"]);
}

/** Runs a program to its end; never rejects. `output` is both streams, `status` null when it did not start. */
export function run(program: string, args: readonly string[]): Promise<{ status: number | null; output: string }> {
  return new Promise((resolve) => {
    execFile(program, [...args], { maxBuffer: 32 * 1024 * 1024, encoding: "utf8" }, (error, stdout, stderr) => {
      const status = error === null ? 0 : typeof error.code === "number" ? error.code : null;
      resolve({ status, output: `${stdout}${stderr}` });
    });
  });
}
