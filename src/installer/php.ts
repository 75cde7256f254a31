// What does PHP for the command line say when it runs as the web server's user?
import { spawnSync } from "node:child_process";
import { isRoot, nameUser, type User } from "./user.ts";

export interface Php {
  /** A file, or a name to be looked for. */
  readonly path: string;
  readonly user: User;
}

const timeoutMs = 20_000;
/** As the documents of WHMCS 8.0 name it. */
export const oldestPhp = "7.2";

/** Runs PHP text with words for `$argv[1]` and so on; `complaint` is its first words on stderr, never empty. */
export function runPhp(
  { path, user }: Php,
  code: string,
  words: readonly string[],
): { readonly stdout: string; readonly complaint: string } {
  const { stdout, stderr, error } = spawnSync(path, ["-d", "display_errors=stderr", "-r", code, ...words], {
    encoding: "utf8",
    timeout: timeoutMs,
    cwd: "/",
    env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
    ...(isRoot() ? user : {}),
  });
  const said = error?.message ?? stderr.trim().split("\n")[0]?.slice(0, 200) ?? "";
  return { stdout: stdout ?? "", complaint: said === "" ? "it says nothing" : said };
}

/** Why this PHP cannot be used; null when it can. */
export function findPhpProblem(php: Php): string | null {
  const code = `echo version_compare(PHP_VERSION, '${oldestPhp}') >= 0 ? 'ok' : PHP_VERSION;`;
  const { stdout, complaint } = runPhp(php, code, []);
  if (stdout === "ok") return null;
  if (/^\d/.test(stdout)) return `it is ${stdout}, and ${oldestPhp} is the oldest that will do`;
  return complaint;
}

export function describePhp({ path, user }: Php): string {
  return `${path} as ${nameUser(user)}`;
}
