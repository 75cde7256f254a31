// How does a test read a WHMCS-shaped shop as the bridge does: with a user who may read the listed columns and nothing else?
import { escapeId } from "mysql2/promise";
import { systemClock } from "../../src/clock.ts";
import { type Database, openDatabase } from "../../src/database/connection.ts";
import { absentColumns } from "../../src/sandbox/shop/schema.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import { listReadColumns } from "../../src/whmcs/schema.ts";
import { asShopRoot, freshShopDatabase } from "../sandbox-database.ts";
import { shapeOfRun } from "../shape.ts";

export interface TestShop {
  readonly shop: Shop;
  readonly database: Database;
  readonly readerUrl: string;
  grantColumn(table: string, column: string): Promise<void>;
  close(): Promise<void>;
}

/** An empty shop with the currencies USD (default) and EUR; `hidden` are `table.column` names the reader may not see. */
export async function openTestShop(options: { hidden?: readonly string[] } = {}): Promise<TestShop> {
  const shape = shapeOfRun();
  const { url, drop } = await freshShopDatabase("shop");
  const shop = await createShop({ url, clock: systemClock, shape });
  await shop.addCurrency({ code: "USD", isDefault: true });
  await shop.addCurrency({ code: "EUR", rate: "0.92000" });
  const { close, ...reader } = await openReader(url, options.hidden);
  return {
    shop,
    ...reader,
    close: async () => {
      await Promise.all([close(), shop.close()]);
      await drop();
    },
  };
}

/** A user who may read the listed columns of this shop but for the hidden ones, and that user's connection. */
export async function openReader(url: string, hidden: readonly string[] = []): Promise<Omit<TestShop, "shop">> {
  const readerUrl = new URL(url);
  const name = readerUrl.pathname.slice(1);
  readerUrl.username = `reader_${name}`;
  readerUrl.password = "reads";
  const user = `'reader_${name}'@'%'`;
  const absent = [...absentColumns(shapeOfRun())].flatMap(([table, columns]) =>
    columns.map((column) => `${table}.${column}`),
  );
  await asShopRoot(`CREATE USER ${user} IDENTIFIED BY 'reads'`, ...grantsFor(name, user, [...absent, ...hidden]));
  const database = openDatabase({ name: "whmcs", url: readerUrl.href, connections: 4 });
  return {
    database,
    readerUrl: readerUrl.href,
    grantColumn: (table, column) =>
      asShopRoot(`GRANT SELECT (${escapeId(column)}) ON ${escapeId(name)}.${table} TO ${user}`),
    close: async () => {
      await database.close();
      await asShopRoot(`DROP USER ${user}`);
    },
  };
}

function grantsFor(database: string, user: string, hidden: readonly string[]): string[] {
  return listReadColumns().flatMap(({ table, columns }) => {
    const seen = columns.filter((column) => !hidden.includes(`${table}.${column}`)).map((column) => escapeId(column));
    return seen.length === 0 ? [] : [`GRANT SELECT (${seen.join(", ")}) ON ${escapeId(database)}.${table} TO ${user}`];
  });
}

/** Adds one sound module for 15.00 USD or 13.80 EUR a month; returns its product id and field ids. */
export async function addModule(shop: Shop, change: Partial<Parameters<Shop["addProduct"]>[0]> = {}) {
  const { productId, fieldIds } = await shop.addProduct({
    name: "DDoS-GUARD",
    groupId: await shop.addProductGroup({ name: "Modules" }),
    options: ["23221", "DDoSGUARD"],
    prices: { USD: { monthly: "15.00" }, EUR: { monthly: "13.80" } },
    ...change,
  });
  const [licenceFieldId = 0, ipFieldId = 0] = fieldIds;
  return { productId, licenceFieldId, ipFieldId };
}

/** A new client, created on 2026-10-01, orders one service; nothing is paid. */
export async function orderModule(shop: Shop, item: { productId: number; licence?: string; ip?: string }) {
  const clientId = await shop.addClient({ email: "anna@example.com", createdOn: "2026-10-01" });
  const { orderId, serviceIds, invoiceId, lineIds } = await shop.placeOrder({ clientId, items: [item] });
  return { clientId, orderId, invoiceId, serviceId: serviceIds[0] ?? 0, lineId: lineIds[0] ?? 0 };
}
