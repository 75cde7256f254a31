// When does WHMCS get the custom fields of a new product without anybody asking for them?
import { afterEach, beforeEach, expect, test } from "vitest";
import { runHook } from "../../src/sandbox/php.ts";
import { startBridge, type TestBridge } from "./bridge.ts";
import { useModuleShop } from "./module-shop.ts";
import { makeKeptOlder, makeRoot } from "./whmcs-site.ts";

const whmcs = useModuleShop();
let bridge: TestBridge;
let root: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  bridge = await startBridge();
  ({ root, remove } = await makeRoot(bridge.url));
});
afterEach(async () => {
  await bridge.stop();
  await remove();
});

/** Whether a product that staff have just added gets its fields when WHMCS reaches this hook point. */
async function isSetUpBy(point: string, vars: object): Promise<boolean> {
  const { productId } = await whmcs.shop.addProduct({ name: "New", options: ["55362", "drwebpro"], fields: [] });
  const run = await runHook({ ...whmcs.site(bridge.url, { root }), point, vars });
  expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
  const [row] = await whmcs.shop.sql("SELECT COUNT(*) AS fields FROM tblcustomfields WHERE relid = ?", [productId]);
  return Number(row?.fields) === 4;
}

test("whenever staff see a product's settings", async () => {
  const page = { filename: "configproducts" };
  expect(await isSetUpBy("AdminAreaHeadOutput", page)).toBe(true);
  expect(await isSetUpBy("AdminAreaHeadOutput", page)).toBe(true);
  expect(await isSetUpBy("AdminAreaHeadOutput", { filename: "clientssummary" })).toBe(false);
  expect(bridge.calls).toEqual([]);
});

test("with the first cron run of a day", async () => {
  expect(await isSetUpBy("AfterCronJob", {})).toBe(true);
  expect(await isSetUpBy("AfterCronJob", {})).toBe(false);
  await makeKeptOlder(root, /setup/, 86_401);
  expect(await isSetUpBy("AfterCronJob", {})).toBe(true);
});
