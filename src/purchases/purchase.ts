// What is a purchase, and how does it get its id? One paid period of one service, as the ledger holds it.
import { createHash } from "node:crypto";
import type { Decimal } from "../money.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import type { Period } from "./period.ts";
import type { Reason, State } from "./state.ts";

export type Action = "order" | "renew";

/** Facts of a purchase that follow from WHMCS alone; renewed at every check until something was sent. */
export interface PurchaseFacts {
  readonly invoiceId: number;
  readonly serviceRef: ServiceRef;
  /** `tblproducts.id`; of an addon `tbladdons.id`. */
  readonly productId: number;
  readonly period: Period | null;
  readonly tariff: string | null;
  readonly licence: string | null;
  /** WHMCS local `YYYY-MM-DD HH:MM:SS`. */
  readonly paidAt: string | null;
}

export interface Purchase extends PurchaseFacts {
  readonly id: string;
  readonly lineId: number;
  readonly lineType: string;
  /** The one row that may buy this period: it holds the period's key. */
  readonly holdsPeriod: boolean;
  readonly firstPaidSeenAt: string | null;
  readonly state: State;
  readonly reason: Reason | null;
  /** JSON of what a person needs to decide, or of the request that would be sent. */
  readonly detail: Detail | null;
  readonly action: Action | null;
  readonly version: number;
  /** The process whose request is under way; null outside Sending. */
  readonly leaseOwner: string | null;
  readonly remoteServiceId: string | null;
  readonly expectedExpiry: string | null;
  /** Number of attempt rows, refused and unsent ones included. */
  readonly attempts: number;
  /** Attempts whose outcome is neither refused nor not-sent. */
  readonly sends: number;
  readonly refusals: number;
  /** Consecutive waits for the same reason, for back-off. */
  readonly waits: number;
  readonly isReversed: boolean;
  /** Auto-renewal was found on at the account and could not be switched off. */
  readonly hasAutoRenewal: boolean;
  /** Until when a person has said to wait, while that time has not come; no loop looks at the row before. */
  readonly holdUntil: Date | null;
  /** Milliseconds since the present state was entered, by the ledger's clock. */
  readonly stateAgeMs: number;
}

export type Detail = Readonly<Record<string, unknown>>;

export interface NewPurchase extends PurchaseFacts {
  readonly id: string;
  readonly lineId: number;
  readonly lineType: string;
  readonly firstPaidSeenAt: string | null;
  readonly state: "Pending" | "NeedsOperator" | "Ignored";
  readonly reason: Reason | null;
}

/** One request, written before it was sent. */
export interface Attempt {
  readonly purchaseId: string;
  readonly n: number;
  readonly marker: string;
  readonly account: string;
  readonly action: Action;
  readonly licence: string;
  readonly tariff: string;
  readonly remoteServiceId: string | null;
  readonly periodMonths: number;
  readonly listBefore: readonly { readonly id: string; readonly expiresOn: string | null }[];
  readonly cost: Decimal | null;
  readonly currency: string | null;
  readonly expectedExpiry: string;
  readonly isAnnounced: boolean;
  /** UTC day on which it was made, by the ledger's clock. */
  readonly madeOn: string;
  /** Milliseconds since the order's deadline passed, by the ledger's clock; negative before it. */
  readonly sinceDeadlineMs: number;
}

/**
 * The same after a restore, and different between installations that share an account: 16 characters of the base32 of
 * sha256 over the WHMCS address without final slash, the line's type and its id.
 */
export function purchaseIdOf(whmcsUrl: string, lineType: string, lineId: number): string {
  const digest = createHash("sha256")
    .update(`${whmcsUrl.replace(/\/+$/, "")}\n${lineType}\n${lineId}`)
    .digest();
  return base32(digest.subarray(0, 10));
}

/** What the account gets as `remoteid`. */
export function markerOf(purchaseId: string, attempt: number): string {
  return `im-${purchaseId}-${attempt}`;
}

/** True for what any attempt of this purchase sent as `remoteid`. */
export function isMarkerOf(purchaseId: string, remoteid: string | null): boolean {
  return remoteid?.startsWith(`im-${purchaseId}-`) ?? false;
}

/** RFC 4648 in lower case; ten bytes are exactly sixteen characters. */
function base32(bytes: Uint8Array): string {
  const alphabet = "abcdefghijklmnopqrstuvwxyz234567";
  let bits = "";
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  return (bits.match(/.{5}/g) ?? []).map((five) => alphabet[Number.parseInt(five, 2)]).join("");
}
