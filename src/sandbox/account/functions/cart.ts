// What stands unpaid in the cart?
import { Big } from "big.js";
import { addMoney } from "../../../money.ts";
import { type Answer, type Context, document, fields, isCommit, okDocument } from "../call.ts";
import { dropPositions } from "../cart.ts";
import { element } from "../xml.ts";

/** `basket`: the positions and their sum; with `sok` one position is deleted or the cart is cleared. */
export function basket(context: Context): Answer {
  const { call, model, shown, twist } = context;
  if (isCommit(call.params)) return changeBasket(context);
  const rows = shown.cart.map(({ id, moduleId, periodMonths, autoprolong, cost }) =>
    element("elem", [
      ...fields({ id, "item.id": moduleId, "item.type": "addition", "item.period": String(periodMonths) }),
      ...fields({ "item.autoprolong": String(autoprolong), cost: `${cost} ${model.currency}` }),
    ]),
  );
  const sum = shown.cart.reduce((total, { cost }) => addMoney(total, cost), "0");
  const tax = new Big(sum).times(model.variants.taxPercent).div(100).toFixed(2);
  return document(
    ...fields({
      billorder: shown.cart[0]?.billorder ?? "",
      total_sum: new Big(sum).toFixed(2),
      tax,
      full_discount: "0.00",
    }),
    element("list", twist.rows?.(rows) ?? rows, { name: "itemlist" }),
  );
}

function changeBasket({ call, model }: Context): Answer {
  const { id, clicked_button: button } = call.params;
  if (button === "delete") dropPositions(model, (position) => position.id === id);
  if (button === "clearbasket") dropPositions(model, () => true);
  return okDocument;
}
