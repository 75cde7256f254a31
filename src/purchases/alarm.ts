// Who is told of broken rules, and when does buying go off for them?
import type { Engine } from "./engine.ts";
import { type Breach, stopsBuying } from "./invariants/breach.ts";

const longestWhy = 255;

/** Tells of each broken rule once, and turns buying off for those that may cost money again. */
export type Alarm = (breaches: readonly Breach[]) => Promise<void>;

/** What a person has seen when switching buying on is told no more, and turns nothing off. */
export function createAlarm({ ledger, log }: Engine): Alarm {
  const told = new Set<string>();
  return async (breaches) => {
    if (breaches.length === 0) return;
    const seen = new Set(await ledger.readKnownBreaches());
    const open = breaches.filter(({ key }) => !seen.has(key));
    for (const { id, key } of open.filter((breach) => !told.has(breach.key))) {
      told.add(key);
      log.error("alert.invariant", { rule: id, key });
    }
    const [first] = open.filter(stopsBuying);
    if (first === undefined || (await ledger.readBuying()).position === "off") return;
    await ledger.stopBuying(`rule ${first.id} is broken: ${first.what} (${first.key})`.slice(0, longestWhy));
    log.error("alert.buying_stopped", { rule: first.id, key: first.key });
  };
}
