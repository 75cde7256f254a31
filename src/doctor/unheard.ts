// Does the host's own automation hear what becomes of modules?
import type { Ledger } from "../purchases/ledger/ledger.ts";
import { countOf, describeAge, type Finding, ok, warning } from "./finding.ts";

/** What failed and waits, and what was given up of the last week. */
export async function checkUnheard(ledger: Ledger): Promise<Finding[]> {
  const unheard = await ledger.listUnheard();
  if (unheard.length === 0) return [ok("events", "No event waits for an EVENTS_URL that refuses it or is away.")];
  return unheard.map(({ failure, waiting, givenUp, oldestSeconds }) => {
    const parts = [
      ...(waiting === 0 ? [] : [`${countOf(waiting, "event")} to be sent again`]),
      ...(givenUp === 0 ? [] : [`${countOf(givenUp, "event")} given up`]),
    ];
    const message = `${parts.join(", ")}, the oldest of ${describeAge(oldestSeconds)} ago; last failure: ${failure}.`;
    return warning(`events:${failure}`, message, remedyOf(failure));
  });
}

function remedyOf(failure: string): string {
  return failure === "whmcs_unreachable"
    ? "Address and module of an event are read in WHMCS; see that WHMCS_DATABASE_URL can be reached."
    : "See that EVENTS_URL is right, and that what listens there answers 2xx within 10 seconds without a redirect.";
}
