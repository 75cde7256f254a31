// Does a purchase rest, so that nothing more will happen to it by itself until somebody outside does something?
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";

/** Final, with a person, or waiting for something that the world outside does not give. */
export function isResting(purchase: PurchaseRow, store: LedgerStore): boolean {
  switch (purchase.state) {
    case "Purchased":
    case "NeedsOperator":
    case "Refunded":
    case "Ignored":
      return true;
    case "Pending":
      return isWaitingRightly(purchase, store);
    default:
      return false;
  }
}

function isWaitingRightly(purchase: PurchaseRow, store: LedgerStore): boolean {
  const buying = store.switches.get("buying")?.value;
  switch (purchase.reason) {
    case "unpaid":
      return true;
    case "buying_off":
      return buying === "off";
    case "shadow":
      return buying === "shadow";
    case "earlier_period":
      return [...store.purchases.values()].some((other) => isBlockedBy(purchase, other));
    default:
      return false;
  }
}

/** A person has not decided yet about something sent for the same service, or for the same licence and tariff. */
function isBlockedBy(purchase: PurchaseRow, other: PurchaseRow): boolean {
  if (other.id === purchase.id) return false;
  const isSame =
    other.serviceRef === purchase.serviceRef ||
    (other.licence === purchase.licence && other.tariff === purchase.tariff);
  const isWithPerson = other.state === "NeedsOperator" && other.sends > 0;
  return isSame && (isWithPerson || (other.state === "Pending" && isHeldUp(other)));
}

/** Pending itself, and held up by the switch or by yet another one. */
function isHeldUp({ reason }: PurchaseRow): boolean {
  return reason === "earlier_period" || reason === "buying_off" || reason === "shadow";
}
