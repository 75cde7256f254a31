// How often does a bridge with nothing to do ask WHMCS?
import { systemClock } from "../../src/clock.ts";
import { asRoot } from "../sandbox-database.ts";
import { createGround, type Ground, serve, waitForPurchases } from "../serve/serving.ts";
import { type Relay, type Statement, startRelay } from "./statements.ts";
import { group, noGoal, type Row } from "./table.ts";

const services = 20;
const defaultSweepSeconds = 120;
/** Longer than an idle connection to a database lives, so that each sweep pays for a new one, as it does by default. */
const sweepSeconds = 32;
const loopSeconds = 0.5;
const watchAtMostMs = 60_000;
/** Statements of one sweep follow each other faster than this. */
const pauseMs = 1_000;

/** The settings that a bridge has by itself, but for two: sweeps come sooner, and the other loops turn more often. */
const idleTimes = {
  ORDER_TIMEOUT_SECONDS: "60",
  SEND_WITHIN_SECONDS: "10",
  SETTLE_SECONDS: "600",
  LOOK_INTERVAL_SECONDS: "300",
  RETRY_SECONDS: "60",
  BUYER_INTERVAL_SECONDS: String(loopSeconds),
  SWEEP_INTERVAL_SECONDS: String(sweepSeconds),
};

export interface IdleWatch {
  /** Waits until enough was seen. */
  finish(): Promise<Row[]>;
  end(): Promise<void>;
}

/** Sells and buys twenty modules, then leaves a bridge alone with them, its WHMCS database behind a relay. */
export async function beginIdleWatch(): Promise<IdleWatch> {
  const ground = await createGround();
  await buyEverything(ground);
  const ledger = new URL(ground.environment.LEDGER_DATABASE_URL ?? "").pathname.slice(1);
  await asRoot(`UPDATE ${ledger}.mod_ispmodules_turns SET due_at = '2020-01-01' WHERE name = 'nightly_sweep'`);
  const relay = await startRelay(ground.environment.WHMCS_DATABASE_URL ?? "");
  const bridge = await serve({ ...ground.environment, ...idleTimes, WHMCS_DATABASE_URL: relay.url });
  const beganMs = systemClock.monotonicMs();
  return {
    finish: async () => {
      while (inBursts(relay).filter(isSweep).length < 2 || isBusy(relay)) {
        if (systemClock.monotonicMs() - beganMs > watchAtMostMs) throw new Error("there was no second sweep");
        await systemClock.sleep(100);
      }
      return describe(relay, (systemClock.monotonicMs() - beganMs) / 1000);
    },
    end: async () => {
      await bridge.stop();
      await relay.close();
      await ground.end();
    },
  };
}

async function buyEverything(ground: Ground): Promise<void> {
  const { shop, account, catalogue } = ground;
  for (let index = 0; index < services; index += 1) {
    const licence = String(3_000_000 + index);
    account.addLicence({ id: licence, licname: `web-${licence}`, ip: `198.51.100.${index + 1}` });
    const item = { productId: catalogue.products.ddosGuard, licence, ip: `198.51.100.${index + 1}` };
    const order = await shop.placeOrder({ clientId: catalogue.clientIds[0], items: [item] });
    await shop.payInvoice(order.invoiceId);
  }
  const bridge = await serve(ground.environment);
  await waitForPurchases(
    ground,
    (purchases) => purchases.length === services && purchases.every(({ state }) => state === "Purchased"),
  );
  // WHMCS learns of each purchase a little later; only then is nothing left to do.
  for (let left = services; left > 0; await systemClock.sleep(50)) {
    const [row] = await shop.sql("SELECT COUNT(*) AS n FROM tblhosting WHERE domainstatus <> 'Active'");
    left = Number(row?.n);
  }
  await bridge.stop();
}

/** Statements close to each other. */
function inBursts({ statements }: Relay): Statement[][] {
  const bursts: Statement[][] = [];
  let previousMs = Number.NEGATIVE_INFINITY;
  for (const statement of statements) {
    if (statement.atMs - previousMs > pauseMs) bursts.push([]);
    bursts.at(-1)?.push(statement);
    previousMs = statement.atMs;
  }
  return bursts;
}

function isBusy({ statements }: Relay): boolean {
  return systemClock.monotonicMs() - (statements.at(-1)?.atMs ?? 0) <= pauseMs;
}

/** What every connection begins with. */
const isSetup = ({ text }: Statement) => text.startsWith("SET SESSION ");
/** Only a sweep asks which products are ours. */
const isSweep = (burst: readonly Statement[]) => burst.some(({ text }) => /^select .* from `tblproducts` /i.test(text));
/** What a sweep asks: which products and addons are ours, their services, and the lines of those; the life cycle, how services stand. */
const isExpected = ({ text }: Statement) => /^\(*select .* from `tbl(products|addons|hosting)` /i.test(text);

/** The first burst is that of the start and of the walk of the night. */
function describe(relay: Relay, watchedSeconds: number): Row[] {
  const [nightly = [], ...later] = inBursts(relay);
  const untilSweep = later.slice(0, later.findIndex(isSweep) + 1).flat();
  const strangers = later.flat().filter((statement) => !isSetup(statement) && !isExpected(statement));
  const setups = untilSweep.filter(isSetup).length;
  const perHour = (3600 / defaultSweepSeconds) * untilSweep.length;
  return [
    {
      what: `statements to WHMCS per hour when idle: ${services} modules bought, a sweep every ${defaultSweepSeconds} s`,
      measured: `${group(perHour)}: ${untilSweep.length - setups} SELECT and ${setups} SET of new connections from one sweep to the next; start and nightly walk ${nightly.length} more`,
      ...noGoal,
    },
    {
      what: `other statements to WHMCS in ${Math.floor(watchedSeconds)} idle seconds, about ${group(watchedSeconds / loopSeconds)} rounds of each other loop`,
      measured: group(strangers.length),
      goal: "0",
      result: strangers.length === 0 ? "reached" : `missed by ${strangers.length}`,
    },
  ];
}
