// Which secret stands in a file of its own, and may that file be trusted?
import { readFileSync, statSync } from "node:fs";
import { listAccountSecrets } from "./account-names.ts";

/** Settings by name, as text. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings that hold a password or a key; each may also be given as `NAME_FILE`. */
const fixedNames: readonly string[] = [
  "WHMCS_DATABASE_URL",
  "WHMCS_API_IDENTIFIER",
  "WHMCS_API_SECRET",
  "WHMCS_API_ACCESS_KEY",
  "LEDGER_DATABASE_URL",
  "LEDGER_MIGRATE_DATABASE_URL",
  "WEBHOOK_SECRET",
  "EVENTS_SECRET",
];

export function listSecretNames(environment: Environment): readonly string[] {
  return [...fixedNames, ...listAccountSecrets(environment)];
}

const maxBytes = 64 * 1024;
const everyoneMayReadOrWrite = 0o006;

/**
 * Replaces every `NAME_FILE` by `NAME` with the content of that file, one final line break cut. `problems` maps the
 * setting's name to a line that names the setting and never the path; such a setting is absent from `values`.
 */
export function readSecretFiles(environment: Environment): {
  values: Environment;
  problems: ReadonlyMap<string, string>;
} {
  const values: Record<string, string | undefined> = { ...environment };
  const problems = new Map<string, string>();
  for (const name of listSecretNames(environment)) {
    const path = environment[`${name}_FILE`];
    if (path === undefined) continue;
    if (environment[name] !== undefined) {
      problems.set(name, `${name}: is given twice, as ${name} and as ${name}_FILE`);
      continue;
    }
    const read = readSecretFile(path);
    if ("problem" in read) problems.set(name, `${name}_FILE: ${read.problem}`);
    else values[name] = read.content;
  }
  return { values, problems };
}

function readSecretFile(path: string): { content: string } | { problem: string } {
  try {
    const file = statSync(path);
    if (!file.isFile()) return { problem: "is not a file" };
    if ((file.mode & everyoneMayReadOrWrite) !== 0) {
      return { problem: "every user of this machine may read or write the file; take that right away (chmod o=)" };
    }
    if (file.size > maxBytes) return { problem: "the file is too large for a secret" };
    const content = readFileSync(path, "utf8").replace(/\r?\n$/, "");
    return content.trim() === "" ? { problem: "the file is empty" } : { content };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    return { problem: `the file cannot be read (${code})` };
  }
}
