// What does the client make of every shape in which an account may show prices, its balance and its cart?
import { describe, expect, test } from "vitest";
import { accountAnswering, accountAt, openAnswering } from "./far-side.ts";

describe("the price list", () => {
  const read = async (inner: string) => {
    const tariffs = await (await accountAnswering(`<doc>${inner}</doc>`)).listTariffs();
    return tariffs.kind === "ok" ? tariffs.value.map((tariff) => ({ ...tariff, costs: [...tariff.costs] })) : tariffs;
  };

  test("gives the cost of each period in months, to the last digit", async () => {
    const periods =
      '<period cost="9.9000" type="month" length="1">Month</period><period cost="5.10" type="month" length="6"/>' +
      '<period cost="108.0000" type="year" length="1">Year</period><period cost="0" type="day" length="3"/>';
    const entry = `<pricelist><id>55371</id><name>BitNinja</name><price currency="EUR">${periods}</price></pricelist>`;
    const costs = [
      [1, "9.9000"],
      [6, "5.10"],
      [12, "108.0000"],
    ];
    expect(await read(entry)).toEqual([
      { id: "55371", name: "BitNinja", additionintname: null, currency: "EUR", costs },
    ]);
  });

  test("gives the name that panels match, where it is shown", async () => {
    const price = '<price currency="EUR"><period cost="1.00" type="month" length="1"/></price>';
    const names = "<name>BitNinja</name><intname>bit</intname><additionintname>BitNinja1</additionintname>";
    expect(await read(`<pricelist><id>1</id>${names}${price}</pricelist>`)).toMatchObject([
      { name: "BitNinja", additionintname: "BitNinja1" },
    ]);
  });

  test("gives one entry for each currency, in order", async () => {
    const price = (currency: string) =>
      `<price currency="${currency}"><period cost="1.00" type="month" length="1"/></price>`;
    const entries = await read(`<pricelist><id>1</id>${price("EUR")}${price("rub")}</pricelist>`);
    expect(entries).toMatchObject([
      { id: "1", currency: "EUR" },
      { id: "1", currency: "RUB" },
    ]);
  });

  test.each([
    ["without id", "<pricelist><price currency='EUR'><period cost='1' type='month' length='1'/></price></pricelist>"],
    ["without currency", "<pricelist><id>1</id><price><period cost='1' type='month' length='1'/></price></pricelist>"],
    [
      "with a price in words",
      "<pricelist><id>1</id><price currency='EUR'><period cost='free' type='month' length='1'/></price></pricelist>",
    ],
    [
      "with a negative price",
      "<pricelist><id>1</id><price currency='EUR'><period cost='-1' type='month' length='1'/></price></pricelist>",
    ],
    ["without prices", "<pricelist><id>1</id></pricelist>"],
  ])("leaves an entry out %s, and keeps the others", async (_what, entry) => {
    const good =
      "<pricelist><id>2</id><price currency='EUR'><period cost='2' type='month' length='1'/></price></pricelist>";
    expect(await read(entry + good)).toMatchObject([{ id: "2" }]);
  });

  test("takes the higher of two prices for one period", async () => {
    const periods = "<period cost='12' type='month' length='12'/><period cost='100' type='year' length='1'/>";
    const entries = await read(`<pricelist><id>1</id><price currency='EUR'>${periods}</price></pricelist>`);
    expect(entries).toMatchObject([{ costs: [[12, "100"]] }]);
  });

  test("may be empty", async () => {
    expect(await read("")).toEqual([]);
  });
});

describe("the balance", () => {
  const readBalance = async (dashboard: string, self: string) => {
    const side = await openAnswering((form) => (form.get("func") === "whoami" ? self : dashboard));
    return {
      read: await accountAt(side.origin).readBalance(),
      asked: side.requests.map(({ form }) => form.get("func")),
    };
  };
  const denied = "<doc><error type='access' object='dashboard.info'/></doc>";

  test.each([
    [
      "<elem><realbalance>130.00 EUR</realbalance><balance>125 EUR</balance><available>1 120,50 EUR</available></elem>",
      "1120.50",
    ],
    ["<elem><realbalance>130.00 EUR</realbalance><balance>125 EUR</balance></elem>", "125"],
    ["<elem><realbalance>EUR 130.00</realbalance><available/></elem>", "130.00"],
    ["<balance>7.10 EUR</balance>", "7.10"],
  ])("is read from the dashboard: %s", async (inner, amount) => {
    const { read, asked } = await readBalance(`<doc>${inner}</doc>`, denied);
    expect(read).toEqual({ kind: "ok", value: { amount, currency: "EUR" } });
    expect(asked).toEqual(["dashboard.info"]);
  });

  test.each([denied, "<doc/>", "<html><br></html>"])(
    "is read from whoami when the dashboard answers %s",
    async (dashboard) => {
      const { read, asked } = await readBalance(dashboard, '<doc><user id="77" balance="120.50"/></doc>');
      expect(read).toEqual({ kind: "ok", value: { amount: "120.50", currency: null } });
      expect(asked).toEqual(["dashboard.info", "whoami"]);
    },
  );

  test("is unreadable when neither shows an amount, and refused when whoami is", async () => {
    expect((await readBalance(denied, "<doc><user id='77'/></doc>")).read).toEqual({
      kind: "unreadable",
      detail: "no amount",
    });
    expect((await readBalance(denied, denied)).read).toEqual({ kind: "refused", errorType: "access" });
  });
});

describe("the cart", () => {
  const position =
    "<elem><id>3</id><item.id>900</item.id><Item.Type>addition</Item.Type><x><y>a</y></x><x><y>b</y></x></elem>";
  const fields = { id: "3", "item.id": "900", "item.type": "addition", x: " ", "x.y": "a b" };

  test.each([
    ["below its list", `<doc><billorder>1</billorder><list name="itemlist">${position}</list></doc>`],
    ["below the document", `<doc>${position}</doc>`],
    ["counted", `<doc><p_elems>1</p_elems>${position}</doc>`],
  ])("is read with its positions %s", async (_where, body) => {
    const cart = await (await accountAnswering(body)).readCart();
    const items =
      cart.kind === "ok" ? cart.value.map(({ id, fields: all }) => ({ id, fields: Object.fromEntries(all) })) : cart;
    expect(items).toEqual([{ id: "3", fields }]);
  });

  test.each(['<doc><list name="itemlist"/></doc>', "<doc><billorder/></doc>", "<doc><p_elems>0</p_elems></doc>"])(
    "is empty: %s",
    async (body) => {
      expect(await (await accountAnswering(body)).readCart()).toEqual({ kind: "ok", value: [] });
    },
  );

  test.each(["<doc/>", `<doc><p_elems>2</p_elems>${position}</doc>`, '<doc><list name="other"/></doc>'])(
    "is unreadable: %s",
    async (body) => {
      expect(await (await accountAnswering(body)).readCart()).toMatchObject({ kind: "unreadable" });
    },
  );
});
