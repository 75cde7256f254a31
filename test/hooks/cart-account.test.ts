// Does the real cart hook hear from the real bridge which licences of the account can carry the module?
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

test("a licence of the account may be bought for, one of others or on which the module could not work may not", async () => {
  const { shop, catalogue, environment } = ground;
  const fieldOf = async (pid: number, name: string) =>
    (await shop.sql("SELECT id FROM tblcustomfields WHERE relid = ? AND fieldname = ?", [pid, name]))[0]?.id;
  const put = async (pid: number, licence: string, ip: string) => ({
    pid,
    customfields: { [await fieldOf(pid, "License ID")]: licence, [await fieldOf(pid, "Server IP")]: ip },
  });
  const { ddosGuard, drWeb } = catalogue.products;
  const products = [
    await put(ddosGuard, "1234567", "192.0.2.10"),
    await put(ddosGuard, "8888888", ""),
    await put(ddosGuard, "1234568", "192.0.2.10"),
    await put(ddosGuard, "1234571", ""),
    await put(drWeb, "1234570", "192.0.2.13"),
  ];
  const run = await runHook({
    phpPath: await requirePhp(),
    settings: { url: `http://127.0.0.1:${bridge.port}`, secret: ground.webhookSecret },
    database: rootUrlOf(new URL(environment.WHMCS_DATABASE_URL ?? "").pathname.slice(1)),
    request: { session: { cart: { products } } },
    point: "ShoppingCartValidateCheckout",
    vars: {},
  });
  expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
  expect(run.results[0]?.returned).toEqual([
    [
      expect.stringContaining("licence 8888888 was not bought from us"),
      expect.stringContaining("DDoS-GUARD cannot be added to licence 1234568"),
      expect.stringContaining("DDoS-GUARD cannot be added to licence 1234571"),
      expect.stringContaining("Dr.Web pro cannot be added to licence 1234570"),
    ],
  ]);
});
