// Is what came back the document that was asked for, and does it carry an error?
import { isExistingDay } from "../day.ts";
import type { Read, ReadFailure } from "./account.ts";
import { childrenOf, readDocument, textOf, type XmlElement } from "./document.ts";
import type { Exchange } from "./transport.ts";

/** A well-formed answer with status 2xx, whatever it says; else why there is none. */
export type Reply =
  | { readonly kind: "document"; readonly root: XmlElement }
  | { readonly kind: "unreadable"; readonly detail: string };

export function readReply(answered: Extract<Exchange, { kind: "answered" }>): Reply {
  const { status, body } = answered;
  if (status < 200 || status > 299) return { kind: "unreadable", detail: `http ${status}` };
  const reading = readDocument(body);
  return reading.kind === "document" ? reading : { kind: "unreadable", detail: reading.problem };
}

/** The `doc` of an answer without an error, or the failure it stands for. */
export function readDoc(exchange: Exchange): Read<XmlElement> {
  if (exchange.kind !== "answered") return unreadable(exchange.detail);
  const reply = readReply(exchange);
  if (reply.kind === "unreadable") return reply;
  if (reply.root.name !== "doc") return unreadable("no doc");
  const [error] = errorsOf(reply.root);
  if (!error) return { kind: "ok", value: reply.root };
  return error.type === null ? unreadable("untyped error") : { kind: "refused", errorType: error.type };
}

/** The value of a successful read, changed; a failure stays what it is. */
export function mapRead<T, U>(read: Read<T>, change: (value: T) => U): Read<U> {
  return read.kind === "ok" ? { kind: "ok", value: change(read.value) } : read;
}

export function unreadable(detail: string): ReadFailure {
  return { kind: "unreadable", detail };
}

export interface BusinessError {
  /** The documented `type` attribute; null when it is missing or not a plain word. */
  readonly type: string | null;
  /** The day in its `param` named `value`, `YYYY-MM-DD`: "may be renewed only after". */
  readonly until: string | null;
  /** The same, also where the day is written for people. */
  readonly writtenUntil: string | null;
}

/**
 * The errors a document reports about the whole request: `error` below `doc`, or below a `doc` nested in it
 * (https://www.ispmanager.com/docs/developer-guide/errors).
 */
export function errorsOf(root: XmlElement): BusinessError[] {
  return docsOf(root)
    .flatMap((doc) => childrenOf(doc, "error"))
    .map(readError);
}

/** A document and the `doc` elements directly below it: some answers are nested once. */
export function docsOf(root: XmlElement): XmlElement[] {
  return [root, ...childrenOf(root, "doc")];
}

function readError(error: XmlElement): BusinessError {
  const type = error.attributes.get("type") ?? "";
  const values = childrenOf(error, "param").filter(({ attributes }) => attributes.get("name") === "value");
  const first = (find: (text: string) => string | null) =>
    values.map(({ text }) => find(text)).find((day) => day !== null) ?? null;
  const until = first(findDay);
  return {
    type: /^[A-Za-z][\w.-]{0,63}$/.test(type) ? type : null,
    until,
    writtenUntil: until ?? first(findWrittenDay),
  };
}

/** The first existing calendar day `YYYY-MM-DD` in a text; null when there is none. */
export function findDay(text: string): string | null {
  const days = text.match(/(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)/g) ?? [];
  return days.find(isExistingDay) ?? null;
}

const months = [
  "jan feb mar apr may jun jul aug sep oct nov dec",
  "янв фев мар апр мая июн июл авг сен окт ноя дек",
].map((names) => names.split(" "));

/** The same in a day written for people: `1 February 2027`, `Feb 1, 2027`, `1 февраля 2027 г.`, `01.02.2027`. */
export function findWrittenDay(text: string): string | null {
  const [, day = "", month = "", year = ""] =
    /(?<!\d)(\d{1,2})\.(\d{1,2})\.(\d{4})(?!\d)/.exec(text) ??
    /(?<!\d)(\d{1,2})\s+(\p{L}{3,})\.?,?\s+(\d{4})(?!\d)/u.exec(text) ??
    text.replace(/(\p{L}{3,})\.?\s+(\d{1,2}),/u, "$2 $1").match(/(?<!\d)(\d{1,2})\s+(\p{L}{3,})\s+(\d{4})(?!\d)/u) ??
    [];
  const name = month.slice(0, 3).toLowerCase();
  const number = /^\d+$/.test(month) ? Number(month) : Math.max(...months.map((names) => names.indexOf(name))) + 1;
  return findDay(`${year}-${String(number).padStart(2, "0")}-${day.padStart(2, "0")}`);
}

/** A field that holds a day, alone or with a time of day; null when it is absent, zero or localised text. */
export function dayOf(element: XmlElement, field: string): string | null {
  const [, day = null] = /^(\d{4}-\d{2}-\d{2})(?:[T ]|$)/.exec(textOf(element, field) ?? "") ?? [];
  return day !== null && isExistingDay(day) ? day : null;
}

/** A field made of digits, without a leading zero. */
export function idOf(element: XmlElement | undefined, field: string): string | null {
  const text = textOf(element, field);
  return text !== null && isId(text) ? text : null;
}

export function isId(text: string): boolean {
  return /^[1-9]\d{0,18}$/.test(text);
}
