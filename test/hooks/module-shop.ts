// On which WHMCS do the functions of the server module run in tests? A shop of its own, with one sold service.
import { afterAll, beforeAll } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { requirePhp } from "../../src/sandbox/packages.ts";
import { runHook, runModule, type WhmcsRun, type WhmcsSite } from "../../src/sandbox/php.ts";
import { type DemoShop, fillDemoShop } from "../../src/sandbox/shop/demo-shop.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import { freshShopDatabase, type TestDatabase } from "../sandbox-database.ts";
import { shapeOfRun } from "../shape.ts";
import { secret } from "../webhook/signing.ts";
import { type AnsweringBridge, type Answers, startAnsweringBridge } from "./answering-bridge.ts";

export interface ModuleShop {
  readonly shop: Shop;
  readonly catalogue: DemoShop;
  readonly serviceId: number;
  /** A site on this shop whose bridge is at that address. */
  site(url: string, rest?: Partial<WhmcsSite>): WhmcsSite;
  /** Calls a function of the module for the service, with a bridge that answers so. */
  call(name: string, answers: Answers, rest?: Partial<WhmcsSite>): Promise<Called>;
  /** Lets staff open the page of the products: one of the two moments of the set-up, and the one without conditions. */
  setUp(rest?: Partial<WhmcsSite>): Promise<WhmcsRun>;
  /** Values of the service's custom fields, every row, by field name. */
  fieldValues(): Promise<Record<string, string[]>>;
}

type Called = Awaited<ReturnType<typeof runModule>> & { readonly bridge: AnsweringBridge };

/** Opens a shop before the tests of a file; the result may be used inside tests only. */
export function useModuleShop(): ModuleShop {
  let database: TestDatabase;
  let phpPath = "";
  const opened: { shop?: Shop; catalogue?: DemoShop; serviceId?: number } = {};
  const need = <K extends keyof typeof opened>(name: K): NonNullable<(typeof opened)[K]> => {
    const found = opened[name];
    if (found === undefined) throw new Error("the shop is not open yet");
    return found;
  };
  beforeAll(async () => {
    phpPath = await requirePhp();
    database = await freshShopDatabase("module");
    opened.shop = await createShop({ url: database.url, clock: systemClock, shape: shapeOfRun() });
    opened.catalogue = await fillDemoShop(opened.shop);
    const [clientId] = opened.catalogue.clientIds;
    const order = await opened.shop.placeOrder({
      clientId,
      items: [{ productId: opened.catalogue.products.ddosGuard, licence: "1234567", ip: "192.0.2.10" }],
    });
    opened.serviceId = order.serviceIds[0] ?? 0;
  });
  afterAll(async () => {
    await opened.shop?.close();
    await database.drop();
  });
  const site = (url: string, rest: Partial<WhmcsSite> = {}): WhmcsSite => {
    return { phpPath, database: database.url, settings: { url, secret }, ...rest };
  };
  return {
    get shop() {
      return need("shop");
    },
    get catalogue() {
      return need("catalogue");
    },
    get serviceId() {
      return need("serviceId");
    },
    site,
    call: async (name, answers, rest) => {
      const bridge = await startAnsweringBridge(answers);
      const run = await runModule(site(bridge.url, rest), { function: name, serviceId: need("serviceId") });
      return { bridge, ...run };
    },
    setUp: async (rest) => {
      const { url } = await startAnsweringBridge({});
      return runHook({ ...site(url, rest), point: "AdminAreaHeadOutput", vars: { filename: "configproducts" } });
    },
    fieldValues: async () => {
      const rows = await need("shop").sql(
        `SELECT f.fieldname AS name, v.value FROM tblcustomfieldsvalues v JOIN tblcustomfields f ON f.id = v.fieldid
          WHERE v.relid = ? ORDER BY v.id`,
        [need("serviceId")],
      );
      const values: Record<string, string[]> = {};
      for (const { name, value } of rows) values[name] = [...(values[name] ?? []), value];
      return values;
    },
  };
}
