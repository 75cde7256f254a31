// Can modules that were bought before us be linked at the command line, and is their next period renewed, none bought twice?
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { addDays, addMonths } from "../../src/purchases/period.ts";
import { createStage, type Sold, type Stage } from "../purchases/stage.ts";
import { type Environment, ispmodules } from "./program.ts";

let stage: Stage;
let settings: Environment;
const folder = mkdtempSync(join(tmpdir(), "adopt-"));
beforeAll(async () => {
  stage = await createStage();
  settings = { ...stage.environment };
});
afterAll(() => stage.end());
afterEach(() => stage.ledgerSql("UPDATE mod_ispmodules_purchases SET queue = NULL WHERE state = 'NeedsOperator'"));

const tariff = "23221";
const adopt = (...words: string[]) => ispmodules(["adopt", ...words], settings);
const today = () => stage.shop.today();
const expiryOf = (module: string) => stage.account.modules().find(({ id }) => id === module)?.expiredate;
const debits = () => stage.account.debits().length;
const orders = () => stage.account.requests("addition.order.param").length;
const adoptions = (module: string) =>
  stage.ledgerSql("SELECT * FROM mod_ispmodules_adoptions WHERE remote_service_id = ?", [module]);

interface Old extends Sold {
  readonly module: string;
}

/** An active service whose module somebody bought long ago, up to `expiredate`; its first invoice is not paid. */
async function keepOld(expiredate: string, licence = stage.newLicence()): Promise<Old> {
  const sold = await stage.sell({ licence });
  await stage.shop.sql("UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", [sold.serviceId]);
  const module = stage.account.addForeignModule({ licence, tariff, createdate: addDays(today(), -40), expiredate });
  return { ...sold, module };
}

interface OldAddon {
  readonly licence: string;
  readonly module: string;
  /** As other programs get it. */
  readonly id: string;
  readonly invoiceId: number;
  readonly lineId: number;
  /** The server on which it stands. */
  readonly serviceId: number;
}

/** The same for an active addon of an active server that carries the licence. */
async function keepOldAddon(expiredate: string): Promise<OldAddon> {
  const { shop, catalogue } = stage;
  const licence = stage.newLicence();
  const prices = { USD: { monthly: "15.00" } };
  const server = await shop.addProduct({ name: "Server", serverType: "virtualizor", prices });
  const options = [tariff, "DDoSGUARD"];
  const { addonId } = await shop.addAddon({ name: "DDoS-GUARD", packages: [server.productId], options, prices });
  const items = [{ productId: server.productId, licence }];
  const { serviceIds } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  await shop.setServiceStatus(serviceId, "Active");
  const { invoiceId, lineIds, serviceAddonId } = await shop.orderAddon({ serviceId, addonId });
  await shop.setAddonStatus(serviceAddonId, "Active");
  const module = stage.account.addForeignModule({ licence, tariff, createdate: addDays(today(), -40), expiredate });
  return { licence, module, id: `a${serviceAddonId}`, invoiceId, lineId: lineIds[0] ?? 0, serviceId };
}

interface Listed {
  readonly links: readonly {
    readonly module_id: string;
    readonly service_id: string;
    readonly result: string | null;
  }[];
  readonly open: readonly { readonly module_id: string; readonly service_id: string | null; readonly why: string }[];
  readonly adopted: readonly { readonly module_id: string }[];
}

async function listed(...words: string[]): Promise<Listed & { status: number | null }> {
  const { status, stdout, stderr } = await adopt("--json", ...words);
  if (stdout === "") throw new Error(stderr);
  return { ...(JSON.parse(stdout) as Listed), status };
}

describe("by licence and tariff", () => {
  test("a module is linked once somebody applies the plan, and the next paid period renews it", async () => {
    const old = await keepOld(today());
    const before = [debits(), orders()];
    const plan = await listed();
    expect(plan.links).toContainEqual(
      expect.objectContaining({ module_id: old.module, service_id: String(old.serviceId), result: null }),
    );
    expect(await adoptions(old.module)).toEqual([]);
    const refused = await adopt("--apply");
    expect([refused.status, refused.stderr]).toEqual([1, expect.stringContaining("add --yes")]);
    const applied = await listed("--apply", "--yes");
    expect(applied.status).toBe(0);
    expect(await adoptions(old.module)).toMatchObject([
      {
        account: "main",
        service_ref: `h${old.serviceId}`,
        licence: old.licence,
        tariff,
        expires_on: today(),
        actor: `cli:${userInfo().username}`,
        why: "ispmodules adopt",
      },
    ]);
    expect([debits(), orders()]).toEqual(before);
    await stage.shop.payInvoice(old.invoiceId);
    const purchase = await stage.reach(old.lineId, "Purchased");
    expect(purchase).toMatchObject({ action: "renew", remoteServiceId: old.module, sends: 1 });
    expect(expiryOf(old.module)).toBe(addMonths(today(), 1));
    expect([debits(), orders()]).toEqual([(before[0] ?? 0) + 1, before[1]]);
    const again = await listed("--apply", "--yes");
    expect(again.links.filter(({ module_id }) => module_id === old.module)).toEqual([]);
  });

  test("two services, two modules, and another licence or tariff are left to a person", async () => {
    const twin = await keepOld(today());
    const other = await stage.sell({ licence: twin.licence });
    await stage.shop.sql("UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", [other.serviceId]);
    const double = await keepOld(today());
    const second = stage.account.addForeignModule({ licence: double.licence, tariff });
    const odd = await keepOld(today());
    await stage.shop.sql("UPDATE tblcustomfieldsvalues SET value = '1234' WHERE value = ? AND relid = ?", [
      ...[odd.licence, odd.serviceId],
    ]);
    const address = `198.51.100.${Number(odd.licence) - 2_000_000}`;
    await stage.shop.sql("UPDATE tblcustomfieldsvalues SET value = ? WHERE value = '192.0.2.10' AND relid = ?", [
      ...[address, odd.serviceId],
    ]);
    const { links, open } = await listed("--apply", "--yes");
    const mine = [twin.module, double.module, second, odd.module];
    expect(links.filter(({ module_id }) => mine.includes(module_id))).toEqual([]);
    const why = (module: string) => open.find(({ module_id }) => module_id === module)?.why;
    expect(why(twin.module)).toContain(`services ${twin.serviceId}, ${other.serviceId} have`);
    expect(why(double.module)).toContain(`also has module ${second}`);
    expect(why(odd.module)).toContain("tariff and address, but licence 1234");
    expect(
      await stage.ledgerSql("SELECT 1 FROM mod_ispmodules_adoptions WHERE remote_service_id IN (?)", [mine]),
    ).toEqual([]);
  });
});

describe("an addon", () => {
  test("is linked by the licence of its server, and its next paid period renews the module", async () => {
    const old = await keepOldAddon(today());
    const plan = await listed();
    expect(plan.links).toContainEqual(expect.objectContaining({ module_id: old.module, service_id: old.id }));
    expect((await adopt()).stdout).toMatch(new RegExp(`${old.module} +${old.id} +${old.licence}`));
    const before = [debits(), orders()];
    expect((await listed("--apply", "--yes")).status).toBe(0);
    expect(await adoptions(old.module)).toMatchObject([{ service_ref: old.id, licence: old.licence }]);
    expect((await listed()).adopted).toContainEqual(
      expect.objectContaining({ module_id: old.module, service_id: old.id }),
    );
    await stage.shop.payInvoice(old.invoiceId);
    const purchase = await stage.reach(old.lineId, "Purchased");
    expect(purchase).toMatchObject({ action: "renew", remoteServiceId: old.module, sends: 1 });
    expect([debits(), orders()]).toEqual([(before[0] ?? 0) + 1, before[1]]);
  });

  test("is a rival of a service of the same licence, and none once its server has ended", async () => {
    const old = await keepOldAddon(today());
    const product = await stage.sell({ licence: old.licence });
    await stage.shop.sql("UPDATE tblhosting SET domainstatus = 'Active' WHERE id = ?", [product.serviceId]);
    const why = (await listed()).open.find(({ module_id }) => module_id === old.module)?.why;
    expect(why).toContain(`service ${product.serviceId}, addon ${old.id.slice(1)} have its licence ${old.licence}`);
    await stage.shop.setServiceStatus(old.serviceId, "Terminated");
    expect((await listed()).links).toContainEqual(
      expect.objectContaining({ module_id: old.module, service_id: String(product.serviceId) }),
    );
    await stage.shop.setServiceStatus(product.serviceId, "Terminated");
    const ended = await adopt("--module", old.module, "--service", old.id);
    expect([ended.status, ended.stdout]).toEqual([1, expect.stringContaining(`no addon ${old.id.slice(1)} of ours`)]);
  });

  test("is named by a and its number, in a file and with --service, and is not the service of that number", async () => {
    const old = await keepOldAddon(today());
    const number = old.id.slice(1);
    const wrong = await adopt("--module", old.module, "--service", number, "--apply", "--yes", "--reason", "x");
    expect([wrong.status, wrong.stdout]).toEqual([1, expect.stringMatching(new RegExp(`service ${number} `))]);
    const path = join(folder, "addon.csv");
    writeFileSync(path, `module_id,service_id\n${old.module},${old.id}\n`);
    expect((await listed("--csv", path, "--apply", "--yes")).links).toMatchObject([
      { module_id: old.module, service_id: old.id, result: "done" },
    ]);
  });
});

describe("a term that was paid for before the module was linked", () => {
  test("is never bought again, whether its line was known before or comes to be known later", async () => {
    const known = await keepOld(addMonths(today(), 1));
    const later = await keepOld(addMonths(today(), 1));
    await stage.shop.payInvoice(known.invoiceId);
    await stage.reach(known.lineId, "NeedsOperator", "already_owned");
    await listed("--apply", "--yes");
    const before = debits();
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET queue = 'buy' WHERE invoice_line_id = ?", [
      known.lineId,
    ]);
    await stage.shop.payInvoice(later.invoiceId);
    for (const old of [known, later]) {
      const purchase = await stage.reach(old.lineId, "Purchased", "manual");
      expect(purchase).toMatchObject({ remoteServiceId: old.module, sends: 0 });
    }
    expect(debits()).toBe(before);
    const next = await stage.renewPaid(later.serviceId);
    await stage.reach(next.lineId, "Purchased");
    expect([debits(), expiryOf(later.module)]).toEqual([before + 1, addMonths(today(), 2)]);
  });

  test("that ends within a period paid before the link is asked about", async () => {
    const old = await keepOld(addDays(today(), 20));
    await stage.shop.payInvoice(old.invoiceId);
    await listed("--apply", "--yes");
    const before = debits();
    await stage.reach(old.lineId, "NeedsOperator", "already_owned");
    expect(debits()).toBe(before);
  });
});

describe("by a file", () => {
  const write = (text: string) => {
    const path = join(folder, "links.csv");
    writeFileSync(path, text);
    return path;
  };

  test("with one wrong line nothing is linked, and each is named by its number", async () => {
    const right = await keepOld(today());
    const wrong = await keepOld(today());
    const path = write(
      `module_id,service_id\n${right.module},${right.serviceId}\n${wrong.module},${right.serviceId}\n999999,${wrong.serviceId}\n`,
    );
    const { status, stdout } = await adopt("--csv", path, "--apply", "--yes");
    expect(status).toBe(1);
    expect(stdout).toContain(`line 3: module ${wrong.module} is for licence ${wrong.licence}`);
    expect(stdout).toContain("line 4: the account has no live module 999999");
    expect(await adoptions(right.module)).toEqual([]);
    const broken = await adopt(
      "--csv",
      write(`${right.module};${right.serviceId}\nx,1\n${right.module},7\n`),
      "--apply",
    );
    expect([broken.status, broken.stderr]).toEqual([1, expect.stringContaining("line 2: not module_id,service_id")]);
    expect(broken.stderr).toContain(`line 3: module ${right.module} stands in line 1 already`);
    const good = write(`${right.module},${right.serviceId}\n`);
    expect((await listed("--csv", good, "--apply", "--yes")).links).toMatchObject([{ result: "done" }]);
    expect(await listed("--csv", good, "--apply", "--yes")).toMatchObject({ status: 0, links: [], open: [] });
  });
});

describe("by the open NOC module's table", () => {
  test("what it has noted is linked; without the table or a column it says what is missing", async () => {
    const old = await keepOld(today());
    const without = await adopt("--from-noc");
    expect([without.status, without.stderr]).toEqual([1, expect.stringContaining("ispsystem_noc.serviceid")]);
    const create = "CREATE TABLE ispsystem_noc (id int, licenseid varchar(20), licensetype int, serviceid int)";
    await stage.shop.sql(create);
    try {
      const addon = await keepOldAddon(today());
      await stage.shop.sql("INSERT INTO ispsystem_noc VALUES (1, ?, 0, ?), (2, ?, 1, ?), (3, '78', 0, NULL)", [
        ...[old.module, old.serviceId, addon.module, addon.id.slice(1)],
      ]);
      expect((await listed("--from-noc", "--apply", "--yes")).links).toMatchObject([
        { module_id: old.module, service_id: String(old.serviceId), result: "done" },
        { module_id: addon.module, service_id: addon.id, result: "done" },
      ]);
      await stage.shop.sql("ALTER TABLE ispsystem_noc DROP COLUMN licensetype");
      expect((await adopt("--from-noc")).stderr).toContain("no ispsystem_noc.licensetype: grant");
    } finally {
      await stage.shop.sql("DROP TABLE ispsystem_noc");
    }
  });
});

describe("one module", () => {
  test("needs a reason, and a module that pays for a purchase is refused", async () => {
    const old = await keepOld(today());
    const pair = ["--module", old.module, "--service", String(old.serviceId)];
    expect((await adopt(...pair, "--apply", "--yes")).status).toBe(64);
    const done = await listed(...pair, "--apply", "--yes", "--reason", "moved from the old billing");
    expect(done.links).toMatchObject([{ result: "done" }]);
    expect(await adoptions(old.module)).toMatchObject([{ why: "moved from the old billing" }]);
    const sold = await stage.sellPaid();
    const { remoteServiceId, id } = await stage.reach(sold.lineId, "Purchased");
    const bound = ["--module", String(remoteServiceId), "--service", String(old.serviceId)];
    const refused = await adopt(...bound, "--apply", "--yes", "--reason", "x");
    expect([refused.status, refused.stdout]).toEqual([1, expect.stringContaining(`pays for purchase ${id}`)]);
  });
});

describe("reconcile", () => {
  const reconcile = async () => {
    const { stdout } = await ispmodules(["reconcile", "--json"], settings);
    return JSON.parse(stdout) as Record<
      "foreign_modules" | "differences",
      readonly { readonly module_id: string; readonly suggestion: unknown }[]
    >;
  };

  test("names the service that an unclaimed module may belong to, and the command that links it", async () => {
    const old = await keepOld(today());
    const paid = await keepOld(today());
    await stage.shop.payInvoice(paid.invoiceId);
    await stage.reach(paid.lineId, "NeedsOperator", "already_owned");
    const stranger = stage.account.addForeignModule({ licence: stage.newLicence(), tariff });
    const command = ({ module, serviceId }: Old) =>
      `ispmodules adopt --module ${module} --service ${serviceId} --reason TEXT --apply`;
    const found = await reconcile();
    const suggested = (list: keyof typeof found, module: string) =>
      found[list].find(({ module_id }) => module_id === module)?.suggestion;
    expect(suggested("foreign_modules", old.module)).toEqual({
      ...{ service_id: String(old.serviceId), why: null, command: command(old) },
    });
    expect(suggested("differences", paid.module)).toMatchObject({ command: command(paid) });
    expect(suggested("foreign_modules", stranger)).toBeNull();
    const { stdout } = await ispmodules(["reconcile"], settings);
    expect(stdout).toContain(`link it: ${command(old)}`);
    const words = command(old).replace("TEXT", "moved").split(" ").slice(1);
    expect((await ispmodules([...words, "--yes"], settings)).status).toBe(0);
    const after = await reconcile();
    expect(after.foreign_modules.map(({ module_id }) => module_id)).not.toContain(old.module);
  });
});
