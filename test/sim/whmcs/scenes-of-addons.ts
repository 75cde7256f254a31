// Which scenes of product addons must both shops tell alike?
import { expect } from "vitest";
import type { NewAddon } from "../../../src/sandbox/shop/addons.ts";
import type { Scene } from "./scene.ts";
import type { ShopUnderTest } from "./shop-under-test.ts";

const ownFields = [{ name: "License ID" }, { name: "Server IP" }];

/** A server of another module with a licence of its own, and an addon of ours ordered for it. */
export async function orderAddon(
  shop: ShopUnderTest,
  { addon = {}, licence, ip }: { addon?: Partial<NewAddon>; licence?: string; ip?: string } = {},
) {
  const server = await shop.addProduct({
    name: "Server",
    serverType: "virtualizor",
    prices: { USD: { monthly: "50.00" } },
  });
  const parent = await shop.placeOrder({ productId: server.productId, licence: "1234567", ip: "192.0.2.10" });
  const { addonId } = await shop.addAddon({
    name: "DDoS-GUARD",
    packages: [server.productId],
    options: ["23221", " DDoSGUARD ", "", "12.50 EUR"],
    prices: { USD: { monthly: { price: "15.00", setupFee: "2.00" }, annually: "150.00" } },
    ...addon,
  });
  const typed = { ...(licence === undefined ? {} : { licence }), ...(ip === undefined ? {} : { ip }) };
  return { parent, addonId, order: await shop.orderAddon({ serviceId: parent.serviceId, addonId, ...typed }) };
}

export const scenesOfAddons: readonly Scene[] = [
  {
    name: "an addon is ordered, paid and renewed",
    play: async (shop, look) => {
      const { parent, addonId, order } = await orderAddon(shop);
      await shop.payInvoice(order.invoiceId);
      const renewal = await shop.issueAddonInvoice(order.serviceAddonId);
      const { lines, linesOfServices, linesOfInvoices, servicesOfOrders, openServices } = await look(order, renewal);
      expect(lines).toMatchObject([
        {
          line: { type: "Addon", amount: "17.00", isFirstOfService: true },
          invoice: { status: "Paid" },
          service: { id: order.serviceAddonId, parentId: parent.serviceId, clientId: parent.clientId, amount: "15.00" },
          product: { id: addonId, options: ["23221", "DDoSGUARD", "", "12.50 EUR", "", "", "", ""] },
          order: { id: order.orderId },
          prices: { monthly: { price: "15.00", setupFee: "2.00" }, annually: { price: "150.00" } },
          licence: "1234567",
          ip: "192.0.2.10",
        },
        { line: { isFirstOfService: false, dueDate: "2026-12-23" }, licence: "1234567" },
      ]);
      const ref = `a${order.serviceAddonId}`;
      expect(linesOfServices.map(({ lineId, serviceRef }) => [lineId, serviceRef])).toEqual([
        [order.lineId, ref],
        [renewal.lineId, ref],
      ]);
      expect([linesOfInvoices, servicesOfOrders, openServices]).toEqual([
        [[order.lineId], [renewal.lineId]],
        [[ref]],
        [ref],
      ]);
    },
  },
  {
    name: "an addon has its own licence and address, and what it lacks from its service",
    play: async (shop, look) => {
      const { parent, order } = await orderAddon(shop, { addon: { fields: ownFields }, licence: " 7654321 ", ip: "" });
      const seen = async () => {
        const [facts] = (await look(order)).lines;
        return [facts?.licence, facts?.ip];
      };
      expect(await seen()).toEqual(["7654321", "192.0.2.10"]);
      await shop.edit("services", parent.serviceId, { dedicatedIp: " 192.0.2.77 " });
      expect(await seen()).toEqual(["7654321", "192.0.2.10"]);
      await shop.edit("customFieldValues", 2, { value: "" });
      await shop.edit("customFieldValues", 3, { value: " " });
      expect(await seen()).toEqual(["1234567", "192.0.2.77"]);
    },
  },
  {
    name: "services and addons for one licence and tariff, whoever typed it where, until they end",
    play: async (shop, look) => {
      const { parent, order } = await orderAddon(shop);
      const own = await shop.placeOrder({ productId: 1, licence: " 1234567 " });
      await shop.placeOrder({ productId: 1, licence: "12345678" });
      const seen = async () => {
        const { lines, servicesFor } = await look(order);
        expect([lines[0]?.licence, lines[0]?.product.options[0]]).toEqual(["1234567", "23221"]);
        return servicesFor[0]?.map(({ ref, status }) => `${ref} ${status}`);
      };
      const [service, addon] = [`h${own.serviceId}`, `a${order.serviceAddonId}`];
      expect(await seen()).toEqual([`${service} Pending`, `${addon} Pending`]);
      await shop.edit("services", own.serviceId, { status: "Active" });
      await shop.edit("serviceAddons", order.serviceAddonId, { status: "Suspended" });
      expect(await seen()).toEqual([`${service} Active`, `${addon} Suspended`]);
      await shop.edit("services", own.serviceId, { status: "Cancelled" });
      expect(await seen()).toEqual([`${addon} Suspended`]);
      await shop.edit("services", parent.serviceId, { status: "Terminated" });
      expect(await seen()).toEqual([]);
    },
  },
  {
    name: "an addon ends with its service, and by itself",
    play: async (shop, look) => {
      const { parent, order } = await orderAddon(shop);
      const seen = async () => {
        const { lines, services, statuses, fates } = await look(order);
        const ref = `a${order.serviceAddonId}`;
        return [lines[0]?.service.status, services[0]?.status, statuses.get(ref), fates.get(ref)?.status];
      };
      const statuses: unknown[] = [];
      for (const status of ["Active", "Suspended", "Terminated"] as const) {
        await shop.setServiceStatus(parent.serviceId, status);
        statuses.push(await seen());
      }
      expect(statuses).toEqual([Array(4).fill("Pending"), Array(4).fill("Pending"), Array(4).fill("Terminated")]);
      await shop.setAddonStatus(order.serviceAddonId, "Cancelled");
      expect(await seen()).toEqual(Array(4).fill("Cancelled"));
      expect((await look(order)).openServices).toEqual([]);
    },
  },
  {
    name: "what its own settings say becomes of an addon's module at its end, and which addons stand on a service",
    play: async (shop, look) => {
      const options = ["23221", "DDoSGUARD", "", "", "", "", "", " Delete "];
      const { parent, order } = await orderAddon(shop, { addon: { options } });
      const other = await shop.orderAddon({ serviceId: parent.serviceId, addonId: 1 });
      const prices = { USD: { monthly: "5.00" } };
      const { addonId } = await shop.addAddon({ name: "Backup", packages: [], module: "cpanel", prices });
      const foreign = await shop.orderAddon({ serviceId: parent.serviceId, addonId });
      await shop.placeOrder({ licence: "1" });
      const { fates, addons } = await look(parent, order, other, foreign);
      expect([...fates]).toEqual([
        ["a1", { status: "Pending", atEnd: "Delete" }],
        ["a2", { status: "Pending", atEnd: "Delete" }],
      ]);
      expect(addons).toEqual([["a1", "a2"], []]);
    },
  },
  {
    name: "services and addons of the same numbers, page by page",
    play: async (shop, look) => {
      const ours = await shop.placeOrder({ licence: "1" });
      const { order } = await orderAddon(shop);
      expect([ours.serviceId, order.serviceAddonId]).toEqual([1, 1]);
      await shop.requestCancellation({ serviceId: ours.serviceId, type: "Immediate" });
      const { secondOpenService, allServices } = await look(ours, order);
      expect([allServices, secondOpenService]).toEqual([["h1", "a1"], ["a1"]]);
      const { lines } = await look({ lineIds: [ours.lineId, order.lineId] });
      expect(lines.map(({ licence, cancellations }) => [licence, cancellations.length])).toEqual([
        ["1", 1],
        ["1234567", 0],
      ]);
    },
  },
  {
    name: "the addon of a line is gone, foreign, or stands on no service",
    play: async (shop, look) => {
      const { parent, addonId, order } = await orderAddon(shop);
      const count = async () => {
        const { lines, linesOfServices } = await look(order);
        return [lines.length, linesOfServices.length];
      };
      await shop.edit("addons", addonId, { module: "cpanel" });
      expect(await count()).toEqual([0, 0]);
      await shop.edit("addons", addonId, { module: "ISPmanagerModules" });
      expect(await count()).toEqual([1, 1]);
      await shop.edit("serviceAddons", order.serviceAddonId, { serviceId: 99 });
      expect(await count()).toEqual([0, 0]);
      expect((await look(order)).services).toEqual([null]);
      await shop.edit("serviceAddons", order.serviceAddonId, { serviceId: parent.serviceId });
      await shop.edit("serviceAddons", order.serviceAddonId, { addonId: 0 });
      expect(await count()).toEqual([0, 0]);
    },
  },
  {
    name: "the service of an addon moves to another client, with what was billed before and after",
    play: async (shop, look) => {
      const { parent, order } = await orderAddon(shop);
      const clientId = await shop.addClient({ currency: "EUR" });
      await shop.edit("services", parent.serviceId, { clientId });
      const renewal = await shop.issueAddonInvoice(order.serviceAddonId);
      const { lines, linesOfServices, services } = await look(order, renewal);
      expect(linesOfServices.map(({ lineId }) => lineId)).toEqual([order.lineId, renewal.lineId]);
      expect(lines.map(({ line, invoice, client }) => [line.isFirstOfService, invoice.currencyId, client?.id])).toEqual(
        [
          [true, 1, clientId],
          [false, 2, clientId],
        ],
      );
      expect(services[0]?.clientId).toBe(clientId);
    },
  },
  {
    name: "an upgrade of an addon of ours",
    play: async (shop, look) => {
      const { parent, order } = await orderAddon(shop);
      const upgradeId = await shop.add("upgrades", { type: "addon", relid: order.serviceAddonId });
      const lineId = await shop.add("invoiceLines", {
        ...{ invoiceId: order.invoiceId, clientId: parent.clientId, type: "Upgrade", relid: upgradeId, amount: "3.00" },
      });
      const { lines, linesOfServices } = await look({ ...order, lineIds: [lineId] });
      expect(lines).toMatchObject([{ line: { type: "Upgrade" }, service: { id: order.serviceAddonId } }]);
      expect(linesOfServices.map((line) => line.lineId)).toEqual([order.lineId, lineId]);
    },
  },
];
