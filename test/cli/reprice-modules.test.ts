// Does `ispmodules modules reprice` find every price that no longer covers cost and margin, and change nothing in WHMCS?
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Counter, openCounter } from "./catalogue.ts";

let here: Counter;
let folder: string;

const { ddosGuard, drWeb } = { ddosGuard: "23221", drWeb: "55362" };

beforeAll(async () => {
  here = await openCounter();
  folder = mkdtempSync(join(tmpdir(), "ispmodules-prices-"));
});

afterAll(async () => {
  rmSync(folder, { recursive: true });
  await here.end();
});

const prices = () => here.shop.sql("SELECT * FROM tblpricing ORDER BY id");

/** The account raises a cost. */
const charge = (id: string, costs: Record<number, string>) =>
  here.account.setTariff({ id, name: "Raised", intname: "raised", itemtype: "41", currency: "EUR", costs });

test("prices that cover their cost are left alone", async () => {
  const { status, stdout } = await here.modules(["reprice"]);
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: "No known margin is below the wanted one; `ispmodules modules` shows them all.\n",
  });
  expect(await here.list(["reprice", "--margin", "36.29%"])).toEqual({ status: 0, rows: [] });
});

test("a margin below the wanted one gets the lowest price that has it", async () => {
  const product = { product_id: String(here.catalogue.products.ddosGuard), cost_currency: "EUR" };
  const { rows } = await here.list(["reprice", "--margin", "37%", "--round", "0.99"]);
  expect(rows).toEqual([
    { ...product, cycle: "annually", currency: "USD", cost: "108.0000", old: "160.00", new: "160.99" },
    { ...product, cycle: "annually", currency: "EUR", cost: "108.0000", old: "147.20", new: "147.99" },
  ]);
});

test("a cost above its price is found without a margin; products that are given away or retired are left alone", async () => {
  charge(ddosGuard, { 1: "13.81", 6: "57.00", 12: "108.00" });
  charge(drWeb, { 1: "50.00", 12: "480.00" });
  const { productId } = await here.shop.addProduct({
    ...{ name: "Gift", options: [ddosGuard, "DDoSGUARD", "", "", "free"], prices: { USD: { monthly: "0.00" } } },
  });
  await here.shop.sql("UPDATE tblproducts SET retired = 1 WHERE id = ?", [here.catalogue.products.drWeb]);
  const before = await prices();
  const { rows } = await here.list<{ product_id: string }>(["reprice"]);
  expect(rows).toMatchObject([
    { cycle: "monthly", currency: "USD", old: "15.00", new: "15.02" },
    { cycle: "monthly", currency: "EUR", old: "13.80", new: "13.81" },
  ]);
  expect(rows.map(({ product_id }) => product_id)).not.toContain(String(productId));
  const { stdout } = await here.modules(["reprice"]);
  expect(stdout).toContain(
    `https://billing.example.com/admin/configproducts.php?action=edit&id=${here.catalogue.products.ddosGuard}\n`,
  );
  expect(await prices()).toEqual(before);
});

test("the price of an addon is found like that of a product, and named by the addon", async () => {
  const { addonId } = await here.shop.addAddon({
    ...{ name: "DDoS-GUARD", packages: [], options: [ddosGuard, "DDoSGUARD"], prices: { USD: { monthly: "9.00" } } },
  });
  try {
    const { rows } = await here.list<{ product_id: string | null }>(["reprice"]);
    expect(rows.filter(({ product_id }) => product_id === null)).toMatchObject([
      { addon_id: String(addonId), cycle: "monthly", currency: "USD", old: "9.00" },
    ]);
    const file = join(folder, "addons.csv");
    const { stdout } = await here.modules(["reprice", "--apply", "--out", file]);
    expect(stdout).toContain(`  addon ${addonId}: Product Addons in WHMCS's settings\n`);
    expect(readFileSync(file, "utf8")).toContain(`\na${addonId},monthly,USD,9.00,`);
  } finally {
    await here.shop.sql("DELETE FROM tbladdons WHERE id = ?", [addonId]);
  }
});

test("applied, the prices stand in a file, and it says that WHMCS was not changed", async () => {
  charge(ddosGuard, { 1: "13.81", 6: "57.00", 12: "108.00" });
  const [before, id] = [await prices(), here.catalogue.products.ddosGuard];
  const file = join(folder, "prices.csv");
  const { status, stdout } = await here.modules(["reprice", "--round", "0.99", "--apply", "--out", file]);
  expect(status).toBe(1);
  expect(stdout).toContain(`Nothing was changed in WHMCS: its API cannot change prices. They are in ${file}`);
  expect(readFileSync(file, "utf8")).toBe(
    `product_id,cycle,currency,old,new\n${id},monthly,USD,15.00,15.99\n${id},monthly,EUR,13.80,13.99\n`,
  );
  const again = await here.modules(["reprice", "--apply", "--out", file]);
  expect(again).toMatchObject({ status: 1, stderr: expect.stringContaining("is there already") });
  expect(readFileSync(file, "utf8")).toContain("15.99");
  const lost = await here.modules(["reprice", "--apply", "--out", join(folder, "no", "prices.csv")]);
  expect(lost).toMatchObject({ status: 1, stderr: expect.stringContaining("cannot be written (ENOENT)") });
  expect(await prices()).toEqual(before);
  expect(here.whmcsApi.calls).toEqual([]);
});
