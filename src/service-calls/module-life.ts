// What is said about a module that was suspended, resumed or deleted at ispmanager? Pure: its steps in, words out.

import type { ModuleStep } from "../purchases/ledger/module-steps.ts";
import type { Text } from "../purchases/licence-wanted.ts";
import { isDeletedByUs, isSuspendedByUs } from "../purchases/lifecycle.ts";
import { texts } from "./texts.ts";

/** `customer` is null where the module runs on, and there is nothing new for the customer. */
export interface ModuleLife {
  readonly staff: string;
  readonly customer: Text | null;
}

/** Null where nothing was ever asked, or all of it is over. `paidUntil` is the last paid day. */
export function describeLife(steps: readonly ModuleStep[], paidUntil: string | null): ModuleLife | null {
  const last = steps.at(-1);
  if (last === undefined) return null;
  const until = paidUntil === null ? "" : ` until ${paidUntil}`;
  const { change, step, day, detail } = last;
  if (isDeletedByUs(steps))
    return { staff: `The module was deleted at ispmanager on ${day}.`, customer: texts.deleted };
  if (step === "kept") {
    const why =
      detail === ""
        ? "ispmanager does not show its term, or a longer one than the bridge knows"
        : `ispmanager shows it paid until ${detail}, which is longer than the bridge knows`;
    return { staff: `The module was not deleted: ${why}. Delete it there when nobody needs it.`, customer: null };
  }
  if (step === "refused") return describeRefusal({ change, detail, until });
  if (step === "found" && change === "suspend") {
    const staff = "The module was suspended at ispmanager already, and not by the bridge, which will not resume it.";
    return { staff, customer: texts.suspended };
  }
  if (change === "suspend" && step === "seen") {
    return { staff: `The module is suspended at ispmanager since ${day}.`, customer: texts.suspended };
  }
  if (step === "seen" || step === "found" || step === "withdrawn") return null;
  const customer = isSuspendedByUs(steps) ? texts.suspended : null;
  return { staff: `ispmanager was asked to ${change} the module, and has not shown it done yet.`, customer };
}

function describeRefusal({ change, detail, until }: { change: string; detail: string; until: string }): ModuleLife {
  const why = detail === "" ? "" : ` (${detail})`;
  const may = `The account may not ${change} modules${why}`;
  if (change === "resume")
    return { staff: `${may}: the module stays suspended; ask ispmanager.`, customer: texts.suspended };
  return { staff: `${may}; it stays active there${until}.`, customer: null };
}
