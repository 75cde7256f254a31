// Which link puts a product into a customer's WHMCS cart?

/** Where carts are: `WHMCS_URL` and the optional order form template of `CART_TEMPLATE`. */
export interface CartSettings {
  readonly whmcsUrl: string;
  readonly template: string | null;
}

export interface CartItem {
  readonly productId: number;
  /** `tblcurrencies.id`. */
  readonly currencyId: number;
  /** Custom field id and the value to fill in, in the order of the link. */
  readonly fields: readonly (readonly [fieldId: number, value: string])[];
}

/** Where a customer sees what they have. */
export function clientAreaLink({ whmcsUrl }: CartSettings): string {
  return `${whmcsUrl.replace(/\/+$/, "")}/clientarea.php`;
}

/**
 * A link that adds the product with the monthly cycle and filled custom fields; every value is encoded, so nothing but
 * the settings decides where it leads. Parameters: https://docs.whmcs.com/8-10/clients/the-client-area/linking-to-whmcs/
 */
export function cartLink(settings: CartSettings, item: CartItem): string {
  const parameters = new URLSearchParams({
    a: "add",
    pid: String(item.productId),
    billingcycle: "monthly",
    currency: String(item.currencyId),
  });
  for (const [fieldId, value] of item.fields) parameters.append(`customfield[${fieldId}]`, value);
  if (settings.template !== null) parameters.append("carttpl", settings.template);
  return `${settings.whmcsUrl.replace(/\/+$/, "")}/cart.php?${parameters.toString()}`;
}
