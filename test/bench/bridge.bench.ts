// How fast is the bridge, how much memory does it take, and how often does it disturb WHMCS?
import { afterAll, beforeAll, test } from "vitest";
import { createGround, type Ground, type Serving, serve } from "../serve/serving.ts";
import { secret } from "../webhook/signing.ts";
import { beginIdleWatch, type IdleWatch } from "./idle.ts";
import { measurePriceList } from "./price-list.ts";
import { measureRendering } from "./rendering.ts";
import { asNpmStarts, measureMemory, measureStarts } from "./starts.ts";
import { measureWebhooks } from "./webhooks.ts";

const manyModules = 100;

/** What a bridge has by itself; the ground's own times are for tests. */
const usualTimes = { BUYER_INTERVAL_SECONDS: "5", SWEEP_INTERVAL_SECONDS: "120", WEBHOOK_SECRET: secret };

let ground: Ground;
let idle: IdleWatch;
let bridge: Serving;

beforeAll(async () => {
  idle = await beginIdleWatch();
  ground = await createGround({ settings: usualTimes });
});
afterAll(async () => {
  await idle?.end();
  await ground?.end();
});

test("a start until the first answer", async ({ task }) => {
  task.meta.rows = [await measureStarts(asNpmStarts(ground.environment))];
});

test("the price list from memory", async ({ task }) => {
  bridge = await serve(asNpmStarts(ground.environment));
  task.meta.rows = await measurePriceList(bridge);
});

test("webhooks accepted", async ({ task }) => {
  const { shop, catalogue } = ground;
  const item = { productId: catalogue.products.ddosGuard, licence: "1234567", ip: "192.0.2.10" };
  const { invoiceId } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items: [item] });
  task.meta.rows = await measureWebhooks({
    bridge,
    ledgerUrl: ground.environment.LEDGER_DATABASE_URL ?? "",
    invoiceId,
  });
});

test("memory after all that", async ({ task }) => {
  task.meta.rows = [measureMemory(bridge, "both loads")];
  await bridge.stop();
});

test("the price list without memory", async ({ task }) => {
  const url = ground.environment.WHMCS_DATABASE_URL ?? "";
  const few = await measureRendering(url);
  const { groupId, products } = ground.catalogue;
  const sold = Object.keys(products).length - 1;
  for (let index = sold; index < manyModules; index += 1) {
    const prices = { monthly: "10.00", semiannually: "55.00", annually: "100.00" };
    await ground.shop.addProduct({
      name: `Module ${index}`,
      groupId,
      options: [String(70_000 + index), `module${index}`],
      prices: { USD: prices, EUR: prices },
    });
  }
  task.meta.rows = [few, await measureRendering(url)];
});

test("questions to WHMCS when idle", async ({ task }) => {
  task.meta.rows = await idle.finish();
});
