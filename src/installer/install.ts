// How is WHMCS's side installed, so that at the end its own PHP has shown that it works?
import { isAbsolute } from "node:path";
import { copyFiles, type PlannedFile, planFiles } from "./files.ts";
import { describePhp, type Php } from "./php.ts";
import { type HookSettings, isPrivateTo, readSettingsByPhp, type SettingsRead } from "./settings-file.ts";
import { keepSettings } from "./settings-place.ts";
import { readShippedFiles } from "./shipped.ts";
import type { WhmcsRoot } from "./whmcs-root.ts";

export interface Installation {
  readonly root: WhmcsRoot;
  /** As whom the web server runs PHP, and which PHP of the command line stands for it. */
  readonly php: Php;
  /** Where the settings are in the administrator's own words, absolute; null where PHP's word is enough. */
  readonly confirmed: string | null;
}

/** What the settings file shall say; `url` null leaves the address that is there. */
export interface WantedSettings {
  readonly url: string | null;
  readonly defaultUrl: string;
  /** Secrets that the bridge takes, the newest last; null when it has none yet. */
  readonly secrets: readonly string[] | null;
  /** A new secret, kept where the bridge will find it. */
  readonly makeSecret: () => string;
}

export type Installed =
  | { readonly kind: "installed"; readonly file: string; readonly url: string; readonly change: "kept" | "written" }
  | { readonly kind: "failed"; readonly why: string };

/** Copies the files, writes the settings where they are wrong, and lets PHP read them as the web server's user. */
export function install(installation: Installation, plan: readonly PlannedFile[], wanted: WantedSettings): Installed {
  const { root, php, confirmed } = installation;
  const reader = php.user;
  const broken = copyFiles(root, plan);
  if (broken.length > 0) return failed(`these files did not arrive whole: ${broken.join(", ")}`);
  const ask = () => readSettingsByPhp(php, root.path);
  const before = ask();
  if ("complaint" in before) return failed(`${describePhp(php)} cannot run the files: ${before.complaint}`);
  const { file } = before;
  if (!isAbsolute(file)) return failed(`ISPMODULES_SETTINGS in configuration.php is no absolute path: ${file}`);
  const settings = chooseSettings(before, wanted);
  const isKept = isSame(before.settings, settings) && isPrivateTo(file, reader);
  const problem = isKept ? null : keepSettings({ file, root: root.path, reader, confirmed }, settings);
  if (problem !== null) return failed(problem);
  const after = ask();
  if ("complaint" in after || !isSame(after.settings, settings)) {
    const why = "complaint" in after ? after.complaint : (after.problem ?? "it reads something else");
    return failed(`${describePhp(php)} cannot read ${file}: ${why}`);
  }
  if (!isPrivateTo(file, reader)) return failed(`others may read ${file}`);
  return { kind: "installed", file, url: settings.url, change: isKept ? "kept" : "written" };
}

/** What installing would do to each file. */
export function planInstallation(root: WhmcsRoot): PlannedFile[] {
  return planFiles(root, readShippedFiles());
}

function failed(why: string): Installed {
  return { kind: "failed", why };
}

/** A secret that the bridge takes stays, so that repeating changes nothing; a bridge without any gets the one that is there. */
function chooseSettings({ settings }: SettingsRead, wanted: WantedSettings): HookSettings {
  const url = wanted.url ?? settings?.url ?? wanted.defaultUrl;
  const present = settings?.secret ?? null;
  const { secrets } = wanted;
  if (present !== null && (secrets === null || secrets.includes(present))) return { url, secret: present };
  return { url, secret: secrets?.at(-1) ?? wanted.makeSecret() };
}

function isSame(one: HookSettings | null, other: HookSettings): boolean {
  return one !== null && one.url === other.url && one.secret === other.secret;
}
