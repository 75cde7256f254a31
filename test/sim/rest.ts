// Does a purchase rest, so that nothing more will happen to it by itself until somebody outside does something?

import { addDays } from "../../src/sandbox/account/dates.ts";
import type { Model } from "../../src/sandbox/account/model.ts";
import { checkWindow } from "../../src/sandbox/account/renewals.ts";
import type { ChangeWitness } from "./changes.ts";
import type { LedgerStore, PurchaseRow } from "./ledger/store.ts";
import { findService } from "./whmcs/reader.ts";
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
  readonly changes: Pick<ChangeWitness, "byOthers">;
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
      return isInCart(purchase, outside.model) || isStopped(purchase, outside.model) || isShort(purchase, outside);
    default:
      return false;
  }
}

/** The renewal lies unpaid in the account's cart: a person hears of it after a day (T8). */
function isInCart({ remoteServiceId }: PurchaseRow, { state }: Model): boolean {
  return state.cart.some(({ kind, moduleId }) => kind === "renewal" && moduleId === remoteServiceId);
}

/** Others have stopped its module, and it is not seen active: a person hears of it after a day (T8). */
function isStopped({ remoteServiceId }: PurchaseRow, { state }: Model): boolean {
  return state.modules.some(({ id, status }) => id === remoteServiceId && status === 3);
}

/**
 * The term is shorter than was asked for, because the account counts 30 days a month, because others had stopped the module,
 * or because a request of which nothing is known was taken for what staff bought meanwhile: a person hears of it after a day (T8).
 */
function isShort({ remoteServiceId, expectedExpiry }: PurchaseRow, { model, witness, changes }: Outside): boolean {
  const module = model.state.modules.find(({ id }) => id === remoteServiceId);
  if (module === undefined || model.appointments.some(({ moduleId }) => moduleId === module.id)) return false;
  const isOurs = !witness.byHand.has(module.id) && !changes.byOthers.has(module.id);
  if (isOurs && model.variants.monthEnd === "clamp") return false;
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
    case "remote_date":
      return isTooEarly(purchase, outside.model);
    case "earlier_period":
      return [...store().purchases.values()].some((other) => isBlockedBy(purchase, other, outside));
    default:
      return false;
  }
}

/** The account does not renew the licence's module yet. */
function isTooEarly({ licence }: PurchaseRow, model: Model): boolean {
  return model.state.modules.some((module) => module.licence === licence && checkWindow(model, module) !== null);
}

function isUnaccepted({ serviceRef }: PurchaseRow, { tables }: SimulatedWhmcs): boolean {
  const service = findService(tables, serviceRef);
  return tables.rows.orders.get(service?.orderId ?? 0)?.status === "Pending";
}

/** A person has not decided yet about something sent for the same service, or for the same licence and tariff. */
function isBlockedBy(purchase: PurchaseRow, other: PurchaseRow, outside: Outside): boolean {
  if (other.id === purchase.id) return false;
  const isSame =
    other.serviceRef === purchase.serviceRef ||
    (other.licence === purchase.licence && other.tariff === purchase.tariff);
  const isWithPerson = other.state === "NeedsOperator" && other.sends > 0;
  const isHeld = other.state === "Pending" && isHeldUp(other) && isEarlier(other, purchase);
  return isSame && (isWithPerson || isHeld || (other.state === "Ordered" && isResting(other, outside)));
}

/** Periods of one service wait for each other in their order alone, so the first of them waits for something else. */
function isEarlier(one: PurchaseRow, other: PurchaseRow): boolean {
  return one.serviceRef === other.serviceRef && (one.periodStart ?? "") < (other.periodStart ?? "");
}

/** Pending itself, and held up by the switch, by an order to accept, by the account or by yet another one. */
function isHeldUp({ reason }: PurchaseRow): boolean {
  return ["earlier_period", "buying_off", "shadow", "awaiting_acceptance", "remote_date"].includes(reason ?? "");
}
