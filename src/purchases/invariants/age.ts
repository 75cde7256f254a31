// Does anything stand still that should have moved? I11 over the books. Pure.
import type { BookedPurchase } from "../ledger/books.ts";
import type { Breach } from "./breach.ts";

const hourMs = 3_600_000;
/** A day, and an hour for the look that ends it. */
const longestMs = 25 * hourMs;
/** Whoever looks after a lease that has run out does so within seconds. */
const leaseGraceMs = 60_000;

/** One breach when the purchase has stood longer than its state allows without saying why. */
export function checkStanding({ id, state, reason, stateAgeMs, leaseLeftMs }: BookedPurchase): Breach[] {
  const isStuck =
    state === "Sending"
      ? leaseLeftMs === null || leaseLeftMs < -leaseGraceMs
      : state === "Unknown" || state === "Ordered" || (state === "Pending" && reason === null)
        ? stateAgeMs > longestMs
        : false;
  if (!isStuck) return [];
  const minutes = Math.floor(stateAgeMs / 60_000);
  return [{ id: "I11", key: `I11:${id}:${state}`, what: `purchase ${id} is ${state} for ${minutes} minutes` }];
}
