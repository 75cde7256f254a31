// Are these all rows of the list? A list that is shorter than it says is no evidence of anything.
import type { Read } from "./account.ts";
import { childrenOf, textOf, type XmlElement } from "./document.ts";
import { idOf, unreadable } from "./reply.ts";

/** Rows asked for per page: about 300 kB of ordinary rows, far below the limit of a reply. */
export const pageSize = 500;
const pageLimit = 200;

/** Reads one page: the parameters `p_cnt` and `p_num` with `fields`, answered by a `doc`. */
export type ReadPage = (paging: { p_cnt: string; p_num?: string }) => Promise<Read<XmlElement>>;

/**
 * Every row of a list, by id, in the order of the pages. It is unreadable unless exactly as many rows came as `p_elems`
 * announces; where nothing is announced, pages are read until one brings nothing new, and a document without any row
 * counts as unreadable rather than as an empty list.
 */
export async function readList(readPage: ReadPage): Promise<Read<XmlElement[]>> {
  const rows = new Map<string, XmlElement>();
  let announced: number | null | undefined;
  for (let page = 1; page <= pageLimit; page += 1) {
    const reply = await readPage({ p_cnt: String(pageSize), ...(page === 1 ? {} : { p_num: String(page) }) });
    if (reply.kind !== "ok") return reply;
    const total = readTotal(reply.value);
    if (total === "malformed") return unreadable("malformed p_elems");
    if (page > 1 && total !== announced) return unreadable("the list changed");
    announced = total;
    const added = addRows(rows, childrenOf(reply.value, "elem"));
    if (typeof added === "string") return unreadable(added);
    if (rows.size === announced) return { kind: "ok", value: [...rows.values()] };
    if (announced !== null && rows.size > announced) return unreadable("more rows than announced");
    if (added > 0) continue;
    if (announced !== null) return unreadable("fewer rows than announced");
    return rows.size > 0 ? { kind: "ok", value: [...rows.values()] } : unreadable("neither rows nor p_elems");
  }
  return unreadable("too many pages");
}

function readTotal(doc: XmlElement): number | null | "malformed" {
  const elements = childrenOf(doc, "p_elems");
  if (elements.length === 0) return null;
  const text = textOf(doc, "p_elems") ?? "";
  return elements.length === 1 && /^\d{1,9}$/.test(text) ? Number(text) : "malformed";
}

/** How many rows were new; a row without id, or one that comes twice on one page, spoils the list. */
function addRows(rows: Map<string, XmlElement>, page: readonly XmlElement[]): number | string {
  const before = rows.size;
  const seen = new Set<string>();
  for (const row of page) {
    const id = idOf(row, "id");
    if (id === null) return "a row without id";
    if (seen.has(id)) return "a row twice";
    seen.add(id);
    rows.set(id, row);
  }
  return rows.size - before;
}
