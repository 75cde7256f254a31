// What does a renewal of a module do to the account, and when is it refused?
import { addDays, addMonths, type Day } from "./dates.ts";
import {
  charge,
  copyState,
  findTariff,
  type Model,
  type Module,
  priceOf,
  type Refusal,
  refuse,
  rememberState,
  today,
} from "./model.ts";

/** A renewal that would go through, with the expiry it leads to and its price without tax. */
export interface Renewable {
  readonly kind: "renewable";
  readonly newExpiry: Day;
  readonly price: string;
}

/**
 * The new term counts from the present end when active and from today when suspended (reference 4.8). Refused for a
 * period the tariff does not sell, for a deleted or unpaid module, and outside the renewal window.
 */
export function checkRenewal(model: Model, module: Module, periodMonths: number): Renewable | Refusal {
  const { variants } = model;
  if (module.status === 4 || module.status === 1) return refuse({ type: "missed", object: "elid" });
  const tariff = findTariff(model, module.tariff);
  const price = tariff ? priceOf(model, tariff, periodMonths) : null;
  if (price === null) return refuse({ type: "value", object: "period" }, [["value", String(periodMonths)]]);
  const start = termStart(model, module);
  if (typeof start !== "string") return start;
  return { kind: "renewable", price, newExpiry: addMonths(start, periodMonths, variants.monthEnd) };
}

/** The refusal "may be renewed only after DATE", null when the module may be renewed today. */
export function checkWindow(model: Model, module: Module): Refusal | null {
  const window = model.variants.renewalWindow;
  if (!window) return null;
  const opens = addDays(module.expiredate, -window.daysBeforeExpiry);
  return today(model) < opens ? refuse(window.error, [["value", opens]]) : null;
}

function termStart(model: Model, module: Module): Day | Refusal {
  if (module.status !== 3) return module.expiredate;
  const rule = model.variants.suspendedRenewal;
  if (rule === "from-today") return today(model);
  return rule === "from-expiry" ? module.expiredate : refuse(rule);
}

/** Charges the balance and moves the expiry, at once or after `renewalMs`. `requestNumber` is null for the account's own. */
export function renewModule(
  model: Model,
  module: Module,
  { periodMonths, requestNumber }: { periodMonths: number; requestNumber: number | null },
): Renewable | Refusal {
  const checked = checkRenewal(model, module, periodMonths);
  if (checked.kind === "refusal") return checked;
  const snapshot = copyState(model.state);
  const refusal = charge(model, module, { kind: "renewal", periodMonths, requestNumber, price: checked.price });
  if (refusal) return refusal;
  model.before = snapshot;
  const run = () => {
    module.expiredate = checked.newExpiry;
    module.periodMonths = periodMonths;
    module.cost = findTariff(model, module.tariff)?.costs[periodMonths] ?? module.cost;
    module.status = 2;
  };
  const { renewalMs } = model.variants;
  if (renewalMs === 0) run();
  else {
    module.status = 5;
    model.appointments.push({ moduleId: module.id, dueAt: model.clock.now().getTime() + renewalMs, run });
  }
  return checked;
}

/** Puts the renewal into the cart, unpaid. */
export function putRenewalInCart(
  model: Model,
  module: Module,
  { periodMonths, requestNumber }: { periodMonths: number; requestNumber: number },
): Renewable | Refusal {
  const checked = checkRenewal(model, module, periodMonths);
  if (checked.kind === "refusal") return checked;
  rememberState(model);
  const billorder = String(model.nextBillorder);
  model.nextBillorder += 1;
  model.state.cart.push({
    id: billorder,
    billorder,
    kind: "renewal",
    moduleId: module.id,
    periodMonths,
    autoprolong: module.autoprolong,
    cost: checked.price,
    requestNumber,
  });
  return checked;
}
