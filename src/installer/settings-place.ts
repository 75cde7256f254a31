// May the settings file that PHP names be written or taken away, and with whose rights? A web user may have chosen the name.
import { existsSync, readSync, realpathSync, rmSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { replaceFile } from "./files.ts";
import { inFolder, readPlainFile } from "./folder.ts";
import { type HookSettings, readMark, writeSettings } from "./settings-file.ts";
import { asUser, isRoot, nameUser, type User } from "./user.ts";

export const usualName = "ispmodules-settings.php";

export interface SettingsPlace {
  /** Absolute, as PHP names it. */
  readonly file: string;
  /** The WHMCS root that the settings are for, without symbolic links; null where it is not known. */
  readonly root: string | null;
  /** As whom the web server runs PHP; the file becomes theirs. */
  readonly reader: User;
  /** The same place in the administrator's own words, absolute; null where they said nothing. */
  readonly confirmed: string | null;
}

/** Writes the settings for their reader alone; why not, or null when it is done. */
export function keepSettings(place: SettingsPlace, settings: HookSettings): string | null {
  return atPlace(place, (name, by) => {
    const bytes = Buffer.from(writeSettings(settings, place.root));
    replaceFile(name, bytes, { mode: readableForOwner, owner: place.reader, by });
  });
}

/** Takes the settings away; why not, or null when they are gone or never were. */
export function removeSettings(place: SettingsPlace): string | null {
  return atPlace(place, (name, by) => asUser(by, () => rmSync(name, { force: true })));
}

/** Does the folder of a file look like one that a web server serves? */
export function looksServed(file: string): boolean {
  return ["index.php", "index.html", ".htaccess"].some((name) => existsSync(join(dirname(file), name)));
}

const readableForOwner = 0o600;

/**
 * What is done in the folder of the settings is done on a name inside it, with the rights of its owner, and only where no file
 * is or one of ours for the same WHMCS.
 */
function atPlace(place: SettingsPlace, work: (name: string, by: User) => void): string | null {
  const folder = dirname(place.file);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return `there is no folder ${folder}`;
  try {
    return inFolder(folder, () => {
      const name = basename(place.file);
      const owner = findOwner(place, name);
      if (typeof owner === "string") return owner;
      const problem = findFileProblem(place, name);
      if (problem === null) work(name, owner);
      return problem;
    });
  } catch (error) {
    if (error instanceof Error && "code" in error) return `${place.file} cannot be changed (${String(error.code)})`;
    throw error;
  }
}

/** Who writes in the folder we are in, or why root must not. */
function findOwner({ root, reader, confirmed }: SettingsPlace, name: string): User | string {
  const { uid, gid } = statSync(".");
  const here = join(process.cwd(), name);
  const said = confirmed === null ? null : join(realpathSync(dirname(confirmed)), basename(confirmed));
  if (said !== null && said !== here) return `PHP looks for its settings in ${here}, not in ${said}`;
  if (uid === reader.uid) return reader;
  const isUsual = root !== null && here === join(dirname(root), usualName);
  if (!isRoot() || isUsual || said !== null) return { uid, gid };
  return `PHP names ${here} for its settings, in a folder of ${nameUser({ uid, gid })}: if you mean that file, repeat its name with --settings`;
}

/** Why the file of that name must stay as it is. */
function findFileProblem({ file, root }: SettingsPlace, name: string): string | null {
  const start = readPlainFile(name, readStart);
  const mark = start === null ? null : readMark(start);
  if (start !== null && mark === null)
    return `${file} was not made by install-hooks: change it yourself, or move it away`;
  const other = mark?.root ?? root;
  if (root === null || other === null || other === root || !existsSync(join(other, "configuration.php"))) return null;
  return `${file} belongs to the WHMCS in ${other}: define another ISPMODULES_SETTINGS in the configuration.php of this one`;
}

const longestStart = 8_192;

function readStart(file: number): string {
  const bytes = Buffer.alloc(longestStart);
  return bytes.toString("utf8", 0, readSync(file, bytes));
}
