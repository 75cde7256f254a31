// What is a broken rule, and which of them turn buying off? Pure data.

/** What each rule says. */
export const rules = {
  I1: "at most one purchase buys one period of one service",
  I2: "at most one request is accepted for one purchase",
  I4: "no second attempt without knowledge that the first did nothing; at most two sends",
  I5: "at most one unresolved attempt for the same thing",
  I6: "one term at the account pays for one purchase, and every bought purchase has one",
  I7: "amounts are exact and have a currency",
  I8: "auto-renewal is off on every module of ours, or flagged",
  I10: "every paid line of our services has a purchase",
  I11: "nothing stands still without a reason",
  I16: "purchases change only as listed",
  I17: "the history is whole and rebuilds the present",
  I20: "every module bought since buying began belongs to a purchase",
} as const;
export type RuleId = keyof typeof rules;

export interface Breach {
  readonly id: RuleId;
  /** The same each time the same thing is found, e.g. `I2:` and the purchase's id. */
  readonly key: string;
  /** One sentence of our own: ids and states only. */
  readonly what: string;
}

/** A broken rule that may cost money again: buying stops. */
export function stopsBuying({ id }: Breach): boolean {
  return id === "I1" || id === "I2" || id === "I4" || id === "I6" || id === "I20";
}
