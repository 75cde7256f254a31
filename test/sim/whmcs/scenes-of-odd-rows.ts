// Which odd rows, as staff, imports and other modules leave them, must both shops tell alike?
import { expect } from "vitest";
import type { Scene } from "./scene.ts";

export const scenesOfOddRows: readonly Scene[] = [
  {
    name: "a line moves to another invoice",
    play: async (shop, look) => {
      const one = await shop.placeOrder({ licence: "1" });
      const two = await shop.placeOrder({ licence: "2", clientId: one.clientId });
      await shop.payInvoice(two.invoiceId);
      await shop.moveLine(one.lineId, two.invoiceId);
      const { lines, linesOfInvoices } = await look(one, two);
      expect(lines[0]).toMatchObject({ line: { id: one.lineId }, invoice: { id: two.invoiceId, status: "Paid" } });
      expect(linesOfInvoices).toEqual([[], [one.lineId, two.lineId]]);
    },
  },
  {
    name: "a line is deleted",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", further: [{ licence: "2" }] });
      await shop.deleteLine(order.lineId);
      await shop.payInvoice(order.invoiceId);
      const { lines } = await look(order);
      expect(lines.map(({ line, invoice }) => [line.id, invoice.status])).toEqual([[order.lineIds[1], "Paid"]]);
    },
  },
  {
    name: "the invoice of a line is gone",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.remove("invoices", order.invoiceId);
      const { lines, linesOfServices, linesOfInvoices } = await look(order);
      expect([lines, linesOfServices, linesOfInvoices]).toEqual([[], [], [[order.lineId]]]);
    },
  },
  {
    name: "the order and the client of a service are gone",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.remove("orders", order.orderId);
      await shop.remove("clients", order.clientId);
      const { lines, services } = await look(order);
      expect(lines[0]).toMatchObject({ order: null, client: null, prices: null, licence: "1" });
      expect(services[0]).toMatchObject({ orderId: null, isWholeOrderActive: false });
    },
  },
  {
    name: "the product of a service is gone, foreign, or of our type in other letters",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const count = async () => (await look(order)).lines.length;
      await shop.edit("services", order.serviceId, { productId: 99 });
      expect(await count()).toBe(0);
      await shop.edit("services", order.serviceId, { productId: 1 });
      await shop.edit("products", 1, { serverType: "cpanel" });
      expect(await count()).toBe(0);
      await shop.edit("products", 1, { serverType: "ISPmanagerModules " });
      expect(await count()).toBe(1);
    },
  },
  {
    name: "duplicate values and duplicate fields of the licence",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "111" });
      await shop.add("customFieldValues", { fieldId: 1, relid: order.serviceId, value: "222" });
      await shop.add("customFields", { type: "product", relid: 1, name: "Licence|Licence number" });
      await shop.add("customFieldValues", { fieldId: 3, relid: order.serviceId, value: "333" });
      expect((await look(order)).lines[0]?.licence).toBe("222");
      await shop.setLicence(order.serviceId, "444");
      expect((await look(order)).lines[0]?.licence).toBe("444");
      await shop.remove("customFields", 1);
      expect((await look(order)).lines[0]?.licence).toBe("333");
    },
  },
  {
    name: "a field of the same name belongs to clients",
    play: async (shop, look) => {
      const { productId } = await shop.addProduct({ name: "Bare", fields: [], prices: { USD: { monthly: "1.00" } } });
      const order = await shop.placeOrder({ productId, licence: "1" });
      const fieldId = await shop.add("customFields", { type: "client", relid: productId, name: "License ID" });
      await shop.add("customFieldValues", { fieldId, relid: order.serviceId, value: "555" });
      expect((await look(order)).lines[0]?.licence).toBeNull();
      await shop.deleteService(order.serviceId);
      await look(order);
    },
  },
  {
    name: "lines of other types, and of ours in other letters",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const counts = [];
      for (const type of ["Addon", "Item", "", "Setup", "Upgrade", "hosting", "HOSTING "]) {
        await shop.edit("invoiceLines", order.lineId, { type });
        const { lines, linesOfServices } = await look(order);
        counts.push([lines.length, linesOfServices.length]);
      }
      expect(counts).toEqual([...Array(5).fill([0, 0]), [1, 1], [1, 1]]);
    },
  },
  {
    name: "a line of another client, who never ordered it, points at the service",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const other = await shop.placeOrder({ licence: "2" });
      const line = { invoiceId: other.invoiceId, type: "Hosting", relid: order.serviceId, amount: "1.00" };
      const lineId = await shop.add("invoiceLines", { ...line, clientId: other.clientId });
      const { lines, linesOfServices } = await look({ ...order, lineIds: [order.lineId, lineId] });
      expect(lines.map((facts) => facts.line.isFirstOfService)).toEqual([true, false]);
      expect(linesOfServices.map((found) => found.lineId)).toEqual([order.lineId]);
    },
  },
  {
    name: "dates are zero or missing",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.edit("invoices", order.invoiceId, { status: "Paid", date: null, dueDate: "0000-00-00" });
      await shop.edit("invoiceLines", order.lineId, { dueDate: "0000-00-00" });
      await shop.edit("clients", order.clientId, { createdOn: "0000-00-00" });
      await shop.add("transactions", { invoiceId: order.invoiceId, date: "0000-00-00 00:00:00" });
      expect((await look(order)).lines[0]?.invoice.newestTransactionAt).toBeNull();
      await shop.add("transactions", { invoiceId: order.invoiceId, date: "2026-11-21 10:00:00" });
      await shop.add("transactions", { invoiceId: order.invoiceId, date: "2026-11-20 10:00:00" });
      expect((await look(order)).lines[0]?.invoice.newestTransactionAt).toBe("2026-11-21 10:00:00");
      await shop.edit("invoiceLines", order.lineId, { dueDate: null });
      await shop.payInvoice(order.invoiceId);
      await look(order);
    },
  },
  {
    name: "statuses that only staff's tools write",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      for (const status of ["Draft", "Collections", "Payment Pending", "paid"]) {
        await shop.edit("invoices", order.invoiceId, { status });
        expect((await look(order)).linesOfServices[0]?.invoiceStatus).toBe(status);
      }
    },
  },
  {
    name: "the settings of the product and of WHMCS change",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.setSetting("AutoProvisionExistingOnly", "on");
      await shop.edit("products", 1, { prorata: 1, autoSetup: "", option1: " 55371", option6: "x ", retired: 1 });
      const { lines } = await look(order);
      expect(lines[0]).toMatchObject({ provisionsExistingClientsOnly: true, product: { isProrated: true } });
    },
  },
  {
    name: "tax, and the rate of a currency",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", discountPercent: 15 });
      await shop.edit("invoices", order.invoiceId, { taxRate: "20.000", taxRate2: "7.125" });
      await shop.edit("invoiceLines", order.lineId, { taxed: 1 });
      await shop.edit("currencies", 2, { rate: "0.92000" });
      expect((await look(order)).lines[0]?.tax).toEqual({ isInclusive: true, isCompound: true });
      await shop.setSetting("TaxType", "Exclusive");
      await shop.setSetting("TaxL2Compound", "");
      const { lines } = await look(order);
      expect(lines[0]).toMatchObject({
        line: { isTaxed: true },
        invoice: { taxRates: ["20.000", "7.125"] },
        invoiceLines: [{ isTaxed: true }, { isTaxed: false }],
        tax: { isInclusive: false, isCompound: false },
      });
    },
  },
  {
    name: "services without an order, and ids that do not exist",
    play: async (shop, look) => {
      const serviceId = await shop.add("services", { productId: 1, status: "Active" });
      const nothing = { lineIds: [0, 99], invoiceId: 99, orderId: 0, serviceIds: [serviceId, 99] };
      const { services, servicesOfOrders } = await look(nothing, { orderId: -1 }, {});
      expect(services).toMatchObject([{ id: serviceId, orderId: null }, null]);
      expect(servicesOfOrders).toEqual([[], []]);
    },
  },
];
