// How is WHMCS's side taken off again?
import { existsSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { listForeignFiles, removeFiles } from "./files.ts";
import type { Installation } from "./install.ts";
import { readSettingsByPhp } from "./settings-file.ts";
import { removeSettings, usualName } from "./settings-place.ts";
import { readShippedFiles } from "./shipped.ts";

export interface Removed {
  /** From the root, and the settings file by its whole path. */
  readonly removed: readonly string[];
  /** What stays, and why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/** Removes the shipped files and the settings file; what somebody else put beside them stays. */
export function remove({ root, php, confirmed }: Installation): Removed {
  const files = readShippedFiles();
  const file = findSettings({ root, php, confirmed });
  const isThere = existsSync(file);
  const removed = removeFiles(root, files);
  const problem = isThere ? removeSettings({ file, root: root.path, reader: php.user, confirmed }) : null;
  return {
    removed: isThere && problem === null ? [...removed, file] : removed,
    left: [
      ...listForeignFiles(root, files).map((path) => ({ path, why: "not ours" })),
      ...(problem === null ? [] : [{ path: file, why: problem }]),
    ],
  };
}

/** Where the installed files look; when they cannot be asked any more, the usual place. */
function findSettings({ root, php }: Installation): string {
  const read = readSettingsByPhp(php, root.path);
  return "file" in read && isAbsolute(read.file) ? read.file : join(dirname(root.path), usualName);
}
