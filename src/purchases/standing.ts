// Where does a service stand, judged by its purchases? Pure: purchases and a day in, one word out.
import { endOf } from "./period.ts";
import type { Purchase } from "./purchase.ts";

/**
 * `active`: the current period is bought. `waiting`: paid, not done. `attention`: a person decides. `unpaid`: nothing that
 * is still to come is paid. `refunded`: the money went back.
 */
export type ServiceState = "active" | "waiting" | "attention" | "unpaid" | "refunded";

/** The purchases of one service, newest first, on the day `today` of WHMCS. */
export function standingAt(purchases: readonly Purchase[], today: string): ServiceState {
  const current = pickCurrent(purchases, today);
  return current === null || hasEnded(current, today) ? "unpaid" : standingOf(current);
}

/**
 * The purchase of the period that today is in, the one that bought it before any other; else one whose bought term still
 * runs, as after an invoice that was paid late; else the newest that is not done; else the newest.
 */
export function pickCurrent(purchases: readonly Purchase[], today: string): Purchase | null {
  const counted = purchases.filter(({ state }) => state !== "Refunded" && state !== "Ignored");
  const covering = counted.filter(({ period }) => period !== null && period.start <= today && today < endOf(period));
  const isBought = (purchase: Purchase) => standingOf(purchase) === "active";
  const runs = (purchase: Purchase) => isBought(purchase) && !hasEnded(purchase, today);
  return (
    covering.find(isBought) ??
    covering.find(({ holdsPeriod }) => holdsPeriod) ??
    covering[0] ??
    counted.find(runs) ??
    counted.find(({ state }) => state !== "Purchased") ??
    counted[0] ??
    purchases[0] ??
    null
  );
}

/** One purchase by itself. */
export function standingOf({ state, reason, isReversed }: Purchase): ServiceState {
  switch (state) {
    case "Purchased":
      return isReversed ? "refunded" : "active";
    case "Pending":
      return reason === "unpaid" ? "unpaid" : "waiting";
    case "Sending":
    case "Unknown":
    case "Ordered":
      return "waiting";
    case "NeedsOperator":
    case "Ignored":
      return "attention";
    case "Refunded":
      return "refunded";
  }
}

/** Paid, and neither bought nor given back yet. */
export function isUnderWay(purchase: Purchase): boolean {
  const standing = standingOf(purchase);
  return purchase.state !== "Ignored" && (standing === "waiting" || standing === "attention");
}

/** The term that a purchase bought is over: on its last day the next one is due. */
function hasEnded(purchase: Purchase, today: string): boolean {
  if (purchase.state !== "Purchased") return false;
  const end = purchase.period === null ? "" : endOf(purchase.period);
  return [purchase.expectedExpiry ?? "", end].every((date) => date <= today);
}
