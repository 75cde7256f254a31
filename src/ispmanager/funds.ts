// How much money does the account show, and what stands unpaid in its cart?
import { parseAmount } from "../money.ts";
import type { Balance, CartItem, Read } from "./account.ts";
import { childOf, childrenOf, textOf, type XmlElement } from "./document.ts";
import { unreadable } from "./reply.ts";
import type { Parameters } from "./request.ts";

/** Asks `dashboard.info`, then `whoami`, by `read`; unreadable when neither shows an amount. */
export async function readBalance(read: (func: string, fields?: Parameters) => Promise<Read<XmlElement>>) {
  const dashboard = await read("dashboard.info", { dashboard: "info", sfrom: "ajax" });
  const shown = dashboard.kind === "ok" ? dashboardBalance(dashboard.value) : null;
  if (shown) return { kind: "ok", value: shown } as const;
  const self = await read("whoami");
  if (self.kind !== "ok") return self;
  const own = ownBalance(self.value);
  return own ? ({ kind: "ok", value: own } as const) : unreadable("no amount");
}

/** The amount of `dashboard.info`, what can be spent first; null when it shows none. */
function dashboardBalance(doc: XmlElement): Balance | null {
  for (const source of [...childrenOf(doc, "elem"), doc]) {
    for (const field of ["available", "balance", "realbalance"]) {
      const amount = parseAmount(textOf(source, field) ?? "");
      if (amount) return amount;
    }
  }
  return null;
}

/** The amount of `whoami`, an attribute of its `user`; null when it shows none. */
function ownBalance(doc: XmlElement): Balance | null {
  const user = childOf(doc, "user");
  return parseAmount(user?.attributes.get("balance") ?? textOf(user, "balance") ?? "");
}

/**
 * The positions of `basket`: in the list `itemlist`, or directly below `doc`. A document that shows neither positions nor
 * anything else of a cart is unreadable, not an empty cart.
 */
export function readCartItems(doc: XmlElement): Read<CartItem[]> {
  const lists = childrenOf(doc, "list").filter(({ attributes }) => attributes.get("name") === "itemlist");
  const rows = [doc, ...lists].flatMap((source) => childrenOf(source, "elem"));
  const announced = textOf(doc, "p_elems");
  const isCart = lists.length > 0 || announced !== null || childOf(doc, "billorder") || childOf(doc, "total_sum");
  if (rows.length === 0 && !isCart) return unreadable("no cart");
  if (announced !== null && announced !== String(rows.length)) return unreadable("p_elems differs");
  return { kind: "ok", value: rows.map((row) => ({ id: textOf(row, "id"), fields: fieldsOf(row, "") })) };
}

/** Every text below a row by its lower-cased path, e.g. `item.id`; repeated fields are joined by a space. */
function fieldsOf(element: XmlElement, prefix: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const child of element.children) {
    const path = `${prefix}${child.name.toLowerCase()}`;
    for (const [name, text] of [[path, child.text], ...fieldsOf(child, `${path}.`)] as const) {
      const known = fields.get(name);
      fields.set(name, known === undefined ? text : `${known} ${text}`);
    }
  }
  return fields;
}
