// Does every order and renewal leave for the account where it belongs? Judged from the accounts themselves, as the bytes leave.

import type { LedgerStore } from "./ledger/store.ts";
import { freshnessMs, lately, type Moment, noteMoment } from "./moments.ts";
import type { NetworkFault } from "./network/fault.ts";
import type { NetworkCall } from "./network/network.ts";
import type { Side } from "./sides.ts";
import { hasLicence } from "./sides.ts";

export interface Whereabouts {
  /** Licences as the accounts have them from now on. */
  noteLicences(): void;
  /** The newest of the side's writes leaves as this call. */
  judgeWrite(side: Side, call: NetworkCall): void;
}

interface Sources {
  readonly nowMs: () => number;
  readonly store: () => LedgerStore;
  readonly sides: () => readonly Side[];
}

/** A list with such a fault is read, and says what is not so. */
export const lies: readonly (NetworkFault["kind"] | null)[] = [
  "stale-list",
  "missing-rows",
  "duplicate-rows",
  "reordered-rows",
];

export function createWhereabouts({ nowMs, store, sides }: Sources): Whereabouts {
  const moments = new Map<string, Moment[]>();

  /** Whether the account has had it at some time of the last minute, and whether it has lacked it. */
  function seenOf({ account }: Side, licence: string): { here: boolean; gone: boolean } {
    const known = moments.get(`${account} ${licence}`);
    const values = known === undefined ? ["gone"] : lately(known, nowMs());
    return { here: values.includes("here"), gone: values.includes("gone") };
  }

  /** What the account has answered in the last minute to who asked for its licences. */
  function answersOf({ network }: Side): { isRead: boolean; isLying: boolean } {
    const recent = network
      .requests()
      .filter(({ call, at }) => call.func === "soft" && at.getTime() >= nowMs() - freshnessMs);
    const isLying = recent.some(({ fault }) => lies.includes(fault));
    // Without money an account says all the same whose licences it has.
    return { isLying, isRead: isLying || recent.some(({ fault }) => fault === null || fault === "empty-balance") };
  }

  /** A purchase that was sent before, or whose licence has had a module there, belongs there; else every list decides. */
  function judgeOrder(side: Side, { params: { item: licence = "" } }: NetworkCall): void {
    const { account, model, witness } = side;
    const what = `an order for licence ${licence} left for ${account}`;
    if (!seenOf(side, licence).here && !answersOf(side).isLying) witness.find("broken", `${what}, which lacks it`);
    const purchaseId = witness.writes.at(-1)?.purchaseId;
    const isKnown =
      witness.writes.filter((write) => write.purchaseId === purchaseId).length > 1 ||
      model.state.modules.some((module) => module.licence === licence);
    for (const other of sides().filter((one) => one.account !== account)) {
      const isAlive = other.model.state.modules.some(
        (module) => module.licence === licence && module.remoteid !== null && module.status !== 4,
      );
      if (isAlive) witness.find("double", `${what}, and ${other.account} has a module of ours for it`);
      if (isKnown) continue;
      const { isRead, isLying } = answersOf(other);
      if (!isRead) witness.find("broken", `${what}, and nobody had read what ${other.account} has`);
      if (!seenOf(other, licence).gone && !isLying) witness.find("broken", `${what}, and ${other.account} has it too`);
    }
  }

  /** Modules of two accounts may have one number. */
  function judgeRenewal({ account, model, witness }: Side, { params: { elid: moduleId = "" } }: NetworkCall): void {
    const write = witness.writes.at(-1);
    const attempt = store().attempts.get(`${write?.purchaseId}:${write?.n}`);
    const module = model.state.modules.find(({ id }) => id === moduleId);
    if (module === undefined || module.licence !== attempt?.licence) {
      const whose = `of licence ${module?.licence} was renewed for licence ${attempt?.licence}`;
      witness.find("double", `module ${moduleId} at ${account} ${whose}`);
    }
  }

  return {
    noteLicences() {
      const ids = new Set(sides().flatMap(({ model }) => model.state.licences.map(({ id }) => id)));
      for (const { account, model } of sides()) {
        for (const id of ids) {
          const key = `${account} ${id}`;
          const known = moments.get(key) ?? [];
          noteMoment(known, nowMs(), hasLicence(model, id) ? "here" : "gone");
          moments.set(key, known);
        }
      }
    },
    judgeWrite(side, call) {
      if (call.func === "addition.order.param") judgeOrder(side, call);
      else judgeRenewal(side, call);
    },
  };
}
