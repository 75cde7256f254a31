// Does the simulated account answer and charge as the documentation says?
import { expect, test } from "vitest";
import { call, handClock, openAccount, order, orderedModule, renewal, rowsOf, send } from "./account-calls.ts";

test("the price list names id, names, numeric item type and every period with four decimals", async () => {
  const { doc, headers } = await call(await openAccount(), { func: "pricelist.export", itemtype: "addition" });
  expect(headers.get("content-type")).toContain("xml");
  expect(doc.pricelist.map(({ id }: { id: string }) => id)).toEqual(["23221", "55371", "55362"]);
  expect(doc.pricelist[0]).toMatchObject({ name: "DDoS-GUARD", intname: "DDoSGUARD", itemtype: "41" });
  expect(doc.pricelist[0].price).toEqual({
    $currency: "EUR",
    period: [
      { "#text": "Month", $cost: "10.0000", $type: "month", $length: "1" },
      { "#text": "Half a year", $cost: "57.0000", $type: "month", $length: "6" },
      { "#text": "Year", $cost: "108.0000", $type: "month", $length: "12" },
    ],
  });
});

test("the price list of another item type is an empty document", async () => {
  const { text } = await call(await openAccount(), { func: "pricelist.export", itemtype: "soft" });
  expect(text).toContain("<doc/>");
});

test("soft lists the licences with the number of all rows", async () => {
  const answer = await call(await openAccount(), { func: "soft" });
  expect(answer.doc.p_elems).toBe("5");
  expect(rowsOf(answer)[0]).toMatchObject({
    id: "1234567",
    licname: "web01",
    ip: "192.0.2.10",
    status: "2",
    special_status: "0",
  });
});

test("soft.edit shows the key and, with sok only, changes the IP", async () => {
  const account = await openAccount();
  const read = await call(account, { func: "soft.edit", elid: "1234567", ip: "192.0.2.77" });
  expect(read.doc.lickey).toMatch(/^1234567-/);
  expect(read.doc.ip).toBe("192.0.2.10");
  expect((await call(account, { func: "soft.edit", elid: "1234567", ip: "192.0.2.77", sok: "ok" })).doc).toEqual({
    ok: "",
  });
  expect((await call(account, { func: "soft.edit", elid: "1234567" })).doc.ip).toBe("192.0.2.77");
});

test("an empty module list has no rows and p_elems 0", async () => {
  const { doc } = await call(await openAccount(), { func: "addition" });
  expect(doc).toEqual({ p_elems: "0" });
});

test("an order is charged at once and answered with the id of the new module", async () => {
  const account = await openAccount({ clock: handClock("2026-01-31T10:00:00Z") });
  const { doc } = await call(account, order);
  expect(doc).toEqual({ id: "900", "billorder.id": "5512", ok: "" });
  expect(account.balance()).toBe("990.00");
  expect(account.debits()).toEqual([
    {
      at: new Date("2026-01-31T10:00:00Z"),
      kind: "order",
      moduleId: "900",
      licence: "1234567",
      tariff: "23221",
      periodMonths: 1,
      amount: "10.00",
      marker: "im-abcdefghijklmnop-1",
      requestNumber: 1,
    },
  ]);
  const [row] = rowsOf(await call(account, { func: "addition" }));
  expect(row).toEqual({
    id: "900",
    item: "1234567",
    pricelist: "DDoS-GUARD",
    pricelist_id: "23221",
    createdate: "2026-01-31",
    expiredate: "2026-02-28",
    autoprolong: "null",
    item_status: { "#text": "Active", $color: "green" },
    item_status_orig: "2",
    cost: "10.00 EUR / Month",
  });
});

test("an order without sok shows the form and charges nothing", async () => {
  const account = await openAccount();
  const { sok: _, ...form } = order;
  const { doc } = await call(account, form);
  expect(doc).toMatchObject({ item: "1234567", pricelist: "23221", period: "1" });
  expect(doc.slist[0].val.map(({ $key }: { $key: string }) => $key)).toEqual(["1", "6", "12"]);
  expect(account.debits()).toEqual([]);
  expect(account.modules()).toEqual([]);
});

test.each([
  ["an unknown licence", { item: "999" }, "missed", "item"],
  ["an unknown tariff", { pricelist: "1" }, "value", "pricelist"],
  ["a period that is not 1, 6 or 12", { period: "3" }, "value", "period"],
  ["a trial", { period: "-100" }, "value", "period"],
  ["a period the tariff does not sell", { pricelist: "55362", period: "6" }, "value", "period"],
  ["a licence of an edition the tariff is not for", { item: "1234570", pricelist: "55362" }, "value", "item"],
  ["an impossible automatic renewal", { autoprolong: "2" }, "value", "autoprolong"],
])("an order for %s is refused and charges nothing", async (_name, change, type, object) => {
  const account = await openAccount();
  const { doc, status } = await call(account, { ...order, ...change });
  expect(status).toBe(200);
  expect(doc.error).toMatchObject({ $type: type, $object: object, $lang: "en" });
  expect(account.debits()).toEqual([]);
  expect(account.modules()).toEqual([]);
});

test("an order above the balance is refused with amount, have, currency, deficit, limit, reserved and available", async () => {
  const account = await openAccount({ balance: "3.50" });
  const { doc } = await call(account, order);
  expect(doc.error.$type).toBe("not_enough_money");
  expect(
    Object.fromEntries(doc.error.param.map((param: Record<string, string>) => [param.$name, param["#text"]])),
  ).toEqual({
    amount: "10.00",
    have: "3.50",
    currency: "EUR",
    deficit: "6.50",
    limit: "0",
    reserved: "0",
    available: "3.50",
  });
  expect(doc.error.stack.action).toEqual({ "#text": "addition.order.param", $level: "30", $user: account.login });
  expect(doc.error.msg).toBe("Insufficient funds");
  expect(account.debits()).toEqual([]);
  expect(account.balance()).toBe("3.50");
  account.topUp("6.50");
  expect((await call(account, order)).doc.id).toBe("900");
  expect(account.balance()).toBe("0.00");
});

test("autoprolong takes effect only when it equals the period", async () => {
  const account = await openAccount();
  await orderedModule(account, { autoprolong: "1" });
  await orderedModule(account, { autoprolong: "12" });
  await orderedModule(account, { autoprolong: "null" });
  expect(account.modules().map(({ autoprolong }) => autoprolong)).toEqual([1, null, null]);
});

test("skipbasket=off leaves the order unpaid in the cart until someone pays it", async () => {
  const account = await openAccount();
  await call(account, { ...order, skipbasket: "off" });
  expect(account.debits()).toEqual([]);
  expect((await call(account, { func: "addition" })).doc.p_elems).toBe("0");
  const { doc } = await call(account, { func: "basket" });
  expect(doc).toMatchObject({ billorder: "5512", total_sum: "10.00", tax: "0.00", full_discount: "0.00" });
  expect(doc.list).toMatchObject({
    $name: "itemlist",
    elem: {
      "item.id": "900",
      "item.type": "addition",
      "item.period": "1",
      "item.autoprolong": "null",
      cost: "10.00 EUR",
    },
  });
  expect(account.payCart()).toBe(true);
  expect(account.debits()).toMatchObject([{ kind: "order", moduleId: "900", requestNumber: 1 }]);
  expect((await call(account, { func: "addition" })).doc.p_elems).toBe("1");
  expect((await call(account, { func: "basket" })).doc.list.elem).toBeUndefined();
});

test("a position can be deleted from the cart, and the cart cleared", async () => {
  const account = await openAccount();
  for (const item of ["1234567", "1234568", "1234569"]) await call(account, { ...order, item, skipbasket: "off" });
  const [first] = account.cart();
  await call(account, { func: "basket", sok: "ok", id: first?.id ?? "", clicked_button: "delete" });
  expect(account.cart()).toHaveLength(2);
  await call(account, { func: "basket", sok: "ok", id: "1", clicked_button: "clearbasket" });
  expect(account.cart()).toEqual([]);
  expect(account.debits()).toEqual([]);
});

test("addition.edit shows the module and switches automatic renewal off with sok only", async () => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z") });
  const elid = await orderedModule(account, { autoprolong: "1" });
  const read = await call(account, { func: "addition.edit", elid, autoprolong: "null" });
  expect(read.doc).toMatchObject({
    id: elid,
    name: "DDoS-GUARD",
    status: "2",
    createdate: "2026-01-01",
    expiredate: "2026-02-01",
    pricelist: "23221",
    period: "1",
    autoprolong: "1",
    remoteid: order.remoteid,
  });
  expect((await call(account, { func: "addition.edit", elid, autoprolong: "null", sok: "ok" })).doc).toEqual({
    ok: "",
  });
  expect(account.modules()[0]?.autoprolong).toBeNull();
  expect((await call(account, { func: "addition.edit", elid: "1" })).doc.error).toMatchObject({ $type: "missed" });
});

test("service.prolong without sok announces the new expiry and charges nothing", async () => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z") });
  const elid = await orderedModule(account);
  const { doc } = await call(account, { func: "service.prolong", elid, period: "6" });
  expect(doc).toMatchObject({
    title_name: "DDoS-GUARD",
    expiredate: "2026-02-01",
    newexpiredate: "2026-08-01",
    status: "2",
    period: "6",
  });
  expect(account.debits()).toHaveLength(1);
  expect(account.modules()[0]?.expiredate).toBe("2026-02-01");
});

test("service.prolong with sok is charged at once and counts from the present end", async () => {
  const account = await openAccount({ clock: handClock("2026-01-15T00:00:00Z") });
  const elid = await orderedModule(account);
  const { doc } = await call(account, renewal(elid, "12"));
  expect(doc).toEqual({ doc: { newexpiredate: "2027-02-15" } });
  expect(account.modules()[0]?.expiredate).toBe("2027-02-15");
  expect(account.debits()[1]).toMatchObject({
    kind: "renewal",
    moduleId: elid,
    periodMonths: 12,
    amount: "108.00",
    requestNumber: 2,
  });
});

test.each([
  ["an unknown module", { elid: "1" }, "missed"],
  ["an impossible period", { period: "2" }, "value"],
  ["no period", { period: "" }, "value"],
])("a renewal of %s is refused and charges nothing", async (_name, change, type) => {
  const account = await openAccount();
  const elid = await orderedModule(account);
  const { doc } = await call(account, { ...renewal(elid), ...change });
  expect(doc.error.$type).toBe(type);
  expect(account.debits()).toHaveLength(1);
});

test("a renewal above the balance is refused and moves nothing", async () => {
  const account = await openAccount();
  const elid = await orderedModule(account);
  const before = account.modules();
  account.setBalance("9.99");
  expect((await call(account, renewal(elid))).doc.error.$type).toBe("not_enough_money");
  expect(account.modules()).toEqual(before);
  expect(account.debits()).toHaveLength(1);
});

test("the balance stands in dashboard.info and whoami", async () => {
  const account = await openAccount({ balance: "1120.5" });
  expect((await call(account, { func: "dashboard.info" })).doc.elem).toMatchObject({
    realbalance: "1120.50 EUR",
    balance: "1120.50 EUR",
    available: "1120.50 EUR",
  });
  expect((await call(account, { func: "whoami" })).doc.user).toMatchObject({
    $email: account.login,
    $balance: "1120.50 EUR",
  });
});

test.each([
  ["a wrong password", "partner@example.com:wrong"],
  ["an empty login", ""],
])("%s is refused as auth badpassword, without effect", async (_name, authinfo) => {
  const account = await openAccount();
  const { doc } = await call(account, { ...order, authinfo });
  expect(doc.error).toMatchObject({ $type: "auth", $object: "badpassword", msg: "Bad password" });
  expect(doc.error.param).toContainEqual({ "#text": "badpassword", $name: "object", $type: "msg" });
  expect(account.debits()).toEqual([]);
});

test("only the first colon splits login from password", async () => {
  const account = await openAccount({ password: "a:b&c=d" });
  expect((await call(account, { func: "whoami" })).doc.user).toBeDefined();
});

test.each([
  ["addition.suspend", "access"],
  ["addition.resume", "access"],
  ["nonsense", "missed"],
  ["constructor", "missed"],
  ["", "missed"],
])("the function %j is refused as %s", async (func, type) => {
  const { doc } = await call(await openAccount(), { func });
  expect(doc.error.$type).toBe(type);
});

test("messages follow lang, types do not", async () => {
  const account = await openAccount({ balance: "0" });
  const { doc } = await call(account, { ...order, lang: "ru" });
  expect(doc.error).toMatchObject({ $type: "not_enough_money", $lang: "ru", msg: "Недостаточно средств" });
});

test("both paths are served, others are not, and an unknown out still answers", async () => {
  const account = await openAccount();
  const body = () =>
    new URLSearchParams({ authinfo: `${account.login}:${account.password}`, func: "soft", out: "pdf" });
  const short = account.url.replace("/manager", "");
  expect((await send(short, { method: "POST", body: body() })).doc.p_elems).toBe("5");
  expect((await send(short.replace("/billmgr", "/other"), { method: "POST", body: body() })).status).toBe(404);
});

test("of repeated parameters the first counts, and the body before the query", async () => {
  const account = await openAccount();
  const body = new URLSearchParams([
    ["authinfo", `${account.login}:${account.password}`],
    ["elid", "1234568"],
    ["elid", "1234569"],
  ]);
  const { doc } = await send(`${account.url}?func=soft.edit&elid=1234567`, { method: "POST", body });
  expect(doc.id).toBe("1234568");
});

test("the request log keeps parameters without credentials and tells when they came in the URL", async () => {
  const account = await openAccount();
  await call(account, { func: "soft", p_cnt: "5" });
  await send(`${account.url}?func=addition&authinfo=${account.login}:${account.password}`);
  expect(account.requests("soft")).toMatchObject([{ number: 1, method: "POST", credentialsInUrl: false }]);
  expect(account.requests("addition")).toMatchObject([{ number: 2, method: "GET", credentialsInUrl: true }]);
  expect(JSON.stringify(account.requests())).not.toContain(account.password);
  expect(account.requests("soft")[0]?.params).toEqual({ func: "soft", p_cnt: "5", out: "xml", lang: "en" });
});

test("nextRequest tells of a request as soon as it has arrived", async () => {
  const account = await openAccount();
  const arrived = account.nextRequest("soft", ({ params }) => params.p_cnt === "7");
  await call(account, { func: "soft" });
  await call(account, { func: "soft", p_cnt: "7" });
  expect(await arrived).toMatchObject({ number: 2, func: "soft" });
});
