// How is a moment written in the simulated ledger? As by the server: UTC text down to the microsecond.

const dayMicros = 86_400_000_000;
const two = Array.from({ length: 60 }, (_, n) => String(n).padStart(2, "0"));
/** Almost every moment of a simulated life falls on the day of the one before. */
let known = { day: Number.NaN, text: "" };

function dateOf(day: number): string {
  if (known.day !== day) known = { day, text: new Date(day * 86_400_000).toISOString().slice(0, 10) };
  return known.text;
}

/** And most are asked for several times. */
let newest = { micros: Number.NaN, text: "" };

/** `YYYY-MM-DD HH:MM:SS.ffffff` of whole microseconds since 1970. */
export function instantOf(micros: number): string {
  if (newest.micros !== micros) newest = { micros, text: written(micros) };
  return newest.text;
}

function written(micros: number): string {
  const day = Math.floor(micros / dayMicros);
  const ofDay = micros - day * dayMicros;
  const seconds = Math.floor(ofDay / 1_000_000);
  const minutes = Math.floor(seconds / 60);
  const time = `${two[Math.floor(minutes / 60)]}:${two[minutes % 60]}:${two[seconds % 60]}`;
  return `${dateOf(day)} ${time}.${String(ofDay % 1_000_000).padStart(6, "0")}`;
}

/** Whole microseconds since 1970 of a moment written so, its fraction left out or not. */
export function microsOf(instant: string): number {
  const number = (from: number, to: number): number => {
    let value = 0;
    for (let at = from; at < to; at++) value = value * 10 + instant.charCodeAt(at) - 48;
    return value;
  };
  const day = Date.UTC(number(0, 4), number(5, 7) - 1, number(8, 10));
  const seconds = (number(11, 13) * 60 + number(14, 16)) * 60 + number(17, 19);
  const fraction = instant.slice(20);
  return day * 1000 + seconds * 1_000_000 + (fraction === "" ? 0 : Number(fraction.padEnd(6, "0")));
}

/** Whole milliseconds from one to the other, cut towards zero like MariaDB's DIV. */
export function msBetween(from: string, to: string): number {
  return Math.trunc((microsOf(to) - microsOf(from)) / 1000) + 0;
}
