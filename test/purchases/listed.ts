// Which changes do the rules of purchases list? Written from the rules, not from the code.
import type { State } from "../../src/purchases/state.ts";

/** To which states each state may change. */
export const allowed: Readonly<Record<State | "new", readonly State[]>> = {
  new: ["Pending", "NeedsOperator", "Ignored"],
  Pending: ["Pending", "Sending", "Ordered", "NeedsOperator", "Refunded", "Ignored"],
  Sending: ["Sending", "Pending", "Unknown", "Ordered", "NeedsOperator"],
  Unknown: ["Unknown", "Pending", "Ordered", "NeedsOperator"],
  Ordered: ["Ordered", "Purchased", "NeedsOperator"],
  Purchased: ["Purchased"],
  NeedsOperator: ["NeedsOperator", "Pending", "Ordered", "Refunded", "Ignored"],
  Refunded: ["Refunded", "Pending", "NeedsOperator"],
  Ignored: [],
};
