// How is a module renewed, and with what is that answered?
import {
  type Answer,
  type Context,
  document,
  fields,
  isCommit,
  okDocument,
  periodOptions,
  readPeriod,
} from "../call.ts";
import type { Day } from "../dates.ts";
import { findModule, findTariff, type Module, refuse } from "../model.ts";
import { checkRenewal, checkWindow, putRenewalInCart, renewModule } from "../renewals.ts";
import { element } from "../xml.ts";

/** `service.prolong`: without `sok` the form with the announced expiry; with it a renewal, charged or put into the cart. */
export function serviceProlong(context: Context): Answer {
  const { call, model } = context;
  const module = findModule(model, call.params.elid);
  if (!module) return refuse({ type: "missed", object: "elid" });
  const isForm = !isCommit(call.params);
  const periodMonths = readPeriod(call.params.period ?? (isForm ? "1" : undefined), "period");
  if (typeof periodMonths === "object") return periodMonths;
  const tooEarly = checkWindow(model, module);
  if (tooEarly && (!isForm || model.variants.renewalWindow?.refusesForm)) return tooEarly;
  if (isForm && model.variants.renewalForm !== "acts") return renewalForm(context, module, periodMonths);
  const request = { periodMonths, requestNumber: call.number };
  const renewed = goesToCart(context) ? putRenewalInCart(model, module, request) : renewModule(model, module, request);
  return renewed.kind === "refusal" ? renewed : renewalReply(context, renewed.newExpiry);
}

function goesToCart({ call, model }: Context): boolean {
  const { renewal } = model.variants;
  return renewal === "cart" || (renewal === "cart-unless-skipbasket" && call.params.skipbasket !== "on");
}

function renewalForm({ model }: Context, module: Module, periodMonths: number): Answer {
  const checked = checkRenewal(model, module, periodMonths);
  if (checked.kind === "refusal") return checked;
  const { expiredate, status, tariff } = module;
  const announced = model.variants.renewalForm === "announces" ? { newexpiredate: checked.newExpiry } : {};
  const title = { title_name: findTariff(model, tariff)?.name ?? tariff, expiredate };
  return document(
    ...fields({ ...title, ...announced, status: String(status), period: String(periodMonths), suspendpenaltywarn: "" }),
    periodOptions,
  );
}

function renewalReply({ model }: Context, newExpiry: Day): Answer {
  const announced = element("newexpiredate", newExpiry);
  switch (model.variants.renewalReply) {
    case "nested":
      return document(element("doc", [announced]));
    case "flat":
      return document(announced);
    case "ok":
      return okDocument;
  }
}
