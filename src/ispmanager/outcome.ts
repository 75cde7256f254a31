// What is one order, renewal or other change of a module known to have done? The table of outcomes, nothing else.
import type { Outcome } from "./account.ts";
import { childOf, type XmlElement } from "./document.ts";
import { dayOf, docsOf, errorsOf, idOf, isId, readReply } from "./reply.ts";
import type { Exchange } from "./transport.ts";

/** The documented errors that are raised before anything is charged. `exists` is not one: something may stand already. */
const refusals: ReadonlySet<string> = new Set(["not_enough_money", "auth", "access", "value", "missed", "limit"]);

type Accepted = Extract<Outcome, { kind: "accepted" }>;

/** The outcome of `addition.order.param`: accepted only with the id of the new module. */
export function judgeOrder(exchange: Exchange): Outcome {
  return judge(exchange, (root) => {
    const moduleId = findOrderedId(root);
    return moduleId === null ? "no id" : { kind: "accepted", moduleId, newExpiry: null };
  });
}

/** The outcome of `service.prolong` with `sok`: accepted with `ok`, or with the field `newexpiredate`. */
export function judgeRenewal(exchange: Exchange): Outcome {
  return judge(exchange, (root) => {
    const docs = docsOf(root);
    const isDone = docs.some((doc) => childOf(doc, "ok") ?? childOf(doc, "newexpiredate"));
    if (root.name !== "doc" || !isDone) return "no ok";
    const days = docs.map((doc) => dayOf(doc, "newexpiredate")).filter((day) => day !== null);
    return { kind: "accepted", moduleId: null, newExpiry: days[0] ?? null };
  });
}

/** The outcome of a change that moves no money: its body is not documented, so any `doc` without an error accepts it. */
export function judgeChange(exchange: Exchange): Outcome {
  return judge(exchange, (root) => {
    const isDone = root.name === "doc" && !hasError(root);
    return isDone ? { kind: "accepted", moduleId: null, newExpiry: null } : "no doc";
  });
}

function judge(exchange: Exchange, accept: (root: XmlElement) => Accepted | string): Outcome {
  if (exchange.kind === "not-sent") return exchange;
  if (exchange.kind === "unanswered") return unknown(exchange.detail);
  const reply = readReply(exchange);
  if (reply.kind === "unreadable") return unknown(reply.detail);
  const accepted = accept(reply.root);
  if (!hasError(reply.root)) return typeof accepted === "string" ? unknown(accepted) : accepted;
  // An answer that says both yes and no, or no in two ways, says nothing.
  const [error, ...others] = reply.root.name === "doc" ? errorsOf(reply.root) : [];
  if (!error?.type || others.length > 0 || typeof accepted !== "string") return unknown("unclear error");
  const { type } = error;
  // What only people can read tells how long a refusal lasts, and not that an unlisted error is one.
  const until = refusals.has(type) ? error.writtenUntil : error.until;
  const isRefusal = refusals.has(type) || (until !== null && type !== "exists");
  return isRefusal ? { kind: "refused", errorType: type, until, detail: `error ${type}` } : unknown(`error ${type}`);
}

function unknown(detail: string): Outcome {
  return { kind: "unknown", detail };
}

function hasError(element: XmlElement): boolean {
  return element.name === "error" || element.children.some(hasError);
}

/** `doc/id`, `doc/elid`, either with its number in `v`, the same in a nested `doc`, or a root `id` alone. */
function findOrderedId(root: XmlElement): string | null {
  if (root.name === "id") return numberOf(root);
  if (root.name !== "doc") return null;
  const fields = docsOf(root).flatMap((doc) => [childOf(doc, "id"), childOf(doc, "elid")]);
  return fields.map((field) => field && numberOf(field)).find((id) => id != null) ?? null;
}

function numberOf(field: XmlElement): string | null {
  const attribute = field.attributes.get("v") ?? "";
  if (isId(field.text)) return field.text;
  return isId(attribute) ? attribute : idOf(field, "v");
}
