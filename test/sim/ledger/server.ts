// How do the simulated ledger's functions reach its tables? Over the line, each statement and transaction all or nothing.
import { CommitUnacknowledged } from "../../../src/database/connection.ts";
import { instantOf } from "./instants.ts";
import type { Line } from "./line.ts";
import type { LedgerStore } from "./store.ts";
import { atomically, tryOut, type Writer } from "./writing.ts";

export interface Server {
  readonly store: LedgerStore;
  /** The server's time, or `ms` after it, as it stands in rows. */
  now(ms?: number): string;
  read<T>(name: string, body: () => T): Promise<T>;
  /** One statement that writes. */
  execute<T>(name: string, body: (writer: Writer) => T): Promise<T>;
  transact<T>(
    call: { readonly name: string; readonly steps: readonly string[] },
    body: (writer: Writer) => T,
  ): Promise<T>;
}

const noSteps: readonly string[] = [];

export function createServer(store: LedgerStore, line: Line): Server {
  return {
    store,
    now: (ms = 0) => instantOf(Math.round(line.nowMs() * 1000) + Math.round(ms * 1000)),
    read: (name, body) => line.run({ name, kind: "read", steps: noSteps }, body),
    execute: (name, body) => line.run({ name, kind: "statement", steps: noSteps }, () => atomically(store, body)),
    async transact({ name, steps }, body) {
      let hasRun = false;
      try {
        return await line.run({ name, kind: "transaction", steps }, () => {
          hasRun = true;
          return atomically(store, body);
        });
      } catch (error) {
        // A process that has sent COMMIT has done its work, and knows what it came to, although the server forgot it.
        if (error instanceof CommitUnacknowledged && !hasRun) tryOut(store, body);
        throw error;
      }
    },
  };
}
