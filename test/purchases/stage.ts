// On what does a test of the purchase engine play? A whole sandbox, the engine on it, and its loops moved by hand.
import { systemClock } from "../../src/clock.ts";
import { loadConfig } from "../../src/config.ts";
import { silentLog } from "../../src/log.ts";
import { createApi, createEngine, openDatabases } from "../../src/main.ts";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { runIntake } from "../../src/purchases/intake.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { runVerifier } from "../../src/purchases/verifier.ts";
import { runWriteBack } from "../../src/purchases/write-back.ts";
import type { AccountOptions } from "../../src/sandbox/account/account.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { freshDatabase } from "../sandbox-database.ts";

export interface StageOptions {
  readonly account?: AccountOptions;
  readonly settings?: Readonly<Record<string, string>>;
  /** Default true: buying is on from the first moment. */
  readonly isBuying?: boolean;
  readonly hasServerModule?: boolean;
}

/** Times of the engine in tests: everything that a person would wait minutes for takes a moment. */
export const quickTimes = {
  ORDER_TIMEOUT_SECONDS: "0.5",
  SEND_WITHIN_SECONDS: "1",
  SETTLE_SECONDS: "0.1",
  LOOK_INTERVAL_SECONDS: "0.05",
  RETRY_SECONDS: "0.05",
  BUYER_INTERVAL_SECONDS: "0.05",
  SWEEP_INTERVAL_SECONDS: "0.1",
};

export interface Sold {
  readonly serviceId: number;
  readonly invoiceId: number;
  readonly lineId: number;
  readonly orderId: number;
}

export interface Stage extends Sandbox {
  readonly engine: Engine;
  /** A second engine on the same ledger, as another process would be. */
  createSecondEngine(): Engine;
  /** An order of one module, invoiced and unpaid. */
  sell(item?: {
    licence?: string;
    productId?: number;
    billingCycle?: "Monthly" | "Annually";
    clientId?: number;
  }): Promise<Sold>;
  lineOf(invoiceId: number): Promise<number>;
  /** The sweep and all loops, again and again until nothing is left to do, or until `isDone` says so. */
  settle(isDone?: (purchases: Purchase[]) => boolean): Promise<Purchase[]>;
  purchaseOf(lineId: number): Promise<Purchase>;
  end(): Promise<void>;
}

export async function createStage(options: StageOptions = {}): Promise<Stage> {
  const shopDatabase = await freshDatabase("shop");
  const ledgerDatabase = await freshDatabase("ledger");
  const sandbox = await startSandbox({
    shopUrl: shopDatabase.url,
    ledgerUrl: ledgerDatabase.url,
    clock: systemClock,
    ...(options.account === undefined ? {} : { account: options.account }),
    hasServerModule: options.hasServerModule ?? false,
  });
  const environment = { ...sandbox.environment, SPEND_CAP_DAY: "none", ...quickTimes, ...options.settings };
  const config = loadConfig(environment);
  const databases = openDatabases(config);
  const surroundings = { clock: systemClock, log: silentLog };
  const engine = createEngine(config, databases, surroundings);
  const api = createApi(config);
  if (options.isBuying !== false) {
    const since = { position: "on" as const, paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" };
    await engine.ledger.setBuying(since);
  }
  const { shop, catalogue } = sandbox;
  const lineOf = async (invoiceId: number) => {
    const [row] = await shop.sql("SELECT id FROM tblinvoiceitems WHERE invoiceid = ? AND type = 'Hosting'", [
      invoiceId,
    ]);
    return Number(row?.id);
  };
  const round = async () => {
    await runIntake(engine);
    await runBuyer(engine);
    await runVerifier(engine);
    await runWriteBack(engine, api);
  };
  return {
    ...sandbox,
    environment,
    engine,
    createSecondEngine: () => createEngine(config, databases, surroundings),
    sell: async ({
      licence = "1234567",
      productId = catalogue.products.ddosGuard,
      billingCycle = "Monthly",
      clientId,
    } = {}) => {
      const order = await shop.placeOrder({
        clientId: clientId ?? catalogue.clientIds[0],
        items: [{ productId, billingCycle, licence, ip: "192.0.2.10" }],
      });
      const [serviceId = 0] = order.serviceIds;
      return { serviceId, invoiceId: order.invoiceId, orderId: order.orderId, lineId: await lineOf(order.invoiceId) };
    },
    lineOf,
    settle: async (isDone = isSettled) => {
      await sweepServices(engine, false);
      for (let rounds = 0; rounds < 200; rounds++) {
        await round();
        const purchases = await engine.ledger.listPurchases();
        if (isDone(purchases)) return purchases;
        await systemClock.sleep(20);
      }
      throw new Error(`nothing settles: ${JSON.stringify(await engine.ledger.countByState())}`);
    },
    purchaseOf: async (lineId) => {
      const [purchase] = await engine.ledger.findByLines([lineId]);
      if (purchase === undefined) throw new Error(`line ${lineId} has no purchase`);
      return purchase;
    },
    end: async () => {
      await databases.close();
      await sandbox.stop();
      await Promise.all([shopDatabase.drop(), ledgerDatabase.drop()]);
    },
  };
}

/** Every purchase rests in a state that it does not leave by itself. */
function isSettled(purchases: Purchase[]): boolean {
  const resting = ["Purchased", "NeedsOperator", "Refunded", "Ignored"];
  return purchases.length > 0 && purchases.every((purchase) => resting.includes(purchase.state));
}
