// Does each variant of the simulated account show on the wire, and in the journal where money is concerned?
import { expect, test } from "vitest";
import { addDays, addMonths, type MonthRule } from "../../src/sandbox/account/dates.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { call, dayMs, handClock, openAccount, order, orderedModule, renewal, rowsOf, send } from "./account-calls.ts";

test.each<[Variants["orderReply"], unknown]>([
  ["id-and-billorder", { id: "900", "billorder.id": "5512", ok: "" }],
  ["id", { id: "900" }],
  ["elid", { elid: "900", ok: "" }],
  ["nested", { doc: { id: "900" } }],
  ["id-v", { id: { $v: "900" } }],
  ["bare-id", { id: "900" }],
  ["billorder", { "billorder.id": "5512", ok: "" }],
  ["ok", { ok: "" }],
])("an order may be answered with %s", async (orderReply, doc) => {
  const account = await openAccount({ variants: { orderReply } });
  const answer = await call(account, order);
  expect(answer.doc).toEqual(doc);
  expect(/<doc>/.test(answer.text)).toBe(orderReply !== "bare-id");
  expect(account.debits()).toHaveLength(1);
});

test.each<[Variants["remoteid"], boolean, boolean]>([
  ["list", true, false],
  ["edit", false, true],
  ["both", true, true],
  ["none", false, false],
])("the marker is shown in: %s", async (remoteid, isInList, isInForm) => {
  const account = await openAccount({ variants: { remoteid } });
  const elid = await orderedModule(account);
  expect(rowsOf(await call(account, { func: "addition" }))[0].remoteid).toBe(isInList ? order.remoteid : undefined);
  expect((await call(account, { func: "addition.edit", elid })).doc.remoteid).toBe(
    isInForm ? order.remoteid : undefined,
  );
});

test("a function may be refused by POST and work by GET", async () => {
  const account = await openAccount({ variants: { postRefused: ["addition"] } });
  expect((await call(account, { func: "addition" })).doc.error).toMatchObject({ $type: "access", $object: "addition" });
  const read = await send(`${account.url}?func=addition&authinfo=${account.login}:${account.password}`);
  expect(read.doc.p_elems).toBe("0");
  expect((await call(account, { func: "soft" })).doc.p_elems).toBe("5");
});

test.each<[string, Partial<Variants>, Record<string, string>, string, string]>([
  ["bad login", { badLogin: { type: "access", object: "auth" } }, { authinfo: "x:y" }, "access", "auth"],
  ["no money", { noMoney: { type: "limit", object: "balance" } }, { period: "12", pricelist: "9" }, "limit", "balance"],
  ["wrong licence", { unknownLicence: { type: "value", object: "item" } }, { item: "1" }, "value", "item"],
  [
    "wrong edition",
    { wrongEdition: { type: "access", object: "pricelist" } },
    { item: "1234570", pricelist: "55362" },
    "access",
    "pricelist",
  ],
  [
    "a function not for this account",
    { refused: { [order.func]: { type: "access", object: "x" } } },
    {},
    "access",
    "x",
  ],
])("the error of %s may have another type", async (_name, variants, change, type, object) => {
  const account = await openAccount({ variants });
  account.setTariff({
    id: "9",
    name: "Dear",
    intname: "dear",
    itemtype: "41",
    currency: "EUR",
    costs: { 12: "5000.00" },
  });
  expect((await call(account, { ...order, ...change })).doc.error).toMatchObject({ $type: type, $object: object });
  expect(account.debits()).toEqual([]);
});

test("an error may lack its message, and come under another HTTP status", async () => {
  const account = await openAccount({ variants: { errorShape: "bare", errorStatus: 403 } });
  const { doc, status } = await call(account, { ...order, period: "2" });
  expect(status).toBe(403);
  expect(doc.error).toEqual({ $type: "value", $object: "period", param: { $name: "value", "#text": "2" } });
});

test.each<[string, Variants["alreadyThere"], number]>([
  ["a second paid service", "second-service", 2],
  ["exists", { type: "exists", object: "item" }, 1],
  ["value", { type: "value", object: "item" }, 1],
])("a second order for the same licence and tariff ends as %s", async (_name, alreadyThere, services) => {
  const account = await openAccount({ variants: { alreadyThere } });
  await orderedModule(account);
  const { doc } = await call(account, order);
  if (typeof alreadyThere === "string") expect(doc.id).toBe("901");
  else expect(doc.error).toMatchObject({ $type: alreadyThere.type, $object: alreadyThere.object });
  await call(account, { ...order, item: "1234568" });
  expect(account.debits()).toHaveLength(services + 1);
});

test("a module is in processing until the activation time has passed", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock, variants: { activationMs: 60_000 } });
  await orderedModule(account);
  const statusNow = async () => rowsOf(await call(account, { func: "addition" }))[0].item_status_orig;
  expect(await statusNow()).toBe("5");
  clock.advance(59_999);
  expect(await statusNow()).toBe("5");
  clock.advance(1);
  expect(await statusNow()).toBe("2");
});

test("a module may be in processing until someone activates it", async () => {
  const account = await openAccount({ variants: { activationMs: null } });
  const first = await orderedModule(account);
  await orderedModule(account);
  account.activate(first);
  expect(account.modules().map(({ status }) => status)).toEqual([2, 5]);
  account.activate();
  expect(account.modules().map(({ status }) => status)).toEqual([2, 2]);
});

test("a new module may be missing from the list for a time or for some reads", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock, variants: { listDelay: { ms: 1_000 } } });
  const listed = async () => (await call(account, { func: "addition" })).doc.p_elems;
  await orderedModule(account);
  expect(await listed()).toBe("0");
  clock.advance(1_000);
  expect(await listed()).toBe("1");
  account.set({ listDelay: { reads: 2 } });
  await orderedModule(account);
  expect([await listed(), await listed(), await listed()]).toEqual(["1", "1", "2"]);
});

test("an unpaid order may be a row of the list with status 1", async () => {
  const account = await openAccount({ variants: { unpaidRows: "shown" } });
  await call(account, { ...order, skipbasket: "off" });
  expect(rowsOf(await call(account, { func: "addition" }))[0]).toMatchObject({ id: "900", item_status_orig: "1" });
});

test.each<[Variants["renewalReply"], unknown]>([
  ["nested", { doc: { newexpiredate: "2026-03-01" } }],
  ["flat", { newexpiredate: "2026-03-01" }],
  ["ok", { ok: "" }],
])("a renewal may be answered %s", async (renewalReply, doc) => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z"), variants: { renewalReply } });
  const elid = await orderedModule(account);
  expect((await call(account, renewal(elid))).doc).toEqual(doc);
});

test.each<[Variants["renewal"], string, number]>([
  ["at-once", "off", 1],
  ["cart", "on", 0],
  ["cart-unless-skipbasket", "off", 0],
  ["cart-unless-skipbasket", "on", 1],
])("a renewal goes %s (skipbasket=%s)", async (variant, skipbasket, renewals) => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z"), variants: { renewal: variant } });
  const elid = await orderedModule(account);
  await call(account, { ...renewal(elid), skipbasket });
  const renewed = () => account.debits().filter(({ kind }) => kind === "renewal").length;
  expect(renewed()).toBe(renewals);
  expect(account.cart()).toHaveLength(1 - renewals);
  account.payCart();
  expect(renewed()).toBe(1);
  expect(account.modules()[0]?.expiredate).toBe("2026-03-01");
});

test("a renewal may take a while to move the expiry, and its form may announce nothing", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock, variants: { renewalMs: 5_000, renewalForm: "silent" } });
  const elid = await orderedModule(account);
  expect((await call(account, { func: "service.prolong", elid })).doc.newexpiredate).toBeUndefined();
  await call(account, renewal(elid));
  expect(account.modules()[0]).toMatchObject({ status: 5, expiredate: "2026-02-01" });
  clock.advance(5_000);
  expect(account.modules()[0]).toMatchObject({ status: 2, expiredate: "2026-03-01" });
});

test("the form of a renewal may act where it should only show", async () => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z"), variants: { renewalForm: "acts" } });
  const elid = await orderedModule(account);
  await call(account, { func: "service.prolong", elid, period: "1" });
  expect(account.debits()).toMatchObject([{ kind: "order" }, { kind: "renewal", requestNumber: 2 }]);
  expect(account.modules()[0]?.expiredate).toBe("2026-03-01");
});

test.each<[MonthRule, string, number, string]>([
  ["clamp", "2026-01-31", 1, "2026-02-28"],
  ["clamp", "2028-01-31", 1, "2028-02-29"],
  ["clamp", "2026-08-31", 6, "2027-02-28"],
  ["clamp", "2028-02-29", 12, "2029-02-28"],
  ["clamp", "2026-12-15", 1, "2027-01-15"],
  ["30-days", "2026-01-31", 1, "2026-03-02"],
  ["30-days", "2026-01-01", 6, "2026-06-30"],
])("by the rule %s, %s and %i months make %s", async (monthEnd, start, months, end) => {
  expect(addMonths(start, months, monthEnd)).toBe(end);
  const account = await openAccount({ clock: handClock(`${start}T23:59:59Z`), variants: { monthEnd } });
  await orderedModule(account, { period: String(months) });
  expect(account.modules()[0]?.expiredate).toBe(end);
});

test.each<[string, Variants["suspendedRenewal"], string]>([
  ["from today", "from-today", "2026-03-11"],
  ["from its old end", "from-expiry", "2026-03-01"],
  ["not at all", { type: "access", object: "elid" }, "2026-02-01"],
])("a suspended module is renewed %s", async (_name, suspendedRenewal, expiredate) => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock, variants: { suspendedRenewal } });
  const elid = await orderedModule(account);
  clock.advance(41 * dayMs);
  expect(account.modules()[0]?.status).toBe(3);
  const { doc } = await call(account, renewal(elid));
  const isRefused = typeof suspendedRenewal === "object";
  expect(doc.error?.$type).toBe(isRefused ? "access" : undefined);
  expect(account.modules()[0]).toMatchObject({ expiredate, status: isRefused ? 3 : 2 });
});

test("a renewal before its window is refused with the day in a parameter", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const renewalWindow = { daysBeforeExpiry: 7, error: { type: "limit", object: "elid" }, refusesForm: false };
  const account = await openAccount({ clock, variants: { renewalWindow } });
  const elid = await orderedModule(account);
  const { doc } = await call(account, renewal(elid));
  expect(doc.error.$type).toBe("limit");
  expect(doc.error.param).toContainEqual({ $name: "value", "#text": "2026-01-25" });
  const form = { func: "service.prolong", elid };
  expect((await call(account, form)).doc.newexpiredate).toBe("2026-03-01");
  account.set({ renewalWindow: { ...renewalWindow, refusesForm: true } });
  expect((await call(account, form)).doc.error.$type).toBe("limit");
  clock.advance(24 * dayMs);
  expect((await call(account, renewal(elid))).doc.error).toBeUndefined();
});

test("autoprolong=null may be ignored, and then the account renews by itself at the end of the term", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock, variants: { autoprolongNull: "ignored" } });
  await orderedModule(account);
  expect(account.modules()[0]?.autoprolong).toBe(1);
  clock.advance(31 * dayMs);
  expect(account.debits()[1]).toMatchObject({ kind: "renewal", requestNumber: null, amount: "10.00" });
  expect(account.modules()[0]).toMatchObject({ status: 2, expiredate: "2026-03-01" });
});

test("a module that is not renewed is suspended after its end and deleted after thirty more days", async () => {
  const clock = handClock("2026-01-01T00:00:00Z");
  const account = await openAccount({ clock });
  await orderedModule(account);
  clock.advance(31 * dayMs);
  expect(account.modules()[0]?.status).toBe(2);
  clock.advance(dayMs);
  expect(account.modules()[0]?.status).toBe(3);
  clock.advance(30 * dayMs);
  expect(account.modules()[0]?.status).toBe(4);
  expect((await call(account, { func: "addition" })).doc.p_elems).toBe("0");
  account.set({ deletedRows: "shown" });
  expect(rowsOf(await call(account, { func: "addition" }))[0].item_status_orig).toBe("4");
  expect(account.debits()).toHaveLength(1);
});

test.each<[Variants["autoprolongChange"], string | undefined, number | null]>([
  ["allowed", undefined, null],
  ["refused", "access", 1],
  ["ignored", undefined, 1],
])("switching automatic renewal off is %s", async (autoprolongChange, error, left) => {
  const account = await openAccount({ variants: { autoprolongChange } });
  const elid = await orderedModule(account, { autoprolong: "1" });
  const { doc } = await call(account, { func: "addition.edit", elid, autoprolong: "null", sok: "ok" });
  expect(doc.error?.$type).toBe(error);
  expect(account.modules()[0]?.autoprolong).toBe(left);
});

test.each<[Variants["autoprolongOff"], string | undefined]>([
  ["null", "null"],
  ["empty", ""],
  ["absent", undefined],
])("automatic renewal that is off is shown as %s", async (autoprolongOff, shown) => {
  const account = await openAccount({ variants: { autoprolongOff } });
  await orderedModule(account);
  expect(rowsOf(await call(account, { func: "addition" }))[0].autoprolong).toBe(shown);
});

test("lists page by the account's size, by p_cnt and p_num where honoured, and always count all rows", async () => {
  const account = await openAccount({ variants: { paging: { size: 2, honoursCount: true, honoursNumber: true } } });
  const ids = async (params: Record<string, string>) => {
    const answer = await call(account, { func: "soft", ...params });
    expect(answer.doc.p_elems).toBe("5");
    return rowsOf(answer).map(({ id }) => id.slice(-1));
  };
  expect(await ids({})).toEqual(["7", "8"]);
  expect(await ids({ p_num: "3" })).toEqual(["1"]);
  expect(await ids({ p_num: "4" })).toEqual([]);
  expect(await ids({ p_cnt: "4", p_num: "2" })).toEqual(["1"]);
  expect(await ids({ p_cnt: "nonsense", p_num: "0" })).toEqual(["7", "8"]);
  account.set({ paging: { size: 2, honoursCount: false, honoursNumber: false } });
  expect(await ids({ p_cnt: "4", p_num: "2" })).toEqual(["7", "8"]);
  account.set({ paging: null });
  expect(await ids({ p_cnt: "1" })).toHaveLength(5);
});

test.each<[Partial<Variants>, Record<string, unknown>]>([
  [{ item: "licence-name" }, { item: "web01" }],
  [{ item: "ip" }, { item: "192.0.2.10" }],
  [{ pricelist: "id-and-name" }, { pricelist: "23221", pricelist_id: "DDoS-GUARD" }],
  [{ pricelist: "id" }, { pricelist: "23221", pricelist_id: undefined }],
  [{ pricelist: "name" }, { pricelist: "DDoS-GUARD", pricelist_id: undefined }],
  [{ pricelist: "pricelist_id" }, { pricelist: undefined, pricelist_id: "23221" }],
  [
    { status: "text" },
    { item_status: { $color: "green", "#text": "Active" }, item_status_orig: undefined, status: undefined },
  ],
  [{ status: "code" }, { item_status: undefined, item_status_orig: undefined, status: "2" }],
  [{ expiredate: "localised" }, { expiredate: "1 February 2026", real_expiredate: "2026-02-01" }],
])("a row of the list may show %j", async (variants, shown) => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z"), variants });
  await orderedModule(account);
  const [row] = rowsOf(await call(account, { func: "addition" }));
  for (const [field, value] of Object.entries(shown)) expect(row[field]).toEqual(value);
});

test.each<[Variants["balanceIn"], boolean, boolean]>([
  ["dashboard", true, false],
  ["whoami", false, true],
  ["both", true, true],
  ["neither", false, false],
])("the balance is shown in: %s", async (balanceIn, isInDashboard, isInWhoami) => {
  const account = await openAccount({ variants: { balanceIn } });
  const dashboard = await call(account, { func: "dashboard.info" });
  expect(dashboard.doc.elem?.balance).toBe(isInDashboard ? "1000.00 EUR" : undefined);
  expect(dashboard.doc.error?.$type).toBe(isInDashboard ? undefined : "access");
  expect((await call(account, { func: "whoami" })).doc.user.$balance).toBe(isInWhoami ? "1000.00 EUR" : undefined);
});

test.each<[Variants["balanceFormat"], string]>([
  ["point", "1234567.50 EUR"],
  ["comma", "1234567,50 EUR"],
  ["spaced", "1 234 567.50 EUR"],
  ["bare", "1234567.50"],
])("the balance may be written with %s", async (balanceFormat, text) => {
  const account = await openAccount({ balance: "1234567.5", variants: { balanceFormat } });
  expect((await call(account, { func: "dashboard.info" })).doc.elem.balance).toBe(text);
});

test("tax may be added on the debit, rounded to the cent, and counts against the balance", async () => {
  const account = await openAccount({ balance: "11.97", variants: { taxPercent: "21" } });
  expect((await call(account, { ...order, pricelist: "55371" })).doc.error.$type).toBe("not_enough_money");
  account.topUp("0.01");
  await call(account, { ...order, pricelist: "55371" });
  expect(account.debits()).toMatchObject([{ amount: "11.98" }]);
  expect(account.balance()).toBe("0.00");
});

test("a tariff may be priced in another currency than the account's, and in several", async () => {
  const account = await openAccount({ variants: { exchangeRates: { USD: "0.923" }, additionintname: "shown" } });
  const otherPrices = [{ currency: "RUB", costs: { 1: "900.00" } }];
  account.setTariff({
    id: "23221",
    name: "DDoS-GUARD",
    intname: "DDoSGUARD",
    itemtype: "41",
    currency: "USD",
    costs: { 1: "15.00" },
    otherPrices,
  });
  const { doc } = await call(account, { func: "pricelist.export", itemtype: "addition" });
  expect(doc.pricelist[0].additionintname).toBe("DDoSGUARD");
  expect(doc.pricelist[0].price.map((price: Record<string, unknown>) => price.$currency)).toEqual(["USD", "RUB"]);
  await call(account, order);
  expect(account.debits()).toMatchObject([{ amount: "13.85" }]);
});

test("modules bought elsewhere and changes by the vendor's staff show in the list and charge nothing", async () => {
  const account = await openAccount({ clock: handClock("2026-01-01T00:00:00Z") });
  const id = account.addForeignModule({ licence: "1234568", tariff: "55371", remoteid: "s42" });
  account.changeModule(id, { expiredate: addDays("2026-01-01", 90), autoprolong: 12 });
  const [row] = rowsOf(await call(account, { func: "addition" }));
  expect(row).toMatchObject({
    id,
    item: "1234568",
    pricelist_id: "55371",
    expiredate: "2026-04-01",
    autoprolong: "12",
  });
  expect(account.debits()).toEqual([]);
  expect(() => account.changeModule("1", {})).toThrow("no module");
});

test("a licence can be added and ordered for", async () => {
  const account = await openAccount({ licences: [] });
  account.addLicence({ id: "42" });
  expect((await call(account, { func: "soft" })).doc.elem).toMatchObject({ id: "42", status: "2" });
  await orderedModule(account, { item: "42" });
  expect(account.debits()).toMatchObject([{ licence: "42" }]);
});

test("two accounts share nothing", async () => {
  const [first, second] = [await openAccount(), await openAccount()];
  await orderedModule(first);
  first.set({ orderReply: "ok" });
  first.addLicence({ id: "42" });
  expect(second.debits()).toEqual([]);
  expect((await call(second, { func: "soft" })).doc.p_elems).toBe("5");
  expect((await call(second, order)).doc.id).toBe("900");
});
