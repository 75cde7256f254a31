// What does the partner pay for each module?
import { Big } from "big.js";
import { type Answer, type Context, document, fields, periodNames } from "../call.ts";
import type { Tariff } from "../model.ts";
import { element, type XmlElement } from "../xml.ts";

/** `pricelist.export`: tariffs of modules with all their periods; another item type has none. */
export function pricelistExport({ call, model }: Context): Answer {
  const { itemtype = "addition" } = call.params;
  if (itemtype !== "addition") return document();
  const showsService = model.variants.additionintname === "shown";
  const entries = model.tariffs.map((tariff) => {
    const { id, name, intname, itemtype: type, currency, costs, otherPrices = [] } = tariff;
    const service = showsService ? { additionintname: intname } : {};
    const prices = [{ currency, costs }, ...otherPrices].map(priceElement);
    return element("pricelist", [...fields({ id, name, intname, ...service, itemtype: type }), ...prices]);
  });
  return document(...entries);
}

function priceElement({ currency, costs }: Pick<Tariff, "currency" | "costs">): XmlElement {
  const periods = Object.entries(costs).map(([length, cost]) =>
    element("period", periodNames[length] ?? "", { cost: new Big(cost).toFixed(4), type: "month", length }),
  );
  return element("price", periods, { currency });
}
