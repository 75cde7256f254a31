// Is a module sold as a product addon bought, renewed and told to WHMCS like one sold as a product?
import { beforeEach, describe, expect, it } from "vitest";
import { listedPurchase } from "../../src/cli/purchases.ts";
import { runBuyer } from "../../src/purchases/buyer.ts";
import { checkPaidLines } from "../../src/purchases/invariant-check.ts";
import { runMessages } from "../../src/purchases/messages.ts";
import { reconcile } from "../../src/purchases/reconcile.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import type { NewAddon } from "../../src/sandbox/shop/addons.ts";
import { createPurchaseReader } from "../../src/whmcs/reader.ts";
import { openReader } from "../whmcs/test-shop.ts";
import { refunded, say } from "./deciding.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
/** A product of another server module, with a field for the licence. */
let serverId: number;

beforeEach(async () => {
  stage = await raise();
  const server = await stage.shop.addProduct({
    name: "Server",
    serverType: "virtualizor",
    prices: { USD: { monthly: "50.00" } },
  });
  serverId = server.productId;
});

/** A server with a licence of its own, and DDoS-GUARD ordered for it as an addon; nothing of either is paid. */
async function order(change: Partial<NewAddon> = {}, licence = stage.newLicence()) {
  const { shop, catalogue } = stage;
  const { addonId } = await shop.addAddon({
    name: "DDoS-GUARD",
    packages: [serverId],
    options: ["23221", "DDoSGUARD"],
    prices: { USD: { monthly: "15.00" } },
    ...change,
  });
  const parent = await shop.placeOrder({
    clientId: catalogue.clientIds[0],
    items: [{ productId: serverId, licence }],
  });
  const serviceId = parent.serviceIds[0] ?? 0;
  const { invoiceId, orderId, serviceAddonId, lineIds } = await shop.orderAddon({ serviceId, addonId });
  return { licence, serviceId, invoiceId, orderId, serviceAddonId, ref: `a${serviceAddonId}`, lineId: lineIds[0] ?? 0 };
}

async function orderPaid(change?: Partial<NewAddon>, licence?: string) {
  const sold = await order(change, licence);
  await stage.shop.payInvoice(sold.invoiceId);
  return sold;
}

async function renewPaid(serviceAddonId: number): Promise<number> {
  const { invoiceId, lineIds } = await stage.shop.issueAddonInvoice(serviceAddonId);
  await stage.shop.payInvoice(invoiceId);
  return lineIds[0] ?? 0;
}

const debits = () => stage.account.debits().map(({ kind }) => kind);
const actions = () => stage.whmcsApi.calls.map(({ action }) => action);
const addonStatusOf = async (id: number) =>
  (await stage.shop.sql("SELECT status FROM tblhostingaddons WHERE id = ?", [id]))[0]?.status;
const orderStatusOf = async (id: number) =>
  (await stage.shop.sql("SELECT status FROM tblorders WHERE id = ?", [id]))[0]?.status;

let events = 0;
async function tell(type: string, data: Record<string, number>) {
  events += 1;
  await stage.engine.ledger.storeEvent({ webhookId: `addon-${events}`, type, body: JSON.stringify({ type, data }) });
}

async function playRounds(count = 10) {
  for (let rounds = 0; rounds < count; rounds++) {
    await stage.round();
    await stage.engine.clock.sleep(20);
  }
}

describe("a paid addon", () => {
  it("is bought for the licence of its service by its event alone, and renewed when the sweep finds the next line", async () => {
    const sold = await orderPaid();
    await tell("invoice.paid", { invoice_id: sold.invoiceId });
    await playRounds();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({
      ...{ state: "Purchased", serviceRef: sold.ref, lineType: "Addon", licence: sold.licence, tariff: "23221" },
    });
    const renewedLine = await renewPaid(sold.serviceAddonId);
    const renewed = await stage.reach(renewedLine, "Purchased");
    expect(renewed).toMatchObject({ serviceRef: sold.ref, action: "renew" });
    expect(debits()).toEqual(["order", "renewal"]);
    // Other programs never take an addon for the service of the same number.
    expect(listedPurchase(renewed)).toMatchObject({ service_id: sold.ref });
    const [bought] = stage.account.requests("addition.order.param");
    expect(bought?.params).toMatchObject({ item: sold.licence, pricelist: "23221", period: "1" });
  });

  it("is set Active without its server's module, its order is accepted, and the log names the addon", async () => {
    const sold = await orderPaid();
    await stage.reach(sold.lineId, "Purchased");
    await playRounds();
    expect(await addonStatusOf(sold.serviceAddonId)).toBe("Active");
    expect(await orderStatusOf(sold.orderId)).toBe("Active");
    expect(actions()).toEqual(["UpdateClientAddon", "AcceptOrder", "LogActivity"]);
    const [log] = await stage.shop.sql("SELECT description FROM tblactivitylog");
    expect(log?.description).toContain(`bought for addon ${sold.serviceAddonId}: licence ${sold.licence}`);
    const [parent] = await stage.shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [sold.serviceId]);
    expect(parent?.domainstatus).toBe("Pending");
  });

  it("waits for staff where they are to accept its order, and goes on by the event of that", async () => {
    const sold = await orderPaid({ autoSetup: "on" });
    await stage.reach(sold.lineId, "Pending", "awaiting_acceptance");
    expect(debits()).toEqual([]);
    await stage.shop.setOrderStatus(sold.orderId, "Active");
    await tell("order.accepted", { order_id: sold.orderId });
    await playRounds();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased" });
  });

  it("of a client without another active service waits where WHMCS sets up existing clients only", async () => {
    await stage.shop.setSetting("AutoProvisionExistingOnly", "on");
    const sold = await orderPaid();
    await stage.reach(sold.lineId, "Pending", "awaiting_acceptance");
    await stage.shop.setServiceStatus(sold.serviceId, "Active");
    await stage.reach(sold.lineId, "Purchased");
  });

  it("whose service has ended comes before a person, and nothing is bought", async () => {
    const sold = await orderPaid();
    await stage.shop.setServiceStatus(sold.serviceId, "Terminated");
    await stage.reach(sold.lineId, "NeedsOperator", "service_ended");
    expect(debits()).toEqual([]);
  });

  it("that waits is not taken for gone where the reading user may not see all of addons yet", async () => {
    const asked = await stage.reach((await orderPaid({}, "")).lineId, "NeedsOperator", "missing_licence");
    await stage.account.refuseConnections();
    const { lineId } = await orderPaid();
    await stage.reach(lineId, "Pending", "account_unreachable");
    const url = stage.environment.WHMCS_DATABASE_URL ?? "";
    const { database, ...reader } = await openReader(url, ["tblhostingaddons.nextduedate"]);
    const engine = { ...stage.engine, reader: createPurchaseReader(database.query) };
    const play = async () => {
      await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
      await runBuyer(engine);
      const { state, reason } = await stage.purchaseOf(lineId);
      return [state, reason];
    };
    expect(await play()).toEqual(["Pending", "whmcs_unreachable"]);
    expect(await say(stage, asked, { decision: refunded, by: engine })).toBe("whmcs-unreadable");
    await reader.grantColumn("tblhostingaddons", "nextduedate");
    expect(await play()).toEqual(["Pending", "account_unreachable"]);
    await reader.close();
  });

  it("that names no licence, itself or through its service, waits until somebody enters one", async () => {
    const sold = await orderPaid({}, "");
    await stage.reach(sold.lineId, "NeedsOperator", "missing_licence");
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    await stage.reach(sold.lineId, "Purchased");
  });
});

describe("one module of one licence", () => {
  it("that an addon has is not bought once more for a service of a product", async () => {
    const sold = await orderPaid();
    await stage.reach(sold.lineId, "Purchased");
    const product = await stage.sellPaid({ licence: sold.licence });
    await stage.reach(product.lineId, "NeedsOperator", "already_owned");
    expect(debits()).toEqual(["order"]);
  });

  it("passes to another service once the service of its addon has ended", async () => {
    const sold = await orderPaid();
    await stage.reach(sold.lineId, "Purchased");
    await stage.shop.setServiceStatus(sold.serviceId, "Terminated");
    const product = await stage.sellPaid({ licence: sold.licence });
    expect(await stage.reach(product.lineId, "Purchased")).toMatchObject({ action: "renew" });
  });

  it("is not mixed up where a service and an addon have the same number", async () => {
    const product = await stage.sellPaid();
    const sold = await orderPaid();
    await stage.shop.sql("UPDATE tblhostingaddons SET id = ? WHERE id = ?", [product.serviceId, sold.serviceAddonId]);
    await stage.shop.sql("UPDATE tblinvoiceitems SET relid = ? WHERE id = ?", [product.serviceId, sold.lineId]);
    for (const { lineId } of [product, sold]) await stage.reach(lineId, "Purchased");
    const licences = stage.account.requests("addition.order.param").map(({ params }) => params.item);
    expect(new Set(licences)).toEqual(new Set([product.licence, sold.licence]));
    expect(await stage.engine.ledger.findByService(`a${product.serviceId}`)).toMatchObject([{ lineId: sold.lineId }]);
  });
});

describe("the books", () => {
  it("miss a paid line of an addon that no purchase stands for, until it is taken in", async () => {
    const sold = await orderPaid();
    await stage.shop.sql("UPDATE tblinvoices SET datepaid = datepaid - INTERVAL 3 DAY WHERE id = ?", [sold.invoiceId]);
    expect((await checkPaidLines(stage.engine, true)).map(({ key }) => key)).toEqual([`I10:${sold.lineId}`]);
    await sweepServices(stage.engine, true);
    expect(await checkPaidLines(stage.engine, true)).toEqual([]);
  });

  it("agree with WHMCS and account when an addon was bought", async () => {
    const sold = await orderPaid();
    await stage.reach(sold.lineId, "Purchased");
    expect((await reconcile(stage.engine)).differences).toEqual([]);
    await stage.shop.setInvoiceUnpaid(sold.invoiceId);
    expect((await reconcile(stage.engine)).differences).toMatchObject([
      { kind: "bought_not_paid", lineId: sold.lineId },
    ]);
  });
});

describe("while an addon is not bought", () => {
  it("staff hear of it under its own number, and its customer gets no mail, because WHMCS knows mails about services only", async () => {
    const sold = await orderPaid({}, "typo");
    const { id } = await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    await stage.ledgerSql("UPDATE mod_ispmodules_turns SET due_at = UTC_TIMESTAMP(6) WHERE name = 'messages'");
    const later = { ...stage.engine.clock, now: () => new Date(Date.parse(`${stage.shop.now()}Z`) + 20 * 60_000) };
    await runMessages({ ...stage.engine, clock: later }, stage.api);
    expect(actions()).toEqual(["TriggerNotificationEvent"]);
    expect(stage.whmcsApi.notifications.map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`^Addon ${sold.serviceAddonId}, invoice ${sold.invoiceId}, purchase ${id}: `)),
    ]);
  });
});
