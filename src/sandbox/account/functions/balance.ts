// How much money does the account have, and who is it?
import { Big } from "big.js";
import { type Answer, type Context, document, fields } from "../call.ts";
import { addMonths } from "../dates.ts";
import { type Model, refuse, today } from "../model.ts";
import { element } from "../xml.ts";

/** `dashboard.info`: refused where this account shows its balance elsewhere or nowhere. */
export function dashboardInfo({ call, model }: Context): Answer {
  const { balanceIn } = model.variants;
  if (balanceIn !== "dashboard" && balanceIn !== "both") return refuse({ type: "access", object: call.func });
  const balance = balanceText(model);
  const enoughmoneyto = addMonths(today(model), 1, "clamp");
  return document(element("elem", fields({ realbalance: balance, balance, available: balance, enoughmoneyto })));
}

/** `whoami`: always answered; the balance is an attribute, or missing. */
export function whoami({ model }: Context, login: string): Answer {
  const { balanceIn } = model.variants;
  const balance = balanceIn === "whoami" || balanceIn === "both" ? { balance: balanceText(model) } : {};
  return document(element("user", "", { id: "77", realname: "Partner Ltd", email: login, phone: "", ...balance }));
}

function balanceText({ currency, state, variants }: Model): string {
  const amount = new Big(state.balance).toFixed(2);
  switch (variants.balanceFormat) {
    case "point":
      return `${amount} ${currency}`;
    case "comma":
      return `${amount.replace(".", ",")} ${currency}`;
    case "spaced":
      return `${amount.replace(/\B(?=(\d{3})+\.)/g, " ")} ${currency}`;
    case "bare":
      return amount;
  }
}
