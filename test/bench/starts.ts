// How soon does a bridge serve, and how much memory has it taken after its work?
import { systemClock } from "../../src/clock.ts";
import { type Serving, serve } from "../serve/serving.ts";
import { median, residentMegabytes } from "./figures.ts";
import { ask, getRequest } from "./load.ts";
import { below, group, type Row } from "./table.ts";

const starts = 5;

/** From the spawn of the process to its log line and to the first 200 of `/healthz`, on a migrated ledger. */
export async function measureStarts(environment: Readonly<Record<string, string>>): Promise<Row> {
  const loggedMs: number[] = [];
  const servedMs: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const spawnedMs = systemClock.monotonicMs();
    const bridge = await serve(environment);
    loggedMs.push(systemClock.monotonicMs() - spawnedMs);
    const answer = await ask(bridge.port, getRequest("/healthz"));
    if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`it logs that it serves and answers ${answer}`);
    servedMs.push(systemClock.monotonicMs() - spawnedMs);
    await bridge.stop();
  }
  return {
    what: `from the start of \`serve\` to its log line and its first answer on a migrated ledger, median of ${starts}`,
    measured: `${group(median(servedMs))} ms; log line after ${group(median(loggedMs))} ms`,
    ...below(median(servedMs), 1_000, "ms"),
  };
}

export function measureMemory(bridge: Serving, after: string): Row {
  const megabytes = residentMegabytes(bridge.pid);
  return {
    what: `resident memory of the process after ${after}`,
    measured: `${group(megabytes)} MB`,
    ...below(megabytes, 120, "MB"),
  };
}
