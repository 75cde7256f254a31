// Which answer does one request get, when nothing goes wrong on the way?
import { type Answer, type BillingFunction, type Call, isCommit, type Twist } from "./call.ts";
import { dashboardInfo, whoami } from "./functions/balance.ts";
import { basket } from "./functions/cart.ts";
import { additionDelete, additionResume, additionSuspend } from "./functions/changes.ts";
import { soft, softEdit } from "./functions/licences.ts";
import { addition, additionEdit } from "./functions/modules.ts";
import { additionOrderParam } from "./functions/order.ts";
import { pricelistExport } from "./functions/pricelist.ts";
import { serviceProlong } from "./functions/prolong.ts";
import { type Model, type Refusal, refuse } from "./model.ts";
import { catchUp } from "./upkeep.ts";
import { element, renderDocument, type XmlElement } from "./xml.ts";

export interface Credentials {
  readonly login: string;
  readonly password: string;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Answers calls, one after another, never two at a time. */
export type Billing = (call: Call, twist: Twist) => Reply;

const functions: Readonly<Record<string, BillingFunction>> = {
  "pricelist.export": pricelistExport,
  soft,
  "soft.edit": softEdit,
  addition,
  "addition.edit": additionEdit,
  "addition.suspend": additionSuspend,
  "addition.resume": additionResume,
  "addition.delete": additionDelete,
  "addition.order.param": additionOrderParam,
  "service.prolong": serviceProlong,
  basket,
  "dashboard.info": dashboardInfo,
};

/** Level admin only, by the documentation. */
const adminFunctions = new Set(["addition.open", "account", "subaccount"]);

/** Checks the login and the right to the function, then carries the call out; business errors are answers too. */
export function createBilling(model: Model, credentials: Credentials): Billing {
  return (call, twist) => {
    catchUp(model);
    const { balance } = model.state;
    const armed: Refusal | null = twist.refusal ? { kind: "refusal", ...twist.refusal } : null;
    if (twist.withoutMoney) model.state.balance = "0";
    const shown = twist.isStale && !isCommit(call.params) ? model.before : model.state;
    const answer =
      armed ?? checkAccess(model, call, credentials) ?? dispatch({ call, model, shown, twist }, credentials);
    if (twist.withoutMoney) model.state.balance = balance;
    if (answer.kind === "document") return { status: 200, body: renderDocument(answer.root) };
    const root = errorDocument(answer, { call, model, user: credentials.login });
    return { status: model.variants.errorStatus, body: renderDocument(root) };
  };
}

function checkAccess({ variants }: Model, call: Call, { login, password }: Credentials): Refusal | null {
  if (call.authinfo !== `${login}:${password}`)
    return refuse(variants.badLogin, [["value", "remote_addr: [127.0.0.1]"]]);
  const refused = Object.hasOwn(variants.refused, call.func) ? variants.refused[call.func] : undefined;
  if (refused) return refuse(refused);
  const isRefusedPost = call.method === "POST" && variants.postRefused.includes(call.func);
  return isRefusedPost ? refuse({ type: "access", object: call.func }) : null;
}

function dispatch(context: Parameters<BillingFunction>[0], { login }: Credentials): Answer {
  const { func } = context.call;
  if (func === "whoami") return whoami(context, login);
  const billingFunction = Object.hasOwn(functions, func) ? functions[func] : undefined;
  if (billingFunction) return billingFunction(context);
  return refuse(adminFunctions.has(func) ? { type: "access", object: func } : { type: "missed", object: "func" });
}

/** The documented envelope; every refusal of a login or a value names its object once more in a `param`. */
function errorDocument(
  { error: { type, object }, params }: Refusal,
  { call, model, user }: { call: Call; model: Model; user: string },
): XmlElement {
  const lang = call.params.lang ?? "en";
  if (model.variants.errorShape === "bare")
    return element("doc", [element("error", paramElements(params), { type, object })]);
  const objectParam = object === "" ? [] : [element("param", object, { name: "object", type: "msg" })];
  const action = element("action", call.func, { level: "30", user });
  const content = [
    ...objectParam,
    ...paramElements(params),
    element("stack", [action]),
    element("group", `template of ${type}`),
    element("msg", errorText(type, lang)),
  ];
  return element("doc", [element("error", content, { type, object, lang })]);
}

function paramElements(params: Refusal["params"]): XmlElement[] {
  return params.map(([name, value]) => element("param", value, { name }));
}

const errorTexts: Readonly<Record<string, { en: string; ru: string }>> = {
  auth: { en: "Bad password", ru: "Неверный пароль" },
  not_enough_money: { en: "Insufficient funds", ru: "Недостаточно средств" },
  missed: { en: "Not found", ru: "Не найдено" },
  exists: { en: "Already exists", ru: "Уже существует" },
  access: { en: "Access denied", ru: "Доступ запрещён" },
};

function errorText(type: string, lang: string): string {
  const texts = errorTexts[type] ?? { en: "Invalid value", ru: "Неверное значение" };
  return lang === "ru" ? texts.ru : texts.en;
}
