// What did a family of fault cases come to? One line for each, whichever suite played it.

export interface FamilyResult {
  /** As in the fault plan, e.g. `F15`. */
  readonly family: string;
  readonly cases: number;
  /** Faults that really happened. */
  readonly fired: number;
  /** Paid lines that were neither bought nor left with a person or a reason to wait. */
  readonly lost: number;
  /** Paid lines that the account was paid for more than once. */
  readonly double: number;
  /** Any other rule that did not hold. */
  readonly broken: number;
  readonly seed: number;
}

/** Prints `F15: 24 cases, 24 faults fired, 0 lost, 0 double, 0 broken, seed 1`. */
export function reportFamily({ family, cases, fired, lost, double, broken, seed }: FamilyResult): void {
  console.log(
    `${family}: ${cases} cases, ${fired} faults fired, ${lost} lost, ${double} double, ${broken} broken, seed ${seed}`,
  );
}
