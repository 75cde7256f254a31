// Is a day written `YYYY-MM-DD` one of the calendar? Pure.

/** `day` has that form; one that does not exist is read by `Date` as none, or as one that follows it. */
export function isExistingDay(day: string): boolean {
  return new Date(`${day}T00:00:00Z`).getUTCDate() === Number(day.slice(8));
}
