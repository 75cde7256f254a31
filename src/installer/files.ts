// How do the shipped files come onto a WHMCS root, whole or not at all, and off it again?
import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { digestOf, moduleFolder, type ShippedFile } from "./shipped.ts";
import { asUser, isRoot, type User } from "./user.ts";
import type { WhmcsRoot } from "./whmcs-root.ts";

const fileMode = 0o644;
const folderMode = 0o755;

export interface PlannedFile {
  readonly file: ShippedFile;
  readonly change: "add" | "replace" | "keep";
}

/** What copying would do to each file; nothing is changed. */
export function planFiles(root: WhmcsRoot, files: readonly ShippedFile[]): PlannedFile[] {
  return files.map((file) => {
    const present = readDigest(join(root.path, file.path));
    return { file, change: present === null ? "add" : present === file.sha256 ? "keep" : "replace" };
  });
}

/** Copies what the plan changes, as the root's owner; the paths that did not arrive whole, which should be none. */
export function copyFiles(root: WhmcsRoot, plan: readonly PlannedFile[]): string[] {
  const { owner } = root;
  process.umask(0o022);
  for (const { file, change } of plan) {
    if (change === "keep") continue;
    const target = join(root.path, file.path);
    asUser(owner, () => mkdirSync(dirname(target), { recursive: true, mode: folderMode }));
    replaceFile(target, file.bytes, { mode: fileMode, owner, by: owner });
  }
  return asUser(owner, () =>
    plan.filter(({ file }) => readDigest(join(root.path, file.path)) !== file.sha256).map(({ file }) => file.path),
  );
}

/** Removes the shipped files and the folders of ours that are empty then; the paths that were there. */
export function removeFiles(root: WhmcsRoot, files: readonly ShippedFile[]): string[] {
  return asUser(root.owner, () => {
    const present = files.filter(({ path }) => readDigest(join(root.path, path)) !== null);
    for (const { path } of present) rmSync(join(root.path, path), { force: true });
    removeEmptyFolders(join(root.path, moduleFolder));
    return present.map(({ path }) => path);
  });
}

/** Files in our own folder that are not among the shipped ones, from the root. */
export function listForeignFiles(root: WhmcsRoot, files: readonly ShippedFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  return listFiles(root.path, moduleFolder).filter((path) => !known.has(path));
}

function listFiles(root: string, folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? listFiles(root, path) : [path];
    });
  } catch {
    return [];
  }
}

/** A folder with somebody else's file in it stays. */
function removeEmptyFolders(folder: string): void {
  try {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (entry.isDirectory()) removeEmptyFolders(join(folder, entry.name));
    }
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch {
    // Not there.
  }
}

function readDigest(path: string): string | null {
  try {
    return digestOf(readFileSync(path));
  } catch {
    return null;
  }
}

export interface Written {
  readonly mode: number;
  /** Whose the file becomes, where root says so. */
  readonly owner: User;
  /** With whose rights its name is made and replaced. */
  readonly by: User;
}

/**
 * A reader sees the old file or the new one, never a half; nothing is written through a link. Root gives the file to its owner
 * by the descriptor of what was just made, so that no name can lead it elsewhere.
 */
export function replaceFile(path: string, bytes: Buffer, { mode, owner, by }: Written): void {
  const temporary = join(dirname(path), `.ispmodules-${randomBytes(8).toString("hex")}`);
  const descriptor = asUser(by, () => openSync(temporary, "wx", 0o600));
  try {
    try {
      writeFileSync(descriptor, bytes);
      if (isRoot()) fchownSync(descriptor, owner.uid, owner.gid);
      fchmodSync(descriptor, mode);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    asUser(by, () => renameSync(temporary, path));
  } catch (error) {
    asUser(by, () => rmSync(temporary, { force: true }));
    throw error;
  }
}
