// Which link puts a product into a customer's WHMCS cart, and which leads to the addons of the customer's services?

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
  return cartAddress(settings, parameters);
}

/**
 * The page on which customers add product addons to services that they have; WHMCS asks them to sign in first. It cannot be told
 * which addon is meant, nor its licence: adding one takes the number of the customer's service, which no panel knows. It is the
 * address of "View Available Addons" in the menu of WHMCS's own client area.
 */
export function addonsLink(settings: CartSettings): string {
  return cartAddress(settings, new URLSearchParams({ gid: "addons" }));
}

function cartAddress({ whmcsUrl, template }: CartSettings, parameters: URLSearchParams): string {
  if (template !== null) parameters.append("carttpl", template);
  return `${whmcsUrl.replace(/\/+$/, "")}/cart.php?${parameters.toString()}`;
}
