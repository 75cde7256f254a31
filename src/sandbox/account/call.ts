// What does one billing function get to see, and what may it answer?
import type { AccountState, Model, Refusal } from "./model.ts";
import { refuse } from "./model.ts";
import { element, type XmlElement } from "./xml.ts";

/** What a fault changes inside one answer. */
export interface Twist {
  /** Lists show the state before the last change. */
  readonly isStale?: boolean;
  /** What happens to the rows of one page after `p_elems` was counted. */
  readonly rows?: (rows: readonly XmlElement[]) => readonly XmlElement[];
  /** An accepted order is answered with a bare `ok`. */
  readonly withoutId?: boolean;
  /** The balance counts as zero during this request. */
  readonly withoutMoney?: boolean;
  /** Answered in place of anything else, and nothing is carried out. */
  readonly refusal?: Omit<Refusal, "kind">;
}

/** RequestParameters of a request without `authinfo`; of repeated ones the first. */
export type RequestParameters = Readonly<Record<string, string | undefined>>;

export interface Call {
  readonly func: string;
  readonly method: string;
  readonly params: RequestParameters;
  readonly authinfo: string | null;
  readonly number: number;
}

export interface Context {
  readonly call: Call;
  readonly model: Model;
  /** The state lists are rendered from: the present one, or an older one. */
  readonly shown: AccountState;
  readonly twist: Twist;
}

export interface Document {
  readonly kind: "document";
  readonly root: XmlElement;
}

export type Answer = Document | Refusal;
export type BillingFunction = (context: Context) => Answer;

/** `sok=ok`: change something; without it a form function only shows its form. */
export function isCommit(params: RequestParameters): boolean {
  return params.sok === "ok";
}

/** A `doc` with these elements. */
export function document(...content: readonly XmlElement[]): Document {
  return { kind: "document", root: element("doc", content) };
}

/** Elements of an object's texts, in its order. */
export function fields(values: Readonly<Record<string, string>>): XmlElement[] {
  return Object.entries(values).map(([name, value]) => element(name, value));
}

export const okDocument: Document = document(element("ok"));

/** Options of a select field of a form. */
export function optionList(name: string, options: Readonly<Record<string, string>>): XmlElement {
  const values = Object.entries(options).map(([key, text]) => element("val", text, { key }));
  return element("slist", values, { name });
}

/** The periods a module is sold for, by months. */
export const periodNames: Readonly<Record<string, string>> = { 1: "Month", 6: "Half a year", 12: "Year" };

/** `10.00 EUR / Month`. */
export function costText(cost: string, currency: string, periodMonths: number): string {
  return `${cost} ${currency} / ${periodNames[periodMonths] ?? `${periodMonths} months`}`;
}

export const periodOptions = optionList("period", periodNames);
export const autoprolongOptions = optionList("autoprolong", { null: "Off", ...periodNames });

/** Months of a period: 1, 6 or 12; anything else is refused as a value of `object`. */
export function readPeriod(text: string | undefined, object: string): number | ReturnType<typeof refuse> {
  return text === "1" || text === "6" || text === "12"
    ? Number(text)
    : refuse({ type: "value", object }, [["value", text ?? ""]]);
}

/** One page of rows with the number of all rows; `p_cnt` and `p_num` are honoured as far as the account pages at all. */
export function listDocument({ call, model, twist }: Context, rows: readonly XmlElement[]): Document {
  const { paging } = model.variants;
  let page = rows;
  if (paging) {
    const count = paging.honoursCount ? positive(call.params.p_cnt, paging.size) : paging.size;
    const number = paging.honoursNumber ? positive(call.params.p_num, 1) : 1;
    page = rows.slice((number - 1) * count, number * count);
  }
  return document(element("p_elems", String(rows.length)), ...(twist.rows?.(page) ?? page));
}

function positive(text: string | undefined, fallback: number): number {
  return text !== undefined && /^[1-9]\d{0,5}$/.test(text) ? Number(text) : fallback;
}
