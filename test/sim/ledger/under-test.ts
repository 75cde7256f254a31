// How is the simulated ledger put to the tests of every ledger?
import { systemClock } from "../../../src/clock.ts";
import type { LedgerUnderTest } from "../../purchases/ledger/under-test.ts";
import { createSimulatedLedger } from "./ledger.ts";
import { plainLine } from "./line.ts";
import { createStore, type LedgerStore } from "./store.ts";

/** Its clock stands still unless a test lets time pass. */
export async function createSimulatedUnderTest(): Promise<LedgerUnderTest> {
  const store = createStore();
  let nowMs = systemClock.now().getTime();
  const open = () =>
    createSimulatedLedger(
      store,
      plainLine(() => nowMs),
    );
  return {
    ledger: open(),
    elsewhere: open,
    letPass: async (ms) => {
      nowMs += ms;
    },
    empty: async () => {
      nowMs = systemClock.now().getTime();
      const fresh = createStore();
      for (const name of Object.keys(fresh) as (keyof LedgerStore)[]) refill(store[name], fresh[name]);
    },
    close: async () => {},
  };
}

function refill(rows: ReadonlyMap<string, unknown>, fresh: ReadonlyMap<string, unknown>): void {
  const writable = rows as Map<string, unknown>;
  writable.clear();
  for (const [key, row] of fresh) writable.set(key, row);
}
