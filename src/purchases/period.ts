// Which months does a paid line cover? Pure date arithmetic on `YYYY-MM-DD`.

const monthsByCycle: ReadonlyMap<string, number> = new Map([
  ["Monthly", 1],
  ["Semi-Annually", 6],
  ["Annually", 12],
]);

/** Months of a WHMCS billing cycle that ispmanager sells as a period (1, 6, 12), else null. */
export function monthsOfCycle(billingCycle: string): number | null {
  return monthsByCycle.get(billingCycle) ?? null;
}

/** The same day `months` later; the last day of the month where that day does not exist. */
export function addMonths(date: string, months: number): string {
  const { year, month, day } = parts(date);
  const index = year * 12 + (month - 1) + months;
  const lastDay = new Date(Date.UTC(Math.floor(index / 12), (index % 12) + 1, 0)).getUTCDate();
  return format(Date.UTC(Math.floor(index / 12), index % 12, Math.min(day, lastDay)));
}

/** Accounts count days and months a little differently. */
export const toleranceDays = 3;

export function addDays(date: string, days: number): string {
  const { year, month, day } = parts(date);
  return format(Date.UTC(year, month - 1, day + days));
}

/** Whole days from `a` to `b`; negative when `b` is earlier. */
export function daysBetween(a: string, b: string): number {
  return Math.round((Date.parse(`${b}T00:00:00Z`) - Date.parse(`${a}T00:00:00Z`)) / 86_400_000);
}

/** Months from `a` to `b` by the calendar, a rest of days as its part of 31; negative when `b` is earlier. */
export function monthsBetween(a: string, b: string): number {
  const [from, to] = [parts(a), parts(b)];
  return (to.year - from.year) * 12 + (to.month - from.month) + (to.day - from.day) / 31;
}

/** True for a real calendar date written `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const { year, month, day } = parts(text);
  return format(Date.UTC(year, month - 1, day)) === text;
}

export interface Period {
  readonly start: string;
  readonly months: number;
}

/** How long an account keeps a module that has run out, as it does licences; then it cannot be renewed any more. */
export const daysKept = 31;

/** The first day that is no longer covered. */
export function endOf(period: Period): string {
  return addMonths(period.start, period.months);
}

/** True when two periods share at least one day. */
export function overlaps(a: Period, b: Period): boolean {
  const [first, second] = a.start <= b.start ? [a, b] : [b, a];
  return second.start < endOf(first);
}

function parts(date: string): { year: number; month: number; day: number } {
  return { year: Number(date.slice(0, 4)), month: Number(date.slice(5, 7)), day: Number(date.slice(8, 10)) };
}

/** Dates are compared as text, so none may have a year of five digits: what never ends stays on the last day. */
const lastDate = Date.UTC(9999, 11, 31);

function format(utcMs: number): string {
  return new Date(Math.min(utcMs, lastDate)).toISOString().slice(0, 10);
}
