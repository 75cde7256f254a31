// Which scenes in the life of services must both shops tell alike?
import { expect } from "vitest";
import type { Scene } from "./scene.ts";

export const scenesOfServices: readonly Scene[] = [
  {
    name: "a service is renewed month by month, from the end of January on",
    play: async (shop, look) => {
      shop.setTime("2027-01-31 23:59:59");
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      const dueDates = [];
      for (let month = 0; month < 3; month += 1) {
        const renewal = await shop.issueRenewalInvoice(order.serviceId);
        await shop.payInvoice(renewal.invoiceId);
        const { lines } = await look(renewal, order);
        dueDates.push(lines[1]?.line.dueDate);
        expect(lines.map(({ line }) => line.isFirstOfService)).toEqual([true, false]);
      }
      expect(dueDates).toEqual(["2027-02-28", "2027-03-28", "2027-04-28"]);
    },
  },
  {
    name: "a renewal invoice is paid before the first one",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const renewal = await shop.issueRenewalInvoice(order.serviceId);
      await shop.payInvoice(renewal.invoiceId);
      await shop.payInvoice(order.invoiceId);
      const third = await shop.issueRenewalInvoice(order.serviceId);
      const { lines } = await look(order, renewal, third);
      expect(lines.map(({ line }) => line.dueDate)).toEqual(["2026-11-23", "2026-11-23", "2026-12-23"]);
    },
  },
  {
    name: "half a year and a leap day: the other cycles move by their months",
    play: async (shop, look) => {
      shop.setTime("2027-08-31 12:00:00");
      const half = await shop.placeOrder({ licence: "1", cycle: "Semi-Annually" });
      const year = await shop.placeOrder({ licence: "2", cycle: "Annually" });
      for (const { invoiceId } of [half, year]) await shop.payInvoice(invoiceId);
      const renewals = [await shop.issueRenewalInvoice(half.serviceId), await shop.issueRenewalInvoice(year.serviceId)];
      const { lines } = await look(...renewals);
      expect(lines.map(({ line }) => line.dueDate)).toEqual(["2028-02-29", "2028-08-31"]);
    },
  },
  {
    name: "a client asks to cancel one service, twice, and not the other",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const other = await shop.placeOrder({ licence: "2" });
      shop.setTime("2027-01-31 23:59:59");
      await shop.requestCancellation({ serviceId: order.serviceId, type: "End of Billing Period" });
      await shop.requestCancellation({ serviceId: order.serviceId, type: "Immediate" });
      const { lines } = await look(order, other);
      expect(lines.map(({ cancellations }) => cancellations)).toEqual([
        [
          { requestedAt: "2027-01-31 23:59:59", isImmediate: false },
          { requestedAt: "2027-01-31 23:59:59", isImmediate: true },
        ],
        [],
      ]);
    },
  },
  {
    name: "a service that costs nothing has no due date to move",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", cycle: "Free Account" });
      const { lines } = await look(order);
      expect(lines[0]).toMatchObject({ invoice: { status: "Paid" }, service: { amount: "0.00" } });
      await expect(shop.issueRenewalInvoice(order.serviceId)).rejects.toThrow(RangeError);
    },
  },
  {
    name: "a renewal is billed at the service's own amount, whatever the price list says",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.setPrice({ productId: 1, currency: "USD", cycle: "monthly", price: "16.00" });
      await shop.edit("services", order.serviceId, { amount: "14.40" });
      const renewal = await shop.issueRenewalInvoice(order.serviceId);
      expect((await look(renewal)).lines[0]).toMatchObject({
        line: { amount: "14.40" },
        prices: { monthly: { price: "16.00", setupFee: "2.00" } },
      });
    },
  },
  {
    name: "three of one product on one service",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", quantity: 3 });
      const { lines } = await look(order);
      expect(lines[0]).toMatchObject({ line: { amount: "51.00" }, service: { quantity: 3, amount: "45.00" } });
    },
  },
  {
    name: "one order holds services of ours and of another module",
    play: async (shop, look) => {
      const foreign = await shop.addProduct({
        name: "Hosting",
        serverType: "cpanel",
        prices: { USD: { monthly: "5.00" } },
      });
      const other = { productId: foreign.productId };
      const order = await shop.placeOrder({ licence: "1", further: [other, { licence: "2" }] });
      const { servicesOfOrders, linesOfInvoices } = await look(order);
      expect(servicesOfOrders).toEqual([[`h${order.serviceIds[0]}`, `h${order.serviceIds[2]}`]]);
      expect(linesOfInvoices).toEqual([[order.lineIds[0], order.lineIds[2]]]);
    },
  },
  {
    name: "an order is whole when everything on it is Active",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", further: [{ licence: "2" }] });
      const isWhole = async () => (await look(order)).services[0]?.isWholeOrderActive;
      for (const serviceId of order.serviceIds) {
        expect(await isWhole()).toBe(false);
        await shop.setServiceStatus(serviceId, "Active");
      }
      for (const table of ["serviceAddons", "domains"] as const) {
        expect(await isWhole()).toBe(true);
        const id = await shop.add(table, { orderId: order.orderId, status: "Pending" });
        expect(await isWhole()).toBe(false);
        await shop.edit(table, id, { status: "Active" });
      }
      await shop.setOrderStatus(order.orderId, "Active");
      expect((await look(order)).services[0]).toMatchObject({ orderStatus: "Active", isWholeOrderActive: true });
    },
  },
  {
    name: "the licence is missing, blank, corrected",
    play: async (shop, look) => {
      const order = await shop.placeOrder({});
      expect((await look(order)).lines[0]).toMatchObject({ licence: null, ip: null });
      const licences = [];
      for (const text of ["  ", "12x", " 1234568"]) {
        await shop.setLicence(order.serviceId, text);
        licences.push((await look(order)).lines[0]?.licence);
      }
      expect(licences).toEqual([null, "12x", "1234568"]);
    },
  },
  {
    name: "services end one after another",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", further: Array.from({ length: 6 }, () => ({})) });
      const states = ["Active", "Suspended", "Terminated", "Cancelled", "Fraud", "Completed"] as const;
      for (const [index, state] of states.entries()) {
        await shop.setServiceStatus(order.serviceIds[index] ?? 0, state);
      }
      const { openServices, allServices } = await look(order);
      expect([openServices.length, allServices.length]).toEqual([3, 7]);
    },
  },
  {
    name: "another service of the client is Active",
    play: async (shop, look) => {
      const one = await shop.placeOrder({ licence: "1" });
      const hasOther = async () => (await look(one)).lines[0]?.client?.hasOtherActiveService;
      await shop.setServiceStatus(one.serviceId, "Active");
      expect(await hasOther()).toBe(false);
      const two = await shop.placeOrder({ licence: "2", clientId: one.clientId });
      await shop.setServiceStatus(two.serviceId, "Active");
      expect(await hasOther()).toBe(true);
      await shop.setServiceStatus(one.serviceId, "Pending");
      expect(await hasOther()).toBe(true);
    },
  },
  {
    name: "a client pays in euros, of duplicate price rows the newest counts",
    play: async (shop, look) => {
      const clientId = await shop.addClient({
        currency: "EUR",
        createdOn: "2026-01-02",
        status: "Closed",
        email: "a@b.example",
      });
      const order = await shop.placeOrder({ licence: "1", clientId });
      expect((await look(order)).lines[0]?.prices?.monthly?.price).toBe("13.80");
      const prices = {
        quarterly: "-1.00",
        semiannually: "-1.00",
        annually: "0.00",
        biennially: "-1.00",
        triennially: "-1.00",
      };
      await shop.add("pricing", { type: "product", currencyId: 2, relid: 1, monthly: "14.20", ...prices });
      expect((await look(order)).lines[0]?.prices?.monthly?.price).toBe("14.20");
      await shop.edit("clients", clientId, { currencyId: 77 });
      expect((await look(order)).lines[0]?.prices).toBeNull();
    },
  },
  {
    name: "another product is ordered for a service",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      const upgrade = await shop.orderUpgrade({ serviceId: order.serviceId, amount: "3.00" });
      const { lines } = await look(upgrade, { serviceId: order.serviceId });
      expect(lines).toMatchObject([
        { line: { type: "Upgrade", isFirstOfService: false }, service: { id: order.serviceId } },
      ]);
      await shop.edit("upgrades", upgrade.upgradeId, { type: "addon" });
      expect((await look(upgrade, { serviceId: order.serviceId })).lines).toEqual([]);
    },
  },
  {
    name: "a service is moved to another client, who pays in another currency; what its first client was billed stays",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const renewal = await shop.issueRenewalInvoice(order.serviceId);
      const upgrade = await shop.orderUpgrade({ serviceId: order.serviceId, amount: "3.00" });
      const clientId = await shop.addClient({ currency: "EUR" });
      await shop.edit("services", order.serviceId, { clientId });
      const later = await shop.issueRenewalInvoice(order.serviceId);
      const all = [order, renewal, upgrade, later].flatMap(({ lineIds }) => lineIds);
      const { lines, linesOfServices } = await look({ lineIds: all, serviceId: order.serviceId });
      expect(linesOfServices.map(({ lineId }) => lineId)).toEqual(all);
      expect(lines.map(({ line }) => line.isFirstOfService)).toEqual([true, false, false, false]);
      expect(lines.map(({ invoice }) => invoice.currencyId)).toEqual([1, 1, 1, 2]);
      expect(lines.map(({ prices }) => prices?.monthly?.price)).toEqual(["15.00", "15.00", "15.00", "13.80"]);
      await shop.edit("services", order.serviceId, { clientId: order.clientId });
      expect((await look({ serviceId: order.serviceId })).linesOfServices.map(({ lineId }) => lineId)).toEqual(
        all.slice(0, 3),
      );
    },
  },
  {
    name: "a service is deleted, its lines stay",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      await shop.deleteService(order.serviceId);
      const { lines, services } = await look(order);
      expect([lines, services]).toEqual([[], [null]]);
    },
  },
];
