// Which custom fields and e-mails does the module create, and what does it leave alone?
import { beforeEach, describe, expect, test } from "vitest";
import { type HookCall, runHooks, runModule } from "../../src/sandbox/php.ts";
import { shapeOfRun } from "../shape.ts";
import { startAnsweringBridge } from "./answering-bridge.ts";
import { useModuleShop } from "./module-shop.ts";

const whmcs = useModuleShop();
/** Tables of long ago are in latin1, which has no Cyrillic letter. */
const { isAged = false } = shapeOfRun();

const { setUp } = whmcs;

function addProduct(fields: readonly { name: string }[] = [], columns = {}): Promise<number> {
  const product = { name: "New", options: ["55362", "drwebpro"], fields, columns };
  return whmcs.shop.addProduct(product).then(({ productId }) => productId);
}

function fieldsOf(productId: number) {
  return whmcs.shop.sql("SELECT * FROM tblcustomfields WHERE relid = ? ORDER BY id", [productId]);
}

async function namesOf(productId: number): Promise<string[]> {
  return (await fieldsOf(productId)).map(({ fieldname }) => fieldname);
}

function templates() {
  return whmcs.shop.sql("SELECT * FROM tblemailtemplates ORDER BY id");
}

async function welcomeOf(productId: number): Promise<number> {
  const [row] = await whmcs.shop.sql("SELECT welcomeemail FROM tblproducts WHERE id = ?", [productId]);
  return Number(row?.welcomeemail);
}

/** A database where nothing was ever set up. */
function forget() {
  return whmcs.shop.sql("DROP TABLE IF EXISTS mod_ispmodules_set_up");
}

beforeEach(async () => {
  await whmcs.shop.sql("DELETE FROM tblemailtemplates");
  await forget();
});

describe("custom fields", () => {
  test("a product that first uses the module gets the four, licence and address on the order form", async () => {
    const productId = await addProduct();
    await setUp();
    const flags = (await fieldsOf(productId)).map((row) => [row.fieldname, row.required, row.showorder, row.adminonly]);
    expect(flags).toEqual([
      ["License ID", "on", "on", ""],
      ["Server IP", "", "on", ""],
      ["Paid until", "", "", "on"],
      ["Module ID", "", "", "on"],
    ]);
  });

  test("their regular expressions take what the bridge takes", async () => {
    const productId = await addProduct();
    await setUp();
    const [licence, ip] = (await fieldsOf(productId)).map(({ regexpr }) => new RegExp(String(regexpr).slice(1, -1)));
    for (const good of ["1", "1234567890", " 1234567 "]) expect(good).toMatch(licence ?? /^$/);
    for (const bad of ["", "0", "01", "12x", "12345678901", "-1"]) expect(bad).not.toMatch(licence ?? /./);
    for (const good of ["", "192.0.2.10", " 2001:db8::1", "::ffff:192.0.2.1"]) expect(good).toMatch(ip ?? /^$/);
    for (const bad of ["server", "192.0.2", "192.0.2.10/24", "1.2.3.4; x"]) expect(bad).not.toMatch(ip ?? /./);
  });

  test("a field that customers fill in is none of those that only we write, whatever its name", async () => {
    const productId = await addProduct([{ name: "ispmanager ID" }]);
    await whmcs.shop.sql("UPDATE tblcustomfields SET showorder = 'on', adminonly = '' WHERE relid = ?", [productId]);
    await setUp();
    expect(await namesOf(productId)).toEqual(["ispmanager ID", "License ID", "Server IP", "Paid until", "Module ID"]);
  });

  test.skipIf(isAged)("fields of the same meaning under other names are not doubled", async () => {
    const names = ["Лицензия|Licence", "ip-address", "Оплачен до|Paid"];
    const productId = await addProduct(names.map((name) => ({ name })));
    await setUp();
    expect(await namesOf(productId)).toEqual([...names, "Module ID"]);
  });

  test.skipIf(isAged).each(["Module ID|Номер модуля", "module_id", "ispmanager ID"])(
    "a field that staff have renamed to %s is still that field, also in a database that remembers nothing",
    async (name) => {
      const productId = await addProduct();
      await setUp();
      const change = "UPDATE tblcustomfields SET fieldname = ? WHERE relid = ? AND fieldname = ?";
      await whmcs.shop.sql(change, [name, productId, "Module ID"]);
      await whmcs.shop.sql(change, ["Оплачен до", productId, "Paid until"]);
      await whmcs.shop.sql("DELETE FROM tblcustomfields WHERE relid = ? AND fieldname = 'Server IP'", [productId]);
      const before = await fieldsOf(productId);
      await setUp();
      expect(await fieldsOf(productId)).toEqual(before);
      await forget();
      await setUp();
      expect(await fieldsOf(productId)).toEqual(before);
    },
  );

  test("whichever fields staff remove, none comes back", async () => {
    const productId = await addProduct();
    await setUp();
    for (const name of ["Module ID", "Paid until", "Server IP", "License ID"]) {
      await whmcs.shop.sql("DELETE FROM tblcustomfields WHERE relid = ? AND fieldname = ?", [productId, name]);
      const left = await namesOf(productId);
      await setUp();
      expect(await namesOf(productId)).toEqual(left);
    }
    expect(await namesOf(productId)).toEqual([]);
  });

  test("what staff change or remove afterwards stays as they left it", async () => {
    const productId = await addProduct();
    await setUp();
    await whmcs.shop.sql("DELETE FROM tblcustomfields WHERE relid = ? AND fieldname = 'Server IP'", [productId]);
    await whmcs.shop.sql("UPDATE tblcustomfields SET description = 'ours', regexpr = '' WHERE relid = ?", [productId]);
    const before = await fieldsOf(productId);
    await setUp();
    expect(await fieldsOf(productId)).toEqual(before);
  });

  test("two requests at the same moment create them once", async () => {
    const productId = await addProduct();
    await Promise.all([setUp(), setUp(), setUp()]);
    expect(await namesOf(productId)).toEqual(["License ID", "Server IP", "Paid until", "Module ID"]);
    expect(await templates()).toHaveLength(isAged ? 2 : 4);
  });

  test("their descriptions are in both languages, or in English where the table has no Cyrillic letters", async () => {
    const productId = await addProduct();
    await setUp();
    const [licence, ip] = (await fieldsOf(productId)).map(({ description }) => description);
    const russian = isAged ? ["", ""] : [" / Номер вашей лицензии ispmanager", " / IP-адрес сервера"];
    expect(licence).toBe(`Number of your ispmanager licence${russian[0]}`);
    expect(ip).toBe(`IP address of the server${russian[1]}`);
  });

  test("products of other modules are left alone", async () => {
    await setUp();
    expect(await namesOf(whmcs.catalogue.products.hosting)).toEqual([]);
    expect(await welcomeOf(whmcs.catalogue.products.hosting)).toBe(0);
  });

  test("lists from the database may be arrays, as in WHMCS 7", async () => {
    const productId = await addProduct();
    expect(await setUp({ without: ["collections"] })).toMatchObject({ stdout: "", activityLog: [] });
    expect(await namesOf(productId)).toHaveLength(4);
  });
});

describe("e-mails", () => {
  test.runIf(isAged)(
    "in English only where the table has no Cyrillic letters, whatever the shop's language",
    async () => {
      await whmcs.shop.setSetting("Language", "russian");
      await setUp();
      await whmcs.shop.setSetting("Language", "english");
      const all = await templates();
      expect(all.map(({ name, language }) => [name, language])).toEqual([
        ["ispmanager module ready", ""],
        ["ispmanager module being activated", ""],
      ]);
      for (const { subject, message } of all) expect(`${subject}${message}`).not.toContain("?");
    },
  );

  test.skipIf(isAged)("two templates in the shop's language and the other, for services", async () => {
    await setUp();
    expect((await templates()).map(({ name, language, type }) => [name, language, type])).toEqual([
      ["ispmanager module ready", "", "product"],
      ["ispmanager module ready", "russian", "product"],
      ["ispmanager module being activated", "", "product"],
      ["ispmanager module being activated", "russian", "product"],
    ]);
    expect((await templates()).map(({ subject }) => /[а-я]/.test(subject))).toEqual([false, true, false, true]);
  });

  test.skipIf(isAged)("in a Russian shop the template for everybody else is the Russian one", async () => {
    await whmcs.shop.setSetting("Language", "russian");
    await setUp();
    await whmcs.shop.setSetting("Language", "english");
    const all = await templates();
    expect(all.map(({ language }) => language)).toEqual(["", "english", "", "english"]);
    expect(all.map(({ subject }) => /[а-я]/.test(subject))).toEqual([true, false, true, false]);
  });

  test("the ready one is the welcome e-mail of a new product, but never replaces another", async () => {
    const plain = await addProduct();
    const chosen = await addProduct([], { welcomeemail: 99 });
    await setUp();
    const [ready] = await templates();
    expect(await welcomeOf(plain)).toBe(ready?.id);
    expect(await welcomeOf(chosen)).toBe(99);
    await whmcs.shop.sql("UPDATE tblproducts SET welcomeemail = 0 WHERE id = ?", [plain]);
    await setUp();
    expect(await welcomeOf(plain)).toBe(0);
  });

  test("a template that staff have deleted does not come back, also when another product comes", async () => {
    await setUp();
    await whmcs.shop.sql("DELETE FROM tblemailtemplates WHERE name = 'ispmanager module being activated'");
    const left = await templates();
    await setUp();
    expect(await templates()).toEqual(left);
    await whmcs.shop.sql("DELETE FROM tblemailtemplates");
    const productId = await addProduct();
    await setUp();
    expect(await templates()).toEqual([]);
    expect([await namesOf(productId), await welcomeOf(productId)]).toEqual([expect.arrayContaining(["Module ID"]), 0]);
  });

  test("a template that staff have rewritten is never touched", async () => {
    await setUp();
    await whmcs.shop.sql("UPDATE tblemailtemplates SET subject = 'ours' WHERE language = ''");
    const before = await templates();
    await setUp();
    expect(await templates()).toEqual(before);
  });
});

test("a database that refuses costs one line in the activity log", async () => {
  await addProduct();
  await whmcs.shop.sql("RENAME TABLE tblemailtemplates TO away");
  const run = await setUp();
  await whmcs.shop.sql("RENAME TABLE away TO tblemailtemplates");
  expect(run).toMatchObject({ stdout: "", exitCode: 0 });
  expect(run.activityLog).toEqual(["ispmodules: custom fields and e-mails could not be checked: PDOException."]);
});

test("a payment sets up nothing: it may hold locks, and a customer waits", async () => {
  const productId = await addProduct();
  const bridge = await startAnsweringBridge({ create: { result: "pending", message: "It waits." } });
  await runModule(whmcs.site(bridge.url), { function: "CreateAccount", serviceId: whmcs.serviceId });
  expect([await namesOf(productId), await templates()]).toEqual([[], []]);
});

describe("the moments", () => {
  async function reach(...calls: HookCall[]) {
    const bridge = await startAnsweringBridge({});
    return runHooks(whmcs.site(bridge.url), calls);
  }

  test("the page of the products sets up at once, other pages of the admin area never", async () => {
    const productId = await addProduct();
    const other = await reach({ point: "AdminAreaHeadOutput", vars: { filename: "clientssummary" } });
    expect(await namesOf(productId)).toEqual([]);
    const products = await reach({ point: "AdminAreaHeadOutput", vars: { filename: "configproducts" } });
    expect(await namesOf(productId)).toHaveLength(4);
    for (const run of [other, products]) expect(run).toMatchObject({ stdout: "", activityLog: [], exitCode: 0 });
  });

  test("cron sets up, and does not even ask again on the same day", async () => {
    const productId = await addProduct();
    const cron = { point: "AfterCronJob", vars: {} };
    await reach(cron);
    expect(await namesOf(productId)).toHaveLength(4);
    const database = "mysql://nobody:wrong@127.0.0.1:1/none";
    const bridge = await startAnsweringBridge({});
    const again = await runHooks(whmcs.site(bridge.url, { database }), [cron, cron]);
    const complaints = again.activityLog.filter((line) => line.includes("custom fields"));
    expect(complaints).toEqual(["ispmodules: custom fields and e-mails could not be checked: PDOException."]);
  });
});
