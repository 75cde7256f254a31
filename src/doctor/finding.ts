// What does a check of an installation say, and what when the check itself fails?
import { describeError, type Log } from "../log.ts";

/** `fault`: something does not work. `warning`: it works, and somebody should know. `ok`: looked at and sound. */
export type Level = "fault" | "warning" | "ok";

export interface Finding {
  /** `area.what`, with the product it is about behind a colon, e.g. `whmcs.no_licence_field:12`. */
  readonly id: string;
  readonly level: Level;
  /** One sentence of our own: ids, amounts and codes, never a secret, an address or SQL. */
  readonly message: string;
  /** What a person does about it; null only beside `ok`. */
  readonly remedy: string | null;
}

export function ok(id: string, message: string): Finding {
  return { id, level: "ok", message, remedy: null };
}

export function warning(id: string, message: string, remedy: string): Finding {
  return { id, level: "warning", message, remedy };
}

export function fault(id: string, message: string, remedy: string): Finding {
  return { id, level: "fault", message, remedy };
}

/** One check; `run` may throw whatever a read throws. */
export interface Check {
  readonly id: string;
  readonly run: () => Promise<readonly Finding[]>;
}

/** Runs checks one after the other; one that throws becomes the finding that `explain` makes of its error. */
export async function runChecks(
  checks: readonly Check[],
  { log, explain }: { log: Log; explain: (id: string, error: unknown) => Finding },
): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { id, run } of checks) {
    try {
      findings.push(...(await run()));
    } catch (error) {
      log.warn("doctor.check_failed", { check: id, ...describeError(error) });
      findings.push(explain(id, error));
    }
  }
  return findings;
}

const namedIds = 20;

/** `5, 7, 9`; of more than twenty the first twenty and how many more. */
export function nameIds(ids: readonly (number | string)[]): string {
  const named = ids.slice(0, namedIds).join(", ");
  return ids.length > namedIds ? `${named} and ${ids.length - namedIds} more` : named;
}

/** `1 service`, `2 services`. */
export function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `40 s`, `12 min`, `5 h`, `3 days`. */
export function describeAge(seconds: number): string {
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.floor(seconds / 3_600)} h` : `${Math.floor(seconds / 86_400)} days`;
}
