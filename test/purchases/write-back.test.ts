import { describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import { takeIn } from "../../src/purchases/intake.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { runVerifier } from "../../src/purchases/verifier.ts";
import { runWriteBack } from "../../src/purchases/write-back.ts";
import { type Sold, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const actions = () => stage.whmcsApi.calls.map(({ action }) => action);
const statusOf = async ({ serviceId }: Pick<Sold, "serviceId">) =>
  (await stage.shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [serviceId]))[0]?.domainstatus;
const orderStatusOf = async (orderId: number) =>
  (await stage.shop.sql("SELECT status FROM tblorders WHERE id = ?", [orderId]))[0]?.status;

async function isTold({ lineId }: Pick<Sold, "lineId">): Promise<boolean> {
  const [row] = await stage.ledgerSql(
    "SELECT written_back_at AS at, write_back_due_at AS due FROM mod_ispmodules_purchases WHERE invoice_line_id = ?",
    [lineId],
  );
  return row !== undefined && row.at !== null && row.due === null;
}

/** An order whose invoice has been open for so many days. */
async function makeOverdue({ serviceId, lineId }: Sold, days: number) {
  const { sql } = stage.shop;
  await sql("UPDATE tblinvoiceitems SET duedate = CURDATE() - INTERVAL ? DAY WHERE id = ?", [days, lineId]);
  await sql("UPDATE tblhosting SET nextduedate = CURDATE() - INTERVAL ? DAY WHERE id = ?", [days, serviceId]);
}

/** A first period, paid late and bought, and the current one, paid too, of which no event has told. */
async function buyLate() {
  const { shop, engine } = stage;
  const sold = await stage.sell();
  await makeOverdue(sold, 40);
  await shop.payInvoice(sold.invoiceId);
  const current = await stage.renewPaid(sold.serviceId);
  await takeIn(engine, [sold.lineId]);
  for (const run of [runBuyer, runVerifier]) await run(engine);
  expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
  return { sold, current };
}

/** The sweep, then rounds until WHMCS has been told, or so many that it should have been. */
async function playUntilTold(sold: Pick<Sold, "lineId">) {
  await sweepServices(stage.engine, false);
  for (let rounds = 0; rounds < 60 && !(await isTold(sold)); rounds++) {
    await stage.round();
    await stage.engine.clock.sleep(20);
  }
  expect(await isTold(sold)).toBe(true);
}

describe("WHMCS is told", () => {
  it("through its own module where that is installed, so that it welcomes the customer itself", async () => {
    await begin({ hasServerModule: true });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    await playUntilTold(sold);
    expect(actions()).toEqual(["ModuleCreate", "AcceptOrder", "LogActivity"]);
    expect(stage.whmcsApi.calls[1]?.parameters).toMatchObject({ autosetup: "0", sendemail: "0" });
    expect([await statusOf(sold), await orderStatusOf(sold.orderId)]).toEqual(["Active", "Active"]);
  });

  it("by the service's status where it is not", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await playUntilTold(sold);
    expect(actions()).toEqual(["ModuleCreate", "UpdateClientProduct", "AcceptOrder", "LogActivity"]);
  });

  it("of a renewal by a line in its log only, and a suspended service stays suspended", async () => {
    await begin({ hasServerModule: true });
    const sold = await stage.sellPaid();
    await playUntilTold(sold);
    await stage.shop.setServiceStatus(sold.serviceId, "Suspended");
    const before = actions().length;
    const next = await stage.renewPaid(sold.serviceId);
    await stage.reach(next.lineId, "Purchased");
    await playUntilTold(next);
    expect(actions().slice(before)).toEqual(["LogActivity"]);
    expect(await statusOf(sold)).toBe("Suspended");
    expect(stage.whmcsApi.calls.at(-1)?.parameters.description).toContain(
      `purchase ${(await stage.purchaseOf(next.lineId)).id}`,
    );
  });

  it("that an order is accepted only when each of its items is active", async () => {
    await begin({ hasServerModule: true });
    const { shop, catalogue, newLicence } = stage;
    const { invoiceId, orderId, serviceIds } = await shop.placeOrder({
      clientId: catalogue.clientIds[0],
      items: [
        { productId: catalogue.products.ddosGuard, licence: newLicence() },
        { productId: catalogue.products.bitNinja, licence: "typo" },
      ],
    });
    await shop.payInvoice(invoiceId);
    const lines = await shop.sql("SELECT id FROM tblinvoiceitems WHERE invoiceid = ? ORDER BY id", [invoiceId]);
    const [first, second] = lines.map(({ id }) => ({ lineId: Number(id) }));
    await stage.reach(first?.lineId ?? 0, "Purchased");
    await playUntilTold(first ?? { lineId: 0 });
    expect([actions(), await orderStatusOf(orderId)]).toEqual([["ModuleCreate", "LogActivity"], "Pending"]);
    await shop.setLicence(serviceIds[1] ?? 0, newLicence());
    await stage.reach(second?.lineId ?? 0, "Purchased");
    await playUntilTold(second ?? { lineId: 0 });
    expect(actions().slice(2)).toEqual(["ModuleCreate", "AcceptOrder", "LogActivity"]);
    expect(await orderStatusOf(orderId)).toBe("Active");
  });

  it("of a late first period only when the current one is bought too, so that the customer is welcomed", async () => {
    await begin({ hasServerModule: true, account: { balance: "15.00" } });
    const { shop, account } = stage;
    const sold = await stage.sell();
    await makeOverdue(sold, 40);
    await shop.payInvoice(sold.invoiceId);
    const current = await stage.renewPaid(sold.serviceId);
    await stage.reach(current.lineId, "Pending", "awaiting_balance");
    await stage.round();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
    expect([actions(), await isTold(sold), await statusOf(sold)]).toEqual([[], false, "Pending"]);
    account.topUp("100.00");
    await stage.reach(current.lineId, "Purchased");
    await playUntilTold(sold);
    await playUntilTold(current);
    expect(actions()).toEqual(["ModuleCreate", "AcceptOrder", "LogActivity", "LogActivity"]);
    expect(await statusOf(sold)).toBe("Active");
  });

  it("by the service's status only when no paid period is left that no event told of", async () => {
    await begin();
    const { engine, api } = stage;
    const { sold, current } = await buyLate();
    await runWriteBack(engine, api);
    expect([actions(), await isTold(sold), await statusOf(sold)]).toEqual([["ModuleCreate"], false, "Pending"]);
    expect(await stage.purchaseOf(current.lineId)).toMatchObject({ state: "Pending" });
  });

  it("only when each of the service's paid lines is taken in", async () => {
    await begin();
    const { engine, api, ledgerSql } = stage;
    const { sold, current } = await buyLate();
    await ledgerSql(
      "CREATE TRIGGER take_nothing BEFORE INSERT ON mod_ispmodules_purchases FOR EACH ROW SIGNAL SQLSTATE '45000'",
    );
    await runWriteBack(engine, api).finally(() => ledgerSql("DROP TRIGGER take_nothing"));
    expect([actions(), await isTold(sold), await statusOf(sold)]).toEqual([["ModuleCreate"], false, "Pending"]);
    await stage.reach(current.lineId, "Purchased");
    await playUntilTold(sold);
    expect(await statusOf(sold)).toBe("Active");
  });

  it("without a word into the notes of the service", async () => {
    await begin();
    const sold = await stage.sell();
    await stage.shop.sql("UPDATE tblhosting SET notes = 'staff only' WHERE id = ?", [sold.serviceId]);
    await stage.shop.payInvoice(sold.invoiceId);
    await playUntilTold(sold);
    const [service] = await stage.shop.sql("SELECT notes FROM tblhosting WHERE id = ?", [sold.serviceId]);
    expect(service?.notes).toBe("staff only");
    expect(stage.whmcsApi.calls.flatMap(({ parameters }) => Object.keys(parameters))).not.toContain("notes");
  });
});

describe("a failure to tell WHMCS", () => {
  it.each(["down", "bad_gateway", "invalid_ip"] as const)(
    "(%s) is repeated until it works, and nothing is bought again",
    async (kind) => {
      await begin({ hasServerModule: true });
      stage.whmcsApi.setFault({ kind });
      const sold = await stage.sellPaid();
      await stage.reach(sold.lineId, "Purchased");
      await stage.settle(() => stage.whmcsApi.countFaults() >= 2);
      expect(await isTold(sold)).toBe(false);
      stage.whmcsApi.setFault(null);
      await playUntilTold(sold);
      expect(await statusOf(sold)).toBe("Active");
      expect(stage.account.requests("addition.order.param")).toHaveLength(1);
    },
  );

  it("after it took effect does not create the module twice", async () => {
    await begin({ hasServerModule: true });
    stage.whmcsApi.setFault({ kind: "reply_lost" });
    const sold = await stage.sellPaid();
    await stage.settle(() => stage.whmcsApi.countFaults() > 0);
    stage.whmcsApi.setFault(null);
    await playUntilTold(sold);
    expect(actions().filter((action) => action === "ModuleCreate")).toHaveLength(1);
    expect(actions().slice(-2)).toEqual(["AcceptOrder", "LogActivity"]);
  });

  it("by a refused step is repeated, and earlier steps are not", async () => {
    await begin({ hasServerModule: true });
    stage.whmcsApi.setFault({ kind: "error", action: "LogActivity", message: "no" });
    const sold = await stage.sellPaid();
    await stage.settle(() => stage.whmcsApi.countFaults() >= 2);
    stage.whmcsApi.setFault(null);
    await playUntilTold(sold);
    expect(actions().filter((action) => action !== "LogActivity")).toEqual(["ModuleCreate", "AcceptOrder"]);
  });

  it("because the order is not accepted is tried again until it is, and until staff did it", async () => {
    await begin({ hasServerModule: true });
    stage.whmcsApi.setFault({
      kind: "error",
      action: "AcceptOrder",
      message: "Order ID not found or Status not Pending",
    });
    const sold = await stage.sellPaid();
    await stage.settle(() => stage.whmcsApi.countFaults() > 1);
    expect(actions()).not.toContain("LogActivity");
    await stage.shop.setOrderStatus(sold.orderId, "Active");
    await playUntilTold(sold);
    expect(actions().filter((action) => action === "LogActivity")).toHaveLength(1);
  });

  it("because the service is gone ends it", async () => {
    await begin();
    stage.whmcsApi.setFault({ kind: "down" });
    const sold = await stage.sellPaid();
    await stage.settle(() => stage.whmcsApi.countFaults() > 0);
    await stage.shop.deleteService(sold.serviceId);
    stage.whmcsApi.setFault(null);
    const before = actions().length;
    await playUntilTold(sold);
    expect(actions().slice(before)).toEqual([]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
  });

  it("for want of settings waits until there are some", async () => {
    await begin();
    const sold = await stage.sellPaid();
    stage.whmcsApi.setFault({ kind: "down" });
    await stage.settle();
    expect(await runWriteBack(stage.engine, null)).toBe(0);
    stage.whmcsApi.setFault(null);
    await playUntilTold(sold);
  });
});
