// How are the account's modules listed, shown and changed?
import {
  type Answer,
  autoprolongOptions,
  type Context,
  costText,
  document,
  fields,
  isCommit,
  listDocument,
  okDocument,
  readPeriod,
} from "../call.ts";
import { localiseDay } from "../dates.ts";
import { findModule, findTariff, type Model, type Module, refuse, rememberState } from "../model.ts";
import { element, type XmlElement } from "../xml.ts";

/** `addition`: every module that may be shown by now, oldest first. */
export function addition(context: Context): Answer {
  const { model, shown } = context;
  const rows = shown.modules.filter((module) => isListed(model, module)).map((module) => moduleRow(context, module));
  return listDocument(context, rows);
}

function isListed(model: Model, { id, status }: Module): boolean {
  if (status === 4 && model.variants.deletedRows === "hidden") return false;
  if (status === 1 && model.variants.unpaidRows === "hidden") return false;
  const delay = model.unlisted.get(id);
  if (!delay) return true;
  if ("untilMs" in delay) return model.clock.now().getTime() >= delay.untilMs;
  if (delay.reads === 0) return true;
  model.unlisted.set(id, { reads: delay.reads - 1 });
  return false;
}

function moduleRow(context: Context, module: Module): XmlElement {
  const { model, call } = context;
  const tariff = findTariff(model, module.tariff);
  return element("elem", [
    ...fields({ id: module.id, item: itemText(model, module), ...tariffFields(model, module) }),
    ...fields({ createdate: module.createdate, ...expiryFields(model, module, call.params.lang) }),
    ...autoprolongFields(model, module),
    ...statusFields(model, module),
    element("cost", costText(module.cost, tariff?.currency ?? model.currency, module.periodMonths)),
    ...markerFields(model, module, "list"),
  ]);
}

function itemText({ state, variants }: Model, module: Module): string {
  const licence = state.licences.find(({ id }) => id === module.licence);
  if (variants.item === "licence-name") return licence?.licname ?? module.licence;
  return variants.item === "ip" ? (licence?.ip ?? module.licence) : module.licence;
}

function tariffFields(model: Model, { tariff: id }: Module): Record<string, string> {
  const name = findTariff(model, id)?.name ?? id;
  switch (model.variants.pricelist) {
    case "name-and-id":
      return { pricelist: name, pricelist_id: id };
    case "id-and-name":
      return { pricelist: id, pricelist_id: name };
    case "id":
      return { pricelist: id };
    case "name":
      return { pricelist: name };
    case "pricelist_id":
      return { pricelist_id: id };
  }
}

function expiryFields(model: Model, { expiredate }: Module, lang = "en"): Record<string, string> {
  if (model.variants.expiredate === "day") return { expiredate };
  return { expiredate: localiseDay(expiredate, lang), real_expiredate: expiredate };
}

function autoprolongFields(model: Model, { autoprolong }: Module): XmlElement[] {
  if (autoprolong !== null) return [element("autoprolong", String(autoprolong))];
  const { autoprolongOff } = model.variants;
  if (autoprolongOff === "absent") return [];
  return [element("autoprolong", autoprolongOff === "null" ? "null" : "")];
}

const statusTexts = {
  1: { text: "Ordered", color: "yellow" },
  2: { text: "Active", color: "green" },
  3: { text: "Suspended", color: "red" },
  4: { text: "Deleted", color: "gray" },
  5: { text: "Processing", color: "blue" },
} as const;

function statusFields(model: Model, { status }: Module): XmlElement[] {
  const { text, color } = statusTexts[status];
  if (model.variants.status === "code") return [element("status", String(status))];
  const shown = element("item_status", text, { color });
  return model.variants.status === "text" ? [shown] : [shown, element("item_status_orig", String(status))];
}

function markerFields(model: Model, { remoteid }: Module, place: "list" | "edit"): XmlElement[] {
  const { remoteid: variant } = model.variants;
  return remoteid !== null && (variant === place || variant === "both") ? [element("remoteid", remoteid)] : [];
}

/** `addition.edit`: the form, or with `sok` a change of `autoprolong`; other fields are ignored. */
export function additionEdit({ call, model }: Context): Answer {
  const module = findModule(model, call.params.elid);
  if (!module) return refuse({ type: "missed", object: "elid" });
  if (!isCommit(call.params)) return moduleForm(model, module, call.params.lang);
  const { autoprolong } = call.params;
  if (autoprolong === undefined) return okDocument;
  if (model.variants.autoprolongChange === "refused") return refuse({ type: "access", object: call.func });
  const period = autoprolong === "null" ? null : readPeriod(autoprolong, "autoprolong");
  if (period !== null && typeof period === "object") return period;
  if (model.variants.autoprolongChange === "ignored") return okDocument;
  rememberState(model);
  module.autoprolong = period;
  return okDocument;
}

function moduleForm(model: Model, module: Module, lang: string | undefined): Answer {
  const { id, status, createdate, tariff, periodMonths } = module;
  const name = findTariff(model, tariff)?.name ?? tariff;
  return document(
    ...fields({ id, name, status: String(status), createdate, ...expiryFields(model, module, lang) }),
    ...fields({ pricelist: tariff, pricelist_name: name, period: String(periodMonths) }),
    ...autoprolongFields(model, module),
    ...markerFields(model, module, "edit"),
    autoprolongOptions,
  );
}
