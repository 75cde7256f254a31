// Which calendar day comes a number of months or days after another, by the account's rules?

/** A calendar day `YYYY-MM-DD`. */
export type Day = string;

/** `clamp`: 31 January + 1 month = 28 (29) February. `30-days`: every month counts 30 days. */
export type MonthRule = "clamp" | "30-days";

/** The day in UTC of an instant. */
export function dayOf(instant: Date): Day {
  return instant.toISOString().slice(0, 10);
}

/** `days` may be negative. */
export function addDays(day: Day, days: number): Day {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return dayOf(date);
}

/** The day after a term of `months`. */
export function addMonths(day: Day, months: number, rule: MonthRule): Day {
  if (rule === "30-days") return addDays(day, 30 * months);
  const date = new Date(`${day}T00:00:00Z`);
  const dayOfMonth = date.getUTCDate();
  date.setUTCDate(1);
  date.setUTCMonth(date.getUTCMonth() + months);
  const lastOfMonth = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate();
  date.setUTCDate(Math.min(dayOfMonth, lastOfMonth));
  return dayOf(date);
}

const russian = new Intl.DateTimeFormat("ru", { dateStyle: "long", timeZone: "UTC" });
const english = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** The day as a person reads it, in the language of the request (`ru` or anything else for English). */
export function localiseDay(day: Day, lang: string): string {
  return (lang === "ru" ? russian : english).format(new Date(`${day}T00:00:00Z`));
}
