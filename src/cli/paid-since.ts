// Which moment does a person mean by `--paid-since`? Pure: text in, WHMCS local time out.
import { isDate } from "../purchases/period.ts";

const pattern = /^([12]\d{3}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?)?$/i;

/**
 * `now`, `YYYY-MM-DD` (its first second) or an ISO date and time as WHMCS local `YYYY-MM-DD HH:MM:SS`. Without an offset
 * it is WHMCS local already; with one, or with Z, `localTime` converts it. Null for anything else.
 */
export function readPaidSince(
  text: string,
  { now, localTime }: { now: Date; localTime: (at: Date) => string },
): string | null {
  if (text.toLowerCase() === "now") return localTime(now);
  const [, day = "", time = "00:00", seconds = "00", offset] = pattern.exec(text.trim()) ?? [];
  if (!isDate(day) || time > "23:59" || time.slice(3) > "59" || seconds > "59") return null;
  if (offset === undefined) return `${day} ${time}:${seconds}`;
  const at = new Date(`${day}T${time}:${seconds}${offset.toUpperCase().replace(/(\d\d)(\d\d)$/, "$1:$2")}`);
  return Number.isNaN(at.getTime()) ? null : localTime(at);
}
