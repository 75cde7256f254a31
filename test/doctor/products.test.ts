// Is everything found that keeps a product from being sold in panels, ordered soundly, or bought at an allowed cost?
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NewAddon } from "../../src/sandbox/shop/addons.ts";
import type { NewProduct } from "../../src/sandbox/shop/catalog.ts";
import { admitPatient, complaints, find, type Patient, type Settings } from "./patient.ts";

let here: Patient;

beforeAll(async () => {
  here = await admitPatient();
});

afterAll(() => here.end());

const soundPrices = { USD: { monthly: "15.00" }, EUR: { monthly: "13.80" } };

/** What the doctor says about one more product, which is gone again afterwards. */
async function examineWith(product: Partial<NewProduct>, settings: Settings = {}) {
  const sound = { name: "DDoS-GUARD again", options: ["23221", "DDoSGUARD"], prices: soundPrices };
  // A group of its own that is hidden, so that the demo's product keeps the tariff.
  const groupId = await here.shop.addProductGroup({ name: "Hidden", isHidden: true });
  const { productId } = await here.shop.addProduct({ ...sound, groupId, ...product });
  try {
    return { findings: await here.examine(settings), productId };
  } finally {
    for (const table of ["tblpricing", "tblcustomfields"]) {
      await here.shop.sql("DELETE FROM ?? WHERE type = 'product' AND relid = ?", [table, productId]);
    }
    await here.shop.sql("DELETE FROM tblproducts WHERE id = ?", [productId]);
  }
}

describe("a product addon", () => {
  async function examineAddon(change: Partial<NewAddon>) {
    const { addonId } = await here.shop.addAddon({
      ...{ name: "BitNinja", packages: [here.catalogue.products.ddosGuard], options: ["55371", "bitninja"] },
      ...{ prices: { USD: { monthly: "20.00" }, EUR: { monthly: "18.40" } }, ...change },
    });
    try {
      return { findings: await here.examine({}), addonId };
    } finally {
      await here.shop.sql("DELETE FROM tblpricing WHERE type = 'addon'");
      await here.shop.sql("DELETE FROM tblcustomfields WHERE type = 'addon'");
      await here.shop.sql("DELETE FROM tblmodule_configuration");
      await here.shop.sql("DELETE FROM tbladdons");
    }
  }
  const clash = (id: number) => `whmcs.tariff_clash:a${id}`;
  const hiddenField = { fields: [{ name: "License ID", isRequired: true }] };

  test("with the tariff of a product gives way to it, and is named as an addon with its rival", async () => {
    const { findings, addonId } = await examineAddon({});
    expect(complaints(findings)).toEqual([clash(addonId)]);
    expect(find(findings, clash(addonId))?.message).toBe(
      `Addon ${addonId} has the same tariff as product ${here.catalogue.products.bitNinja}, which panels sell instead.`,
    );
  });

  test.each<[string, string, Partial<NewAddon>]>([
    ["no_licence_field", "fault", { packages: [] }],
    ["no_licence_field", "fault", { packages: [1, 4] }],
    ["bad_tariff", "fault", { options: ["", "bitninja"] }],
    ["not_recurring", "fault", { billingCycle: "onetime" }],
    ["no_price", "fault", { prices: {} }],
  ])("that is off sale for %s is a %s", async (name, level, change) => {
    const { findings, addonId } = await examineAddon(change);
    const id = `whmcs.${name}:a${addonId}`;
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)).toMatchObject({ level, message: expect.stringContaining(`Addon ${addonId} `) });
  });

  test.each<[string, Partial<NewAddon>]>([
    ["quantity", { allowQuantity: 1 }],
    ["prorated", { isProrated: true }],
    ["autosetup", { autoSetup: "on" }],
    ["licence_field_hidden", hiddenField],
    ["sold_at_loss", { prices: { USD: { monthly: "1.00" } } }],
  ])("is warned about as a product is: %s", async (name, change) => {
    const { findings, addonId } = await examineAddon(change);
    expect(complaints(findings)).toContain(`whmcs.${name}:a${addonId}`);
  });
});

describe("what keeps a product off sale", () => {
  const cases: [id: string, level: string, product: Partial<NewProduct>, remedy: RegExp][] = [
    ["no_licence_field", "fault", { fields: [] }, /custom field named License ID/],
    ["bad_tariff", "fault", { options: ["", "DDoSGUARD"] }, /configoption1/],
    ["bad_tariff", "fault", { options: ["12345678901", "DDoSGUARD"] }, /configoption1/],
    ["no_additionintname", "fault", { options: ["23221", ""] }, /configoption2/],
    ["no_price", "fault", { prices: { EUR: { monthly: "13.80" } } }, /monthly price/],
    ["no_price", "fault", { prices: { USD: { annually: "150.00" } } }, /monthly price/],
    ["no_positive_price", "fault", { prices: { USD: { monthly: "0.00" } } }, /above 0\.00/],
    ["not_recurring", "fault", { payType: "onetime" }, /Recurring/],
    ["bad_tariff", "warning", { options: ["x", "DDoSGUARD"], isRetired: true }, /configoption1/],
    ["no_licence_field", "fault", { fields: [], options: ["23221", "DDoSGUARD", "", "", "no"] }, /License ID/],
  ];

  test.each(cases)("%s is a %s", async (name, level, product, remedy) => {
    const { findings, productId } = await examineWith(product);
    const id = `whmcs.${name}:${productId}`;
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)).toMatchObject({ level, remedy: expect.stringMatching(remedy) });
    expect(find(findings, id)?.message).toContain(`Product ${productId} `);
  });

  test("a product that is meant to be off sale is not complained about", async () => {
    const retired = await examineWith({ isRetired: true, options: ["23221", ""], prices: {} });
    expect(complaints(retired.findings)).toEqual([]);
    const notInPanels = await examineWith({ options: ["23221", "", "", "", "no"] });
    expect(complaints(notInPanels.findings)).toEqual([]);
  });

  test("of two products with one tariff the one that is not sold is named, with its rival", async () => {
    const { findings, productId } = await examineWith({});
    const id = `whmcs.tariff_clash:${productId}`;
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)).toMatchObject({ level: "warning", remedy: expect.stringContaining("configoption5") });
    expect(find(findings, id)?.message).toContain(`product ${here.catalogue.products.ddosGuard},`);
  });

  test("a price that is text is a missing price, and the other products stay on sale", async () => {
    await here.shop.sql("ALTER TABLE tblpricing MODIFY monthly VARCHAR(20) NOT NULL");
    const { bitNinja } = here.catalogue.products;
    try {
      await here.shop.sql("UPDATE tblpricing SET monthly = 'ask us' WHERE relid = ? AND type = 'product'", [bitNinja]);
      const findings = await here.examine();
      expect(complaints(findings)).toEqual([`whmcs.no_price:${bitNinja}`]);
      expect(find(findings, "whmcs.products")?.message).toContain("2 of 3");
    } finally {
      await here.shop.sql("UPDATE tblpricing SET monthly = '20.00' WHERE monthly = 'ask us'");
      await here.shop.sql("ALTER TABLE tblpricing MODIFY monthly DECIMAL(16,2) NOT NULL");
    }
  });

  test("an export currency that WHMCS does not have is told once", async () => {
    const findings = await here.examine({ PRICE_CURRENCY: "GBP" });
    expect(complaints(findings)).toEqual(["whmcs.no_currency", "whmcs.products"]);
    expect(find(findings, "whmcs.no_currency")).toMatchObject({
      level: "fault",
      remedy: expect.stringContaining("PRICE_CURRENCY"),
    });
  });

  test("a shop without products of ours", async () => {
    await here.shop.sql("UPDATE tblproducts SET servertype = CONCAT('x', servertype)");
    try {
      const findings = await here.examine();
      expect(complaints(findings)).toEqual(["whmcs.products"]);
      expect(find(findings, "whmcs.products")?.remedy).toContain("ispmanagermodules");
    } finally {
      await here.shop.sql("UPDATE tblproducts SET servertype = SUBSTRING(servertype, 2)");
    }
  });
});

const option = (index: number, value: string) => {
  const options = ["23221", "DDoSGUARD", "", "", "", "", "", ""];
  options[index - 1] = value;
  return options;
};

describe("settings that make orders a person has to untangle", () => {
  const cases: [id: string, level: string, product: Partial<NewProduct>, remedy: RegExp][] = [
    ["autosetup", "warning", { autoSetup: "payment" }, /Do not automatically setup/],
    ["autosetup", "warning", { autoSetup: "on" }, /Do not automatically setup/],
    ["prorated", "warning", { isProrated: true }, /prorata billing off/],
    ["quantity", "warning", { allowQuantity: 2 }, /Allow Multiple Quantities/],
    ["domain_options", "warning", { showsDomainOptions: true }, /Require Domain/],
    ["odd_cycle", "warning", { prices: { USD: { monthly: "15.00", quarterly: "40.00" } } }, /cycles off/],
    ["odd_cycle", "warning", { prices: { USD: { monthly: "15.00", biennially: "0.00" } } }, /cycles off/],
    [
      "setup_fee",
      "warning",
      { prices: { ...soundPrices, EUR: { monthly: { price: "13.80", setupFee: "5.00" } } } },
      /0\.00/,
    ],
    ["bad_cost_limit", "fault", { options: option(4, "twelve") }, /configoption4/],
    ["bad_order_fields", "fault", { options: option(6, "elid=5") }, /configoption6.* bitninja_email, .* project,/],
    ["bad_order_fields", "fault", { options: option(6, "project={client.password}") }, /\{client\.email\}, .*\{ip\}/],
    ["sell_in_panel", "warning", { options: option(5, "off") }, /configoption5/],
    ["sale_at_loss", "warning", { options: option(7, "yes") }, /configoption7/],
    ["at_end", "fault", { options: option(8, "remove") }, /configoption8/],
    ["sold_at_loss", "fault", { prices: { USD: { monthly: "10.86" } } }, /configoption7/],
  ];

  test.each(cases)("%s is a %s", async (name, level, product, remedy) => {
    const { findings, productId } = await examineWith(product);
    const id = `whmcs.${name}:${productId}`;
    expect(complaints(findings)).toEqual([id, `whmcs.tariff_clash:${productId}`].sort());
    expect(find(findings, id)).toMatchObject({ level, remedy: expect.stringMatching(remedy) });
  });

  test("the cycles and currencies are named; a fee beside a cycle that is off counts for nothing", async () => {
    const odd = { monthly: "15.00", quarterly: "40.00", triennially: "300.00" };
    const { findings, productId } = await examineWith({ prices: { USD: odd, EUR: { ...odd, triennially: "-1.00" } } });
    expect(find(findings, `whmcs.odd_cycle:${productId}`)?.message).toContain(
      "quarterly (USD, EUR), triennially (USD)",
    );
    const off = { monthly: "15.00", annually: { price: "-1.00", setupFee: "9.00" } };
    const without = await examineWith({ prices: { USD: off } });
    expect(find(without.findings, `whmcs.setup_fee:${without.productId}`)).toBeUndefined();
    const oddFee = await examineWith({
      prices: { USD: { monthly: "15.00", quarterly: { price: "40.00", setupFee: "5.00" } } },
    });
    expect(find(oddFee.findings, `whmcs.setup_fee:${oddFee.productId}`)).toBeUndefined();
  });

  test("sound limits and order fields, and a retired product's flags, are left alone", async () => {
    const sound = await examineWith({
      options: ["23221", "DDoSGUARD", "", "12.50 EUR", "", "bitninja_email={client.email}; project={service.id}"],
    });
    expect(complaints(sound.findings)).toEqual([`whmcs.tariff_clash:${sound.productId}`]);
    const retired = await examineWith({ isRetired: true, isProrated: true, autoSetup: "on", allowQuantity: 1 });
    expect(complaints(retired.findings)).toEqual([]);
  });
});

describe("costs", () => {
  test("a tariff that is not in the account's price list", async () => {
    const { findings, productId } = await examineWith({ options: ["99999", "Other"] });
    const id = `whmcs.tariff_not_in_account:${productId}`;
    expect(complaints(findings)).toEqual([id]);
    expect(find(findings, id)).toMatchObject({ level: "fault", message: expect.stringContaining("tariff 99999") });
  });

  test("a limit below the cost, or in another currency, names the periods", async () => {
    const prices = { USD: { monthly: "15.00", annually: "160.00" } };
    // 10.00 a month and 108.00 a year at the account: a year may cost twelve times the limit.
    const low = await examineWith({ options: ["23221", "DDoSGUARD", "", "9.50"], prices });
    const id = `whmcs.cost_above_limit:${low.productId}`;
    expect(find(low.findings, id)).toMatchObject({ level: "fault", message: expect.stringContaining("for 1 months") });
    const foreign = await examineWith({ options: ["23221", "DDoSGUARD", "", "50 USD"], prices });
    expect(find(foreign.findings, `whmcs.cost_above_limit:${foreign.productId}`)?.message).toContain(
      "for 1, 12 months",
    );
  });

  test("a period without a cost is a fault only while a limit needs it", async () => {
    const halfYear = {
      options: ["55362", "drwebpro"],
      prices: { USD: { monthly: "9.90", semiannually: "55.00" } },
    };
    const free = await examineWith(halfYear);
    expect(find(free.findings, `whmcs.no_cost:${free.productId}`)).toMatchObject({
      level: "warning",
      message: expect.stringContaining("for 6 months"),
    });
    const limited = await examineWith(halfYear, { SPEND_CAP_MONTH: "1000" });
    expect(find(limited.findings, `whmcs.no_cost:${limited.productId}`)?.level).toBe("fault");
  });

  test("a price below the cost names cycle and currency, unless a loss is allowed", async () => {
    const prices = { USD: { monthly: "10.87", annually: "117.39" }, EUR: { monthly: "9.99" } };
    const { findings, productId } = await examineWith({ prices });
    expect(find(findings, `whmcs.sold_at_loss:${productId}`)?.message).toContain(": monthly (EUR), annually (USD).");
    for (const options of [option(7, "allow"), option(5, "free")]) {
      const allowed = await examineWith({ options, prices });
      expect(complaints(allowed.findings)).toEqual([`whmcs.tariff_clash:${allowed.productId}`]);
    }
  });

  test("a currency of the account that WHMCS cannot convert is a warning", async () => {
    await here.shop.sql("UPDATE tblcurrencies SET rate = 0 WHERE code = 'EUR'");
    try {
      const findings = await here.examine();
      expect(complaints(findings)).toEqual(["whmcs.no_rate:EUR"]);
      expect(find(findings, "whmcs.no_rate:EUR")).toMatchObject({
        level: "warning",
        remedy: expect.stringContaining("Currencies"),
      });
    } finally {
      await here.shop.sql("UPDATE tblcurrencies SET rate = 0.92 WHERE code = 'EUR'");
    }
  });

  test("a spending cap below one period's cost names the products that would wait for ever", async () => {
    const findings = await here.examine({ SPEND_CAP_DAY: "100", SPEND_CAP_MONTH: "1000" });
    expect(complaints(findings)).toEqual(["settings.spend_cap_day"]);
    const { ddosGuard, bitNinja } = here.catalogue.products;
    expect(find(findings, "settings.spend_cap_day")).toMatchObject({
      level: "warning",
      message: expect.stringContaining(`: ${ddosGuard}, ${bitNinja}.`),
      remedy: expect.stringContaining("SPEND_CAP_DAY"),
    });
  });
});
