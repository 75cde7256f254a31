// What do the states and reasons mean in plain words, and what can staff do about each? Pure data.
import type { Reason, State } from "./state.ts";

export interface Explanation {
  /** One sentence: what is the case. */
  readonly what: string;
  /** One sentence: what staff can do, or why nothing needs to be done. */
  readonly remedy: string;
}

/** What each state means for the customer's money. */
export const stateTexts: Readonly<Record<State, string>> = {
  Pending: "The customer has paid, and nothing is on its way to ispmanager.",
  Sending: "The request is about to leave or has just left.",
  Unknown: "The request may have taken effect; the bridge looks for it in the account's module list.",
  Ordered: "The account has taken the request; the bridge waits until the module is seen active to the expected date.",
  Purchased: "The module was seen active and paid through the expected date.",
  NeedsOperator: "A rule stopped this purchase and a person decides.",
  Refunded: "The customer's money went back before anything was sent, or a person has settled the purchase.",
  Ignored: "The invoice was paid before the date from which the bridge buys.",
};

/** One sentence and one remedy for every reason that can stand beside a state. */
export const reasonTexts: Readonly<Record<Reason, Explanation>> = {
  whmcs_unreachable: {
    what: "The WHMCS database could not be read.",
    remedy: "It goes on by itself when WHMCS_DATABASE_URL answers again.",
  },
  unpaid: {
    what: "The invoice is no longer Paid in WHMCS.",
    remedy: "It goes on by itself when the invoice is Paid again.",
  },
  awaiting_acceptance: {
    what: "The WHMCS order is not accepted yet, and the product is set up only after acceptance.",
    remedy: "Accept the order in WHMCS.",
  },
  new_client_hold: {
    what: "The client is new, and first purchases of new clients are held back.",
    remedy: "Wait until HOLD_NEW_CLIENT_HOURS have passed, or lower that setting.",
  },
  earlier_period: {
    what: "An earlier purchase of the same service or licence is not settled yet.",
    remedy: "It goes on by itself; when it does not, settle the earlier purchase first.",
  },
  buying_off: {
    what: "Buying is switched off.",
    remedy: "Run `ispmodules buying on`, or `ispmodules buying shadow` to see what would be sent.",
  },
  shadow: {
    what: "Everything is checked and ready, but buying is in position shadow.",
    remedy: "Run `ispmodules buying on` when what would be sent is right.",
  },
  account_unreachable: {
    what: "The ispmanager account could not be read, or its list was incomplete.",
    remedy:
      "It goes on by itself when ISPMANAGER_API_URL answers again; where that account is closed, once `ispmodules adopt` has linked the service to its module at another one.",
  },
  account_paused: {
    what: "The ispmanager account refused the login or an access right.",
    remedy: "Check ISPMANAGER_LOGIN and ISPMANAGER_PASSWORD and the rights of that user.",
  },
  awaiting_balance: {
    what: "The balance of the ispmanager account does not cover the cost.",
    remedy: "Top up the account; it goes on by itself.",
  },
  spend_cap: {
    what: "The purchase would exceed what may be spent in a day or in 30 days.",
    remedy: "Wait, or raise SPEND_CAP_DAY or SPEND_CAP_MONTH.",
  },
  remote_date: {
    what: "The account refused the request until a later date.",
    remedy: "It is tried again on that date.",
  },
  line_gone: {
    what: "The invoice line, its service or its product no longer exists in WHMCS.",
    remedy:
      "Check in WHMCS what became of it; when the customer has been refunded, `ispmodules decide ID refunded REFERENCE`.",
  },
  service_ended: {
    what: "The service or its order is ended, cancelled or marked as fraud, the client is closed or has asked to cancel the service.",
    remedy:
      "Reactivate it in WHMCS or delete the cancellation request, or refund the customer and `ispmodules decide ID refunded REFERENCE`.",
  },
  upgrade_line: {
    what: "The line pays for an upgrade, which ispmanager does not sell as a period.",
    remedy:
      "Make the change by hand in the ispmanager account, or refund the customer; then `ispmodules decide ID refunded REFERENCE`.",
  },
  unknown_product: {
    what: "The product's module settings have no tariff of digits, or an unreadable cost limit or order field.",
    remedy: "Correct the product's module settings (configoption1, 4 and 6) in WHMCS; it goes on by itself.",
  },
  no_due_date: {
    what: "Neither the line nor its invoice has a usable date, so the period is not known.",
    remedy: "Correct the due date of the invoice in WHMCS; it goes on by itself.",
  },
  odd_period: {
    what: "The billing cycle is not one of Monthly, Semi-Annually and Annually.",
    remedy:
      "Move the service to a cycle that ispmanager sells, or settle it by hand and `ispmodules decide ID refunded REFERENCE`.",
  },
  quantity: {
    what: "The service has a quantity above 1, and a licence carries a module only once.",
    remedy: "Set the quantity to 1 in WHMCS and refund what was paid too much; it goes on by itself.",
  },
  missing_licence: {
    what: "The service has no licence number.",
    remedy: "Ask the customer and fill in the field License ID of the service; it goes on by itself.",
  },
  bad_licence: {
    what: "The licence of the service is not a number of 1 to 10 digits.",
    remedy: "Correct the field License ID of the service in WHMCS; it goes on by itself.",
  },
  prorated: {
    what: "The first invoice of this product is prorated, so it does not pay for a whole period.",
    remedy:
      "Switch prorata billing off for the product, or buy the period by hand and `ispmodules decide ID bind MODULE`.",
  },
  period_unclear: {
    what: "The amount of the line is the price of another billing cycle.",
    remedy: "Compare invoice and service in WHMCS and correct the cycle or the recurring amount; it goes on by itself.",
  },
  nothing_paid: {
    what: "Nothing is left of the line after its discounts.",
    remedy: "Set the product to sell in panel `free` (configoption5) if it is meant to be given away.",
  },
  period_already_covered: {
    what: "Another purchase of the service already covers this period or a part of it.",
    remedy:
      "Check the service's invoices in WHMCS, refund the one paid too much, and `ispmodules decide ID refunded REFERENCE`.",
  },
  licence_not_ours: {
    what: "The ispmanager account has no such licence, or more than one account has it.",
    remedy: "Correct the field License ID, or have the licence moved to the right account; it goes on by itself.",
  },
  licence_inactive: {
    what: "The ispmanager licence of the service is stopped, deleted or not active yet, so no module can work on it.",
    remedy:
      "Renew or resume the licence in the ispmanager account, or correct the field License ID of the service in WHMCS; it goes on by itself.",
  },
  licence_ip: {
    what: "The ispmanager licence is for another server address than the service names.",
    remedy:
      "Correct the field License ID or Server IP of the service in WHMCS, or the address of the licence in the ispmanager account; it goes on by itself.",
  },
  licence_edition: {
    what: "The product's tariff is for another edition of ispmanager than the licence.",
    remedy:
      "Move the service to the product of the right edition, or correct the field License ID of the service in WHMCS; it goes on by itself.",
  },
  already_owned: {
    what: "The account already holds this module for the licence, and this service has no claim on it.",
    remedy:
      "Find out who bought it: `ispmodules decide ID bind MODULE` when it is for this service, else refund the customer and `ispmodules decide ID refunded REFERENCE`.",
  },
  price_above_cap: {
    what: "The account's price is above the cost allowed for the product, in another currency, or above what the customer paid for the line, net of tax and discounts.",
    remedy:
      "Raise the limit (configoption4), or allow a loss on the product (configoption7: allow), and raise the sales price in WHMCS for the next periods; it goes on by itself.",
  },
  price_unknown: {
    what: "The price list of the licence's account does not say what the period costs, and a spending limit is in force or there are several accounts.",
    remedy: "Check tariff and cycle of the product against the account's price list; it goes on by itself.",
  },
  absent: {
    what: "A request was sent, its answer was lost, and the account shows nothing of it.",
    remedy:
      "Look in the account's modules, cart and payments; then `ispmodules decide ID buy-again`, or `bind MODULE` when it is there after all.",
  },
  many: {
    what: "More than one module or term of the account could be the one that was bought.",
    remedy:
      "Compare the modules of the licence in the account with the history of this purchase, then `ispmodules decide ID bind MODULE` to the right one.",
  },
  evidence_conflict: {
    what: "What the account shows contradicts itself or our records.",
    remedy:
      "Compare the modules of the licence in the account with the details of this purchase, then `ispmodules decide ID bind MODULE`, or `buy-again` when there is none.",
  },
  no_view: {
    what: "The account could not be read for a whole day after a request was sent.",
    remedy:
      "Check the account's address, login and rights; once it can be read, `ispmodules decide ID bind MODULE`, or `buy-again` when nothing is there.",
  },
  not_active: {
    what: "The account took the request, but the module was not seen active within a day; or nothing was sent, because it is suspended and a renewal would cut its paid term short.",
    remedy:
      "Ask ispmanager's support about the module named here, and to resume it where it is suspended; what was never sent then goes on by itself. Else `ispmodules decide ID bind MODULE` once it is active, and `wait UNTIL` to be left alone until then.",
  },
  refused: {
    what: "The account refused the request three times.",
    remedy:
      "Read the refusal in the history, correct licence, tariff or order fields in WHMCS, and `ispmodules decide ID recheck` where nothing was ever sent.",
  },
  reversed_after_send: {
    what: "The customer's money went back after the module had been ordered.",
    remedy:
      "The account may have been charged: `ispmodules decide ID refunded REFERENCE`, or `bind MODULE` when the customer pays again and keeps it.",
  },
  invariant: {
    what: "A rule that must always hold was broken.",
    remedy:
      "Switch buying off with `ispmodules buying off` and report this purchase as a defect; `ispmodules decide ID recheck` lets it go on where nothing was ever sent.",
  },
  before_send: {
    what: "The invoice was refunded or cancelled before anything was sent.",
    remedy: "Nothing needs to be done.",
  },
  manual: {
    what: "Staff had bought this period by hand, and the purchase took it over.",
    remedy: "Nothing needs to be done.",
  },
};
