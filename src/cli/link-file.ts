// Which modules belong to which services, by a file that somebody wrote? Lines of `module_id,service_id`.
import { readFileSync } from "node:fs";
import { refOfShown, type ServiceRef } from "../whmcs/service-ref.ts";
import { Refused, UsageError } from "./command.ts";

/** A pair as it was named; `line` counts from 1, null where it does not come from a file. */
export interface Pair {
  readonly moduleId: string;
  readonly serviceRef: ServiceRef;
  readonly line: number | null;
}

const mostLines = 10_000;
const heading = /^module_?id\s*[,;]\s*service_?id$/i;

/** Throws `UsageError` when the file cannot be read, `Refused` with one line per mistake. */
export function readLinkFile(path: string): Pair[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
    throw new UsageError(`the file of --csv cannot be read${code}`);
  }
  const lines = text.replace(/^\uFEFF/, "").split(/\r?\n/);
  if (lines.length > mostLines) throw new UsageError(`the file of --csv has more than ${mostLines} lines`);
  const pairs: Pair[] = [];
  const mistakes: string[] = [];
  const seen = new Map<string, number>();
  for (const [at, written] of lines.entries()) {
    const line = at + 1;
    const said = written.trim();
    if (said === "" || (at === 0 && heading.test(said))) continue;
    const pair = readPair(said);
    const before = pair === null ? undefined : seen.get(pair.moduleId);
    if (pair === null) mistakes.push(`line ${line}: not module_id,service_id`);
    else if (before !== undefined)
      mistakes.push(`line ${line}: module ${pair.moduleId} stands in line ${before} already`);
    else pairs.push({ ...pair, line });
    if (pair !== null) seen.set(pair.moduleId, line);
  }
  if (mistakes.length > 0) throw new Refused(["nothing was linked:", ...mistakes].join("\n"));
  return pairs;
}

/** An addon is `a` and its number. Null where it is no such pair. */
export function readPair(text: string): { moduleId: string; serviceRef: ServiceRef } | null {
  const [, moduleId, serviceId] = /^"?([1-9]\d{0,19})"?\s*[,;]\s*"?(a?[1-9]\d{0,9})"?$/.exec(text) ?? [];
  return moduleId === undefined || serviceId === undefined ? null : { moduleId, serviceRef: refOfShown(serviceId) };
}
