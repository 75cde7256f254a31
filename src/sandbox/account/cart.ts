// How is the cart emptied or paid?
import { type CartPosition, charge, findModule, type Model, type Refusal, rememberState } from "./model.ts";
import { startActivation } from "./orders.ts";
import { renewModule } from "./renewals.ts";

/** Takes positions out of the cart; an order that was never paid ends as deleted. */
export function dropPositions(model: Model, isDropped: (position: CartPosition) => boolean): void {
  rememberState(model);
  for (const position of model.state.cart.filter(isDropped)) {
    const module = findModule(model, position.moduleId);
    if (module && position.kind === "order") module.status = 4;
  }
  model.state.cart = model.state.cart.filter((position) => !isDropped(position));
}

/** Pays every position from the balance, as staff would by hand; the first one refused stays, with all after it. */
export function payCart(model: Model): Refusal | null {
  for (const position of [...model.state.cart]) {
    const refusal = payPosition(model, position);
    if (refusal) return refusal;
    model.state.cart = model.state.cart.filter(({ id }) => id !== position.id);
  }
  return null;
}

function payPosition(
  model: Model,
  { kind, moduleId, periodMonths, cost, requestNumber }: CartPosition,
): Refusal | null {
  const module = findModule(model, moduleId);
  if (!module) return null;
  if (kind === "renewal") {
    const renewed = renewModule(model, module, { periodMonths, requestNumber });
    return renewed.kind === "refusal" ? renewed : null;
  }
  const refusal = charge(model, module, { kind, periodMonths, requestNumber, price: cost });
  if (!refusal) startActivation(model, module);
  return refusal;
}
