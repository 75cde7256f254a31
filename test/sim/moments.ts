// What could somebody who reads now and then have read lately? Values as they changed, and when.

/** What somebody reads from this moment to the next. */
export interface Moment {
  readonly atMs: number;
  readonly value: string;
}

/** A reading of WHMCS may be this old when what was decided from it happens. */
export const freshnessMs = 60_000;

/** Everything that could be read in the minute before. */
export function lately(moments: readonly Moment[], atMs: number): string[] {
  const isReadable = (one: Moment, at: number) =>
    (moments[at + 1]?.atMs ?? Number.POSITIVE_INFINITY) >= atMs - freshnessMs && one.atMs <= atMs;
  return moments.filter(isReadable).map(({ value }) => value);
}

export function noteMoment(moments: Moment[], atMs: number, value: string): void {
  if (moments.at(-1)?.value !== value) moments.push({ atMs, value });
}
