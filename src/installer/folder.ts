// How is work done in one folder and no other, where somebody else may exchange names meanwhile?
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { BridgeError } from "../errors.ts";
import { asUser, nameUser, type User } from "./user.ts";
import type { WhmcsRoot } from "./whmcs-root.ts";

const folderMode = 0o755;

/** What lies on the way may lead elsewhere; the message names it and says what to do. */
export class FolderRefused extends BridgeError {
  constructor(path: string, why: string) {
    super("folder_refused", `${path} ${why}`);
  }
}

/** Runs `work` inside a folder: once entered, nobody can exchange it. Errors of the system name their file by its whole path. */
export function inFolder<T>(folder: string, work: () => T): T {
  const before = process.cwd();
  try {
    process.chdir(folder);
    return work();
  } catch (error) {
    if (error instanceof Error && "path" in error && typeof error.path === "string") error.path = resolve(error.path);
    throw error;
  } finally {
    process.chdir(before);
  }
}

/**
 * The same in a folder of a WHMCS root, its path with `/`, when each folder on the way is a true one of the root's owner or of
 * root; null where one is missing, and none is to be made for the owner.
 * @throws FolderRefused
 */
export function inRootFolder<T>(root: WhmcsRoot, folder: string, work: () => T, isMade = false): T | null {
  return inFolder(root.path, () => {
    let path = root.path;
    for (const name of folder.split("/")) {
      path = join(path, name);
      if (lstatSync(name, { throwIfNoEntry: false }) === undefined) {
        if (!isMade) return null;
        asUser(root.owner, () => mkdirSync(name, { mode: folderMode }));
      }
      enter(name, path, root.owner);
    }
    return work();
  });
}

function enter(name: string, path: string, owner: User): void {
  const found = lstatSync(name);
  if (found.isSymbolicLink())
    throw new FolderRefused(path, "is a link: put a true folder in its place and repeat this");
  if (!found.isDirectory()) throw new FolderRefused(path, "is no folder: move it away and repeat this");
  process.chdir(name);
  if (process.cwd() !== path) throw new FolderRefused(path, "was exchanged meanwhile: see who does that");
  const { uid, gid } = statSync(".");
  if (uid === 0 || uid === owner.uid) return;
  const remedy = `see what is in it, then chown ${nameUser(owner)} ${path} and repeat this`;
  throw new FolderRefused(path, `belongs to ${nameUser({ uid, gid })}, who may put links into it: ${remedy}`);
}

/** What `read` makes of a plain file, null where there is none, and "other" where something else has its name. Follows no link. */
export function readPlainFile<T>(name: string, read: (descriptor: number) => T): T | "other" | null {
  let descriptor: number;
  try {
    descriptor = openSync(name, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : null;
    if (code === "ENOENT") return null;
    // A link; a socket, or a device without its driver.
    if (code === "ELOOP" || code === "ENXIO") return "other";
    throw error;
  }
  try {
    return fstatSync(descriptor).isFile() ? read(descriptor) : "other";
  } finally {
    closeSync(descriptor);
  }
}
