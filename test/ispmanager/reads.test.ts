// What does the client make of every shape in which an account may show licences and modules?
import { describe, expect, test } from "vitest";
import { accountAnswering, accountAt, httpAnswer, openAnswering, openFarSide } from "./far-side.ts";

async function readRow(inner: string) {
  const account = await accountAnswering(`<doc><p_elems>1</p_elems><elem><id>900</id>${inner}</elem></doc>`);
  const read = await account.listModules();
  return read.kind === "ok" ? read.value[0] : read;
}

test("a module row says what stands in it, as text", async () => {
  const row =
    "<item> 1234567 </item><pricelist>BitNinja</pricelist><pricelist_id>55371</pricelist_id><createdate>2026-01-01</createdate>" +
    "<expiredate>2026-02-01</expiredate><autoprolong>1</autoprolong><item_status color='green'>Active</item_status>" +
    "<item_status_orig>2</item_status_orig><cost>10.00 EUR / Month</cost><remoteid>im-abc-1</remoteid>";
  expect(await readRow(row)).toEqual({
    id: "900",
    item: "1234567",
    tariff: "55371",
    tariffName: "BitNinja",
    createdOn: "2026-01-01",
    expiresOn: "2026-02-01",
    status: 2,
    hasAutoRenewal: true,
    remoteid: "im-abc-1",
  });
});

test("a module row with nothing but an id says that nothing is known", async () => {
  const nothing = { item: null, tariff: null, tariffName: null, createdOn: null, expiresOn: null, status: null };
  expect(await readRow("")).toEqual({ id: "900", ...nothing, hasAutoRenewal: null, remoteid: null });
});

test.each([
  ["<pricelist>BitNinja</pricelist><pricelist_id>55371</pricelist_id>", "55371", "BitNinja"],
  ["<pricelist>55371</pricelist><pricelist_id>BitNinja</pricelist_id>", "55371", "BitNinja"],
  ["<pricelist>55371</pricelist><pricelist_name>BitNinja</pricelist_name>", "55371", "BitNinja"],
  ["<pricelist>55371</pricelist>", "55371", null],
  ["<pricelist_id>55371</pricelist_id>", "55371", null],
  ["<pricelist>BitNinja</pricelist>", null, "BitNinja"],
  ["<pricelist/>", null, null],
])("the tariff in %s is %s, named %s", async (fields, tariff, tariffName) => {
  expect(await readRow(fields)).toMatchObject({ tariff, tariffName });
});

test.each([
  ["<status>3</status>", 3],
  ["<item_status>5</item_status>", 5],
  ["<item_status color='red'>Suspended</item_status><item_status_orig>3</item_status_orig>", 3],
  ["<item_status color='green'>Активен</item_status>", 2],
  ["<item_status>Active</item_status>", 2],
  ["<item_status color='green'>Active</item_status><status>4</status>", 4],
  ["<item_status color='gray'>Deleted</item_status>", null],
  ["<item_status color='blue'>Processing</item_status>", null],
  ["<status>Active?</status>", null],
  ["<status/>", null],
])("the status in %s is %s", async (fields, status) => {
  expect(await readRow(fields)).toMatchObject({ status });
});

test.each([
  ["<expiredate>2026-02-01</expiredate>", "2026-02-01"],
  ["<expiredate>2026-02-01 00:00:00</expiredate>", "2026-02-01"],
  ["<expiredate>1 Feb 2026</expiredate><real_expiredate>2026-02-01</real_expiredate>", "2026-02-01"],
  ["<expiredate>1 Feb 2026</expiredate>", null],
  ["<expiredate>0000-00-00</expiredate>", null],
  ["<expiredate>2026-02-30</expiredate>", null],
])("the expiry in %s is %s", async (fields, expiresOn) => {
  expect(await readRow(fields)).toMatchObject({ expiresOn });
});

test.each([
  ["<autoprolong>null</autoprolong>", false],
  ["<autoprolong>0</autoprolong>", false],
  ["<autoprolong></autoprolong>", false],
  ["<autoprolong>off</autoprolong>", false],
  ["<autoprolong>1</autoprolong>", true],
  ["<autoprolong>12</autoprolong>", true],
  ["<autoprolong>on</autoprolong>", true],
  ["<autoprolong>Month</autoprolong>", true],
  ["", null],
])("auto-renewal in %j is %s", async (fields, hasAutoRenewal) => {
  expect(await readRow(fields)).toMatchObject({ hasAutoRenewal });
});

test("licences are read with name, address, status and edition", async () => {
  const account = await accountAnswering(
    "<doc><elem><id>1234567</id><licname>web01</licname><ip>192.0.2.10</ip><pricelist>ispmanager pro</pricelist>" +
      "<status>2</status></elem><elem><id>1234568</id></elem>" +
      "<elem><id>1234569</id><pricelist>55228</pricelist><pricelist_name>ispmanager pro</pricelist_name></elem>" +
      "<p_elems>3</p_elems></doc>",
  );
  const value = [
    { id: "1234567", name: "web01", ip: "192.0.2.10", status: 2, tariff: null, tariffName: "ispmanager pro" },
    { id: "1234568", name: null, ip: null, status: null, tariff: null, tariffName: null },
    { id: "1234569", name: null, ip: null, status: null, tariff: "55228", tariffName: "ispmanager pro" },
  ];
  expect(await account.listLicences()).toEqual({ kind: "ok", value });
});

describe("the form of a module", () => {
  const form = (id: string) =>
    `<doc>${id}<name>BitNinja</name><status>2</status><expiredate>2026-02-01</expiredate><pricelist>55371</pricelist>` +
    "<autoprolong>null</autoprolong><remoteid>im-abc-1</remoteid><slist name='autoprolong'><val key='1'>Month</val></slist></doc>";

  test.each(["<id>900</id>", "<elid>900</elid>", ""])("is read with %j", async (id) => {
    const side = await openAnswering(() => form(id));
    const expected = { id: "900", tariff: "55371", status: 2, hasAutoRenewal: false, remoteid: "im-abc-1" };
    expect(await accountAt(side.origin).readModule("900")).toMatchObject({ kind: "ok", value: expected });
    expect(Object.fromEntries(side.requests[0]?.form ?? [])).toMatchObject({ func: "addition.edit", elid: "900" });
    expect(side.requests[0]?.form.has("sok")).toBe(false);
  });

  test.each([form("<id>901</id>"), "<doc><ok/></doc>", "<doc/>"])(
    "is unreadable when it is another one: %s",
    async (body) => {
      expect(await (await accountAnswering(body)).readModule("900")).toEqual({
        kind: "unreadable",
        detail: "not the form",
      });
    },
  );

  test("switches auto-renewal off with autoprolong null", async () => {
    const side = await openAnswering(() => "<doc><ok/></doc>");
    expect(await accountAt(side.origin).stopAutoRenewal("900")).toEqual({ kind: "ok", value: null });
    const sent = { func: "addition.edit", elid: "900", autoprolong: "null", sok: "ok", out: "xml", lang: "en" };
    expect(Object.fromEntries(side.requests[0]?.form ?? [])).toMatchObject(sent);
  });
});

describe("the announced expiry of a renewal", () => {
  test.each([
    ["<doc><expiredate>2026-02-01</expiredate><newexpiredate>2026-03-01</newexpiredate></doc>", "2026-03-01"],
    ["<doc><doc><newexpiredate>2026-03-01</newexpiredate></doc></doc>", "2026-03-01"],
    ["<doc><expiredate>2026-02-01</expiredate></doc>", null],
    ["<doc><newexpiredate>1 March 2026</newexpiredate></doc>", null],
  ])("in %s is %s, asked without sok", async (body, newExpiry) => {
    const side = await openAnswering(() => body);
    const read = await accountAt(side.origin).previewRenewal({ moduleId: "900", periodMonths: 6 });
    expect(read).toEqual({ kind: "ok", value: { newExpiry } });
    const { authinfo, ...sent } = Object.fromEntries(side.requests[0]?.form ?? []);
    expect(authinfo).toBeDefined();
    expect(sent).toEqual({ func: "service.prolong", elid: "900", period: "6", lang: "en", out: "xml" });
  });
});

describe("a read", () => {
  test.each([
    [
      "is refused by a business error",
      httpAnswer("<doc><error type='access'/></doc>"),
      { kind: "refused", errorType: "access" },
    ],
    [
      "is unreadable after an error without type",
      httpAnswer("<doc><error/></doc>"),
      { kind: "unreadable", detail: "untyped error" },
    ],
    [
      "is unreadable under another status",
      httpAnswer("<doc/>", { status: 503 }),
      { kind: "unreadable", detail: "http 503" },
    ],
    [
      "follows no redirect",
      httpAnswer("", { status: 302, headers: "Location: /elsewhere\r\n" }),
      { kind: "unreadable", detail: "http 302" },
    ],
    [
      "is unreadable when the connection breaks",
      "HTTP/1.1 200 OK\r\nConten",
      { kind: "unreadable", detail: "UND_ERR_SOCKET" },
    ],
    [
      "is unreadable above 1 MiB",
      httpAnswer(" ".repeat(1_048_577)),
      { kind: "unreadable", detail: "UND_ERR_RES_EXCEEDED_MAX_SIZE" },
    ],
  ])("%s", async (_what, answer, expected) => {
    const side = await openFarSide({ onRequest: (socket) => socket.end(answer) });
    const account = accountAt(side.origin);
    expect(await account.listTariffs()).toEqual(expected);
    expect(await account.readModule("900")).toEqual(expected);
    expect(side.requests).toHaveLength(2);
  });

  test("is unreadable when no answer comes in time", async () => {
    const side = await openFarSide({});
    const account = accountAt(side.origin, { timeouts: { readMs: 60, orderMs: 5_000 } });
    expect(await account.readCart()).toEqual({ kind: "unreadable", detail: "deadline" });
  });
});
