// Has the ledger come to know more of a licence and tariff since a list was read?

/** How much the ledger knew of a licence and tariff; when it knows more, a list read before is out of date. */
export interface Fence {
  readonly attempts: number;
  /** Terms that pay for purchases, and modules that were adopted. */
  readonly bindings: number;
  /** What was done besides buying to modules that were ever bound to it: a look from before says nothing of their terms. */
  readonly steps: number;
  /** Another purchase's attempt for the same licence and tariff is unresolved. */
  readonly isBusy: boolean;
}

/** True when nothing has come to be known since `before` was read. */
export function isSameFence(before: Omit<Fence, "isBusy">, now: Fence): boolean {
  return now.attempts === before.attempts && now.bindings === before.bindings && now.steps === before.steps;
}
