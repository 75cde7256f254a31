// Which parameters does an order or a renewal carry?
import type { OrderRequest, RenewalRequest } from "./account.ts";

export type Parameters = Readonly<Record<string, string>>;

const format = { lang: "en", out: "xml" } as const;
const credentialNames: ReadonlySet<string> = new Set(["authinfo", "auth", "su", "username", "password", "key"]);

/**
 * An order that charges the balance at once and does not renew itself. Extra fields come from the product's settings; they
 * never replace a fixed one nor carry credentials.
 */
export function describeOrder({ licence, tariff, periodMonths, marker, extra }: OrderRequest): Parameters {
  const allowed = Object.entries(extra).filter(([name]) => !credentialNames.has(name.toLowerCase()));
  return {
    ...Object.fromEntries(allowed),
    func: "addition.order.param",
    item: licence,
    pricelist: tariff,
    period: String(periodMonths),
    autoprolong: "null",
    skipbasket: "on",
    sok: "ok",
    clicked_button: "finish",
    remoteid: marker,
    ...format,
  };
}

export function describeRenewal({ moduleId, periodMonths }: RenewalRequest): Parameters {
  return {
    func: "service.prolong",
    elid: moduleId,
    period: String(periodMonths),
    sok: "ok",
    skipbasket: "on",
    ...format,
  };
}

/** A read, or a change that moves no money. */
export function describeCall(func: string, fields: Parameters = {}): Parameters {
  return { func, ...fields, ...format };
}
