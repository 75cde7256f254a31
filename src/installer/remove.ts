// How is WHMCS's side taken off again?
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { listForeignFiles, removeFiles } from "./files.ts";
import type { Installation } from "./install.ts";
import { readSettingsByPhp } from "./settings-file.ts";
import { readShippedFiles } from "./shipped.ts";

export interface Removed {
  /** From the root, and the settings file by its whole path. */
  readonly removed: readonly string[];
  /** Files in our folder that are not ours. */
  readonly left: readonly string[];
}

/** Removes the shipped files and the settings file; what somebody else put beside them stays. */
export function remove({ root, php }: Installation): Removed {
  const files = readShippedFiles();
  const settings = findSettings({ root, php });
  const removed = removeFiles(root, files);
  const hadSettings = removeIfThere(settings);
  return { removed: hadSettings ? [...removed, settings] : removed, left: listForeignFiles(root, files) };
}

/** Where the installed files look; when they cannot be asked any more, the usual place. */
function findSettings({ root, php }: Installation): string {
  const read = readSettingsByPhp(php, root.path);
  return "file" in read ? read.file : join(dirname(root.path), "ispmodules-settings.php");
}

function removeIfThere(file: string): boolean {
  try {
    rmSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
