// What is said about where a service stands? Pure: purchases in, words for customer and staff out.
import { licenceReasonOf, licenceWanted, type Text } from "../purchases/licence-wanted.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { reasonTexts, stateTexts } from "../purchases/reasons.ts";
import { isUnderWay, pickCurrent, type ServiceState, standingAt, standingOf } from "../purchases/standing.ts";
import { texts, textsOfReason } from "./texts.ts";

/** What WHMCS's pages show of a service; what is not known is null, dates are `YYYY-MM-DD`. */
export interface ServiceView {
  readonly licence: string | null;
  readonly tariff: string | null;
  readonly module_id: string | null;
  readonly paid_until: string | null;
  readonly state: ServiceState;
  readonly customer_text: Text;
  readonly staff_text: string;
  /** What became of the last request for what is paid and not done, in at most 200 characters; null when nothing went wrong. */
  readonly last_error: string | null;
  /** A purchase rests for want of a right licence, and nothing of it was sent. */
  readonly can_choose_licence: boolean;
}

/** The purchases of one service, newest first, on the day `today` of WHMCS; `lastError` as it is shown. */
export function viewService(purchases: readonly Purchase[], today: string, lastError: string | null): ServiceView {
  const current = pickCurrent(purchases, today);
  const state = standingAt(purchases, today);
  const next =
    state === "active" ? purchases.find((purchase) => purchase !== current && isUnderWay(purchase)) : undefined;
  const paidUntil = lastPaidDay(purchases);
  const told = [current ?? [], next ?? []].flat();
  const first = <T>(read: (purchase: Purchase) => T | null): T | null =>
    [...told, ...purchases].map(read).find((value) => value !== null) ?? null;
  return {
    licence: first(({ licence }) => licence),
    tariff: first(({ tariff }) => tariff),
    module_id: first(({ remoteServiceId }) => remoteServiceId),
    paid_until: paidUntil,
    state,
    customer_text: joinTexts(textOfCurrent(state, current, paidUntil), next === undefined ? null : textOfNext(next)),
    staff_text: told.length === 0 ? nothingKnown : told.map(explain).join(" "),
    last_error: lastError,
    can_choose_licence: waitingForLicence(purchases) !== null,
  };
}

/** The newest purchase for which another licence may be chosen; null when there is none. */
export function waitingForLicence(purchases: readonly Purchase[]): Purchase | null {
  return purchases.find((purchase) => licenceReasonOf(purchase) !== null) ?? null;
}

const nothingKnown =
  "No paid invoice of this service is known to the bridge. When there is one, it is found within one sweep; " +
  "`ispmodules doctor` names what stands in the way.";

function lastPaidDay(purchases: readonly Purchase[]): string | null {
  const days = purchases
    .filter((purchase) => standingOf(purchase) === "active")
    .flatMap(({ expectedExpiry }) => expectedExpiry ?? []);
  return days.sort().at(-1) ?? null;
}

/** What the customer can do about it, or is waiting for, where the reason says that. */
function textOfReason(purchase: Purchase): Text | null {
  const wanted = licenceReasonOf(purchase);
  if (wanted !== null) return licenceWanted[wanted];
  return purchase.reason === null ? null : (textsOfReason[purchase.reason] ?? null);
}

function textOfCurrent(state: ServiceState, current: Purchase | null, paidUntil: string | null): Text {
  switch (state) {
    case "active":
      return texts.active(paidUntil);
    case "unpaid":
      return current?.state === "Purchased" && paidUntil !== null ? texts.ended(paidUntil) : texts.unpaid;
    case "refunded":
      return texts.refunded;
    case "waiting":
    case "attention":
      return (current === null ? null : textOfReason(current)) ?? texts[state];
  }
}

function textOfNext(next: Purchase): Text {
  return textOfReason(next) ?? (standingOf(next) === "waiting" ? texts.nextWaiting : texts.nextAttention);
}

function joinTexts(first: Text, second: Text | null): Text {
  return second === null ? first : { en: `${first.en} ${second.en}`, ru: `${first.ru} ${second.ru}` };
}

/** What is the case and what staff can do, with the purchase's id where a command needs it. */
export function explain({ id, state, reason }: Purchase): string {
  if (reason === null) return `Purchase ${id}: ${stateTexts[state]}`;
  const { what, remedy } = reasonTexts[reason];
  return `Purchase ${id}, ${reason}: ${what} ${remedy.replaceAll("decide ID", `decide ${id}`)}`;
}
