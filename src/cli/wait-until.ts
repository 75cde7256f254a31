// Which moment does a person mean by `wait UNTIL`? Pure: text in, instant out.
import { readPaidSince } from "./paid-since.ts";

/**
 * A date (its first second) or an ISO date and time, written as for `--paid-since`; without an offset it is on the clock of
 * `localTime`. Null for anything else.
 */
export function readUntil(text: string, localTime: (at: Date) => string): Date | null {
  const local = text.toLowerCase() === "now" ? null : readPaidSince(text, { now: new Date(0), localTime });
  if (local === null) return null;
  const wantedMs = toUtcMs(local);
  // The zone's offset at that moment, found from a moment near it; the second step is for a change of clocks in between.
  let at = wantedMs;
  for (let step = 0; step < 2; step++) at += wantedMs - toUtcMs(localTime(new Date(at)));
  return new Date(at);
}

function toUtcMs(local: string): number {
  return Date.parse(`${local.replace(" ", "T")}Z`);
}
