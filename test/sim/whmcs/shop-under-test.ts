// On what are the scenes of the WHMCS contract played: the sandbox's shop behind production's reader, and the simulated one?
import { getTableColumns } from "drizzle-orm";
import { getTableConfig } from "drizzle-orm/mysql-core";
import { createConnection } from "mysql2/promise";
import type { Clock } from "../../../src/clock.ts";
import { openDatabase } from "../../../src/database/connection.ts";
import { createShop, type Shop } from "../../../src/sandbox/shop/shop.ts";
import { startWhmcsApi } from "../../../src/sandbox/whmcs-api.ts";
import { createWhmcsApi, type WhmcsApi } from "../../../src/whmcs/api.ts";
import type { PurchaseReader } from "../../../src/whmcs/facts.ts";
import { createPurchaseReader } from "../../../src/whmcs/reader.ts";
import {
  addons,
  cancelRequests,
  clients,
  currencies,
  customFields,
  customFieldValues,
  domains,
  invoiceLines,
  invoices,
  moduleSettings,
  orders,
  pricing,
  products,
  serviceAddons,
  services,
  transactions,
  upgrades,
} from "../../../src/whmcs/schema.ts";
import { freshDatabase } from "../../sandbox-database.ts";
import { apiOf } from "./api.ts";
import { type ReadLine, readerOf } from "./reader.ts";
import type { RowOf, TableName } from "./tables.ts";
import { createSimulatedWhmcs, type SimulatedWhmcs } from "./whmcs.ts";

const actionNames = [
  ...(["addProduct", "setPrice", "addClient", "addCredit", "placeOrder", "payInvoice", "payInvoiceByCredit"] as const),
  ...(["openMassPayment", "massPay", "setInvoiceUnpaid", "cancelInvoice", "refundInvoice", "partialRefund"] as const),
  ...(["issueRenewalInvoice", "orderUpgrade", "setLicence", "setServiceStatus", "setOrderStatus"] as const),
  ...(["addAddon", "orderAddon", "issueAddonInvoice", "setAddonStatus"] as const),
  ...(["requestCancellation"] as const),
  ...(["deleteService", "deleteLine", "moveLine", "setSetting", "setServerModule"] as const),
];

type Actions = Pick<SimulatedWhmcs, (typeof actionNames)[number]>;
type Promised<T> = { [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<R> : never };
/** WHMCS's tables under the names of the simulated ones. */
const stored = {
  ...{ products, pricing, currencies, customFields, customFieldValues, clients, services, serviceAddons, domains },
  ...{ orders, invoices, invoiceLines, transactions, upgrades, addons, moduleSettings, cancelRequests },
};

/** Columns that production reads. */
type Change<Name extends TableName> = Partial<Omit<(typeof stored)[Name]["$inferSelect"], "id">>;

/** The simulated shop's own actions, on either kind; product 1 is a module of ours, sold in both currencies. */
export interface ShopUnderTest extends Promised<Actions> {
  readonly reader: PurchaseReader;
  readonly api: WhmcsApi;
  /** Stops the shop's clock there: WHMCS local `YYYY-MM-DD HH:MM:SS`. */
  setTime(localTime: string): void;
  add<Name extends TableName>(table: Name, row: Change<Name>): Promise<number>;
  edit<Name extends TableName>(table: Name, id: number, change: Change<Name>): Promise<void>;
  remove(table: TableName, id: number): Promise<void>;
}

const sold = [
  {
    name: "DDoS-GUARD",
    options: ["23221", " DDoSGUARD ", "", "12.50 EUR"],
    autoSetup: "payment" as const,
    prices: {
      USD: { monthly: { price: "15.00", setupFee: "2.00" }, semiannually: "85.00", annually: "150.00" },
      EUR: { monthly: "13.80" },
    },
  },
];

export function createSimulatedShop(): ShopUnderTest {
  let time = "2026-11-23 12:00:00";
  const whmcs = createSimulatedWhmcs({ localTime: () => time, products: sold });
  const line: ReadLine = { run: async (_name, body) => body() };
  const actions = actionNames.map((name) => [name, async (...args: never[]) => Reflect.apply(whmcs[name], null, args)]);
  return {
    ...(Object.fromEntries(actions) as Promised<Actions>),
    reader: readerOf(whmcs, line),
    api: apiOf(whmcs, line),
    setTime: (localTime) => {
      time = localTime;
    },
    add: async (table, row) => whmcs.add(table, row as Partial<RowOf<typeof table>>),
    edit: async (table, id, change) => whmcs.edit(table, id, change as Partial<RowOf<typeof table>>),
    remove: async (table, id) => whmcs.remove(table, id),
  };
}

export interface SandboxShop {
  /** A shop in which nothing has happened yet; the one before is gone. */
  reopen(): Promise<ShopUnderTest>;
  close(): Promise<void>;
}

/** The sandbox's shop on the run's MariaDB server, read by production's reader and called by its client. */
export async function openSandboxShop(): Promise<SandboxShop> {
  const own = await freshDatabase("contract");
  let time = "2026-11-23 12:00:00";
  const now = () => new Date(`${time.replace(" ", "T")}Z`);
  const clock: Clock = { now, monotonicMs: () => 0, sleep: () => Promise.resolve() };
  const shop = await createShop({ url: own.url, clock });
  const database = openDatabase({ name: "whmcs", url: own.url, connections: 4 });
  const login = { identifier: "contract", secret: "secret" };
  const server = await startWhmcsApi({ shop, ...login });
  const tested: ShopUnderTest = {
    ...describeActions(shop),
    ...describeRows(shop),
    setServerModule: async (isInstalled) => server.setServerModule(isInstalled),
    reader: createPurchaseReader(database.query),
    api: createWhmcsApi({ url: server.url, ...login, accessKey: null, timeoutMs: 5_000 }),
    setTime: (localTime) => {
      time = localTime;
    },
  };
  return {
    reopen: async () => {
      await emptyTables(own.url);
      time = "2026-11-23 12:00:00";
      server.setServerModule(true);
      await shop.setSetting("AutoProvisionExistingOnly", "");
      await shop.sql("DELETE FROM tblconfiguration WHERE setting LIKE 'Tax%'");
      await shop.addCurrency({ code: "USD", isDefault: true });
      await shop.addCurrency({ code: "EUR" });
      for (const product of sold) await shop.addProduct(product);
      return tested;
    },
    close: async () => {
      await Promise.all([database.close(), shop.close(), server.stop()]);
      await own.drop();
    },
  };
}

/** Ids count from 1 again, so that both shops give the same ones to the same scene. */
async function emptyTables(url: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  const empty = (table: string) => `DELETE FROM ${table}; ALTER TABLE ${table} AUTO_INCREMENT = 1`;
  await connection.query(
    Object.values(stored)
      .map((table) => empty(getTableConfig(table).name))
      .join("; "),
  );
  await connection.end();
}

function describeRows(shop: Shop): Pick<ShopUnderTest, "add" | "edit" | "remove"> {
  const columnsOf = (table: TableName, row: object) => {
    const columns: Record<string, { name: string }> = getTableColumns(stored[table]);
    return Object.fromEntries(Object.entries(row).map(([name, value]) => [columns[name]?.name ?? name, value]));
  };
  const nameOf = (table: TableName) => getTableConfig(stored[table]).name;
  return {
    add: async (table, row) => {
      await shop.sql("INSERT INTO ?? SET ?", [nameOf(table), columnsOf(table, row)]);
      const [newest] = await shop.sql("SELECT MAX(id) AS id FROM ??", [nameOf(table)]);
      return Number(newest?.id);
    },
    edit: async (table, id, change) => {
      await shop.sql("UPDATE ?? SET ? WHERE id = ?", [nameOf(table), columnsOf(table, change), id]);
    },
    remove: async (table, id) => {
      await shop.sql("DELETE FROM ?? WHERE id = ?", [nameOf(table), id]);
    },
  };
}

function describeActions(shop: Shop): Omit<Promised<Actions>, "setServerModule"> {
  const { sql, ...others } = shop;
  return {
    ...(others as unknown as Promised<Actions>),
    placeOrder: async ({ clientId = 0, further = [], discountPercent = 0, ...first }) => {
      const client = clientId === 0 ? await shop.addClient() : clientId;
      const items = [first, ...further].map(({ cycle, productId = 1, ...item }) => ({
        ...item,
        productId,
        ...(cycle === undefined ? {} : { billingCycle: cycle }),
      }));
      const promo = { code: "OFF", type: "Percentage" as const, value: String(discountPercent) };
      const placed = await shop.placeOrder({ clientId: client, items, ...(discountPercent === 0 ? {} : { promo }) });
      const { orderId, invoiceId, serviceIds, lineIds } = placed;
      return {
        ...{ orderId, invoiceId, serviceIds, lineIds, clientId: client },
        ...{ serviceId: serviceIds[0] ?? 0, lineId: lineIds[0] ?? 0 },
      };
    },
    massPay: async (invoiceIds) => {
      const { invoiceId } = await shop.openMassPayment(invoiceIds);
      await shop.payInvoice(invoiceId);
      return invoiceId;
    },
    partialRefund: async (invoiceId) => {
      await shop.refundInvoice(invoiceId, "0.01");
    },
    issueRenewalInvoice: async (serviceId) => {
      const { invoiceId, lineIds } = await shop.issueRenewalInvoice(serviceId);
      return { invoiceId, lineIds, lineId: lineIds[0] ?? 0 };
    },
    orderAddon: async (order) => {
      const { orderId, serviceAddonId, invoiceId, lineIds } = await shop.orderAddon(order);
      return { orderId, serviceAddonId, invoiceId, lineIds, lineId: lineIds[0] ?? 0 };
    },
    issueAddonInvoice: async (serviceAddonId) => {
      const { invoiceId, lineIds } = await shop.issueAddonInvoice(serviceAddonId);
      return { invoiceId, lineIds, lineId: lineIds[0] ?? 0 };
    },
    orderUpgrade: (upgrade) => shop.orderUpgrade({ ...upgrade, newProductId: 1 }),
    moveLine: async (lineId, invoiceId) => {
      await sql("UPDATE tblinvoiceitems SET invoiceid = ? WHERE id = ?", [invoiceId, lineId]);
    },
  };
}
