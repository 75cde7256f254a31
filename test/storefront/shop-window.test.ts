// Does the storefront show what stands in a real WHMCS-shaped shop, soon after it changes, and while it is away?
import { drizzle } from "drizzle-orm/mysql2";
import { createPool } from "mysql2/promise";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openDatabase, type Queries } from "../../src/database/connection.ts";
import { buildCatalogue } from "../../src/storefront/catalog.ts";
import { createCatalogueCopy } from "../../src/storefront/copy.ts";
import { createCatalogReader, readCatalogRows } from "../../src/whmcs/catalog-rows.ts";
import { addModule, openTestShop, type TestShop } from "../whmcs/test-shop.ts";
import { emptyKeeper, openGate, type PublicServer, startPublicServer } from "./public-server.ts";

let here: TestShop;
let module: Awaited<ReturnType<typeof addModule>>;
const closers: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  here = await openTestShop();
  module = await addModule(here.shop);
});
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
afterAll(() => here.close());

const sql = (text: string, params: readonly unknown[] = []) => here.shop.sql(text, params);

async function openStorefront(query: Queries, currency: string | null = null): Promise<PublicServer> {
  const readRows = createCatalogReader(query);
  const readCatalogue = async () => buildCatalogue(await readRows(), currency).catalogue;
  const server = await startPublicServer({
    copy: ({ clock, log }) => createCatalogueCopy({ readCatalogue, keeper: emptyKeeper, clock, log }),
  });
  closers.push(server.stop);
  return server;
}

const listPath = "/?func=pricelist.export&itemtype=addition&out=xml";

async function listOf(server: PublicServer) {
  const answer = await server.ask(listPath);
  const text = await answer.text();
  const products = [...text.matchAll(/<id>(\d+)<\/id><name>(.*?)<\/name>.*?cost="([\d.]+)"/g)];
  return {
    status: answer.status,
    warning: answer.headers.get("warning"),
    products: products.map(([, id, name, cost]) => `${id} ${name} ${cost}`),
  };
}

async function problemsOf(currency: string | null = null) {
  const { reports } = buildCatalogue(await readCatalogRows(here.database.query), currency);
  return new Map(reports.map((report) => [report.product.id, report.problems]));
}

describe("a change in WHMCS", () => {
  test("of a price shows as soon as the copy is two seconds old", async () => {
    const server = await openStorefront(here.database.query);
    expect((await listOf(server)).products).toEqual(["23221 DDoS-GUARD 15.0000"]);
    await sql("UPDATE tblpricing SET monthly=15.55 WHERE type='product' AND relid=? AND currency=1", [
      module.productId,
    ]);
    server.clock.pass(2_001);
    expect((await listOf(server)).products).toEqual(["23221 DDoS-GUARD 15.5500"]);
    await here.shop.setPrice({ productId: module.productId, currency: "USD", cycle: "monthly", price: "15.00" });
    server.clock.pass(60 * 60 * 1000);
    expect((await listOf(server)).products).toEqual(["23221 DDoS-GUARD 15.0000"]);
  });

  test("that retires, restores or hides a product shows, and hidden stays on sale", async () => {
    const server = await openStorefront(here.database.query);
    const change = async (column: string, value: string | number) => {
      await sql(`UPDATE tblproducts SET ${column}=? WHERE id=?`, [value, module.productId]);
      server.clock.pass(3_000);
      return (await listOf(server)).products.length;
    };
    expect(await change("retired", 1)).toBe(0);
    expect(await change("retired", 0)).toBe(1);
    expect(await change("hidden", 1)).toBe(1);
    expect(await change("hidden", 0)).toBe(1);
    expect(await change("configoption5", " No ")).toBe(0);
    expect(await change("configoption5", "")).toBe(1);
    expect(await change("paytype", "onetime")).toBe(0);
    expect(await change("paytype", "recurring")).toBe(1);
  });
});

test("the export currency is the asked one, and Buy opens the cart in it", async () => {
  const server = await openStorefront(here.database.query, "EUR");
  expect((await listOf(server)).products).toEqual(["23221 DDoS-GUARD 13.8000"]);
  const answer = await server.ask("/?module=ddosguard&license=1234567&ip=192.0.2.10&module_id=23221");
  expect(decodeURIComponent(answer.headers.get("location") ?? "")).toBe(
    `https://billing.example.com/cart.php?a=add&pid=${module.productId}&billingcycle=monthly&currency=2` +
      `&customfield[${module.licenceFieldId}]=1234567&customfield[${module.ipFieldId}]=192.0.2.10`,
  );
});

test("an addon is on sale at its own price, also without a field for the licence, and Buy leads to the page of addons", async () => {
  const server = await openStorefront(here.database.query);
  await here.shop.addAddon({
    ...{ name: "BitNinja", packages: [module.productId], options: [" 55371 ", "bitninja"] },
    prices: { USD: { monthly: "20.00" } },
  });
  const products = async () => {
    server.clock.pass(3_000);
    return (await listOf(server)).products;
  };
  expect(await products()).toEqual(["23221 DDoS-GUARD 15.0000", "55371 BitNinja 20.0000"]);
  const answer = await server.ask("/?module=bitninja&license=1234567&module_id=55371");
  expect(answer.headers.get("location")).toBe("https://billing.example.com/cart.php?gid=addons");
  await sql("UPDATE tblmodule_configuration SET value='23221' WHERE setting_name='configoption1'");
  expect(await products()).toEqual(["23221 DDoS-GUARD 15.0000"]);
  const { reports } = buildCatalogue(await readCatalogRows(here.database.query), null);
  expect(reports.find(({ product }) => product.kind === "addon")?.problems).toEqual(["tariff_clash"]);
  await sql("UPDATE tblmodule_configuration SET value='55371' WHERE setting_name='configoption1'");
  await sql("UPDATE tbladdons SET retired=1");
  expect(await products()).toEqual(["23221 DDoS-GUARD 15.0000"]);
  for (const table of ["tbladdons", "tblmodule_configuration"]) await sql(`DELETE FROM ${table}`);
});

test("stock counts only under stock control", async () => {
  const server = await openStorefront(here.database.query);
  const available = async (stockControl: number, stock: number) => {
    await sql("UPDATE tblproducts SET stockcontrol=?, qty=? WHERE id=?", [stockControl, stock, module.productId]);
    server.clock.pass(3_000);
    return (await (await server.ask(`${listPath}&onlyavailable=on`)).text()).includes("23221");
  };
  expect(await available(1, 0)).toBe(false);
  expect(await available(1, -1)).toBe(false);
  expect(await available(1, 1)).toBe(true);
  expect(await available(0, 0)).toBe(true);
});

describe("a product with the tariff of another", () => {
  test("takes its place unless it, or its group, is hidden", async () => {
    const twin = await addModule(here.shop, { name: "Twin" });
    const server = await openStorefront(here.database.query);
    const sold = async () => {
      server.clock.pass(3_000);
      return (await listOf(server)).products.map((product) => product.split(" ")[1]);
    };
    expect(await sold()).toEqual(["Twin"]);
    expect((await problemsOf()).get(module.productId)).toEqual(["tariff_clash"]);
    const hiddenGroup = await here.shop.addProductGroup({ name: "Hidden", isHidden: true });
    await sql("UPDATE tblproducts SET gid=? WHERE id=?", [hiddenGroup, twin.productId]);
    expect(await sold()).toEqual(["DDoS-GUARD"]);
    await sql("DELETE FROM tblproductgroups WHERE id=?", [hiddenGroup]);
    expect(await sold()).toEqual(["DDoS-GUARD"]);
    await sql("DELETE FROM tblproducts WHERE id=?", [twin.productId]);
  });
});

test("unreadable rows never stop the list: their product is left out and named", async () => {
  const odd = {
    letters: await addModule(here.shop, { name: "letters", options: ["12x", "letters"] }),
    nameless: await addModule(here.shop, { name: "nameless", options: ["100", ""] }),
    fieldless: await addModule(here.shop, {
      name: "fieldless",
      options: ["101", "fieldless"],
      fields: [{ name: "Colour" }],
    }),
    priceless: await addModule(here.shop, { name: "priceless", options: ["102", "priceless"], prices: {} }),
    wordy: await addModule(here.shop, { name: "wordy", options: ["103", "wordy"] }),
  };
  await sql("ALTER TABLE tblpricing MODIFY monthly TEXT NOT NULL");
  await sql("UPDATE tblpricing SET monthly='fifteen' WHERE relid=?", [odd.wordy.productId]);
  await sql("INSERT INTO tblpricing SET type='product', currency=99, relid=?, monthly='1.00'", [
    odd.priceless.productId,
  ]);
  await sql("INSERT INTO tblcustomfields SET type='product', relid=999999, fieldname='License ID'");
  const server = await openStorefront(here.database.query);
  expect(await listOf(server)).toEqual({ status: 200, warning: null, products: ["23221 DDoS-GUARD 15.0000"] });
  const problems = await problemsOf();
  expect(Object.entries(odd).map(([name, { productId }]) => [name, problems.get(productId)])).toEqual([
    ["letters", ["bad_tariff"]],
    ["nameless", ["missing_additionintname"]],
    ["fieldless", ["missing_licence_field"]],
    ["priceless", ["missing_price"]],
    ["wordy", ["missing_price"]],
  ]);
  const withoutCurrency = await openStorefront(here.database.query, "GBP");
  expect(await listOf(withoutCurrency)).toMatchObject({ status: 200, products: [] });
  await sql("ALTER TABLE tblpricing MODIFY monthly DECIMAL(16,2) NOT NULL");
  for (const { productId } of Object.values(odd)) await sql("DELETE FROM tblproducts WHERE id=?", [productId]);
});

test("fifty panels at once cost one refresh, the next fifty none", async () => {
  const statements: string[] = [];
  const pool = createPool({ uri: here.readerUrl, dateStrings: true });
  closers.push(() => pool.end());
  const server = await openStorefront(
    drizzle({ client: pool, logger: { logQuery: (text) => void statements.push(text) } }),
  );
  const askFifty = () => Promise.all(Array.from({ length: 50 }, () => listOf(server)));
  expect(new Set((await askFifty()).map((list) => list.products.join()))).toEqual(
    new Set(["23221 DDoS-GUARD 15.0000"]),
  );
  expect(statements).toHaveLength(6);
  await askFifty();
  expect(statements).toHaveLength(6);
  server.clock.pass(3_000);
  await askFifty();
  expect(statements).toHaveLength(11);
});

describe("while the WHMCS database is away", () => {
  async function openBehindGate() {
    const target = new URL(here.readerUrl);
    const gate = await openGate({ host: target.hostname, port: Number(target.port) });
    target.port = String(gate.port);
    const database = openDatabase({ name: "whmcs", url: target.href, connections: 4 });
    closers.push(gate.close, database.close);
    return { gate, server: await openStorefront(database.query) };
  }

  test("the last good list is served with a warning and Buy goes on, until it is back", async () => {
    const { gate, server } = await openBehindGate();
    expect((await listOf(server)).warning).toBeNull();
    await gate.close();
    server.clock.pass(3_000);
    const lastGood = { status: 200, warning: '110 - "Response is Stale"', products: ["23221 DDoS-GUARD 15.0000"] };
    expect(await listOf(server)).toEqual(lastGood);
    expect((await server.ask("/?module_id=23221&license=1")).status).toBe(302);
    server.clock.pass(23 * 60 * 60 * 1000);
    expect(await listOf(server)).toEqual(lastGood);
    server.clock.pass(60 * 60 * 1000);
    expect((await listOf(server)).status).toBe(503);
    await gate.open();
    server.clock.pass(1_000);
    expect(await listOf(server)).toEqual({ ...lastGood, warning: null });
    expect(server.logged.map(({ event }) => event)).toContain("catalogue.refresh_failed");
  });

  test("a server that just started says when to come back", async () => {
    const { gate, server } = await openBehindGate();
    await gate.close();
    expect((await server.ask(listPath)).headers.get("retry-after")).toBe("5");
    expect((await server.ask("/?module_id=23221&license=1")).status).toBe(503);
    await gate.open();
    server.clock.pass(1_000);
    expect((await listOf(server)).status).toBe(200);
  });
});
