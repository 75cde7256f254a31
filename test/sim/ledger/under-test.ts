// How is the simulated ledger put to the tests of every ledger?
import { systemClock } from "../../../src/clock.ts";
import { CommitUnacknowledged } from "../../../src/database/connection.ts";
import type { BreakingPoint, LedgerUnderTest, LineFate } from "../../purchases/ledger/under-test.ts";
import { createSimulatedLedger } from "./ledger.ts";
import { type Line, type LineCall, plainLine } from "./line.ts";
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
    overBrokenLine: async (at, fate) =>
      createSimulatedLedger(
        store,
        breakLine(
          plainLine(() => nowMs),
          at,
          fate,
        ),
      ),
    close: async () => {},
  };
}

function breakLine(line: Line, at: BreakingPoint, fate: LineFate): Line {
  const isHere = ({ name, kind, steps }: LineCall) => {
    if (at === "event") return name === "storeEvent";
    return at === "commit" ? kind === "transaction" : steps.includes(at);
  };
  return {
    nowMs: line.nowMs,
    async run(call, body) {
      if (!isHere(call)) return await line.run(call, body);
      // Whatever is done before its COMMIT, the server takes back.
      const isDone = fate === "deliver-and-cut" && (at === "event" || at === "commit");
      if (isDone) await line.run(call, body);
      const lost = Object.assign(new Error("read ECONNRESET"), { code: "ECONNRESET" });
      throw at === "commit"
        ? new CommitUnacknowledged("commit_unacknowledged", "not confirmed", { cause: lost })
        : lost;
    },
  };
}

function refill(rows: ReadonlyMap<string, unknown>, fresh: ReadonlyMap<string, unknown>): void {
  const writable = rows as Map<string, unknown>;
  writable.clear();
  for (const [key, row] of fresh) writable.set(key, row);
}
