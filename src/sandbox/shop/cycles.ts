// How long is a billing cycle, and in which price columns does it stand?

/** `tblhosting.billingcycle` as stored. */
export type BillingCycle = RecurringCycle | "Free Account" | "One Time";
export type RecurringCycle = keyof typeof recurringCycles;
/** Price column of a cycle in `tblpricing`. */
export type PriceColumn = (typeof recurringCycles)[RecurringCycle]["price"];

export const recurringCycles = {
  Monthly: { months: 1, price: "monthly", setupFee: "msetupfee" },
  Quarterly: { months: 3, price: "quarterly", setupFee: "qsetupfee" },
  "Semi-Annually": { months: 6, price: "semiannually", setupFee: "ssetupfee" },
  Annually: { months: 12, price: "annually", setupFee: "asetupfee" },
  Biennially: { months: 24, price: "biennially", setupFee: "bsetupfee" },
  Triennially: { months: 36, price: "triennially", setupFee: "tsetupfee" },
} as const;

/** Months of a cycle as stored in a service; 0 for those that never renew. */
export function monthsOfCycle(cycle: string): number {
  return cycle in recurringCycles ? recurringCycles[cycle as RecurringCycle].months : 0;
}

/** A `YYYY-MM-DD` date that many months later, the last day of the month where the day does not exist there. */
export function addMonths(date: string, months: number): string {
  const [year = 0, month = 1, day = 1] = date.split("-").map(Number);
  const lastDay = new Date(Date.UTC(year, month + months, 0)).getUTCDate();
  return new Date(Date.UTC(year, month - 1 + months, Math.min(day, lastDay))).toISOString().slice(0, 10);
}
