// Does the oracle of chaos see what it is there for?
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { openDatabase } from "../../src/database/connection.ts";
import { createLedger } from "../../src/purchases/ledger/ledger.ts";
import { type MariaDb, startMariaDb } from "../../src/sandbox/mariadb.ts";
import { newPurchase } from "../purchases/ledger/given.ts";
import { createScene, type Scene } from "./scene.ts";

let server: MariaDb;
let scene: Scene;
beforeAll(async () => {
  server = await startMariaDb();
});
afterAll(() => server?.stop());
beforeEach(async () => {
  scene = await createScene(server);
  onTestFinished(() => scene.end());
});

/** An order that reaches the account as nobody's: no purchase stands behind it. */
async function orderByHand(licence: string): Promise<void> {
  await askAccount("addition.order.param", { item: licence, pricelist: "23221", period: "1", skipbasket: "on" });
}

/** Asks for it in the bridge's place, without an intent. */
async function askAccount(func: string, params: Readonly<Record<string, string>>): Promise<void> {
  const { url, login, password } = scene.account;
  const body = new URLSearchParams({ func, ...params, sok: "ok", authinfo: `${login}:${password}` });
  expect((await fetch(url, { method: "POST", body })).status).toBe(200);
}

/** Line 1 is paid, as in `newPurchase(1)`; its licence. */
async function sellPaid(): Promise<string> {
  const { invoiceId } = await scene.sell();
  await scene.shop.payInvoice(invoiceId);
  return "2000001";
}

/** Service 1 has module 900, by the account and by the ledger. */
async function sellBound(): Promise<string> {
  const licence = await sellPaid();
  await orderByHand(licence);
  scene.account.set({ refused: {} });
  await scene.ledgerSql(
    `INSERT INTO mod_ispmodules_bindings
    (account, remote_service_id, expiry_after, purchase_id, service_ref, licence, tariff, created_at)
    VALUES ('main', '900', '2030-01-01', 'p', 'h1', ?, '23221', UTC_TIMESTAMP(6))`,
    [licence],
  );
  return licence;
}

async function record(licence: string): Promise<void> {
  const database = openDatabase({ name: "ledger", url: scene.ledgerUrl, connections: 1 });
  await createLedger(database).record({ ...newPurchase(1), licence }, "test");
  await database.close();
}

describe("the oracle", () => {
  it("finds nothing where nothing was sold", async () => {
    expect(await scene.judge()).toEqual({ lost: [], double: [], broken: [] });
  });

  it("tells a paid line without a purchase, and one that is left on its way", async () => {
    const licence = await sellPaid();
    expect((await scene.judge()).lost).toEqual(["paid line 1 has no purchase"]);
    await record(licence);
    expect((await scene.judge()).lost).toEqual(["paid line 1 is left in Pending"]);
  });

  it("tells a purchase that waits for what is not so", async () => {
    await record(await sellPaid());
    for (const reason of ["spend_cap", "account_unreachable", "unpaid", "earlier_period", "shadow"]) {
      await scene.ledgerSql("UPDATE mod_ispmodules_purchases SET reason = ?", [reason]);
      expect((await scene.judge()).lost).toEqual([`paid line 1 is left in Pending(${reason})`]);
    }
    // A fresh ledger buys nothing.
    await scene.ledgerSql("UPDATE mod_ispmodules_purchases SET reason = 'buying_off'");
    expect((await scene.judge()).lost).toEqual([]);
    await scene.startBuying();
    expect((await scene.judge()).lost).toEqual(["paid line 1 is left in Pending(buying_off)"]);
  });

  it("tells a module that is called bought and was never paid for", async () => {
    await record(await sellPaid());
    await scene.ledgerSql("UPDATE mod_ispmodules_purchases SET state = 'Purchased'");
    expect((await scene.judge()).lost).toEqual(["licence 2000001: Purchased and the account was never paid"]);
  });

  it("tells a second debit for one paid line, and debits that belong to nobody", async () => {
    const licence = await sellPaid();
    await orderByHand(licence);
    const once = await scene.judge();
    expect([once.double, once.broken]).toEqual([
      [],
      [expect.stringMatching(/^I20: module 900 .*1 of them for nobody/)],
    ]);
    await orderByHand(licence);
    expect((await scene.judge()).double).toEqual([
      "licence 2000001: 2 debits for 1 paid lines",
      "licence 2000001: ordered 2 times",
    ]);
  });

  it("tells a purchase of what was never paid", async () => {
    await scene.sell();
    await record("2000001");
    expect((await scene.judge()).broken).toContain("I10: line 1 has a purchase and was never paid");
  });

  it("tells a module that is not as its service is, unless a request of its licence is not resolved", async () => {
    const licence = await sellBound();
    const stand = async (service: string, module: 2 | 3 | 4) => {
      await scene.shop.sql("UPDATE tblhosting SET domainstatus = ? WHERE id = 1", [service]);
      scene.account.changeModule("900", { status: module });
      return (await scene.judge()).broken.map((what) => what.split(",")[0]);
    };
    expect(await stand("Active", 2)).toEqual([]);
    expect(await stand("Active", 3)).toEqual(["module 900 stands still"]);
    expect(await stand("Suspended", 3)).toEqual([]);
    expect(await stand("Suspended", 2)).toEqual(["module 900 runs"]);
    expect(await stand("Terminated", 2)).toEqual([]);
    await scene.shop.sql("UPDATE tblproducts SET configoption8 = 'delete'");
    expect(await stand("Terminated", 2)).toEqual(["module 900 is there"]);
    expect(await stand("Terminated", 4)).toEqual([]);
    await record(licence);
    expect(await stand("Terminated", 2)).not.toContain("module 900 is there");
  });

  it("tells a request without an intent, and a second deletion", async () => {
    await sellBound();
    await askAccount("addition.delete", { elid: "900" });
    expect((await scene.judge()).broken).toContain("I3: delete of module 900 was asked 1 times and intended 0 times");
    await askAccount("addition.delete", { elid: "900" });
    expect((await scene.judge()).broken).toContain("I2: module 900 was deleted 2 times");
  });
});
