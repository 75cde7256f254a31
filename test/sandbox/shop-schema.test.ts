// Do the shop's tables have the columns, defaults and keys of a real WHMCS?
import { createConnection, type RowDataPacket } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { createShop, type Shop } from "../../src/sandbox/shop/shop.ts";
import type { Shape } from "../../src/sandbox/shop/table.ts";
import { freshDatabase, type TestDatabase } from "../sandbox-database.ts";

let database: TestDatabase;
let shop: Shop;
let older: TestDatabase;
let olderShop: Shop;

beforeAll(async () => {
  database = await freshDatabase("schema");
  shop = await createShop({ url: database.url, clock: systemClock });
  older = await freshDatabase("schema");
  olderShop = await createShop({ url: older.url, clock: systemClock, shape: { release: "8.4" } });
});

afterAll(async () => {
  await Promise.all([shop.close(), olderShop.close()]);
  await Promise.all([database.drop(), older.drop()]);
});

async function column(of: Shop, name: string): Promise<Record<string, unknown> | undefined> {
  const [table, field] = name.split(".");
  const [row] = await of.sql(
    `SELECT column_type AS type, is_nullable AS nullable, column_default AS fallback FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = ? AND column_name = ?`,
    [table, field],
  );
  return row === undefined ? undefined : { type: row.type, nullable: row.nullable, fallback: row.fallback };
}

async function columnNames(of: Shop, table: string): Promise<string[]> {
  const rows = await of.sql(
    `SELECT column_name AS name FROM information_schema.columns
      WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`,
    [table],
  );
  return rows.map((row) => String(row.name));
}

describe("columns have the reference's type and default", () => {
  test.each([
    ["tblproducts.hidden", "tinyint(1)", "NO", null],
    ["tblproducts.slug", "varchar(128)", "NO", "''"],
    ["tblproducts.created_at", "timestamp", "NO", "'0000-00-00 00:00:00'"],
    ["tblproducts.configoption24", "text", "NO", null],
    ["tblproducts.overagesdiskprice", "decimal(6,4)", "NO", null],
    ["tblpricing.monthly", "decimal(16,2)", "NO", null],
    ["tblcurrencies.rate", "decimal(10,5)", "NO", "1.00000"],
    ["tblhosting.nextduedate", "date", "YES", "NULL"],
    ["tblhosting.nextinvoicedate", "date", "NO", null],
    ["tblhosting.termination_date", "date", "NO", "'0000-00-00'"],
    ["tblhosting.qty", "int(10) unsigned", "NO", "1"],
    ["tblhosting.promocount", "int(10)", "YES", "0"],
    ["tblinvoices.datepaid", "datetime", "NO", "'0000-00-00 00:00:00'"],
    ["tblinvoices.total", "decimal(16,2)", "NO", "0.00"],
    ["tblinvoices.id", "int(10) unsigned", "NO", null],
    ["tblinvoiceitems.duedate", "date", "YES", "NULL"],
    ["tblaccounts.rate", "decimal(16,5)", "NO", "1.00000"],
    ["tblupgrades.paid", "enum('Y','N')", "NO", "'N'"],
    ["tblclients.status", "enum('Active','Inactive','Closed')", "NO", "'Active'"],
    ["tblclients.pwresetexpiry", "timestamp", "NO", "'0000-00-00 00:00:00'"],
    ["tblproducts_slugs.created_at", "timestamp", "YES", "NULL"],
    ["tblconfiguration.value", "mediumtext", "NO", null],
  ])("%s is %s", async (name, type, nullable, fallback) => {
    expect(await column(shop, name)).toEqual({ type, nullable, fallback });
  });
});

test("the older release lacks the newer columns and has its own types", async () => {
  const newer = await columnNames(shop, "tblhosting");
  const older = await columnNames(olderShop, "tblhosting");
  expect(newer.filter((name) => !older.includes(name))).toEqual([
    "recommendation_source_product_id",
    "upsell_from_products",
  ]);
  expect(await column(olderShop, "tblinvoices.id")).toMatchObject({ type: "int(10)" });
  expect(await column(olderShop, "tblconfiguration.value")).toMatchObject({ type: "text" });
});

test("9.0 has what 8.13 has, and columns that nobody has heard of; an aged WHMCS has old tables without late columns", async () => {
  const shapes = { next: { release: "9.0" }, aged: { release: "8.4", isAged: true } } as const;
  const open = async (shape: Shape) => {
    const own = await freshDatabase("schema");
    return { own, shop: await createShop({ url: own.url, clock: systemClock, shape }) };
  };
  const [next, aged] = await Promise.all([open(shapes.next), open(shapes.aged)]);
  const added = (await columnNames(next.shop, "tblhosting")).filter((name) => name !== "not_yet_heard_of");
  expect(added).toEqual(await columnNames(shop, "tblhosting"));
  expect((await columnNames(next.shop, "tblhosting"))[1]).toBe("not_yet_heard_of");
  const gone = (await columnNames(olderShop, "tblhosting")).filter((name) => name !== "qty" && name !== "promocount");
  expect(await columnNames(aged.shop, "tblhosting")).toEqual(gone);
  const kinds = await aged.shop.sql(
    `SELECT DISTINCT engine AS engine, table_collation AS collation FROM information_schema.tables
      WHERE table_schema = DATABASE()`,
  );
  expect(kinds).toEqual([{ engine: "MyISAM", collation: "latin1_swedish_ci" }]);
  for (const { shop, own } of [next, aged]) {
    await shop.close();
    await own.drop();
  }
});

test("columns stand in the order of a real installation", async () => {
  expect(await columnNames(shop, "tblinvoiceitems")).toEqual(
    "id invoiceid userid type relid description amount taxed duedate paymentmethod notes".split(" "),
  );
  expect((await columnNames(shop, "tblhosting")).slice(0, 13)).toEqual(
    "id userid orderid packageid server regdate domain paymentmethod qty firstpaymentamount amount billingcycle nextduedate".split(
      " ",
    ),
  );
});

test("invoice lines are found by client, type and subject, and no table has a foreign key", async () => {
  const keys = await shop.sql("SHOW INDEX FROM tblinvoiceitems WHERE Key_name = 'userid'");
  expect(keys.map((row) => row.Column_name)).toEqual(["userid", "type", "relid"]);
  const foreign = await shop.sql(
    "SELECT 1 FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()",
  );
  expect(foreign).toEqual([]);
});

test("custom field values may be doubled", async () => {
  await shop.sql("INSERT INTO tblcustomfieldsvalues SET fieldid = 9, relid = 9, value = 'one'");
  await shop.sql("INSERT INTO tblcustomfieldsvalues SET fieldid = 9, relid = 9, value = 'two'");
  expect(await shop.sql("SELECT value FROM tblcustomfieldsvalues WHERE relid = 9")).toHaveLength(2);
});

test("the shop writes zero dates that a strict session refuses", async () => {
  await shop.sql("INSERT INTO tblhosting SET userid = 1");
  expect(await shop.sql("SELECT nextinvoicedate, nextduedate FROM tblhosting WHERE userid = 1")).toEqual([
    { nextinvoicedate: "0000-00-00", nextduedate: null },
  ]);
  const strict = await createConnection(database.url);
  await strict.query("SET SESSION sql_mode='STRICT_TRANS_TABLES,NO_ZERO_DATE'");
  const attempt = strict.query<RowDataPacket[]>("INSERT INTO tblhosting SET userid = 1");
  await expect(attempt).rejects.toMatchObject({ errno: 1364 });
  await strict.end();
});
