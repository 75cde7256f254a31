// On what does a test of the purchase engine play? A whole sandbox, the engine on it, and its loops moved by hand.
import type { RowDataPacket } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, expect } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { createApi, createEngine } from "../../src/main.ts";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { runIntake } from "../../src/purchases/intake.ts";
import type { Books } from "../../src/purchases/ledger/books.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import type { Reason, State } from "../../src/purchases/state.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { runVerifier } from "../../src/purchases/verifier.ts";
import { runWriteBack } from "../../src/purchases/write-back.ts";
import type { AccountOptions } from "../../src/sandbox/account/account.ts";
import type { DemoShop } from "../../src/sandbox/shop/demo-shop.ts";
import type { OrderItem } from "../../src/sandbox/shop/orders.ts";
import type { Shop } from "../../src/sandbox/shop/shop.ts";
import type { WhmcsApi } from "../../src/whmcs/api.ts";
import { type House, openHouse, type Props } from "./house.ts";
import { listBreaches } from "./oracle.ts";

export interface StageOptions {
  readonly account?: AccountOptions;
  readonly settings?: Readonly<Record<string, string>>;
  /** Default true: buying is on from the first moment. */
  readonly isBuying?: boolean;
  readonly hasServerModule?: boolean;
}

/** Times of the engine in tests: everything that a person would wait minutes for takes a moment. */
export const quickTimes = {
  ORDER_TIMEOUT_SECONDS: "5",
  SEND_WITHIN_SECONDS: "5",
  SETTLE_SECONDS: "0.1",
  LOOK_INTERVAL_SECONDS: "0.05",
  RETRY_SECONDS: "0.05",
  BUYER_INTERVAL_SECONDS: "0.05",
  SWEEP_INTERVAL_SECONDS: "0.1",
};

/**
 * With these also absence is proven in a moment. A busy machine may then let an order's time run out before it is sent,
 * which costs an attempt: count sends.
 */
export const quickAbsence = { SEND_WITHIN_SECONDS: "0.6", ORDER_TIMEOUT_SECONDS: "0.4", SETTLE_SECONDS: "0.2" };

export interface Sold {
  readonly serviceId: number;
  readonly invoiceId: number;
  readonly lineId: number;
  readonly orderId: number;
  readonly licence: string;
}

export interface Stage extends Props {
  readonly shop: Shop;
  readonly catalogue: DemoShop;
  readonly engine: Engine;
  readonly api: WhmcsApi | null;
  /** A second engine on the same ledger, as another process would be. */
  createSecondEngine(): Engine;
  /** A licence that the account has and no module uses. */
  newLicence(): string;
  /** An order of one module, invoiced and unpaid; by default DDoS-GUARD, monthly, on a new licence and its address. */
  sell(item?: Partial<OrderItem> & { clientId?: number }): Promise<Sold>;
  /** The same, and paid. */
  sellPaid(item?: Partial<OrderItem> & { clientId?: number }): Promise<Sold>;
  /** The next invoice of a service, paid; its line. */
  renewPaid(serviceId: number): Promise<{ invoiceId: number; lineId: number }>;
  lineOf(invoiceId: number): Promise<number>;
  /** One round of intake, buyer, verifier and write-back. */
  round(engine?: Engine): Promise<void>;
  /** The sweep and all loops, again and again until nothing is left to do, or until `isDone` says so. */
  settle(isDone?: (purchases: Purchase[]) => boolean): Promise<Purchase[]>;
  /** The same, until the purchase of this line stands so; fails with where it stands instead. */
  reach(lineId: number, state: State, reason?: Reason | null): Promise<Purchase>;
  purchaseOf(lineId: number): Promise<Purchase>;
  /** Any statement on the ledger's tables. */
  ledgerSql(text: string, params?: readonly unknown[]): Promise<RowDataPacket[]>;
  /** The books of the whole ledger. */
  readBooks(): Promise<Books>;
  end(): Promise<void>;
}

/** One scene in a house of its own. */
export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const house = await openHouse();
  const stage = await createScene(house, options);
  return {
    ...stage,
    end: async () => {
      await stage.end();
      await house.close();
    },
  };
}

/**
 * For a whole test file: one house, and a function that each test calls for its stage. Ends both by itself, and holds every
 * scene against the rules that must hold whatever happened.
 */
export function useStages(): (options?: StageOptions) => Promise<Stage> {
  let house: House | undefined;
  let open: Stage[] = [];
  beforeAll(async () => {
    house = await openHouse();
  });
  afterEach(async () => {
    const scenes = open;
    open = [];
    for (const stage of scenes) {
      const breaches = await listBreaches(stage);
      await stage.end();
      expect(breaches).toEqual([]);
    }
  });
  afterAll(() => house?.close());
  return async (options = {}) => {
    if (house === undefined) throw new Error("a stage is for tests, not for their description");
    const stage = await createScene(house, options);
    open.push(stage);
    return stage;
  };
}

async function createScene(house: House, options: StageOptions): Promise<Stage> {
  const props = await house.prepare(options);
  const { account } = props;
  const { shop, catalogue } = house.sandbox;
  const environment = { ...props.environment, SPEND_CAP_DAY: "none", ...quickTimes, ...options.settings };
  const config = loadConfig(environment);
  const surroundings = { clock: systemClock, log: silentLog };
  const newEngine = () => createEngine(config, house.databases, surroundings);
  const engine = newEngine();
  const api = createApi(config);
  if (options.isBuying !== false) {
    const since = { position: "on" as const, paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" };
    await engine.ledger.setBuying(since);
  }
  let licences = 0;
  const newLicence = () => {
    licences += 1;
    const id = String(2_000_000 + licences);
    account.addLicence({ id, licname: `web-${id}`, ip: `198.51.100.${licences}` });
    return id;
  };
  const lineOf = async (invoiceId: number) => {
    const [row] = await shop.sql("SELECT id FROM tblinvoiceitems WHERE invoiceid = ? AND type = 'Hosting'", [
      invoiceId,
    ]);
    return Number(row?.id);
  };
  const sell: Stage["sell"] = async ({ clientId, ...item } = {}) => {
    const licence = item.licence ?? newLicence();
    const ip = account.licences().find(({ id }) => id === licence)?.ip;
    const address = ip === undefined ? {} : { ip };
    const whole = { productId: catalogue.products.ddosGuard, ...address, ...item, licence };
    const order = await shop.placeOrder({ clientId: clientId ?? catalogue.clientIds[0], items: [whole] });
    const { invoiceId, orderId, serviceIds } = order;
    return { serviceId: serviceIds[0] ?? 0, invoiceId, orderId, licence, lineId: await lineOf(invoiceId) };
  };
  const round = async (by: Engine = engine) => {
    await runIntake(by);
    await runBuyer(by);
    await runVerifier(by);
    await runWriteBack(by, api);
  };
  const settle = async (isDone: (purchases: Purchase[]) => boolean = isSettled) => {
    await sweepServices(engine, false);
    for (let rounds = 0; rounds < longestRounds; rounds++) {
      await round();
      const purchases = await engine.ledger.listPurchases();
      if (isDone(purchases)) return purchases;
      await systemClock.sleep(20);
    }
    throw new Error(`nothing settles: ${JSON.stringify(await engine.ledger.countByState())}`);
  };
  const purchaseOf = async (lineId: number) => {
    const [purchase] = await engine.ledger.findByLines([lineId]);
    if (purchase === undefined) throw new Error(`line ${lineId} has no purchase`);
    return purchase;
  };
  return {
    ...props,
    environment,
    shop,
    catalogue,
    engine,
    api,
    createSecondEngine: newEngine,
    newLicence,
    sell,
    sellPaid: async (item) => {
      const sold = await sell(item);
      await shop.payInvoice(sold.invoiceId);
      return sold;
    },
    renewPaid: async (serviceId) => {
      const { invoiceId } = await shop.issueRenewalInvoice(serviceId);
      await shop.payInvoice(invoiceId);
      return { invoiceId, lineId: await lineOf(invoiceId) };
    },
    lineOf,
    round,
    settle,
    reach: async (lineId, state, reason = null) => {
      const stands = ({ lineId: line, ...purchase }: Purchase) =>
        line === lineId && purchase.state === state && purchase.reason === reason;
      try {
        await settle((purchases) => purchases.some(stands));
      } catch (error) {
        throw new Error(`line ${lineId} never stood in ${state}(${reason})`, { cause: error });
      }
      return await purchaseOf(lineId);
    },
    purchaseOf,
    ledgerSql: house.ledgerSql,
    readBooks: () => engine.ledger.readBooks({ afterServiceRef: "", limit: 1_000 }),
    end: async () => {
      await Promise.all([account.close(), props.whmcsApi.stop()]);
    },
  };
}

const longestRounds = 150;

/** Every purchase rests in a state that it does not leave by itself. */
function isSettled(purchases: Purchase[]): boolean {
  const resting = ["Purchased", "NeedsOperator", "Refunded", "Ignored"];
  return purchases.length > 0 && purchases.every((purchase) => resting.includes(purchase.state));
}
