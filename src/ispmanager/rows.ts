// What does one row, or one form, of the account say about a licence or a module?
import type { LicenceRow, ModuleRow } from "./account.ts";
import { childOf, textOf, type XmlElement } from "./document.ts";
import { dayOf, idOf, isId } from "./reply.ts";

/** A row of `soft`, whose id is known to be there. */
export function licenceRow(row: XmlElement): LicenceRow {
  return {
    id: idOf(row, "id") ?? "",
    name: textOf(row, "licname") ?? textOf(row, "name"),
    ip: textOf(row, "ip"),
    status: statusOf(row),
    ...tariffOf(row),
  };
}

/** A row of `addition` or the form `addition.edit`; `id` is the row's own, or the one that was asked for. */
export function moduleRow(row: XmlElement, id: string): ModuleRow {
  return {
    id,
    item: textOf(row, "item"),
    ...tariffOf(row),
    createdOn: dayOf(row, "createdate"),
    // Under daily billing `expiredate` is localised text, and the day stands in `real_expiredate`.
    expiresOn: dayOf(row, "expiredate") ?? dayOf(row, "real_expiredate"),
    status: statusOf(row),
    hasAutoRenewal: autoRenewalOf(row),
    remoteid: textOf(row, "remoteid"),
  };
}

/** True when a form shows at least one thing that belongs to a module. */
export function isModuleForm(form: XmlElement): boolean {
  const fields = ["pricelist", "pricelist_id", "expiredate", "real_expiredate", "createdate", "autoprolong", "status"];
  return fields.some((field) => childOf(form, field) !== undefined);
}

/** Name and numeric id stand in `pricelist` and `pricelist_id`, one way round or the other, or only one of them. */
function tariffOf(row: XmlElement): Pick<ModuleRow, "tariff" | "tariffName"> {
  const texts = ["pricelist_id", "pricelist"].map((field) => textOf(row, field)).filter((text) => text !== null);
  return {
    tariff: texts.find(isId) ?? null,
    tariffName: textOf(row, "pricelist_name") ?? texts.find((text) => !isId(text)) ?? null,
  };
}

/** A numeric code wherever it stands; of the texts only the documented form of "active" is believed. */
function statusOf(row: XmlElement): number | null {
  for (const field of ["status", "item_status_orig", "item_status"]) {
    const text = textOf(row, field);
    if (text !== null && /^\d$/.test(text)) return Number(text);
  }
  const shown = childOf(row, "item_status");
  const isActive = shown?.attributes.get("color") === "green" || shown?.text.toLowerCase() === "active";
  return isActive ? 2 : null;
}

const offTexts: ReadonlySet<string> = new Set(["", "null", "0", "off", "no"]);

/** Anything that is not one of the ways to say "off" counts as on, a period's name included: it costs money unseen. */
function autoRenewalOf(row: XmlElement): boolean | null {
  const field = childOf(row, "autoprolong");
  return field === undefined ? null : !offTexts.has(field.text.toLowerCase());
}
