// How soon does a bridge serve, and how much memory has it taken after its work?
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { systemClock } from "../../src/clock.ts";
import { type Serving, serve } from "../serve/serving.ts";
import { median, processorMs, residentMegabytes } from "./figures.ts";
import { ask, getRequest } from "./load.ts";
import { below, group, type Row } from "./table.ts";

const starts = 5;

/** The settings with which `npm start` runs the bridge, so that it is measured as it is used. */
export function asNpmStarts(environment: Readonly<Record<string, string>>): Record<string, string> {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  const { scripts } = JSON.parse(text) as { scripts: { start: string } };
  const [, flags] = /^node (.*)dist\/cli\.js serve$/.exec(scripts.start) ?? [];
  if (flags === undefined) throw new Error(`npm start does something else: ${scripts.start}`);
  return { ...environment, NODE_OPTIONS: flags.trim() };
}

/** From the spawn of the process to its log line and to the first 200 of `/healthz`, on a migrated ledger. */
export async function measureStarts(environment: Readonly<Record<string, string>>): Promise<Row> {
  const loggedMs: number[] = [];
  const servedMs: number[] = [];
  const usedMs: number[] = [];
  const bareMs: number[] = [];
  for (let start = 0; start < starts; start += 1) {
    const spawnedMs = systemClock.monotonicMs();
    const bridge = await serve(environment);
    loggedMs.push(systemClock.monotonicMs() - spawnedMs);
    const answer = await ask(bridge.port, getRequest("/healthz"));
    if (!answer.startsWith("HTTP/1.1 200 ")) throw new Error(`it logs that it serves and answers ${answer}`);
    servedMs.push(systemClock.monotonicMs() - spawnedMs);
    usedMs.push(processorMs(bridge.pid));
    await bridge.stop();
    bareMs.push(await startBareNode());
  }
  return {
    what: `from the start of \`serve\` to its log line and its first answer on a migrated ledger, median of ${starts}`,
    measured: `${group(median(servedMs))} ms; log line after ${group(median(loggedMs))} ms, ${group(median(usedMs))} ms of processor; a Node that does nothing: ${group(median(bareMs))} ms`,
    ...below(median(servedMs), 1_000, { unit: "ms", why: "nearly all of it is loading the libraries" }),
  };
}

/** What this machine needs for the smallest start there is. */
async function startBareNode(): Promise<number> {
  const spawnedMs = systemClock.monotonicMs();
  await once(spawn(process.execPath, ["--eval", ""], { env: {}, stdio: "ignore" }), "exit");
  return systemClock.monotonicMs() - spawnedMs;
}

export function measureMemory(bridge: Serving, after: string): Row {
  const megabytes = residentMegabytes(bridge.pid);
  return {
    what: `resident memory of the process after ${after}, started by \`npm start\``,
    measured: `${group(megabytes)} MB`,
    ...below(megabytes, 120, { unit: "MB", why: "about half are the pages of Node itself" }),
  };
}
