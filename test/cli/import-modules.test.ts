// Does `ispmodules modules import` make each missing product once, hidden, and stop where it cannot know?
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Counter, openCounter } from "./catalogue.ts";

let here: Counter;

const bitNinja = "55371";
const asked = ["import", "--margin", "30%", "--round", "0.99"];

interface Row {
  readonly tariff: string;
  readonly additionintname: string | null;
  readonly problems: string[];
  readonly prices: { cycle: string; currency: string; cost: string; cost_currency: string; price: string }[];
  readonly result: string | null;
  readonly product_id: string | null;
}

beforeAll(async () => {
  here = await openCounter();
});

beforeEach(async () => {
  here.account.set({ additionintname: "shown" });
  await here.shop.sql("DELETE FROM tblproducts WHERE configoption1 IN ('55371', '55362')");
});

afterEach(() => here.whmcsApi.setFault(null));

afterAll(() => here.end());

const productsOf = (tariff: string) =>
  here.shop.sql("SELECT * FROM tblproducts WHERE configoption1 = ? ORDER BY id", [tariff]);

const calls = () => here.whmcsApi.calls.filter(({ action }) => action === "AddProduct");

describe("the proposal", () => {
  test("has a price for every cycle and currency that covers cost and margin, and changes nothing", async () => {
    const before = calls().length;
    const { status, rows } = await here.list<Row>(asked);
    expect(status).toBe(0);
    expect(rows).toEqual([
      {
        ...{ tariff: bitNinja, name: "BitNinja", additionintname: "bitninja", problems: [] },
        prices: [
          // 9.90 EUR and 30 % are 12.87 EUR, or at 0.92 13.9891… USD.
          { cycle: "monthly", currency: "USD", cost: "9.9000", cost_currency: "EUR", price: "13.99" },
          { cycle: "monthly", currency: "EUR", cost: "9.9000", cost_currency: "EUR", price: "12.99" },
          { cycle: "semiannually", currency: "USD", cost: "56.0000", cost_currency: "EUR", price: "79.99" },
          { cycle: "semiannually", currency: "EUR", cost: "56.0000", cost_currency: "EUR", price: "72.99" },
          { cycle: "annually", currency: "USD", cost: "108.0000", cost_currency: "EUR", price: "152.99" },
          { cycle: "annually", currency: "EUR", cost: "108.0000", cost_currency: "EUR", price: "140.99" },
        ],
        ...{ result: null, product_id: null },
      },
      expect.objectContaining({ tariff: "55362", prices: expect.objectContaining({ length: 4 }) }),
    ]);
    const { stdout } = await here.modules(asked);
    expect(stdout).toMatch(/\n55371 +BitNinja +bitninja +monthly +9\.90 EUR +13\.99 USD\n/);
    expect(stdout).toContain("where they contain tax, add it to --margin");
    expect(await productsOf(bitNinja)).toEqual([]);
    expect(calls()).toHaveLength(before);
  });

  test("leaves out what lacks a name, a monthly price or a rate, and takes names by hand", async () => {
    here.account.set({ additionintname: "absent" });
    const tariff = { name: "A", intname: "a", itemtype: "41" };
    here.account.setTariff({ ...tariff, id: "77001", currency: "RUB", costs: { 12: "900.00" } });
    const found = async (...words: string[]) => {
      const { rows } = await here.list<Row>([...asked, ...words]);
      return Object.fromEntries(
        rows.map(({ tariff: id, additionintname, problems }) => [id, [additionintname, problems]]),
      );
    };
    expect(await found()).toEqual({
      [bitNinja]: [null, ["missing_additionintname"]],
      "55362": [null, ["missing_additionintname"]],
      "77001": [null, ["missing_additionintname", "no_monthly_cost", "no_rate"]],
    });
    expect(await found("--name", "55371=bitninja", "--name", "55362=drwebpro")).toMatchObject({
      [bitNinja]: ["bitninja", []],
      "55362": ["drwebpro", []],
    });
    const typo = await here.modules([...asked, "--name", "55372=bitninja"]);
    expect(typo).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("no such tariff") });
    expect((await here.modules(asked)).stdout).toContain(
      "Tariff 55371 (BitNinja) is left out: the account does not show the name that panels match",
    );
    here.account.setTariff({ ...tariff, id: "77001", currency: "EUR", costs: { 12: "900.00" } });
  });

  test("covers the dearest of several currencies of one tariff", async () => {
    const otherPrices = [{ currency: "USD", costs: { 1: "20.00" } }];
    const costs = { 1: "9.90", 6: "56.00", 12: "108.00" };
    const tariff = { id: bitNinja, name: "BitNinja", intname: "bitninja", itemtype: "41", currency: "EUR", costs };
    here.account.setTariff({ ...tariff, otherPrices });
    const { rows } = await here.list<Row>(asked);
    expect(rows[0]?.prices.slice(0, 2)).toMatchObject([
      { currency: "USD", cost_currency: "USD", price: "26.99" },
      { currency: "EUR", cost_currency: "USD", price: "23.99" },
    ]);
    here.account.setTariff(tariff);
  });
});

describe("applied", () => {
  const apply = [...asked, "--apply", "--yes"];

  test("nothing is made without a yes, a sure group and credentials", async () => {
    const unasked = await here.modules([...asked, "--apply"]);
    expect(unasked).toMatchObject({ status: 1, stderr: expect.stringContaining("add --yes") });
    const nowhere = await here.modules([...apply, "--group", "4711"]);
    expect(nowhere).toMatchObject({ status: 1, stderr: expect.stringContaining("no product group 4711") });
    const other = await here.shop.addProductGroup({ name: "Other" });
    const { productId } = await here.shop.addProduct({ name: "Elsewhere", groupId: other, options: ["1", "x"] });
    expect(await here.modules(apply)).toMatchObject({ status: 1, stderr: expect.stringContaining("--group") });
    await here.shop.sql("DELETE FROM tblproducts WHERE id = ?", [productId]);
    const keyless = await here.modules(apply, { WHMCS_API_IDENTIFIER: "", WHMCS_API_SECRET: "" });
    expect(keyless).toMatchObject({ status: 1, stderr: expect.stringContaining("WHMCS_API_IDENTIFIER") });
    expect(await productsOf(bitNinja)).toEqual([]);
  });

  test("products are made once, hidden and not sold in panels, with every price as proposed", async () => {
    const { status, stdout } = await here.modules([...apply, "--tax"]);
    expect(status).toBe(0);
    const [product, ...more] = await productsOf(bitNinja);
    expect(more).toEqual([]);
    expect(product).toMatchObject({
      ...{ name: "BitNinja", type: "other", gid: here.catalogue.groupId, hidden: 1, retired: 0, paytype: "recurring" },
      ...{ servertype: "ispmanagermodules", autosetup: "", tax: 1, configoption2: "bitninja", configoption5: "no" },
    });
    expect(stdout).toContain(
      `product ${product?.id} is made, hidden and not sold in panels. Open https://billing.example.com/admin/configproducts.php?action=edit&id=${product?.id}`,
    );
    const none = { quarterly: "-1.00", biennially: "-1.00", triennially: "-1.00" };
    const fees = Object.fromEntries([..."mqsabt"].map((letter) => [`${letter}setupfee`, "0.00"]));
    expect(
      await here.shop.sql("SELECT * FROM tblpricing WHERE relid = ? AND type = 'product' ORDER BY currency", [
        product?.id,
      ]),
    ).toMatchObject([
      { monthly: "13.99", semiannually: "79.99", annually: "152.99", ...none, ...fees },
      { monthly: "12.99", semiannually: "72.99", annually: "140.99", ...none, ...fees },
    ]);
    const drWeb = await here.shop.sql(
      "SELECT semiannually FROM tblpricing JOIN tblproducts p ON p.id = relid WHERE p.configoption1 = '55362'",
    );
    expect(drWeb).toEqual([{ semiannually: "-1.00" }, { semiannually: "-1.00" }]);
    const { rows } = await here.list<{ product_id: string; on_sale: boolean; problems: string[] }>(["list"]);
    expect(rows.find(({ product_id }) => product_id === String(product?.id))).toMatchObject({
      ...{ on_sale: false, problems: ["missing_licence_field", "not_sold_in_panel"] },
    });

    const before = calls().length;
    expect((await here.modules(apply)).status).toBe(0);
    expect(calls()).toHaveLength(before);
  });

  test("a lost answer makes a product once: WHMCS's tables tell, and the rest goes on", async () => {
    here.whmcsApi.setFault({ kind: "reply_lost" });
    const before = calls().length;
    const { status, rows } = await here.list<Row>(apply);
    expect(status).toBe(0);
    expect(here.whmcsApi.countFaults()).toBeGreaterThan(0);
    expect(rows.slice(0, 2).map(({ result }) => result)).toEqual(["created", "created"]);
    expect((await productsOf(bitNinja)).map(({ id }) => String(id))).toEqual([rows[0]?.product_id]);
    expect(calls().length - before).toBe(2);
  });

  test("no answer and no product: nothing more is asked, and nobody says that it failed", async () => {
    here.whmcsApi.setFault({ kind: "down" });
    const before = calls().length;
    const { status, stdout } = await here.modules(apply);
    expect(status).toBe(1);
    expect(calls().length - before).toBe(1);
    expect(stdout).toContain("Tariff 55371 (BitNinja): nobody can tell whether WHMCS made it");
    expect(stdout).not.toContain("55362 (Dr.Web pro):");

    here.whmcsApi.setFault(null);
    // It took effect after all.
    const { productId } = await here.shop.addProduct({ name: "BitNinja", options: [bitNinja, "bitninja"] });
    const again = await here.list<Row>(apply);
    expect(again.rows.map(({ tariff, result }) => [tariff, result]).slice(0, 1)).toEqual([["55362", "created"]]);
    expect((await productsOf(bitNinja)).map(({ id }) => id)).toEqual([productId]);
  });

  test("a product that comes between proposal and call is not made again", async () => {
    const { child, ended } = here.begin([...asked, "--apply", "--yes", "--json"]);
    await here.account.nextRequest("pricelist.export");
    child.kill("SIGSTOP");
    await here.shop.addProduct({ name: "By hand", options: [bitNinja, "bitninja"] });
    child.kill("SIGCONT");
    const { stdout } = await ended;
    expect(JSON.parse(stdout)[0]).toMatchObject({ tariff: bitNinja, result: "exists" });
    expect(await productsOf(bitNinja)).toHaveLength(1);
  });

  test("what WHMCS refuses stops it, with what to allow", async () => {
    here.whmcsApi.setFault({ kind: "error", action: "AddProduct", message: "Invalid Permissions: API action denied" });
    const { status, stdout } = await here.modules(apply);
    expect(status).toBe(1);
    expect(stdout).toContain("WHMCS's API refused the call (Invalid Permissions: API action denied).");
    expect(stdout).toContain("Allow AddProduct in the API role");
    expect(await productsOf("55362")).toEqual([]);
  });

  test("a product that WHMCS made otherwise stops it and is named", async () => {
    await here.shop.sql(
      "CREATE TRIGGER odd BEFORE INSERT ON tblpricing FOR EACH ROW SET NEW.annually = 0.00, NEW.quarterly = 0.00",
    );
    const { status, stdout } = await here.modules(apply);
    await here.shop.sql("DROP TRIGGER odd");
    expect(status).toBe(1);
    expect(stdout).toContain(
      "not as asked: its annually price in USD, its quarterly price in USD, its annually price in EUR, its quarterly price in EUR.",
    );
    expect(await productsOf("55362")).toEqual([]);
  });
});
