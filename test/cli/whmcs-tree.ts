// On which WHMCS root does a test install? An empty tree with WHMCS's shape, of a user who is not root.
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findUser, isRoot, ownUser, type User } from "../../src/installer/user.ts";
import { type Ended, program, start } from "./program.ts";

export interface WhmcsTree {
  /** The folder above the root, where commands run and the settings file belongs. */
  readonly above: string;
  readonly root: string;
  readonly owner: User;
  run(words: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Every file and folder below `above`, sorted, without the bridge's own `webhook-secret`. */
  list(): string[];
  /** Another root beside this one, with what this one holds; its path. */
  copyRoot(name: string): string;
  remove(): void;
}

/** Its owner is `nobody` where the test runs as root, else whoever runs it. */
export function makeWhmcsTree(configuration = ""): WhmcsTree {
  const above = mkdtempSync(join(tmpdir(), "ispmodules-root-"));
  chmodSync(above, 0o755);
  const root = join(above, "whmcs");
  for (const folder of ["includes/hooks", "modules/servers", "templates_c"]) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, "configuration.php"), `<?php\n${configuration}\n`);
  writeFileSync(join(root, "init.php"), "<?php\n");
  const owner = (isRoot() ? findUser("nobody") : null) ?? ownUser();
  giveTo(owner, root);
  return {
    above,
    root,
    owner,
    run: (words, settings = {}) => start([process.execPath, program, ...words], settings, { folder: above }).ended,
    list: () =>
      readdirSync(above, { recursive: true, encoding: "utf8" })
        .filter((path) => path !== "webhook-secret" && statSync(join(above, path)).isFile())
        .sort(),
    copyRoot: (name) => {
      const copy = join(above, name);
      cpSync(root, copy, { recursive: true });
      giveTo(owner, copy);
      return copy;
    },
    remove: () => rmSync(above, { recursive: true, force: true }),
  };
}

function giveTo({ uid, gid }: User, folder: string): void {
  if (!isRoot()) return;
  for (const path of ["", ...readdirSync(folder, { recursive: true, encoding: "utf8" })]) {
    chownSync(join(folder, path), uid, gid);
  }
}
