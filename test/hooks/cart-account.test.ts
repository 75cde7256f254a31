// Does the real cart hook hear from the real bridge which licences are in the account?
import { afterAll, beforeAll, expect, test } from "vitest";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook } from "../../src/sandbox/php.ts";
import { rootUrlOf } from "../sandbox-database.ts";
import { createGround, type Ground, type Serving, serve } from "../serve/serving.ts";

let ground: Ground;
let bridge: Serving;

beforeAll(async () => {
  ground = await createGround();
  bridge = await serve(ground.environment);
});
afterAll(async () => {
  await bridge?.stop();
  await ground?.end();
});

test("a licence of the account may be bought for, another one may not", async () => {
  const { shop, catalogue, environment } = ground;
  const pid = catalogue.products.ddosGuard;
  const [field] = await shop.sql("SELECT id FROM tblcustomfields WHERE relid = ? AND fieldname = 'License ID'", [pid]);
  const products = ["1234567", "8888888"].map((licence) => ({ pid, customfields: { [field?.id]: licence } }));
  const run = await runHook({
    phpPath: await requirePhp(),
    settings: { url: `http://127.0.0.1:${bridge.port}`, secret: ground.webhookSecret },
    database: rootUrlOf(new URL(environment.WHMCS_DATABASE_URL ?? "").pathname.slice(1)),
    request: { session: { cart: { products } } },
    point: "ShoppingCartValidateCheckout",
    vars: {},
  });
  expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
  expect(run.results[0]?.returned).toEqual([[expect.stringContaining("licence 8888888 was not bought from us")]]);
});
