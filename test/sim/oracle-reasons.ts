// Is it true what a purchase that was never sent says it rests for? A cause that is gone must not keep a paid line.
import { readRef } from "../../src/whmcs/service-ref.ts";
import { isServiceEnded } from "../../src/whmcs/service-status.ts";
import { isCalledOff } from "./called-off.ts";
import { microsOf } from "./ledger/instants.ts";
import type { PurchaseRow } from "./ledger/store.ts";
import { isAffordable, type Life, productId } from "./life.ts";
import { hasOneHome } from "./oracle-accounts.ts";
import { termsOf } from "./price.ts";
import { sideOf } from "./sides.ts";
import { findService } from "./whmcs/reader.ts";

export function judgeReasons(life: Life): void {
  for (const purchase of life.store().purchases.values()) {
    if (purchase.sends > 0 || (purchase.state !== "NeedsOperator" && purchase.state !== "Pending")) continue;
    const { id, lineId, state, reason } = purchase;
    // It is read again on the day that the account has named.
    if (reason === "remote_date") continue;
    if ((reason === "line_gone") === hasLine(life, lineId)) {
      life.witness.find(
        "broken",
        `${id} is ${state}(${reason}), and its line is ${reason === "line_gone" ? "there" : "gone"}`,
      );
    } else if (state === "NeedsOperator" && !isPutOff(life, purchase) && !isTrue(sideOf(life, purchase), purchase)) {
      life.witness.find("lost", `${id} rests for ${reason}, which is not so`);
    }
  }
}

/** A person has put it off, and nothing looks at it before then. */
function isPutOff({ clock }: Life, { holdUntil }: PurchaseRow): boolean {
  return holdUntil !== null && microsOf(holdUntil) > clock.nowMs() * 1000;
}

function hasLine({ whmcs }: Life, lineId: number): boolean {
  return whmcs.tables.rows.invoiceLines.has(lineId);
}

function isTrue(life: Life, purchase: PurchaseRow): boolean {
  const { rows } = life.whmcs.tables;
  const service = findService(life.whmcs.tables, purchase.serviceRef);
  switch (purchase.reason) {
    case "bad_licence":
      return [...rows.customFieldValues.values()].some(({ relid, value }) => relid === service?.id && value === "typo");
    case "service_ended":
      return (
        service === undefined || isServiceEnded(service.status) || isCalledOff(life.whmcs.tables, purchase) !== "no"
      );
    case "price_above_cap":
      return isHeldBack(life, purchase) || !isAffordable(life, termsOf(life.whmcs, productId), purchase);
    case "licence_inactive":
    case "licence_ip":
      return isHeldBack(life, purchase) || isUnfit(life, purchase);
    case "licence_not_ours":
      return isHeldBack(life, purchase) || !hasOneHome(life, purchase);
    // The one module of every life is for all editions.
    case "licence_edition":
      return false;
    case "already_owned":
      return isHeldBack(life, purchase) || life.model.state.modules.some(({ licence }) => licence === purchase.licence);
    default:
      return true;
  }
}

/** The licence is stopped, or for another server than the service. */
function isUnfit({ model, whmcs }: Life, { licence, reason, serviceRef }: PurchaseRow): boolean {
  const row = model.state.licences.find(({ id }) => id === licence);
  if (reason === "licence_inactive") return row?.status !== 2;
  const values = [...whmcs.tables.rows.customFieldValues.values()].filter(
    ({ relid }) => relid === readRef(serviceRef).id,
  );
  return values.some(({ value }) => value !== row?.ip && value.includes("."));
}

/** An earlier check waits, and has not seen whether the cause of a later one is gone. */
function isHeldBack(life: Life, purchase: PurchaseRow): boolean {
  const { purchases, switches } = life.store();
  if (switches.get("buying")?.value === "off") return true;
  const order = life.whmcs.tables.rows.orders;
  const service = findService(life.whmcs.tables, purchase.serviceRef);
  if (order.get(service?.orderId ?? 0)?.status === "Pending") return true;
  return [...purchases.values()].some(
    (other) =>
      other.id !== purchase.id &&
      (other.serviceRef === purchase.serviceRef || other.licence === purchase.licence) &&
      (other.state === "Ordered" || (other.state === "NeedsOperator" && other.sends > 0) || other.state === "Pending"),
  );
}
