// Which rules must always hold, whatever happens? Their texts, and everything that the books alone can show. Pure.

import { checkStanding } from "./invariants/age.ts";
import type { Breach } from "./invariants/breach.ts";
import { openFiles } from "./invariants/file.ts";
import { checkHistory } from "./invariants/history.ts";
import { checkMoney, checkPeriods, checkSharedKeys, checkSharedTerms } from "./invariants/money.ts";
import type { BookedBinding, BookedPurchase, Books } from "./ledger/books.ts";

/** Every rule of one page of the books that does not depend on the time; exact, so one breach is a defect. */
export function checkBooks(books: Books): Breach[] {
  const files = openFiles(books);
  return [
    ...checkPeriods(files),
    ...files.flatMap(checkMoney),
    ...files.flatMap(checkHistory),
    ...checkAcross(books.purchases, books.bindings),
  ];
}

/** The rules that reach over services: give all pages together, for what a single page cannot show. */
export function checkAcross(purchases: readonly BookedPurchase[], bindings: readonly BookedBinding[]): Breach[] {
  return [...checkSharedKeys(purchases), ...checkSharedTerms(bindings)];
}

/** I11: what stands still. True only of a ledger that somebody works on. */
export function checkAges(books: Books): Breach[] {
  return books.purchases.flatMap(checkStanding);
}
