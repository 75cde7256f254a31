// Where does the panel's Buy button lead?
import { isIP } from "node:net";
import type { AccountPicture } from "../purchases/account-lists.ts";
import { judgeLicence } from "../purchases/licences/judge.ts";
import { showsModule } from "../purchases/view.ts";
import { addonsLink, type CartSettings, cartLink, clientAreaLink } from "../whmcs/cart.ts";
import type { Catalogue, ModuleOnSale } from "./catalog.ts";

/** What the panel's link carries, as it came in: unsigned, so none of it is believed. Absent parameters are null. */
export interface BuyRequest {
  readonly module: string | null;
  readonly moduleId: string | null;
  readonly licence: string | null;
  readonly ip: string | null;
}

/** Where the shop is, and what the account has; null or absent when nobody can say. */
export interface BuyGround extends CartSettings {
  readonly account?: AccountPicture | null;
}

export type BuyAnswer =
  | { readonly kind: "redirect"; readonly address: string }
  | { readonly kind: "choose"; readonly links: readonly { readonly address: string; readonly text: string }[] }
  | { readonly kind: "nothing_asked" }
  | { readonly kind: "unknown_module" }
  | { readonly kind: "bad_licence" }
  | { readonly kind: "bad_ip" }
  | { readonly kind: "unfit_licence" };

const licencePattern = /^[1-9][0-9]{0,9}$/;

/**
 * Decides where Buy leads: only ever into the configured WHMCS, to the cart with a product that is on sale and validated
 * values, or to the client area when the licence has the module already.
 */
export function answerBuy(request: BuyRequest, catalogue: Catalogue, ground: BuyGround): BuyAnswer {
  const { account = null } = ground;
  const { module, moduleId, licence, ip } = request;
  if (!module && !moduleId) return { kind: "nothing_asked" };
  const matches = findModules(request, catalogue.modules);
  if (matches.length === 0 || catalogue.currencyId === null) return { kind: "unknown_module" };
  if (licence === null || !licencePattern.test(licence)) return { kind: "bad_licence" };
  if (ip && !isAddress(ip)) return { kind: "bad_ip" };
  const fitting = matches.filter(({ tariff }) => fits(account, { licence, ip, tariff }));
  if (fitting.length === 0) return { kind: "unfit_licence" };
  const missing = fitting.filter(({ tariff }) => !isOwned(account, { licence, tariff }));
  if (missing.length === 0) return { kind: "redirect", address: clientAreaLink(ground) };
  const { currencyId } = catalogue;
  const addressOf = (match: ModuleOnSale) =>
    match.productId === null
      ? addonsLink(ground)
      : cartLink(ground, { productId: match.productId, currencyId, fields: filledFields(match, licence, ip) });
  const links = missing.map((match) => ({ address: addressOf(match), text: match.name || match.additionintname }));
  const [only] = links;
  return links.length === 1 && only !== undefined
    ? { kind: "redirect", address: only.address }
    : { kind: "choose", links };
}

function fits(account: AccountPicture | null, use: { licence: string; ip: string | null; tariff: string }): boolean {
  return account === null || judgeLicence(account.licences, use) === null;
}

function isOwned(account: AccountPicture | null, wanted: { licence: string; tariff: string }): boolean {
  return account !== null && account.owned !== null && showsModule({ ...account, ...account.owned }, wanted);
}

function findModules({ module, moduleId }: BuyRequest, modules: readonly ModuleOnSale[]): readonly ModuleOnSale[] {
  const chosen = modules.filter((candidate) => candidate.tariff === moduleId);
  if (chosen.length > 0 || !module) return chosen;
  const name = module.toLowerCase();
  return modules.filter((candidate) => candidate.additionintname.toLowerCase() === name);
}

/** An IPv4 or IPv6 address; a zone (`%eth0`) means something only on the machine that wrote it. */
function isAddress(text: string): boolean {
  return isIP(text) !== 0 && !text.includes("%");
}

function filledFields(module: ModuleOnSale, licence: string, ip: string | null): [number, string][] {
  const fields: [number, string][] = module.licenceFieldId === null ? [] : [[module.licenceFieldId, licence]];
  if (module.ipFieldId !== null && ip) fields.push([module.ipFieldId, ip]);
  return fields;
}
