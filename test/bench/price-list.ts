// How near does the price list come to a server that only sends its bytes?
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Serving } from "../serve/serving.ts";
import { median, percentile, processorMs } from "./figures.ts";
import { ask, getRequest, runLoad } from "./load.ts";
import { atLeast, group, type Row } from "./table.ts";

const request = getRequest("/?func=pricelist.export&itemtype=addition&out=xml");
const warmUpMs = 1_500;
const roundMs = 1_000;
const rounds = 8;

interface Candidate {
  readonly port: number;
  readonly pid: number;
  readonly perSecond: number[];
  readonly latenciesMs: number[];
  /** Processor time per answer, in microseconds. */
  readonly costs: number[];
}

/** Turn by turn, so that what else the machine does hits both. */
export async function measurePriceList(bridge: Serving): Promise<Row[]> {
  const answer = await ask(bridge.port, request);
  const bare = await startBareServer(answer);
  try {
    const ours = candidate(bridge.port, bridge.pid);
    const theirs = candidate(bare.port, bare.process.pid ?? 0);
    requireSameBytes(answer, await ask(bare.port, request));
    for (const { port } of [ours, theirs]) {
      await runLoad({ port, nextRequest: () => request, status: 200, durationMs: warmUpMs });
    }
    for (let round = 0; round < rounds; round += 1) {
      for (const each of round % 2 === 0 ? [ours, theirs] : [theirs, ours]) await runRound(each);
    }
    return describe(ours, theirs, bodyOf(answer));
  } finally {
    bare.process.disconnect();
  }
}

function candidate(port: number, pid: number): Candidate {
  return { port, pid, perSecond: [], latenciesMs: [], costs: [] };
}

async function runRound({ port, pid, perSecond, latenciesMs, costs }: Candidate): Promise<void> {
  const before = processorMs(pid);
  const result = await runLoad({ port, nextRequest: () => request, status: 200, durationMs: roundMs });
  costs.push(((processorMs(pid) - before) * 1000) / result.answers);
  perSecond.push(result.answersPerSecond);
  for (const ms of result.latenciesMs) latenciesMs.push(ms);
}

function describe(ours: Candidate, theirs: Candidate, body: string): Row[] {
  const ratio = median(ours.perSecond.map((value, round) => value / (theirs.perSecond[round] ?? Number.NaN)));
  const figures = ({ perSecond, latenciesMs, costs }: Candidate) =>
    `${group(median(perSecond))} req/s, p99 ${percentile(latenciesMs, 99).toFixed(1)} ms, ${median(costs).toFixed(0)} µs of processor each`;
  return [
    {
      what: `price list from memory against bare \`node:http\` sending the same ${group(Buffer.byteLength(body))} bytes, 32 connections`,
      measured: `ratio ${ratio.toFixed(2)}: ${figures(ours)}; bare: ${figures(theirs)}`,
      ...atLeast(
        ratio,
        0.7,
        "the processor's time beyond bare is routing and response objects, and both cores are shared",
      ),
    },
  ];
}

async function startBareServer(answer: string): Promise<{ port: number; process: ChildProcess }> {
  const script = fileURLToPath(new URL("./bare-server.mjs", import.meta.url));
  const server = fork(script, [], { execArgv: [], env: {} });
  server.send({ headers: headersOf(answer), body: bodyOf(answer) });
  const [port] = (await once(server, "message")) as [number];
  return { port, process: server };
}

/** The headers that Node does not add by itself. */
function headersOf(answer: string): Record<string, string> {
  const [, ...lines] = headOf(answer).split("\r\n");
  const pairs = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const);
  return Object.fromEntries(
    pairs.filter(([name]) => !["date", "connection", "keep-alive"].includes(name.toLowerCase())),
  );
}

function headOf(answer: string): string {
  return answer.slice(0, answer.indexOf("\r\n\r\n"));
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf("\r\n\r\n") + 4);
}

function requireSameBytes(ours: string, theirs: string): void {
  const withoutDate = (answer: string) => answer.replace(/\r\ndate: [^\r]*/i, "");
  if (withoutDate(ours) !== withoutDate(theirs))
    throw new Error(`the servers answer differently:\n${ours}\n\n${theirs}`);
}
