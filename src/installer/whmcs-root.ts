// Is this folder a WHMCS root, whose is it, and as whom does its web server run PHP?
import { readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import { join } from "node:path";
import type { User } from "./user.ts";

export interface WhmcsRoot {
  /** Without symbolic links. */
  readonly path: string;
  readonly owner: User;
  /** Who wrote the compiled templates, which only the web server's PHP does; null where there are none. */
  readonly compiledBy: User | null;
}

const files = ["configuration.php", "init.php"];
const folders = ["includes/hooks", "modules/servers"];

/** The root, or the parts of one that are missing. */
export function inspectRoot(folder: string): WhmcsRoot | { readonly missing: readonly string[] } {
  const missing = [
    ...files.filter((name) => !look(join(folder, name))?.isFile()),
    ...folders.filter((name) => !look(join(folder, name))?.isDirectory()),
  ];
  if (missing.length > 0) return { missing };
  const path = realpathSync(folder);
  const { uid, gid } = statSync(path);
  return { path, owner: { uid, gid }, compiledBy: findCompiler(join(path, "templates_c")) };
}

function look(path: string): Stats | null {
  return statSync(path, { throwIfNoEntry: false }) ?? null;
}

function findCompiler(folder: string): User | null {
  try {
    const name = readdirSync(folder).find((entry) => entry.endsWith(".tpl.php"));
    if (name === undefined) return null;
    const { uid, gid } = statSync(join(folder, name));
    return { uid, gid };
  } catch {
    // Not there, or not ours to read: then the owner of the root counts.
    return null;
  }
}
