// Has a renewal of a stopped module, which the account counts from that day, cut short what somebody who goes on has paid for?
import { addDays, addMonths, type Day } from "../../src/sandbox/account/dates.ts";
import { today } from "../../src/sandbox/account/model.ts";
import type { ChangeWitness, Sources } from "./changes.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import type { NetworkCall, Phase } from "./network/network.ts";
import { payersOf, serviceRefOf } from "./payers.ts";

export interface CutWitness {
  /** Days of terms that were lost because they belonged to nobody who goes on, by module. */
  readonly lostDays: ReadonlyMap<string, number>;
  /** What becomes of a request that renews a module, or of its form, which this bridge has sent. */
  noteRenewal(bridge: string, phase: Phase, call: NetworkCall): void;
}

interface CutSources extends Sources {
  readonly changes: Pick<ChangeWitness, "hasEnded">;
}

const dayMs = 86_400_000;
/** Accounts count a term so many days differently. */
const longestDifferenceDays = 3;
/** Others were given back, or are with a person. */
const bought = ["Purchased", "Ordered", "Sending", "Unknown"];

/**
 * The new term of a suspended module counts from the day of its renewal (reference 4.8): what was left of the old one is lost.
 * That may be only where the new term reaches to the end of every paid period of a service that has not ended.
 */
export function createCutWitness({ nowMs, store, whmcs, model, witness, changes }: CutSources): CutWitness {
  const lostDays = new Map<string, number>();
  /** By bridge and module: the account has shown the form last while the module stood still. */
  const forms = new Map<string, boolean>();
  /** Requests that left behind such a form: others may stop a module at any time after it. */
  const knowing = new Set<number>();

  function judge(moduleId: string, reached: Day): void {
    const world = { store: store(), whmcs, model, witness };
    for (const purchase of payersOf(world, moduleId)) {
      const isOwed = bought.includes(purchase.state) && purchase.reversedAt === null;
      const end = endOf(purchase);
      if (!isOwed || changes.hasEnded(serviceRefOf(world, purchase))) continue;
      if (end > addDays(reached, longestDifferenceDays))
        witness.find(
          "broken",
          `module ${moduleId} was renewed until ${reached}, and ${purchase.id} has paid until ${end}`,
        );
    }
  }

  return {
    lostDays,
    noteRenewal(bridge, phase, { number, isCommit, params }) {
      const { elid: moduleId = "", period } = params;
      const key = `${bridge} ${moduleId}`;
      const isStopped = model.state.modules.some(({ id, status }) => id === moduleId && status === 3);
      if (!isCommit && phase === "executed") forms.set(key, isStopped);
      if (isCommit && phase === "written" && forms.get(key)) knowing.add(number);
      const debit = model.debits.at(-1);
      const isCharged = debit?.kind === "renewal" && debit.moduleId === moduleId && debit.at.getTime() === nowMs();
      if (phase !== "executed" || !isCharged || !knowing.has(number)) return;
      const before = model.before.modules.find(({ id }) => id === moduleId);
      const isCut = before?.status === 3 && before.expiredate > today(model);
      if (!isCut || model.variants.suspendedRenewal !== "from-today") return;
      const reached = addMonths(today(model), Number(period), model.variants.monthEnd);
      const whole = addMonths(before.expiredate, Number(period), model.variants.monthEnd);
      const days = (Date.parse(whole) - Date.parse(reached)) / dayMs;
      lostDays.set(moduleId, (lostDays.get(moduleId) ?? 0) + days);
      judge(moduleId, reached);
    },
  };
}

function endOf({ periodStart, periodMonths }: PurchaseRow): Day {
  return periodStart === null ? "" : addMonths(periodStart, periodMonths ?? 0, "clamp");
}
