// When has a list been read to its end, and when is it no evidence of anything?
import { describe, expect, test } from "vitest";
import { accountAt, openAnswering } from "./far-side.ts";

const row = (id: number | string) => `<elem><id>${id}</id><item>7</item></elem>`;
const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => row(from + index)).join("");
const doc = (total: number | string | null, inner: string) =>
  `<doc>${total === null ? "" : `<p_elems>${total}</p_elems>`}${inner}</doc>`;
const pageOf = (form: URLSearchParams) => Number(form.get("p_num") ?? "1");

/** The ids of the modules read from a server that answers page n with the n-th document, then with the last one again. */
async function readIds(...pages: string[]) {
  const side = await openAnswering((form) => pages[Math.min(pageOf(form), pages.length) - 1] ?? "");
  const read = await accountAt(side.origin).listModules();
  return { ids: read.kind === "ok" ? read.value.map(({ id }) => id) : read, requests: side.requests };
}

describe("a list is read", () => {
  test.each([
    ["without rows", doc(0, ""), []],
    ["of one row", doc(1, row(900)), ["900"]],
    ["of several rows", doc(3, rows(900, 902)), ["900", "901", "902"]],
    ["whose total stands behind the rows", `<doc>${rows(1, 2)}<p_elems>2</p_elems></doc>`, ["1", "2"]],
  ])("%s with one request", async (_what, page, expected) => {
    const { ids, requests } = await readIds(page);
    expect(ids).toEqual(expected);
    expect(requests).toHaveLength(1);
    expect(requests[0]?.form.get("p_cnt")).toBe("500");
  });

  test("page by page, when fewer rows come than are announced", async () => {
    const { ids, requests } = await readIds(doc(5, rows(1, 2)), doc(5, rows(3, 4)), doc(5, row(5)));
    expect(ids).toEqual(["1", "2", "3", "4", "5"]);
    expect(requests.map(({ form }) => form.get("p_num"))).toEqual([null, "2", "3"]);
  });

  test("over pages that overlap, when every announced row was seen", async () => {
    const { ids } = await readIds(doc(4, rows(1, 2)), doc(4, rows(2, 3)), doc(4, rows(3, 4)));
    expect(ids).toEqual(["1", "2", "3", "4"]);
  });

  test("until nothing new comes, when nothing is announced", async () => {
    expect((await readIds(doc(null, rows(1, 2)), doc(null, row(3)), doc(null, ""))).ids).toEqual(["1", "2", "3"]);
    expect((await readIds(doc(null, row(1)))).ids).toEqual(["1"]);
  });
});

describe("a list is unreadable", () => {
  test.each([
    ["with fewer rows than announced", [doc(3, rows(1, 2))], "fewer rows than announced"],
    [
      "with fewer rows over all pages",
      [doc(5, rows(1, 2)), doc(5, rows(3, 4)), doc(5, "")],
      "fewer rows than announced",
    ],
    ["with more rows than announced", [doc(1, rows(1, 2))], "more rows than announced"],
    ["announced but empty", [doc(1, "")], "fewer rows than announced"],
    ["with the same row in place of another", [doc(2, row(1) + row(1))], "a row twice"],
    ["with one row twice beside the others", [doc(2, row(1) + row(1) + row(2))], "a row twice"],
    ["with a row without id", [doc(2, `${row(1)}<elem><item>7</item></elem>`)], "a row without id"],
    ["with a row whose id is no number", [doc(1, row("new"))], "a row without id"],
    ["that changed while it was read", [doc(3, rows(1, 2)), doc(4, rows(3, 4))], "the list changed"],
    ["whose total vanished while it was read", [doc(3, rows(1, 2)), doc(null, row(3))], "the list changed"],
    ["with a total that is no number", [doc("many", row(1))], "malformed p_elems"],
    ["with an empty total", ["<doc><p_elems/></doc>"], "malformed p_elems"],
    ["with two totals", ["<doc><p_elems>0</p_elems><p_elems>1</p_elems></doc>"], "malformed p_elems"],
    ["that says nothing", ["<doc/>"], "neither rows nor p_elems"],
    ["whose second page is broken", [doc(3, rows(1, 2)), "<doc><elem>"], "ends early"],
    ["that is not a doc", ["<list><p_elems>0</p_elems></list>"], "no doc"],
  ])("%s", async (_what, pages, detail) => {
    expect((await readIds(...pages)).ids).toEqual({ kind: "unreadable", detail });
  });

  test("that never ends, after a bounded number of requests", async () => {
    const side = await openAnswering((form) => doc(100_000, row(pageOf(form))));
    expect(await accountAt(side.origin).listLicences()).toEqual({ kind: "unreadable", detail: "too many pages" });
    expect(side.requests).toHaveLength(200);
  });

  test("and refused on a later page, as what the account says", async () => {
    const { ids } = await readIds(doc(3, rows(1, 2)), "<doc><error type='auth'/></doc>");
    expect(ids).toEqual({ kind: "refused", errorType: "auth" });
  });
});
