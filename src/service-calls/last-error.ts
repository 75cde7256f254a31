// What went wrong last with what a service waits for, in a few words for staff?
import type { Outcome } from "../ispmanager/account.ts";
import type { Engine } from "../purchases/engine.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { isUnderWay } from "../purchases/standing.ts";

const longest = 200;

/**
 * The newest outcome of the newest of these purchases (newest first) that is paid and not done, when it is no success.
 * Rejects when the ledger cannot be read.
 */
export async function readLastError({ ledger }: Engine, purchases: readonly Purchase[]): Promise<string | null> {
  const open = purchases.find(isUnderWay);
  return open === undefined || open.attempts === 0 ? null : describeOutcome(await ledger.newestOutcome(open.id));
}

/** One line of at most 200 characters; null for what is no error. */
export function describeOutcome(outcome: Outcome | null): string | null {
  const words = wordsOf(outcome);
  return words === null ? null : words.replace(/\p{Cc}+/gu, " ").slice(0, longest);
}

/** The account's reply is never in an outcome: an error's type, a date, a code, a status or a fixed word are. */
function wordsOf(outcome: Outcome | null): string | null {
  switch (outcome?.kind) {
    case "refused":
      return `refused: ${outcome.errorType}${outcome.until === null ? "" : ` (until ${outcome.until})`}`;
    case "not-sent":
      return `not sent: ${outcome.detail}`;
    case "unknown":
      return `no clear answer: ${outcome.detail}`;
    default:
      return null;
  }
}
