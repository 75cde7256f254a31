// Does the account do what WHMCS says of suspended, resumed and ended product addons, by event and without one?
import { beforeEach, describe, expect, it } from "vitest";
import { runIntake } from "../../src/purchases/intake.ts";
import { runLifecycle } from "../../src/purchases/lifecycle-round.ts";
import type { ServiceState } from "../../src/sandbox/shop/services.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;

interface Owned {
  readonly licence: string;
  /** The server on which the addon stands. */
  readonly serviceId: number;
  readonly serviceAddonId: number;
  readonly invoiceId: number;
  readonly lineId: number;
  readonly moduleId: string;
}

beforeEach(async () => {
  // By the documentation the account may not suspend; here it may.
  stage = await raise({ account: { variants: { refused: {} } } });
});

/** An active server with an active addon of ours, whose module is bought; `atEnd` is its eighth setting. */
async function bought(atEnd = ""): Promise<Owned> {
  const { shop, catalogue } = stage;
  const licence = stage.newLicence();
  const prices = { USD: { monthly: "15.00" } };
  const server = await shop.addProduct({ name: "Server", serverType: "virtualizor", prices });
  const options = ["23221", "DDoSGUARD", "", "", "", "", "", atEnd];
  const { addonId } = await shop.addAddon({ name: "DDoS-GUARD", packages: [server.productId], options, prices });
  const items = [{ productId: server.productId, licence }];
  const { serviceIds } = await shop.placeOrder({ clientId: catalogue.clientIds[0], items });
  const serviceId = serviceIds[0] ?? 0;
  await shop.setServiceStatus(serviceId, "Active");
  const { invoiceId, serviceAddonId, lineIds } = await shop.orderAddon({ serviceId, addonId });
  await shop.payInvoice(invoiceId);
  const lineId = lineIds[0] ?? 0;
  const { remoteServiceId } = await stage.reach(lineId, "Purchased");
  await shop.setAddonStatus(serviceAddonId, "Active");
  return { licence, serviceId, serviceAddonId, invoiceId, lineId, moduleId: remoteServiceId ?? "" };
}

async function rounds(times = 3): Promise<void> {
  for (let n = 0; n < times; n += 1) await runLifecycle(stage.engine);
}

async function become({ serviceAddonId }: Owned, status: ServiceState): Promise<void> {
  await stage.shop.setAddonStatus(serviceAddonId, status);
  await rounds();
}

const changes = () =>
  stage.account
    .requests()
    .map(({ func }) => func)
    .filter((func) => /^addition\.(suspend|resume|delete)$/.test(func));
const stateOf = ({ moduleId }: Owned) => stage.account.modules().find(({ id }) => id === moduleId)?.status;

describe("a suspended addon", () => {
  it("has its module suspended once, and resumed once when it is active again", async () => {
    const owned = await bought();
    await rounds();
    expect(changes()).toEqual([]);
    await become(owned, "Suspended");
    expect([stateOf(owned), changes()]).toEqual([3, ["addition.suspend"]]);
    await become(owned, "Active");
    expect([stateOf(owned), changes()]).toEqual([2, ["addition.suspend", "addition.resume"]]);
  });

  it("is not mixed up with the service of its number", async () => {
    const owned = await bought();
    const product = await stage.sellPaid();
    await stage.reach(product.lineId, "Purchased");
    await stage.shop.sql("UPDATE tblhosting SET id = ?, domainstatus = 'Active' WHERE id = ?", [
      ...[owned.serviceAddonId + 5_000, product.serviceId],
    ]);
    await stage.shop.sql("UPDATE tblhostingaddons SET id = ? WHERE id = ?", [product.serviceId, owned.serviceAddonId]);
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET service_ref = ? WHERE service_ref = ?", [
      ...[`a${product.serviceId}`, `a${owned.serviceAddonId}`],
    ]);
    await become({ ...owned, serviceAddonId: product.serviceId }, "Suspended");
    expect([stateOf(owned), changes()]).toEqual([3, ["addition.suspend"]]);
  });

  it("and no other: the status of its server is the server's, and its module runs on", async () => {
    const owned = await bought();
    await stage.shop.setServiceStatus(owned.serviceId, "Suspended");
    await rounds();
    expect([stateOf(owned), changes()]).toEqual([2, []]);
  });
});

describe("an ended addon", () => {
  it.each(["Terminated", "Cancelled", "Fraud"] as const)(
    "that is %s has its module deleted once where its own settings say so",
    async (end) => {
      const owned = await bought("delete");
      await rounds();
      expect(changes()).toEqual([]);
      await become(owned, end);
      expect([stateOf(owned), changes()]).toEqual([4, ["addition.delete"]]);
    },
  );

  it("keeps its module to the end of the term where they do not", async () => {
    await become(await bought(), "Terminated");
    expect(changes()).toEqual([]);
  });

  it("ends with its server", async () => {
    const owned = await bought("delete");
    await stage.shop.setServiceStatus(owned.serviceId, "Terminated");
    await rounds();
    expect([stateOf(owned), changes()]).toEqual([4, ["addition.delete"]]);
  });

  it("keeps it while a paid invoice of it waits", async () => {
    const owned = await bought("delete");
    const { invoiceId } = await stage.shop.issueAddonInvoice(owned.serviceAddonId);
    await stage.shop.payInvoice(invoiceId);
    await become(owned, "Terminated");
    expect(changes()).toEqual([]);
  });

  it("keeps it when it was renewed for a service of a product, and for as long as that goes on", async () => {
    const owned = await bought();
    await become(owned, "Terminated");
    const product = await stage.sellPaid({ licence: owned.licence });
    expect((await stage.reach(product.lineId, "Purchased")).remoteServiceId).toBe(owned.moduleId);
    await stage.shop.sql("UPDATE tblproducts SET configoption8 = 'delete'");
    await rounds();
    expect(changes()).toEqual([]);
    await stage.shop.setServiceStatus(product.serviceId, "Terminated");
    await stage.shop.setAddonStatus(owned.serviceAddonId, "Active");
    await rounds();
    expect(changes()).toEqual([]);
    await become(owned, "Terminated");
    expect([stateOf(owned), changes()]).toEqual([4, ["addition.delete"]]);
  });
});

describe("an event", () => {
  let events = 0;
  async function tell(type: string, data: object): Promise<void> {
    events += 1;
    await stage.engine.ledger.storeEvent({ webhookId: `evt-${events}`, type, body: JSON.stringify({ type, data }) });
    await runIntake(stage.engine);
  }

  it("of an addon, and of the service on which it stands, takes in what is paid for the addon", async () => {
    const owned = await bought();
    for (const [type, data] of [
      ["addon.unsuspended", { service_addon_id: owned.serviceAddonId }],
      ["service.unsuspended", { service_id: owned.serviceId }],
    ] as const) {
      const { invoiceId, lineIds } = await stage.shop.issueAddonInvoice(owned.serviceAddonId);
      await stage.shop.sql("UPDATE tblhostingaddons SET nextduedate = nextduedate + INTERVAL 1 MONTH WHERE id = ?", [
        owned.serviceAddonId,
      ]);
      await stage.shop.payInvoice(invoiceId);
      await tell(type, data);
      expect(await stage.engine.ledger.findByLines(lineIds), type).toMatchObject([{ state: "Pending" }]);
      await stage.reach(lineIds[0] ?? 0, "Purchased");
    }
  });
});
