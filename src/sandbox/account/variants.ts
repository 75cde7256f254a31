// In which ways may a real account differ, where its documentation is silent or contradicts itself?
import type { Decimal } from "../../money.ts";
import type { MonthRule } from "./dates.ts";

/** Type and object of a business error, e.g. `value` and `period`. */
export interface ErrorName {
  readonly type: string;
  readonly object: string;
}

/**
 * What an accepted order is answered with: `<id>` with `<billorder.id>` and `<ok>` · `<id>` alone · `<elid>` · `<id>` in a
 * nested doc · `<id v="…"/>` · a root `<id>` without doc · the number of the bill only · a bare `<ok>`.
 */
export type OrderReply = "id-and-billorder" | "id" | "elid" | "nested" | "id-v" | "bare-id" | "billorder" | "ok";

/** What a committed renewal is answered with: `doc/doc/newexpiredate`, `doc/newexpiredate`, or `ok` alone. */
export type RenewalReply = "nested" | "flat" | "ok";

export interface Paging {
  /** Rows per page when the request names no `p_cnt`, or when that is not honoured. */
  readonly size: number;
  readonly honoursCount: boolean;
  readonly honoursNumber: boolean;
}

/** A renewal before this day is refused, with the day in a `param` named `value`. */
export interface RenewalWindow {
  /** Days before the expiry from which a module may be renewed. */
  readonly daysBeforeExpiry: number;
  readonly error: ErrorName;
  /** True when the form without `sok` is refused as well. */
  readonly refusesForm: boolean;
}

export interface Variants {
  // The order
  orderReply: OrderReply;
  /** Where the caller's own id is shown again. */
  remoteid: "list" | "edit" | "both" | "none";
  /** A second order for a licence and tariff that has a live module. */
  alreadyThere: "second-service" | ErrorName;
  /** Milliseconds in status 5 after an order; 0 = active at once, null = until `activate()`. */
  activationMs: number | null;
  /** How long a new module is missing from the list: milliseconds, a number of list reads, or not at all. */
  listDelay: { readonly ms: number } | { readonly reads: number } | null;
  /** Whether an unpaid position of the cart is also a row of the list, with status 1. */
  unpaidRows: "hidden" | "shown";
  // Errors
  badLogin: ErrorName;
  noMoney: ErrorName;
  unknownLicence: ErrorName;
  wrongEdition: ErrorName;
  /** `full`: stack, group, msg. `bare`: type and object only. */
  errorShape: "full" | "bare";
  /** HTTP status of business errors. */
  errorStatus: number;
  /** Functions that answer an access error to POST and work by GET. */
  postRefused: readonly string[];
  /** Functions that this account may not use at all. */
  refused: Readonly<Record<string, ErrorName>>;
  // Renewals
  /** A renewal that lands in the cart is answered like one that was charged. */
  renewal: "at-once" | "cart" | "cart-unless-skipbasket";
  renewalReply: RenewalReply;
  /** Whether the form without `sok` announces the new expiry; `acts`: worse, asking for the form renews. */
  renewalForm: "announces" | "silent" | "acts";
  /** Milliseconds until a committed renewal moves the expiry; the module is in status 5 until then. */
  renewalMs: number;
  monthEnd: MonthRule;
  /** From which day a suspended module is renewed, or how that is refused. */
  suspendedRenewal: "from-today" | "from-expiry" | ErrorName;
  renewalWindow: RenewalWindow | null;
  // Auto-renewal
  /** `ignored`: an order with `autoprolong=null` ends up renewing itself. */
  autoprolongNull: "honoured" | "ignored";
  /** What `addition.edit` with `sok` does: changes it, answers an access error, or answers ok and changes nothing. */
  autoprolongChange: "allowed" | "refused" | "ignored";
  /** How a list row and the form show that auto-renewal is off. */
  autoprolongOff: "null" | "empty" | "absent";
  // Suspending, resuming, deleting; whether the account may do it at all is said in `refused`
  /** Undocumented: `ok`, or another body without an error. */
  changeReply: "ok" | "elid";
  changesNeedSok: boolean;
  // Lists
  /** Null = every row in one answer. */
  paging: Paging | null;
  deletedRows: "hidden" | "shown";
  item: "id" | "licence-name" | "ip";
  pricelist: "name-and-id" | "id-and-name" | "id" | "name" | "pricelist_id";
  /** `text`: `item_status` only. `text-and-code`: with `item_status_orig`. `code`: `status` only. */
  status: "text" | "text-and-code" | "code";
  /** `localised`: text in `expiredate`, the day in `real_expiredate`. */
  expiredate: "day" | "localised";
  // Money
  balanceIn: "dashboard" | "whoami" | "both" | "neither";
  /** `120.50 EUR` · `120,50 EUR` · `1 120.50 EUR` · `120.50`. */
  balanceFormat: "point" | "comma" | "spaced" | "bare";
  /** Added to the price when the balance is charged. */
  taxPercent: Decimal;
  /** Account currency for one unit of another currency a tariff is priced in; 1 where it is missing. */
  exchangeRates: Readonly<Record<string, Decimal>>;
  /** Whether the price list names `additionintname`. */
  additionintname: "shown" | "absent";
}

/** What the documentation's own samples show, and where it shows nothing, the plainest reading. */
export const documentedVariants: Variants = {
  orderReply: "id-and-billorder",
  remoteid: "edit",
  alreadyThere: "second-service",
  activationMs: 0,
  listDelay: null,
  unpaidRows: "hidden",
  badLogin: { type: "auth", object: "badpassword" },
  noMoney: { type: "not_enough_money", object: "" },
  unknownLicence: { type: "missed", object: "item" },
  wrongEdition: { type: "value", object: "item" },
  errorShape: "full",
  errorStatus: 200,
  postRefused: [],
  refused: {
    "addition.suspend": { type: "access", object: "addition.suspend" },
    "addition.resume": { type: "access", object: "addition.resume" },
  },
  /** A renewal that lands in the cart is answered like one that was charged. */
  renewal: "at-once",
  renewalReply: "nested",
  renewalForm: "announces",
  renewalMs: 0,
  monthEnd: "clamp",
  suspendedRenewal: "from-today",
  renewalWindow: null,
  autoprolongNull: "honoured",
  autoprolongChange: "allowed",
  autoprolongOff: "null",
  changeReply: "ok",
  changesNeedSok: false,
  paging: null,
  deletedRows: "hidden",
  item: "id",
  pricelist: "name-and-id",
  status: "text-and-code",
  expiredate: "day",
  balanceIn: "both",
  balanceFormat: "point",
  taxPercent: "0",
  exchangeRates: {},
  additionintname: "absent",
};
