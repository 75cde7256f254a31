// Which broken rules does a person take into account who switches buying on?
import { reviewAccount } from "../purchases/account-review.ts";
import { atEach, type Engine } from "../purchases/engine.ts";
import { checkLedgerRules } from "../purchases/invariant-check.ts";
import { type Breach, stopsBuying } from "../purchases/invariants/breach.ts";
import { plain } from "./terminal.ts";

const formsAtOnce = 200;

/** What would turn buying off again by itself; an account that cannot be read has nothing to say. */
export async function findStoppingBreaches(engine: Engine): Promise<Breach[]> {
  const found = await checkLedgerRules(engine);
  for (const at of atEach(engine)) {
    const account = await reviewAccount(at, { most: formsAtOnce, known: new Map() });
    if (account.kind === "ok") found.push(...account.value.breaches);
  }
  return found.filter(stopsBuying);
}

/** One line per broken rule, and what switching on means for them; nothing when none is broken. */
export function describeBreaches(breaches: readonly Breach[]): string[] {
  if (breaches.length === 0) return [];
  return [
    "Rules that must always hold are broken:",
    ...breaches.map(({ id, what }) => `  ${id}: ${plain(what)}`),
    "Switched on now, buying does not go off for these again; for new ones it does.",
  ];
}
