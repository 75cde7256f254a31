// Where does one case of chaos take place? A shop, a ledger and an account of its own, with a line that can break before both.
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { systemClock } from "../../src/clock.ts";
import { openDatabase } from "../../src/database/connection.ts";
import { createLedger, type Ledger } from "../../src/purchases/ledger/ledger.ts";
import type { MariaDb } from "../../src/sandbox/mariadb.ts";
import { type Sandbox, startSandbox } from "../../src/sandbox/sandbox.ts";
import { startTcpProxy, type TcpProxy } from "../database/tcp-proxy.ts";
import { quickTimes } from "../purchases/stage.ts";
import { type Serving, serve, signedCall } from "../serve/serving.ts";
import { type LedgerLine, openLedgerLine } from "./ledger-line.ts";
import { judge, listPaidLines } from "./oracle.ts";
import { listMisfits } from "./oracle-lifecycle.ts";

/**
 * Quick, but not as quick as where one engine has the machine to itself: a dozen bridges that ask twenty times a second
 * leave nothing of two cores. The sweep walks only when told to, so that it does not make up for an event by chance.
 */
export const times = {
  ...quickTimes,
  BUYER_INTERVAL_SECONDS: "0.3",
  LOOK_INTERVAL_SECONDS: "0.2",
  SEND_WITHIN_SECONDS: "3",
  ORDER_TIMEOUT_SECONDS: "3",
  SWEEP_INTERVAL_SECONDS: "3600",
};

export interface Sold {
  readonly serviceId: number;
  readonly invoiceId: number;
}

export interface Scene extends Pick<Sandbox, "shop" | "catalogue" | "account" | "webhookSecret"> {
  readonly ledgerLine: LedgerLine;
  readonly accountLine: TcpProxy;
  /** Settings of a bridge that reaches ledger and account over their lines. */
  readonly environment: Readonly<Record<string, string>>;
  /** The ledger's own address, for what happens beside the bridges. */
  readonly ledgerUrl: string;
  /** The ledger of another server takes this one's place: for the bridges, and for `ledgerSql`. */
  failOver(ledgerUrl: string): void;
  serve(settings?: Readonly<Record<string, string>>): Promise<Serving>;
  /** Buying on, for everything ever paid. */
  startBuying(): Promise<void>;
  /** A module on a licence of its own, invoiced and unpaid. */
  sell(): Promise<Sold>;
  /** Tells a bridge of an event; its answer, or null when it gave none. */
  tell(bridge: Serving, event: { id: string; type: string; data: object }): Promise<number | null>;
  ledgerSql(text: string, params?: readonly unknown[]): Promise<RowDataPacket[]>;
  /** The next walk of the sweep comes at once, as if its interval had passed, or in an hour. */
  setSweepDue(isDue: boolean): Promise<void>;
  /** Lines as good as new; what waited on them is lost. */
  calm(): void;
  /** Until every paid line, every event and every module is dealt with; rejects when that takes longer than `longestMs`. */
  waitForRest(longestMs?: number): Promise<void>;
  judge(): ReturnType<typeof judge>;
  end(): Promise<void>;
}

let scenes = 0;

/** The bridges' user has no rights over the server. */
async function createDatabases(server: MariaDb): Promise<{ shopUrl: string; ledgerUrl: string; bridgeUrl: string }> {
  scenes += 1;
  const names = { shop: `shop_${scenes}`, ledger: `ledger_${scenes}`, bridge: `bridge_${scenes}` };
  const shopUrl = await server.createDatabase(names.shop);
  const ledgerUrl = await server.createDatabase(names.ledger);
  const grants = [`ALL PRIVILEGES ON ${names.ledger}.*`];
  const bridgeUrl = await server.createUser({ name: names.bridge, grants, database: names.ledger });
  return { shopUrl, ledgerUrl, bridgeUrl };
}

/** A scene of its own on a server that may be shared. */
export async function createScene(server: MariaDb): Promise<Scene> {
  const { shopUrl, ledgerUrl, bridgeUrl } = await createDatabases(server);
  const sandbox = await startSandbox({ shopUrl, ledgerUrl, clock: systemClock });
  const { shop, catalogue, account, webhookSecret } = sandbox;
  // An empty balance would be a reason to wait that no case is about.
  account.setBalance("1000000.00");
  const ledgerLine = await openLedgerLine(ledgerUrl);
  const accountLine = await startTcpProxy(account.url);
  const environment = {
    PATH: process.env.PATH ?? "",
    ...sandbox.environment,
    SPEND_CAP_DAY: "none",
    ...times,
    LEDGER_DATABASE_URL: ledgerLine.urlOf(bridgeUrl),
    ISPMANAGER_API_URL: accountLine.urlOf(account.url),
  };
  const bridges: Serving[] = [];
  let presentUrl = ledgerUrl;
  const ledgerSql = (text: string, params: readonly unknown[] = []) => askOnce(presentUrl, text, params);
  let licences = 0;
  const readBooks = () => onLedger(presentUrl, (ledger) => ledger.readBooks({ afterServiceRef: "", limit: 10_000 }));
  const witnesses = { shop, account, ledgerSql, readBooks };
  return {
    shop,
    catalogue,
    account,
    webhookSecret,
    ledgerLine,
    accountLine,
    environment,
    ledgerUrl,
    ledgerSql,
    calm: () => calm(ledgerLine, accountLine),
    failOver: (url) => {
      presentUrl = url;
      ledgerLine.leadTo(url);
      ledgerLine.cutAll();
    },
    serve: async (settings = {}) => {
      const bridge = await serve({ ...environment, ...settings });
      bridges.push(bridge);
      return bridge;
    },
    startBuying: () => startBuying(ledgerUrl),
    sell: () => {
      licences += 1;
      return sell(sandbox, String(2_000_000 + licences));
    },
    tell: (bridge, event) => tell(bridge, signedCall(webhookSecret, event)),
    setSweepDue: async (isDue) => {
      const inHours = isDue ? 0 : 1;
      await ledgerSql(
        `UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) + INTERVAL ? HOUR
          WHERE name IN ('sweep', 'nightly_sweep')`,
        [inHours],
      );
    },
    waitForRest: (longestMs = 90_000) => waitForRest(witnesses, longestMs),
    judge: () => judge(witnesses),
    end: async () => {
      await Promise.all(bridges.map((bridge) => bridge.kill()));
      await Promise.all([ledgerLine.close(), accountLine.close()]);
      await sandbox.stop();
    },
  };
}

function calm(ledgerLine: LedgerLine, accountLine: TcpProxy): void {
  ledgerLine.disarm();
  accountLine.decide(() => "pass");
  accountLine.decideAnswers((bytes) => bytes.length);
  ledgerLine.cutAll();
  accountLine.cutAll();
}

async function sell({ shop, catalogue, account }: Sandbox, licence: string): Promise<Sold> {
  account.addLicence({ id: licence, ip: "192.0.2.10" });
  const item = { productId: catalogue.products.ddosGuard, licence, ip: "192.0.2.10" };
  const order = await shop.placeOrder({ clientId: catalogue.clientIds[0], items: [item] });
  return { serviceId: order.serviceIds[0] ?? 0, invoiceId: order.invoiceId };
}

async function tell({ port }: Serving, call: ReturnType<typeof signedCall>): Promise<number | null> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/webhooks/whmcs`, call)).status;
  } catch {
    return null;
  }
}

async function askOnce(url: string, text: string, params: readonly unknown[]): Promise<RowDataPacket[]> {
  const connection = await createConnection({ uri: url, dateStrings: true, decimalNumbers: false });
  try {
    const [rows] = await connection.query<RowDataPacket[]>(text, [...params]);
    return Array.isArray(rows) ? rows : [];
  } finally {
    await connection.end();
  }
}

async function onLedger<T>(ledgerUrl: string, work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const database = openDatabase({ name: "ledger", url: ledgerUrl, connections: 1 });
  try {
    return await work(createLedger(database));
  } finally {
    await database.close();
  }
}

async function startBuying(ledgerUrl: string): Promise<void> {
  const since = { position: "on" as const, paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" };
  await onLedger(ledgerUrl, (ledger) => ledger.setBuying(since));
}

const pollMs = 250;
const resting = ["Purchased", "NeedsOperator", "Refunded", "Ignored"];

/** A request to change a module whose outcome is not known, and that may yet be sent again or be carried out. */
const openStep = `SELECT s.remote_service_id AS module, s.change_wanted AS wanted, s.step FROM mod_ispmodules_module_steps s
  LEFT JOIN mod_ispmodules_module_steps later ON later.remote_service_id = s.remote_service_id AND later.n > s.n
  WHERE later.n IS NULL AND s.step NOT IN ('seen', 'found', 'withdrawn', 'kept')
    AND s.created_at > UTC_TIMESTAMP(6) - INTERVAL ? SECOND`;
const stepOpenSeconds = Number(times.SEND_WITHIN_SECONDS) + Number(times.ORDER_TIMEOUT_SECONDS) + 2;

async function waitForRest(sides: Parameters<typeof listMisfits>[0], longestMs: number): Promise<void> {
  const { shop, ledgerSql } = sides;
  const deadlineMs = systemClock.monotonicMs() + longestMs;
  for (;;) {
    const paid = (await listPaidLines(shop)).length;
    const rows = await ledgerSql("SELECT state, reason, licence, attempts FROM mod_ispmodules_purchases");
    const open = await ledgerSql("SELECT webhook_id FROM mod_ispmodules_inbox WHERE done_at IS NULL");
    const moving = rows.filter((row) => !resting.includes(row.state) && !waitsForPerson(row, rows));
    const isBought = rows.length === paid && open.length === 0 && moving.length === 0;
    const changing = isBought ? await ledgerSql(openStep, [stepOpenSeconds]) : [];
    const misfits = isBought && changing.length === 0 ? await listMisfits(sides) : [];
    if (isBought && changing.length === 0 && misfits.length === 0) return;
    if (systemClock.monotonicMs() > deadlineMs) {
      const left = JSON.stringify([...moving, ...changing, ...misfits]);
      throw new Error(`no rest: ${paid} paid lines, ${open.length} open events, ${left}`);
    }
    await systemClock.sleep(pollMs);
  }
}

/** A later period waits as long as a person has not decided over an earlier one. */
function waitsForPerson({ reason, licence }: RowDataPacket, rows: readonly RowDataPacket[]): boolean {
  return reason === "earlier_period" && rows.some((row) => row.licence === licence && row.state === "NeedsOperator");
}
