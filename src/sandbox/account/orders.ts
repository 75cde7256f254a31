// What does an order of a module do to the account?
import { addMonths } from "./dates.ts";
import {
  charge,
  copyState,
  findTariff,
  type Licence,
  type Model,
  type Module,
  priceOf,
  type Refusal,
  refuse,
  rememberState,
  type Tariff,
  today,
} from "./model.ts";

export interface Order {
  readonly item: string;
  readonly pricelist: string;
  readonly periodMonths: number;
  /** As asked; it takes effect only when it equals the period (reference 4.5). */
  readonly autoprolong: number | null;
  readonly remoteid: string | null;
  readonly requestNumber: number;
}

export interface Placed {
  readonly kind: "placed";
  readonly moduleId: string;
  readonly billorder: string;
}

/** Charges the balance and starts the activation, or leaves the order unpaid in the cart. */
export function placeOrder(model: Model, order: Order, where: "balance" | "cart"): Placed | Refusal {
  const checked = checkOrder(model, order);
  if (checked.kind === "refusal") return checked;
  const { price, tariff } = checked;
  const module = newModule(model, order, tariff);
  const billorder = String(model.nextBillorder);
  const { periodMonths, requestNumber } = order;
  if (where === "balance") {
    const snapshot = copyState(model.state);
    const refusal = charge(model, module, { kind: "order", periodMonths, requestNumber, price });
    if (refusal) return refusal;
    model.before = snapshot;
    module.status = 5;
    model.state.modules.push(module);
    hideFromList(model, module.id);
    startActivation(model, module);
  } else {
    rememberState(model);
    model.state.modules.push(module);
    const { autoprolong, id: moduleId } = module;
    const position = { id: billorder, billorder, moduleId, periodMonths, autoprolong, cost: price, requestNumber };
    model.state.cart.push({ kind: "order", ...position });
  }
  model.nextModuleId += 1;
  model.nextBillorder += 1;
  return { kind: "placed", moduleId: module.id, billorder };
}

type Checked = { kind: "orderable"; licence: Licence; tariff: Tariff; price: string };

function checkOrder(model: Model, order: Order): Checked | Refusal {
  const { variants } = model;
  const licence = model.state.licences.find((candidate) => candidate.id === order.item && candidate.status !== 4);
  if (!licence) return refuse(variants.unknownLicence, [["value", order.item]]);
  const tariff = findTariff(model, order.pricelist);
  if (!tariff) return refuse({ type: "value", object: "pricelist" }, [["value", order.pricelist]]);
  const price = priceOf(model, tariff, order.periodMonths);
  if (price === null) return refuse({ type: "value", object: "period" }, [["value", String(order.periodMonths)]]);
  if (tariff.editions && !tariff.editions.includes(licence.pricelist)) return refuse(variants.wrongEdition);
  if (variants.alreadyThere !== "second-service" && hasLiveModule(model, order)) return refuse(variants.alreadyThere);
  return { kind: "orderable", licence, tariff, price };
}

function hasLiveModule(model: Model, { item, pricelist }: Order): boolean {
  return model.state.modules.some(
    ({ licence, tariff, status }) => licence === item && tariff === pricelist && status !== 4,
  );
}

function newModule(model: Model, order: Order, tariff: Tariff): Module {
  const { periodMonths } = order;
  const wanted = order.autoprolong === periodMonths ? periodMonths : null;
  const isForced = model.variants.autoprolongNull === "ignored" && order.autoprolong === null;
  return {
    id: String(model.nextModuleId),
    licence: order.item,
    tariff: order.pricelist,
    createdate: today(model),
    expiredate: addMonths(today(model), periodMonths, model.variants.monthEnd),
    periodMonths,
    autoprolong: isForced ? periodMonths : wanted,
    status: 1,
    remoteid: order.remoteid,
    cost: tariff.costs[periodMonths] ?? "0",
  };
}

function hideFromList(model: Model, moduleId: string): void {
  const { listDelay } = model.variants;
  if (!listDelay) return;
  const hidden = "ms" in listDelay ? { untilMs: model.clock.now().getTime() + listDelay.ms } : { ...listDelay };
  model.unlisted.set(moduleId, hidden);
}

/** From status 5 to 2, at once or when the clock says so. */
export function startActivation(model: Model, module: Module): void {
  const { activationMs } = model.variants;
  const run = () => {
    if (module.status === 5) module.status = 2;
  };
  module.status = 5;
  if (activationMs === 0) run();
  else {
    const dueAt = activationMs === null ? null : model.clock.now().getTime() + activationMs;
    model.appointments.push({ moduleId: module.id, dueAt, run });
  }
}
