// Does `ispmodules modules` show what each tariff costs, who sells it, and what is left?
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Counter, openCounter } from "./catalogue.ts";
import { ispmodules, nowhere } from "./program.ts";

let here: Counter;

interface Row {
  readonly tariff: string | null;
  readonly in_account: boolean;
  readonly costs: unknown[];
  readonly products: { product_id: string; on_sale: boolean; retired: boolean; prices: Record<string, unknown>[] }[];
}

beforeAll(async () => {
  here = await openCounter();
});

afterAll(() => here.end());

const row = async (tariff: string | null) => (await here.list<Row>([])).rows.find((each) => each.tariff === tariff);

test("cost, price and margin stand beside each other, in each currency, also while buying is off", async () => {
  const { status, rows } = await here.list<Row>([]);
  expect(status).toBe(0);
  expect(rows.map(({ tariff, in_account }) => [tariff, in_account])).toEqual([
    ["23221", true],
    ["55371", true],
    ["55362", true],
  ]);
  const [ddosGuard] = rows;
  expect(ddosGuard).toMatchObject({
    name: "DDoS-GUARD",
    costs: [
      { months: 1, cost: "10.0000", currency: "EUR" },
      { months: 6, cost: "57.0000", currency: "EUR" },
      { months: 12, cost: "108.0000", currency: "EUR" },
    ],
    products: [{ product_id: String(here.catalogue.products.ddosGuard), on_sale: true, problems: [] }],
  });
  // 15.00 USD at 0.92 EUR for one are 13.80 EUR.
  const monthly = { cycle: "monthly", months: 1, cost: "10.0000", cost_currency: "EUR", margin_unknown: null };
  expect(ddosGuard?.products[0]?.prices.slice(0, 2)).toEqual([
    { ...monthly, currency: "USD", price: "15.00", margin: "4.1304", margin_percent: "38.00" },
    { ...monthly, currency: "EUR", price: "13.80", margin: "3.8000", margin_percent: "38.00" },
  ]);
  const table = (await here.modules([])).stdout;
  expect(table).toMatch(/^TARIFF +NAME +PERIOD +COST +PRODUCT +PRICE +MARGIN +ON SALE\n/);
  expect(table).toMatch(
    /\n23221 +DDoS-GUARD +12 months +108\.00 EUR +\d+ +147\.20 EUR +39\.20 EUR \(36\.29 %\) +yes\n/,
  );
  expect(here.account.requests().map(({ func }) => func)).toEqual(["pricelist.export", "pricelist.export"]);
});

test("a tariff without a product and a product without a tariff are shown as such", async () => {
  here.account.setTariff({
    ...{ id: "77001", name: "SiteJet \u001b[31m", intname: "sitejet", itemtype: "41", currency: "EUR" },
    costs: { 1: "3.00" },
  });
  const lost = await here.shop.addProduct({
    name: "Gone",
    options: ["99999", "gone"],
    prices: { USD: { monthly: "5.00" } },
  });
  const odd = await here.shop.addProduct({ name: "No tariff", isRetired: true });
  expect(await row("77001")).toMatchObject({ in_account: true, products: [] });
  expect(await row("99999")).toMatchObject({
    ...{ in_account: false, costs: [] },
    products: [
      { product_id: String(lost.productId), prices: [{ price: "5.00", margin: null, margin_unknown: "no_cost" }] },
    ],
  });
  expect(await row(null)).toMatchObject({
    products: [{ product_id: String(odd.productId), retired: true, prices: [] }],
  });
  const table = (await here.modules([])).stdout;
  expect(table).toMatch(/\n77001 .* 1 month +3\.00 EUR +no product/);
  expect(table).toMatch(/\n99999 .* not in the account +\d+ +5\.00 USD +unknown: no cost +yes/);
  expect(table).toMatch(/\n- +No tariff .* no price .*retired/);
  expect(table).not.toContain("\u001b");
});

test("a margin over a currency that WHMCS does not know is unknown, and so is one over costs in several", async () => {
  const tariff = { name: "A", intname: "a", itemtype: "41" };
  here.account.setTariff({ ...tariff, id: "77002", currency: "RUB", costs: { 1: "900.00" } });
  const otherPrices = [{ currency: "USD", costs: { 1: "4.00" } }];
  here.account.setTariff({ ...tariff, id: "77003", currency: "EUR", costs: { 1: "3.00" }, otherPrices });
  const prices = { USD: { monthly: "15.00" } };
  await here.shop.addProduct({ name: "In roubles", options: ["77002", "a"], prices });
  await here.shop.addProduct({ name: "In both", options: ["77003", "a"], prices });
  await here.shop.addProduct({ name: "Limited in euros", options: ["77003", "a", "", "5 EUR"], prices });
  const told = async (id: string) =>
    (await row(id))?.products.map(({ prices: [price] }) => [
      price?.cost_currency,
      price?.margin,
      price?.margin_unknown,
    ]);
  expect(await told("77002")).toEqual([["RUB", null, "no_rate"]]);
  expect(await told("77003")).toEqual([
    [null, null, "several_currencies"],
    ["EUR", "11.7391", null],
  ]);
  expect((await here.modules([])).stdout).toContain("900.00 RUB");
});

test("an account that cannot be read is named with its remedy, and nothing is listed", async () => {
  const { status, stdout, stderr } = await here.modules([], { ISPMANAGER_PASSWORD: "hidden-wrong" });
  expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
  expect(stderr).toBe(
    "The ispmanager account refused login or password. Correct ISPMANAGER_LOGIN and ISPMANAGER_PASSWORD; check that the user is allowed from this machine's address.\n",
  );
});

test.each([
  [["sale"], "unexpected word 'sale'"],
  [["import"], "--margin is missing"],
  [["import", "--margin", "a lot"], "--margin takes per cent"],
  [["import", "--margin", "-5%"], "--margin"],
  [["import", "--margin", "30", "--round", "99"], "--round takes an ending below one"],
  [["import", "--margin", "30", "--group", "x"], "--group takes"],
  [["import", "--margin", "30", "--yes"], "--yes goes with --apply"],
  [["import", "--margin", "30", "--name", "bitninja"], "--name takes TARIFF=ADDITIONINTNAME"],
  [["reprice", "--out", "x.csv"], "--out goes with --apply"],
])("modules %j is wrong usage", async (words, said) => {
  const { status, stdout, stderr } = await ispmodules(["modules", ...words], nowhere);
  expect({ status, stdout }).toEqual({ status: 64, stdout: "" });
  expect(stderr).toContain(said);
});

test("an addon stands beside the tariff it sells, as an addon, and is repriced like a product", async () => {
  const { addonId } = await here.shop.addAddon({
    ...{ name: "BitNinja", packages: [here.catalogue.products.hosting], options: ["55371", "bitninja"] },
    prices: { USD: { monthly: "1.00" } },
  });
  try {
    const sold = (await row("55371"))?.products ?? [];
    expect(sold.at(-1)).toMatchObject({ product_id: null, addon_id: String(addonId), prices: [{ price: "1.00" }] });
    expect((await here.modules([])).stdout).toMatch(/ addon \d+ +1\.00 USD /);
    const { rows } = await here.list<Record<string, unknown>>(["reprice"]);
    expect(rows).toMatchObject([{ product_id: null, addon_id: String(addonId), cycle: "monthly", old: "1.00" }]);
  } finally {
    await here.shop.sql("DELETE FROM tbladdons");
    await here.shop.sql("DELETE FROM tblpricing WHERE type = 'addon'");
  }
});
