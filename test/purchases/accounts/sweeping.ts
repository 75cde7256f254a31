// How do tests have two accounts compared with the ledger, and take one of them out of the settings?
import { createAlarm } from "../../../src/purchases/alarm.ts";
import type { Engine } from "../../../src/purchases/engine.ts";
import { createRemoteSweep } from "../../../src/purchases/remote-sweep.ts";
import { listenTo } from "../alerts.ts";
import type { Two } from "./two.ts";

/** A sweep whenever it is asked for, and what it tells. */
export function createSweep(two: Two, by: Engine) {
  const heard = listenTo(by);
  const run = createRemoteSweep(heard.engine, createAlarm(heard.engine));
  return {
    ...heard,
    sweep: async () => {
      await two.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'remote_sweep'");
      await run();
    },
  };
}

/** The engine as if the settings did not name this account. */
export function without(engine: Engine, name: string): Engine {
  const [first, ...more] = engine.accounts.filter(({ account }) => account.name !== name);
  if (first === undefined) throw new Error("no account is left");
  return { ...engine, accounts: [first, ...more] };
}
