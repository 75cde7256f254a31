// Which files belong onto a WHMCS root?
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The same distance from `src` and from `dist`. */
const folder = fileURLToPath(new URL("../../hooks", import.meta.url));

/** The folder that is ours alone on a WHMCS root. */
export const moduleFolder = "modules/servers/ispmanagermodules";

export interface ShippedFile {
  /** From the WHMCS root, with `/`, e.g. `includes/hooks/ispmanagermodules.php`. */
  readonly path: string;
  readonly bytes: Buffer;
  readonly sha256: string;
}

/** Every file of `hooks/`, by path. */
export function readShippedFiles(): ShippedFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .map((file) => {
      const bytes = readFileSync(file);
      return { path: relative(folder, file).split(sep).join("/"), bytes, sha256: digestOf(bytes) };
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** SHA-256 in hexadecimal. */
export function digestOf(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}
