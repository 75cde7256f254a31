// What does an administrator without a shell upload? The same files as one zip archive, to be unpacked on the WHMCS root.
import { type Zippable, zipSync } from "fflate";
import { readShippedFiles } from "./shipped.ts";

const unix = 3;
/** A regular file that its owner may write and everybody may read. */
const fileAttributes = 0o100644 * 0x10000;

/**
 * Paths are from the WHMCS root. `madeAt` becomes the time of every file: PHP's cache tells a replaced file by it.
 */
export function packShippedFiles(madeAt: Date): { bytes: Buffer; paths: string[] } {
  const files = readShippedFiles();
  const options = { mtime: madeAt, os: unix, attrs: fileAttributes };
  const entries: Zippable = {};
  for (const { path, bytes } of files) entries[path] = [bytes, options];
  return { bytes: Buffer.from(zipSync(entries)), paths: files.map(({ path }) => path) };
}
