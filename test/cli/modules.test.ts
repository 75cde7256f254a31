// Does `ispmodules modules list` say what is on sale, and why the rest is not?
import { afterAll, beforeAll, expect, test } from "vitest";
import { addModule, openTestShop, type TestShop } from "../whmcs/test-shop.ts";
import { type Environment, ispmodules, nowhere } from "./program.ts";

let here: TestShop;
let settings: Environment;

beforeAll(async () => {
  here = await openTestShop();
  settings = { ...nowhere, WHMCS_DATABASE_URL: here.readerUrl };
});

afterAll(() => here.close());

test("a shop without modules is an empty array", async () => {
  expect(await ispmodules(["modules", "list", "--json"], settings)).toEqual({ status: 0, stdout: "[]\n", stderr: "" });
  const { status, stdout, stderr } = await ispmodules(["modules", "list"], settings);
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toContain("ispmanagermodules");
});

test("an addon is listed behind the products, and never under a product's number", async () => {
  const { addonId } = await here.shop.addAddon({
    ...{ name: "BitNinja", packages: [], options: ["55371", "bitninja"], prices: { USD: { monthly: "20.00" } } },
  });
  try {
    const { status, stdout } = await ispmodules(["modules", "list", "--json"], settings);
    expect(status).toBe(0);
    const row = { tariff: "55371", additionintname: "bitninja", name: "BitNinja", currency: "USD", monthly: "20.00" };
    expect(JSON.parse(stdout)).toEqual([
      { product_id: null, ...row, on_sale: false, problems: ["missing_licence_field"], addon_id: String(addonId) },
    ]);
    expect((await ispmodules(["modules", "list"], settings)).stdout).toMatch(/\naddon \d+\s+55371/);
  } finally {
    await here.shop.sql("DELETE FROM tbladdons");
  }
});

test("every product of ours is listed, with what keeps it off sale", async () => {
  const sold = await addModule(here.shop);
  const broken = await addModule(here.shop, { name: "Dr.Web \u001b[31mpro", options: ["", ""], fields: [] });

  const { status, stdout, stderr } = await ispmodules(["modules", "list", "--json"], {
    ...settings,
    PRICE_CURRENCY: "eur",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual([
    {
      product_id: String(sold.productId),
      tariff: "23221",
      additionintname: "DDoSGUARD",
      name: "DDoS-GUARD",
      currency: "EUR",
      monthly: "13.80",
      on_sale: true,
      problems: [],
    },
    {
      product_id: String(broken.productId),
      tariff: null,
      additionintname: null,
      name: "Dr.Web \u001b[31mpro",
      currency: "EUR",
      monthly: "13.80",
      on_sale: false,
      problems: ["bad_tariff", "missing_additionintname", "missing_licence_field"],
    },
  ]);

  const table = (await ispmodules(["modules", "list"], settings)).stdout;
  expect(table).toMatch(/23221\s+DDoSGUARD\s+DDoS-GUARD\s+15\.00 USD\s+yes/);
  expect(table).toContain("missing_licence_field");
  expect(table).not.toContain("\u001b");
});
