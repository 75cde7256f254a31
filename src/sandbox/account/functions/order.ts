// How is a module ordered, and with what is that answered?
import {
  type Answer,
  autoprolongOptions,
  type Context,
  document,
  fields,
  isCommit,
  okDocument,
  periodOptions,
  readPeriod,
} from "../call.ts";
import { refuse } from "../model.ts";
import { type Placed, placeOrder } from "../orders.ts";
import { element } from "../xml.ts";

/** `addition.order.param`: without `sok` the form; with it an order, charged at once when `skipbasket=on`. */
export function additionOrderParam(context: Context): Answer {
  const { call, model } = context;
  const { item = "", pricelist = "", period, autoprolong = "null", skipbasket, remoteid } = call.params;
  if (!isCommit(call.params)) {
    return document(
      ...fields({ item, pricelist, period: period ?? "1", autoprolong }),
      periodOptions,
      autoprolongOptions,
    );
  }
  const periodMonths = readPeriod(period, "period");
  if (typeof periodMonths === "object") return periodMonths;
  const renewalMonths = autoprolong === "null" ? null : readPeriod(autoprolong, "autoprolong");
  if (renewalMonths !== null && typeof renewalMonths === "object") return renewalMonths;
  if (skipbasket !== undefined && skipbasket !== "on" && skipbasket !== "off") {
    return refuse({ type: "value", object: "skipbasket" }, [["value", skipbasket]]);
  }
  const order = { item, pricelist, periodMonths, autoprolong: renewalMonths, requestNumber: call.number };
  const where = skipbasket === "on" ? "balance" : "cart";
  const placed = placeOrder(model, { ...order, remoteid: remoteid ?? null }, where);
  return placed.kind === "refusal" ? placed : orderReply(context, placed);
}

function orderReply({ model, twist }: Context, { moduleId, billorder }: Placed): Answer {
  const ok = element("ok");
  const id = element("id", moduleId);
  switch (twist.withoutId ? "ok" : model.variants.orderReply) {
    case "id-and-billorder":
      return document(id, element("billorder.id", billorder), ok);
    case "id":
      return document(id);
    case "elid":
      return document(element("elid", moduleId), ok);
    case "nested":
      return document(element("doc", [id]));
    case "id-v":
      return document(element("id", "", { v: moduleId }));
    case "bare-id":
      return { kind: "document", root: id };
    case "billorder":
      return document(element("billorder.id", billorder), ok);
    case "ok":
      return okDocument;
  }
}
