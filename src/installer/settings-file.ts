// What stands in the settings file of WHMCS's side, and does WHMCS's own PHP read it so?
import { statSync } from "node:fs";
import { type Php, runPhp } from "./php.ts";
import { moduleFolder } from "./shipped.ts";
import type { User } from "./user.ts";

export interface HookSettings {
  /** Address of the bridge. */
  readonly url: string;
  readonly secret: string;
}

/** Where PHP looks for the file, and what it finds there. */
export interface SettingsRead {
  readonly file: string;
  readonly settings: HookSettings | null;
  /** Why there are none; null beside settings. */
  readonly problem: string | null;
}

const maker = "<?php\n// Made by ispmodules install-hooks";

/** As PHP text; `root` is the WHMCS root that they are for, null where it is not known. */
export function writeSettings({ url, secret }: HookSettings, root: string | null): string {
  // Either would end the comment.
  const whose = root === null || /[\r\n]|\?>/.test(root) ? "" : ` for ${root}`;
  return `${maker}${whose}. Nobody but the web server's PHP may read it.\nreturn ['url' => ${quote(url)}, 'secret' => ${quote(secret)}];\n`;
}

/** Whether a text is the beginning of a settings file of ours, and for which root; null when it is not. */
export function readMark(text: string): { readonly root: string | null } | null {
  if (!text.startsWith(maker)) return null;
  return { root: /^ for (\/.*)\. Nobody /.exec(text.slice(maker.length))?.[1] ?? null };
}

function quote(text: string): string {
  return `'${text.replace(/[\\']/g, "\\$&")}'`;
}

/** Nobody but its reader (and root) may open the file. */
export function isPrivateTo(file: string, reader: User): boolean {
  const { uid, mode } = statSync(file);
  return uid === reader.uid && (mode & 0o077) === 0;
}

/** Loads the installed files as WHMCS does, configuration first, and says what they find. */
const question = `
define('WHMCS', true);
define('ROOTDIR', $argv[1]);
function add_hook() {}
ob_start();
try {
    include ROOTDIR . '/configuration.php';
} catch (Throwable $ignored) {
}
require ROOTDIR . '/' . $argv[2];
$read = ['file' => ispmanagermodules_settings_file()];
try {
    ispmanagermodules_settings();
    $found = ispmanagermodules_read_settings($read['file']);
    $read += ['url' => $found['url'], 'secret' => $found['secret']];
} catch (Throwable $problem) {
    $read['problem'] = $problem->getMessage();
}
ob_end_clean();
echo json_encode($read);`;

/** The shipped file that knows where the settings are. */
const bridgeFile = `${moduleFolder}/lib/bridge.php`;

/** Asks the files of an installed root; in `complaint` what PHP said when it does not get that far. */
export function readSettingsByPhp(php: Php, root: string): SettingsRead | { readonly complaint: string } {
  const { stdout, complaint } = runPhp(php, question, [root, bridgeFile]);
  try {
    const { file, url, secret, problem } = JSON.parse(stdout) as Record<string, string | undefined>;
    if (file === undefined) return { complaint };
    if (/\p{Cc}/u.test(file)) return { complaint: "ISPMODULES_SETTINGS holds control characters" };
    const settings = url === undefined || secret === undefined ? null : { url, secret };
    return { file, settings, problem: problem ?? null };
  } catch {
    return { complaint };
  }
}
