// Does a purchase rest, so that nothing more will happen to it by itself until somebody outside does something?
import { serviceIdOf } from "../../src/purchases/purchase.ts";
import { addDays } from "../../src/sandbox/account/dates.ts";
import type { Model } from "../../src/sandbox/account/model.ts";
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";
import type { Witness } from "./witness.ts";

/** An order's first term may be this much shorter than computed. */
const longestDifferenceDays = 3;

/** What a purchase may wait for. */
export interface Outside {
  store(): LedgerStore;
  readonly whmcs: SimulatedWhmcs;
  readonly model: Model;
  readonly witness: Pick<Witness, "byHand">;
}

/** Final, with a person, or waiting for something that the world outside does not give. */
export function isResting(purchase: PurchaseRow, outside: Outside): boolean {
  switch (purchase.state) {
    case "Purchased":
    case "NeedsOperator":
    case "Refunded":
    case "Ignored":
      return true;
    case "Pending":
      return isWaitingRightly(purchase, outside);
    case "Ordered":
      return isShortByHand(purchase, outside);
    default:
      return false;
  }
}

/** A request of which nothing is known was taken for what staff bought meanwhile, for a shorter term: a person hears of it after a day (T8). */
function isShortByHand({ remoteServiceId, expectedExpiry }: PurchaseRow, { model, witness }: Outside): boolean {
  const module = model.state.modules.find(({ id }) => id === remoteServiceId);
  if (module === undefined || !witness.byHand.has(module.id)) return false;
  return module.expiredate < addDays(expectedExpiry ?? "", -longestDifferenceDays);
}

function isWaitingRightly(purchase: PurchaseRow, outside: Outside): boolean {
  const { store, whmcs } = outside;
  const buying = store().switches.get("buying")?.value;
  switch (purchase.reason) {
    case "unpaid":
      return true;
    case "awaiting_acceptance":
      return isUnaccepted(purchase, whmcs);
    case "buying_off":
      return buying === "off";
    case "shadow":
      return buying === "shadow";
    case "earlier_period":
      return [...store().purchases.values()].some((other) => isBlockedBy(purchase, other, outside));
    default:
      return false;
  }
}

function isUnaccepted({ serviceRef }: PurchaseRow, { tables }: SimulatedWhmcs): boolean {
  const service = tables.rows.services.get(serviceIdOf(serviceRef));
  return tables.rows.orders.get(service?.orderId ?? 0)?.status === "Pending";
}

/** A person has not decided yet about something sent for the same service, or for the same licence and tariff. */
function isBlockedBy(purchase: PurchaseRow, other: PurchaseRow, outside: Outside): boolean {
  if (other.id === purchase.id) return false;
  const isSame =
    other.serviceRef === purchase.serviceRef ||
    (other.licence === purchase.licence && other.tariff === purchase.tariff);
  const isWithPerson = other.state === "NeedsOperator" && other.sends > 0;
  const isHeld = other.state === "Pending" && isHeldUp(other);
  return isSame && (isWithPerson || isHeld || (other.state === "Ordered" && isShortByHand(other, outside)));
}

/** Pending itself, and held up by the switch, by an order to accept or by yet another one. */
function isHeldUp({ reason }: PurchaseRow): boolean {
  return ["earlier_period", "buying_off", "shadow", "awaiting_acceptance"].includes(reason ?? "");
}
