// Are services and lines found in few queries, by index, on every shape of WHMCS?
import { drizzle } from "drizzle-orm/mysql2";
import { createPool } from "mysql2/promise";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createCatalogReader } from "../../src/whmcs/catalog-rows.ts";
import { findMissingAddonColumns, findMissingColumns } from "../../src/whmcs/columns.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { addModule, openTestShop, type TestShop } from "./test-shop.ts";

/** A reader on a connection of its own that shows each statement it sends. */
async function watchedReader(readerUrl: string) {
  const statements: { text: string; values: unknown[] }[] = [];
  const pool = createPool({ uri: readerUrl, dateStrings: true });
  const logQuery = (text: string, values: unknown[]) => void statements.push({ text, values });
  const reader = createPurchaseReader(drizzle({ client: pool, logger: { logQuery } }));
  return { reader, statements, close: () => pool.end() };
}

describe("in a shop with many services of other products", () => {
  let here: TestShop;
  let productIds: number[];

  beforeAll(async () => {
    here = await openTestShop();
    productIds = [];
    for (const tariff of ["1", "2", "3"])
      productIds.push((await addModule(here.shop, { options: [tariff, tariff] })).productId);
    // Three thousand services, every hundredth ours, the open ones and the ended ones mixed.
    await here.shop.sql(
      `INSERT INTO tblhosting (userid, packageid, domainstatus)
       SELECT seq MOD 50 + 1, IF(seq MOD 100 = 0, ELT(seq DIV 100 MOD 3 + 1, ?, ?, ?), 900),
              ELT(seq DIV 100 MOD 7 + 1, 'Pending', 'Active', 'Suspended', 'Terminated', 'Cancelled', 'Fraud', 'Completed')
       FROM seq_1_to_3000`,
      productIds,
    );
    await here.shop.sql("ANALYZE TABLE tblhosting");
  });
  afterAll(() => here.close());

  const everyHundredth = Array.from({ length: 30 }, (_, index) => `h${(index + 1) * 100}`);

  async function walk(openOnly: boolean): Promise<string[]> {
    const reader = createPurchaseReader(here.database.query);
    const seen: string[] = [];
    for (;;) {
      const page = await reader.listServices({ after: seen.at(-1) ?? null, limit: 7, openOnly });
      expect(page.length).toBeLessThanOrEqual(7);
      seen.push(...page);
      if (page.length < 7) return seen;
    }
  }

  test("walking the pages meets each of our services once, ascending", async () => {
    expect(await walk(false)).toEqual(everyHundredth);
  });

  test("walking the open ones leaves out what has ended", async () => {
    expect(await walk(true)).toEqual(everyHundredth.filter((_, index) => (index + 1) % 7 < 3));
  });

  test("a page is one statement over the services, by the index on the product, never the whole table", async () => {
    const watched = await watchedReader(here.readerUrl);
    for (const openOnly of [true, false]) {
      watched.statements.length = 0;
      await watched.reader.listServices({ after: "h100", limit: 5, openOnly });
      const [page, ...more] = watched.statements.filter(({ text }) => text.includes("`tblhosting`"));
      expect(more).toEqual([]);
      const plan = await here.shop.sql(`EXPLAIN ${page?.text}`, page?.values);
      const steps = plan.filter((step) => step.table === "tblhosting");
      expect(steps).toHaveLength(3);
      for (const step of steps) {
        expect(step).toMatchObject({ key: "packageid" });
        expect(Number(step.rows)).toBeLessThan(20);
      }
    }
    await watched.close();
  });

  test("the facts of many lines take as many queries as those of one", async () => {
    const clientId = await here.shop.addClient();
    const items = Array.from({ length: 40 }, (_, index) => ({
      productId: productIds[index % 3] ?? 0,
      licence: String(index + 1),
    }));
    const { lineIds, serviceIds } = await here.shop.placeOrder({ clientId, items });
    const watched = await watchedReader(here.readerUrl);
    const countOf = async (ids: readonly number[]) => {
      watched.statements.length = 0;
      const facts = await watched.reader.readLines(ids);
      expect(facts.map((fact) => fact.line.id)).toEqual(ids);
      return watched.statements.length;
    };
    await countOf(lineIds.slice(0, 1));
    expect(await countOf(lineIds)).toBe(await countOf(lineIds.slice(0, 1)));
    expect(await countOf(lineIds)).toBeLessThanOrEqual(13);
    const facts = await watched.reader.readLines(lineIds);
    expect(facts.map((fact) => [fact.service.id, fact.licence])).toEqual(
      serviceIds.map((serviceId, index) => [serviceId, String(index + 1)]),
    );
    await watched.close();
  });

  test("more lines than fit into one query are all read", async () => {
    const reader = createPurchaseReader(here.database.query);
    await here.shop.sql("INSERT INTO tblinvoices (id, userid, date, status) VALUES (70000, 1, '2026-11-01', 'Paid')");
    await here.shop.sql(
      "INSERT INTO tblinvoiceitems (id, invoiceid, userid, type, relid) SELECT 70000 + seq, 70000, 1, 'Hosting', 300 FROM seq_1_to_1100",
    );
    const ids = Array.from({ length: 1100 }, (_, index) => 70_001 + index);
    const facts = await reader.readLines(ids);
    expect(facts.map((fact) => fact.line.id)).toEqual(ids);
    expect(facts.filter((fact) => fact.line.isFirstOfService).map((fact) => fact.line.id)).toEqual([70_001]);
  });
});

test("a shop without products of ours has no services, and asks nothing about them", async () => {
  const here = await openTestShop();
  await here.shop.sql("INSERT INTO tblhosting SET userid=1, packageid=1, domainstatus='Active'");
  const watched = await watchedReader(here.readerUrl);
  expect(await watched.reader.listServices({ after: null, limit: 5, openOnly: false })).toEqual([]);
  expect(watched.statements.filter(({ text }) => /tblhosting(addons)?`/.test(text))).toEqual([]);
  await watched.close();
  await here.close();
});

describe("where columns are missing", () => {
  const hidden = ["tblhosting.qty", "tbldomains.id", "tbldomains.orderid", "tbldomains.status"];

  test("a service without a quantity column counts as one, and domains out of sight do not hold an order back", async () => {
    const here = await openTestShop({ hidden });
    await here.shop.sql("ALTER TABLE tblhosting DROP COLUMN qty");
    const { productId } = await addModule(here.shop);
    await here.shop.sql("INSERT INTO tblclients SET id=1, currency=1");
    await here.shop.sql("INSERT INTO tblinvoices SET id=1, userid=1, status='Paid'");
    await here.shop.sql("INSERT INTO tblorders SET id=1, userid=1, status='Pending'");
    await here.shop.sql("INSERT INTO tblhosting SET id=1, userid=1, orderid=1, packageid=?, domainstatus='Active'", [
      productId,
    ]);
    await here.shop.sql("INSERT INTO tblinvoiceitems SET id=1, invoiceid=1, userid=1, type='Hosting', relid=1");
    const reader = createPurchaseReader(here.database.query);
    expect((await reader.readLines([1]))[0]?.service.quantity).toBe(1);
    expect(await reader.readService("h1")).toMatchObject({ isWholeOrderActive: true });
    expect(await findMissingColumns(here.database.query)).toEqual([]);
    await here.close();
  });

  test("a quantity column that an update of WHMCS adds is seen at once", async () => {
    const here = await openTestShop({ hidden: ["tblhosting.qty"] });
    const { productId } = await addModule(here.shop);
    const { lineIds } = await here.shop.placeOrder({
      clientId: await here.shop.addClient(),
      items: [{ productId, quantity: 3 }],
    });
    const reader = createPurchaseReader(here.database.query);
    const quantity = async () => (await reader.readLines(lineIds))[0]?.service.quantity;
    expect([await quantity(), await quantity()]).toEqual([1, 1]);
    await here.grantColumn("tblhosting", "qty");
    expect(await quantity()).toBe(3);
    await here.close();
  });

  test("addons out of sight are no addons, nothing else is missed, and granted they are seen at once", async () => {
    const unseen = ["tblhosting.dedicatedip", "tbladdons.module"];
    const here = await openTestShop({ hidden: unseen });
    const { productId } = await addModule(here.shop);
    const clientId = await here.shop.addClient();
    const parent = await here.shop.placeOrder({ clientId, items: [{ productId, licence: "1" }] });
    const serviceId = parent.serviceIds[0] ?? 0;
    const { addonId } = await here.shop.addAddon({
      ...{ name: "BitNinja", packages: [productId], options: ["55371", "bitninja"] },
      prices: { USD: { monthly: "20.00" } },
    });
    const { invoiceId, orderId, lineIds, serviceAddonId } = await here.shop.orderAddon({ serviceId, addonId });
    const ref = `a${serviceAddonId}`;
    const reader = createPurchaseReader(here.database.query);
    const readCatalogue = createCatalogReader(here.database.query);
    const ask = async () => ({
      lines: (await reader.readLines(lineIds)).length,
      ofInvoice: await reader.listLinesOfInvoice(invoiceId),
      ofOrder: await reader.listServicesOfOrder(orderId),
      services: await reader.listServices({ after: null, limit: 5, openOnly: true }),
      ofServices: (await reader.listLinesOfServices([ref])).length,
      status: await reader.readService(ref).then(
        (service) => service?.status,
        (error) => error.cause.code,
      ),
      statuses: [...(await reader.readServiceStatuses([ref])).values()],
      fates: [...(await reader.readServiceFates([ref])).values()],
      ofService: await reader.listAddonsOfService(serviceId),
      onSale: (await readCatalogue()).products.map(({ kind }) => kind),
    });
    const nothing = { lines: 0, ofInvoice: [], ofOrder: [], ofServices: 0, fates: [], ofService: [] };
    // Out of sight it has not ended, as far as anybody knows.
    const unknown = { status: "whmcs_columns_missing", statuses: ["Pending"] };
    expect(await ask()).toEqual({ ...nothing, ...unknown, services: [`h${serviceId}`], onSale: ["product"] });
    expect(await findMissingColumns(here.database.query)).toEqual([]);
    expect(await findMissingAddonColumns(here.database.query)).toEqual(unseen);
    for (const name of unseen) await here.grantColumn(...(name.split(".") as [string, string]));
    expect(await ask()).toEqual({
      ...{ lines: 1, ofInvoice: lineIds, ofOrder: [ref], services: [`h${serviceId}`, ref], ofServices: 1 },
      ...{ status: "Pending", statuses: ["Pending"], onSale: ["product", "addon"] },
      ...{ fates: [{ status: "Pending", atEnd: "" }], ofService: [ref] },
    });
    await here.close();
  });

  test("an addon without a quantity column counts as one", async () => {
    const here = await openTestShop({ hidden: ["tblhostingaddons.qty"] });
    const { productId } = await addModule(here.shop);
    const { serviceIds } = await here.shop.placeOrder({
      ...{ clientId: await here.shop.addClient(), items: [{ productId, licence: "1" }] },
    });
    const { addonId } = await here.shop.addAddon({
      ...{ name: "BitNinja", packages: [productId], prices: { USD: { monthly: "20.00" } } },
    });
    const { lineIds } = await here.shop.orderAddon({ serviceId: serviceIds[0] ?? 0, addonId, quantity: 3 });
    const reader = createPurchaseReader(here.database.query);
    expect((await reader.readLines(lineIds))[0]?.service.quantity).toBe(1);
    await here.grantColumn("tblhostingaddons", "qty");
    expect((await reader.readLines(lineIds))[0]?.service.quantity).toBe(3);
    await here.close();
  });

  test("a needed column out of sight is named", async () => {
    const here = await openTestShop({ hidden: ["tblinvoices.status", ...hidden] });
    expect(await findMissingColumns(here.database.query)).toEqual(["tblinvoices.status"]);
    await here.close();
  });
});
