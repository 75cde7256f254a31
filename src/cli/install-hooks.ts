// How do an administrator's words install WHMCS's side on a WHMCS root, or take it off?
import { dirname, resolve } from "node:path";
import { BridgeError } from "../errors.ts";
import type { PlannedFile } from "../installer/files.ts";
import { type Installation, install, planInstallation } from "../installer/install.ts";
import { describePhp, findPhpProblem, type Php } from "../installer/php.ts";
import { remove } from "../installer/remove.ts";
import { looksServed } from "../installer/settings-place.ts";
import { findUser, isRoot, nameUser, type User } from "../installer/user.ts";
import { inspectRoot, type WhmcsRoot } from "../installer/whmcs-root.ts";
import { defineCommand, exitStatus, Refused, UsageError } from "./command.ts";
import { openHookSecret } from "./hook-secret.ts";
import { plain, type Terminal } from "./terminal.ts";

export const installHooks = defineCommand({
  name: "install-hooks",
  summary: "copy hook file and server module onto a WHMCS root, with settings that its PHP can read; safe to repeat",
  operands: ["ROOT"],
  options: {
    "dry-run": { type: "boolean", help: "only show what would be copied" },
    remove: { type: "boolean", help: "take everything off again" },
    url: {
      type: "string",
      value: "URL",
      help: "where WHMCS reaches the bridge; default http://HOST:PORT of the settings",
    },
    "web-user": {
      type: "string",
      value: "NAME",
      help: "as whom the web server runs PHP; default who wrote templates_c, else the root's owner",
    },
    settings: {
      type: "string",
      value: "FILE",
      help: "where configuration.php says that the settings are, when root shall write into a folder that is not the web server's user's",
    },
    php: { type: "string", value: "FILE", help: "PHP for the command line; default php" },
  },
  run: async ({ terminal, values, operands }) => {
    const url = readBridgeUrl(values.url);
    const root = openRoot(operands[0] ?? "");
    const php = { path: values.php ?? "php", user: findWebUser(root, values["web-user"]) };
    const confirmed = values.settings === undefined ? null : resolve(values.settings);
    const installation = { root, php, confirmed };
    checkRights(installation);
    checkPhp(php);
    return explainingFiles(() => {
      if (values.remove) return takeOff(installation, terminal);
      const plan = planInstallation(root);
      describePlan(installation, plan, terminal);
      return values["dry-run"] ? exitStatus.done : putOn(installation, plan, { terminal, url });
    });
  },
});

/** The address as given, without slashes at its end; throws `UsageError` for anything but a plain one. */
export function readBridgeUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  if (/^https?:\/\/[^\s/?#@]+(\/[^\s?#]*)?$/i.test(text)) return text.replace(/\/+$/, "");
  throw new UsageError("--url takes an http or https address without user, query or fragment");
}

function openRoot(folder: string): WhmcsRoot {
  const root = inspectRoot(resolve(folder));
  if ("missing" in root) {
    throw new Refused(`${folder} is no WHMCS root, nothing was changed: it has no ${root.missing.join(", no ")}`);
  }
  return root;
}

function findWebUser({ owner, compiledBy }: WhmcsRoot, name: string | undefined): User {
  if (name === undefined) return compiledBy ?? owner;
  const user = findUser(name);
  if (user === null) throw new Refused(`this machine has no user ${name}`);
  return user;
}

/** Before anything is changed. */
function checkRights({ root: { owner }, php }: Installation): void {
  const { user } = php;
  if (user.uid === 0) {
    throw new Refused("say as whom the web server runs PHP, for instance --web-user www-data: it should not be root");
  }
  const uid = process.getuid?.();
  if (isRoot() || (uid === owner.uid && uid === user.uid)) return;
  const names = [...new Set([nameUser(owner), nameUser(user)])].join(" and ");
  throw new Refused(`run this as root: the files belong to ${names}`);
}

function checkPhp(php: Php): void {
  const problem = findPhpProblem(php);
  if (problem !== null) {
    throw new Refused(
      `name a PHP for the command line with --php: ${describePhp(php)} does not do (${plain(problem)})`,
    );
  }
}

function describePlan({ root, php }: Installation, plan: readonly PlannedFile[], { print }: Terminal): void {
  print(`WHMCS root ${root.path}: files belong to ${nameUser(root.owner)}, PHP runs as ${nameUser(php.user)}.`);
  for (const { file, change } of plan) print(`  ${change.padEnd(7)}  ${file.path}`);
}

function putOn(
  installation: Installation,
  plan: readonly PlannedFile[],
  { terminal, url }: { terminal: Terminal; url: string | null },
): number {
  const secret = openHookSecret();
  const installed = install(installation, plan, { ...secret, url, defaultUrl: secret.url });
  if (installed.kind === "failed") throw new Refused(plain(installed.why));
  const { file, change } = installed;
  terminal.print(`  ${(change === "kept" ? "keep" : "write").padEnd(7)}  ${file}`);
  terminal.print(
    `All ${plan.length} files are whole. PHP as ${nameUser(installation.php.user)} reads the settings, nobody else may: the bridge is at ${installed.url}.`,
  );
  for (const note of listNotes(installation, file)) terminal.print(note);
  const missing = secret.missingSetting();
  if (missing !== null) terminal.print(`Give the bridge the same secret, then restart it: ${missing}`);
  else if (secret.secrets === null && change === "kept")
    terminal.print(`The bridge has to know the secret in ${file} (WEBHOOK_SECRET).`);
  terminal.print("WHMCS's next cron run makes this web node known to `ispmodules doctor`.");
  return exitStatus.done;
}

/** What only the administrator can see to. */
function listNotes({ root: { owner }, php: { user } }: Installation, file: string): string[] {
  const name = nameUser(user);
  return [
    ...(looksServed(file)
      ? [
          `${dirname(file)} looks like a folder that the web server serves. Should it once show PHP files as text, it would show the secret: name a file elsewhere, define('ISPMODULES_SETTINGS', '/…'); in configuration.php, and repeat this.`,
        ]
      : []),
    ...(owner.uid === user.uid
      ? []
      : [
          `WHMCS's cron job has to run as ${name} too (crontab -u ${name} -e): ${nameUser(owner)} cannot read the settings, and what is paid in a cron run would be found by the sweep only.`,
        ]),
  ];
}

function takeOff(installation: Installation, { print }: Terminal): number {
  const { removed, left } = remove(installation);
  for (const path of removed) print(`  remove   ${path}`);
  for (const { path, why } of left) print(plain(`  leave    ${path} (${why})`));
  print(removed.length === 0 ? "Nothing of ours was there." : `Removed ${removed.length} files.`);
  return exitStatus.done;
}

/** Runs work on files; a system's refusal names the file. */
export function explainingFiles(work: () => number): Promise<number> {
  try {
    return Promise.resolve(work());
  } catch (error) {
    if (error instanceof BridgeError || !(error instanceof Error) || !("code" in error) || !("path" in error))
      throw error;
    throw new Refused(plain(`${String(error.path)} cannot be changed (${String(error.code)})`));
  }
}
