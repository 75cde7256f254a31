// How do the shipped files come onto a WHMCS root, whole or not at all, and off it again?
import { randomBytes } from "node:crypto";
import {
  closeSync,
  type Dirent,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { inRootFolder, readPlainFile } from "./folder.ts";
import { digestOf, moduleFolder, type ShippedFile } from "./shipped.ts";
import { asUser, isRoot, type User } from "./user.ts";
import type { WhmcsRoot } from "./whmcs-root.ts";

const fileMode = 0o644;

export interface PlannedFile {
  readonly file: ShippedFile;
  readonly change: "add" | "replace" | "keep";
}

/** What copying would do to each file; nothing is changed. */
export function planFiles(root: WhmcsRoot, files: readonly ShippedFile[]): PlannedFile[] {
  const changes = { missing: "add", same: "keep", other: "replace" } as const;
  return files.map((file) => ({ file, change: changes[compare(root, file)] }));
}

/** Copies what the plan changes, as the root's owner; the paths that did not arrive whole, which should be none. */
export function copyFiles(root: WhmcsRoot, plan: readonly PlannedFile[]): string[] {
  const { owner } = root;
  process.umask(0o022);
  for (const { file, change } of plan) {
    if (change === "keep") continue;
    const copy = () => replaceFile(basename(file.path), file.bytes, { mode: fileMode, owner, by: owner });
    inRootFolder(root, dirname(file.path), copy, true);
  }
  return plan.filter(({ file }) => compare(root, file) !== "same").map(({ file }) => file.path);
}

/** Removes the shipped files and the folders of ours that are empty then; the paths that were there. */
export function removeFiles(root: WhmcsRoot, files: readonly ShippedFile[]): string[] {
  const present = files.filter((file) => compare(root, file) !== "missing");
  for (const { path } of present) {
    inRootFolder(root, dirname(path), () => asUser(root.owner, () => rmSync(basename(path), { force: true })));
  }
  removeEmptyFolders(root, moduleFolder);
  return present.map(({ path }) => path);
}

/** What else is in our own folder than the shipped files, from the root; a folder that is not entered stands for what is in it. */
export function listForeignFiles(root: WhmcsRoot, files: readonly ShippedFile[]): string[] {
  const known = new Set(files.map(({ path }) => path));
  return listFiles(root, moduleFolder).filter((path) => !known.has(path));
}

function listFiles(root: WhmcsRoot, folder: string): string[] {
  try {
    return (listEntries(root, folder) ?? []).flatMap((entry) => {
      const path = `${folder}/${entry.name}`;
      return entry.isDirectory() ? listFiles(root, path) : [path];
    });
  } catch {
    return [folder];
  }
}

/** A folder of somebody else, or with somebody else's file in it, stays. */
function removeEmptyFolders(root: WhmcsRoot, folder: string): void {
  try {
    for (const entry of listEntries(root, folder) ?? []) {
      if (entry.isDirectory()) removeEmptyFolders(root, `${folder}/${entry.name}`);
    }
    inRootFolder(root, dirname(folder), () => asUser(root.owner, () => rmdirSync(basename(folder))));
  } catch {
    // Not there, or not empty.
  }
}

function listEntries(root: WhmcsRoot, folder: string): Dirent[] | null {
  return inRootFolder(root, folder, () => readdirSync(".", { withFileTypes: true }));
}

function compare(root: WhmcsRoot, { path, bytes, sha256 }: ShippedFile): "missing" | "same" | "other" {
  const isSame = (file: number) => fstatSync(file).size === bytes.length && digestOf(readFileSync(file)) === sha256;
  const look = () => readPlainFile(basename(path), (file) => (isSame(file) ? "same" : "other"));
  return inRootFolder(root, dirname(path), look) ?? "missing";
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
