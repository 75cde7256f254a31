// What do many rounds say together, and what does the kernel know about a process?
import { readFileSync } from "node:fs";

/** The value in the middle; of an even number the upper one. */
export function median(values: readonly number[]): number {
  return percentile(values, 50);
}

/** The value below which `share` per cent lie. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  const value = sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * share) / 100))];
  if (value === undefined) throw new RangeError("no value was measured");
  return value;
}

/** Resident memory of a process now, in millions of bytes. */
export function residentMegabytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  if (kibibytes === undefined) throw new Error("the kernel does not tell the process's memory");
  return (Number(kibibytes) * 1024) / 1e6;
}

/** The kernel counts processor time in hundredths of a second. */
const tickMs = 10;

/** Processor time that a process and its threads have used so far, in milliseconds. */
export function processorMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The program's name stands in brackets and may hold spaces; user and system time are fields 14 and 15 of the line.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tickMs;
}
