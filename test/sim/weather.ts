// What goes wrong on the ways of a simulated bridge: to its ledger, to WHMCS, to the account? Chosen by chance, counted.
import { CommitUnacknowledged } from "../../src/database/connection.ts";
import { DatabaseError } from "../../src/errors.ts";
import type { Dice } from "../dice.ts";
import type { Line } from "./ledger/line.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";

/** `before`: the server never saw it. `after`: it was done, and its answer got lost. */
export type LedgerFault =
  | { readonly when: "before"; readonly code: "ECONNRESET" | "ER_LOCK_DEADLOCK" | "ER_LOCK_WAIT_TIMEOUT" }
  | { readonly when: "after" };

type LedgerCall = Parameters<Line["run"]>[0];

export interface Weather {
  onNetwork(call: NetworkCall, account: string): NetworkFault | null;
  onLedger(call: LedgerCall): LedgerFault | null;
  /** True when this reading of WHMCS fails. */
  onWhmcs(name: string): boolean;
}

export const calm: Weather = { onNetwork: () => null, onLedger: () => null, onWhmcs: () => false };

/** What a statement or a COMMIT fails with. */
export function errorOf(fault: LedgerFault, { kind, name }: LedgerCall): Error {
  const code = fault.when === "before" ? fault.code : "ECONNRESET";
  const lost = Object.assign(new Error("the connection to the ledger broke"), { code });
  if (fault.when === "before" || kind !== "transaction") return lost;
  return new CommitUnacknowledged("commit_unacknowledged", `the COMMIT of ${name} was not confirmed`, { cause: lost });
}

export function whmcsAway(): DatabaseError {
  return new DatabaseError("whmcs_unreadable", "WHMCS's database cannot be read");
}

/** Bad weather that knows how often the ledger or WHMCS failed; of the network's faults the witness knows. */
export interface CountedWeather extends Weather {
  fired(): number;
}

/** Counts the faults of another weather. */
export function counted(weather: Weather): CountedWeather {
  let fired = 0;
  const count = <T>(fault: T): T => {
    if (fault !== null && fault !== false) fired += 1;
    return fault;
  };
  return {
    fired: () => fired,
    onNetwork: weather.onNetwork,
    onLedger: (call) => count(weather.onLedger(call)),
    onWhmcs: (name) => count(weather.onWhmcs(name)),
  };
}

export interface Chances {
  /** Of each reading of the account. */
  readonly network: number;
  /** Of each request that buys or changes something. */
  readonly money: number;
  /** Of each statement or transaction of the ledger. */
  readonly ledger: number;
  readonly whmcs: number;
}

const orderFaults = [
  ...["reset-after-undone", "reset-after-done", "slow-headers", "truncated", "server-error", "bad-xml"],
  ...["name", "refuse", "connect-timeout", "tls", "reset-before-request", "reset-mid-request", "trickle"],
  ...["too-many", "redirect", "without-id"],
] as const;
const listLies = ["stale-list", "missing-rows", "duplicate-rows", "reordered-rows"] as const;
const refusals = ["value", "limit", "missed", "access", "auth", "not_enough_money", "exists", "internal"] as const;
const ledgerCodes = ["ECONNRESET", "ER_LOCK_DEADLOCK", "ER_LOCK_WAIT_TIMEOUT"] as const;

/** Bad weather of these chances; a late request is carried out before the account's time to settle is over. */
export function badWeather(dice: Dice, chances: Chances, latestMs: number): CountedWeather {
  return counted({
    onNetwork: ({ isCommit, func }) => {
      if (!dice.happens(isCommit ? chances.money : chances.network)) return null;
      if (!isCommit) {
        const isList = func === "addition" || func === "soft";
        return isList && dice.happens(0.4) ? { kind: dice.oneOf(listLies) } : { kind: dice.oneOf(orderFaults) };
      }
      if (dice.happens(0.2)) return { kind: "late", afterMs: dice.between(1_000, latestMs) };
      return dice.happens(0.2) ? { kind: "refused", type: dice.oneOf(refusals) } : { kind: dice.oneOf(orderFaults) };
    },
    onLedger: () => {
      if (!dice.happens(chances.ledger)) return null;
      return dice.happens(0.5) ? { when: "after" } : { when: "before", code: dice.oneOf(ledgerCodes) };
    },
    onWhmcs: () => dice.happens(chances.whmcs),
  });
}
