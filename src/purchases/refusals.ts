// Why is a person's decision refused, in one word and in one sentence? Pure data.
import type { Detail } from "./purchase.ts";

/** Why a decision is not carried out; each has its sentence in `refusalTexts`. */
export type Refusal =
  | ("no-such-purchase" | "not-at-rest" | "moved" | "no-reason" | "bad-reference" | "bad-date")
  | ("whmcs-unreadable" | "account-unreadable" | "no-licence" | "in-flight" | "period-covered")
  | ("no-such-module" | "module-deleted" | "term-too-short" | "bound-elsewhere" | "earlier-period-open")
  | ("never-sent" | "sent-twice" | "line-not-ready" | "not-absent" | "in-cart" | "cart-unreadable" | "not-settled")
  | ("no-period" | "was-accepted" | "missed-once" | "several-accounts")
  | ("cost-unknown" | "cost-above-cap" | "cost-above-revenue" | "amount-missing" | "amount-differs")
  | ("was-sent" | "cause-remains");

export type Refused = { readonly kind: "refused"; readonly why: Refusal; readonly detail: Detail };

export function refuse(why: Refusal, detail: Detail = {}): Refused {
  return { kind: "refused", why, detail };
}

/** What is said of a refusal, with the reading that it rests on. */
export function describeRefusal({ why, detail }: Refused): string {
  const facts = Object.entries(detail).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return facts.length === 0 ? refusalTexts[why] : `${refusalTexts[why]} (${facts.join(", ")})`;
}

/** One sentence for a person, for each refusal. */
export const refusalTexts: Readonly<Record<Refusal, string>> = {
  "no-such-purchase": "no purchase has this id; `ispmodules purchases list` prints them",
  "not-at-rest":
    "only a purchase in NeedsOperator is decided about; what waits for the balance can be put off with `wait`",
  moved: "the purchase or what is known of its licence has changed meanwhile; look at it again",
  "no-reason": "say why, in 1 to 1000 characters",
  "bad-reference": "the reference of the refund must be 1 to 64 printable characters",
  "bad-date": "the wait must end in the future, at most 366 days from now",
  "whmcs-unreadable": "WHMCS's database cannot be read now",
  "account-unreadable": "the ispmanager account cannot be read now",
  "several-accounts": "more than one account shows this module: say whose it is, as ACCOUNT:MODULE",
  "no-licence": "the purchase has no licence or no tariff, so there is nothing to look for; correct it in WHMCS",
  "in-flight": "another purchase's request for the same licence and tariff is not resolved yet",
  "period-covered": "another purchase of the service holds this period or a part of it",
  "no-such-module": "the account shows no such module for the licence and tariff of this purchase",
  "module-deleted": "this module is deleted",
  "term-too-short": "the term of this module does not pay for the period",
  "no-period": "nothing was sent and the line says no period to buy, so no term can be told to pay for it",
  "bound-elsewhere": "this module pays for another purchase",
  "earlier-period-open":
    "an earlier period of the same service is not settled, and this module's term may pay for it; settle that one first",
  "never-sent": "nothing was ever sent for this purchase; `recheck` lets it go on",
  "was-accepted": "the account accepted what was sent, so it is not to be sent again; look for the module there",
  "sent-twice": "it was sent twice already, and there is no third time",
  "line-not-ready": "what WHMCS says of the line does not allow buying",
  "not-absent": "the account shows, or may show, what was ordered: it must not be bought again",
  "in-cart": "the account's cart may hold what was ordered; pay or remove it there first",
  "cart-unreadable": "the account's cart cannot be read now",
  "not-settled": "the account has not had its time to settle yet",
  "missed-once":
    "only this look has missed what was ordered, and it takes two; decide again when the time given is over",
  "cost-unknown": "the account's price list does not say what it costs",
  "cost-above-cap": "it costs more than the product's limit (configoption4) allows, or in another currency",
  "cost-above-revenue":
    "it costs more than the customer paid for it, net of tax and discounts, and the product allows no loss (configoption7)",
  "amount-missing": "type what it costs",
  "amount-differs": "the amount typed is not what the account's price list says it costs now",
  "was-sent": "something was sent for this purchase, so no recheck can tell what became of it",
  "cause-remains": "the cause for which a person was asked is still there in WHMCS",
};
