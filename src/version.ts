// Which version of the program is this? The one that its package names.
import { readFileSync } from "node:fs";

/** Lies as far above `src` as above `dist`. */
const packageFile = new URL("../package.json", import.meta.url);

export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { version: string };
  return version;
}
