// How does a simulated process reach the ledger's server? Here faults and crashes come in.

export interface LineCall {
  /** The ledger's function that asks (`takeDue`, `claim`, `change`, …). */
  readonly name: string;
  readonly kind: "read" | "statement" | "transaction";
  /** What a transaction does before its COMMIT, in order, beginning with `begin`; empty otherwise. */
  readonly steps: readonly string[];
}

export interface Line {
  /** The server's clock, milliseconds since 1970 (UTC_TIMESTAMP); fractions count down to microseconds. */
  readonly nowMs: () => number;
  /**
   * Runs one statement or one transaction. `body` is synchronous and happens at the moment of the statement or of COMMIT:
   * all of it, or nothing when it throws, and then that error must pass. A line may throw before the body ran (an error
   * with a driver's `code`), or around the COMMIT of a transaction, body run or dropped: `CommitUnacknowledged`.
   */
  run<T>(call: LineCall, body: () => T): Promise<T>;
}

/** A line without faults: the body runs at once. */
export function plainLine(nowMs: () => number): Line {
  return { nowMs, run: (_call, body) => Promise.resolve().then(body) };
}
