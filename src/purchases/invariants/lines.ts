// Is every paid line of our services in the ledger? I10 over what WHMCS says. Pure.
import type { LineFacts } from "../../whmcs/facts.ts";
import { isServiceEnded } from "../../whmcs/service-status.ts";
import type { Breach } from "./breach.ts";

/** WHMCS local `YYYY-MM-DD HH:MM:SS`: what was paid before must have been found by now. Ended services are walked nightly. */
export interface FoundBy {
  readonly open: string;
  readonly ended: string;
}

/** Paid lines that no purchase stands for although there was time to find them. */
export function checkLines(lines: readonly LineFacts[], known: ReadonlySet<number>, foundBy: FoundBy): Breach[] {
  return lines
    .filter(({ line, invoice }) => invoice.status === "Paid" && !known.has(line.id))
    .filter((facts) => latestPayment(facts) < (isServiceEnded(facts.service.status) ? foundBy.ended : foundBy.open))
    .map(({ line }) => ({ id: "I10", key: `I10:${line.id}`, what: `paid invoice line ${line.id} has no purchase` }));
}

/** Where WHMCS knows only the day, the money may have come at its end. */
function latestPayment({ invoice }: LineFacts): string {
  return invoice.paidAt ?? invoice.newestTransactionAt ?? (invoice.date === null ? "" : `${invoice.date} 23:59:59`);
}
