// What do the books hold of each purchase, put together? Pure.
import type {
  BookedAttempt,
  BookedBinding,
  BookedDecision,
  BookedPurchase,
  BookedTransition,
  Books,
} from "../ledger/books.ts";

/** A transition and the columns that it set; null when they cannot be read. */
export interface Step extends BookedTransition {
  readonly told: Readonly<Record<string, unknown>> | null;
}

/** Everything of one purchase; steps, attempts and decisions in their order. */
export interface File {
  readonly purchase: BookedPurchase;
  readonly attempts: readonly BookedAttempt[];
  /** By the attempt's number. */
  readonly outcomes: ReadonlyMap<number, string>;
  readonly bindings: readonly BookedBinding[];
  readonly decisions: readonly BookedDecision[];
  readonly steps: readonly Step[];
}

export function openFiles(books: Books): File[] {
  const attempts = groupByPurchase(books.attempts);
  const outcomes = groupByPurchase(books.outcomes);
  const bindings = groupByPurchase(books.bindings);
  const decisions = groupByPurchase(books.decisions);
  const transitions = groupByPurchase(books.transitions);
  return books.purchases.map((purchase) => ({
    purchase,
    attempts: attempts(purchase).toSorted((a, b) => a.n - b.n),
    outcomes: new Map(outcomes(purchase).map(({ n, kind }) => [n, kind])),
    bindings: bindings(purchase),
    decisions: decisions(purchase),
    steps: transitions(purchase)
      .toSorted((a, b) => a.version - b.version)
      .map((row) => ({ ...row, told: readColumns(row.changes) })),
  }));
}

function groupByPurchase<T extends { readonly purchaseId: string }>(rows: readonly T[]) {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.purchaseId);
    if (group === undefined) groups.set(row.purchaseId, [row]);
    else group.push(row);
  }
  return ({ id }: BookedPurchase): readonly T[] => groups.get(id) ?? [];
}

function readColumns(changes: string): Step["told"] {
  try {
    const told: unknown = JSON.parse(changes);
    return typeof told === "object" && told !== null && !Array.isArray(told) ? (told as Step["told"]) : null;
  } catch {
    return null;
  }
}

/** The attempt may have moved money: nothing is known, or nothing that says it did not. */
export function mayHaveActed({ outcomes }: File, { n }: BookedAttempt): boolean {
  const outcome = outcomes.get(n);
  return outcome !== "refused" && outcome !== "not-sent";
}

/** A person decided between these two attempts that the thing is bought again, having seen that the first did nothing. */
export function wasDecidedBetween(file: File, first: BookedAttempt, second: BookedAttempt): boolean {
  const from = versionOfClaim(file, first.n) ?? 0;
  const to = versionOfClaim(file, second.n) ?? Number.POSITIVE_INFINITY;
  return file.decisions.some(({ decision, version }) => decision === "buy-again" && version >= from && version < to);
}

function versionOfClaim({ steps }: File, n: number): number | undefined {
  return steps.find(({ toState, told }) => toState === "Sending" && told?.attempts === n)?.version;
}

/** A person bound it to a term by hand: such a purchase was never the one that may buy. */
export function wasBoundByPerson({ decisions }: File): boolean {
  return decisions.some(({ decision }) => decision === "bind");
}
