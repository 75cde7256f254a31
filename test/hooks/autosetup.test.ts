// When is the automatic setup of a product switched off, which WHMCS would do before its module is bought?
import { expect, test } from "vitest";
import { useModuleShop } from "./module-shop.ts";

const whmcs = useModuleShop();
const { setUp } = whmcs;

async function addProduct(autosetup: string): Promise<number> {
  return (await whmcs.shop.addProduct({ name: "New", fields: [], columns: { autosetup } })).productId;
}

async function autosetupOf(productId: number): Promise<string> {
  const [row] = await whmcs.shop.sql("SELECT autosetup FROM tblproducts WHERE id = ?", [productId]);
  return row?.autosetup;
}

test.each(["payment", "order"])("at %s it is switched off once, with a line", async (when) => {
  const productId = await addProduct(when);
  const { activityLog } = await setUp();
  expect(await autosetupOf(productId)).toBe("");
  expect(activityLog).toEqual([
    `ispmodules: product ${productId} is now set to "Do not automatically setup this product": WHMCS would set it up before its module is bought. This is done only once.`,
  ]);
  await whmcs.shop.sql("UPDATE tblproducts SET autosetup = ? WHERE id = ?", [when, productId]);
  expect((await setUp()).activityLog).toEqual([]);
  expect(await autosetupOf(productId)).toBe(when);
});

test("it is left alone when it waits for staff, and where the module is another", async () => {
  const accepted = await addProduct("on");
  const { hosting } = whmcs.catalogue.products;
  await whmcs.shop.sql("UPDATE tblproducts SET autosetup = 'payment' WHERE id = ?", [hosting]);
  expect((await setUp()).activityLog).toEqual([]);
  expect([await autosetupOf(accepted), await autosetupOf(hosting)]).toEqual(["on", "payment"]);
});

test("it is switched off when staff choose it later, too", async () => {
  const productId = await addProduct("");
  await setUp();
  await whmcs.shop.sql("UPDATE tblproducts SET autosetup = 'payment' WHERE id = ?", [productId]);
  await setUp();
  expect(await autosetupOf(productId)).toBe("");
});
