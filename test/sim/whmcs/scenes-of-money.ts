// Which scenes of money coming in and going back must both shops tell alike?
import { expect } from "vitest";
import type { Scene } from "./scene.ts";

export const scenesOfMoney: readonly Scene[] = [
  {
    name: "an order is placed and paid",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: " 1234567 ", ip: "192.0.2.10" });
      expect((await look(order)).lines).toMatchObject([{ invoice: { status: "Unpaid", paidAt: null } }]);
      shop.setTime("2026-11-24 09:30:00");
      await shop.payInvoice(order.invoiceId);
      const { lines } = await look(order);
      const paidAt = "2026-11-24 09:30:00";
      expect(lines).toMatchObject([
        { licence: "1234567", invoice: { status: "Paid", paidAt, newestTransactionAt: paidAt } },
      ]);
    },
  },
  {
    name: "a part is paid, and later the rest",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId, { amount: "5.00" });
      expect((await look(order)).lines[0]?.invoice).toMatchObject({
        status: "Unpaid",
        newestTransactionAt: "2026-11-23 12:00:00",
      });
      shop.setTime("2026-11-25 00:00:00");
      await shop.payInvoice(order.invoiceId);
      expect((await look(order)).lines[0]?.invoice.status).toBe("Paid");
    },
  },
  {
    name: "two invoices are paid by one mass payment",
    play: async (shop, look) => {
      const one = await shop.placeOrder({ licence: "1" });
      const two = await shop.placeOrder({ licence: "2", clientId: one.clientId });
      const parent = await shop.openMassPayment([one.invoiceId, two.invoiceId]);
      expect((await look(parent, one, two)).linesOfInvoices[0]).toEqual([one.lineId, two.lineId]);
      await shop.payInvoice(parent.invoiceId);
      const { lines } = await look(one, two);
      expect(lines.map(({ invoice }) => [invoice.status, invoice.newestTransactionAt])).toEqual([
        ["Paid", null],
        ["Paid", null],
      ]);
    },
  },
  {
    name: "one of two invoices is paid by itself before their mass payment is",
    play: async (shop, look) => {
      const one = await shop.placeOrder({ licence: "1" });
      const two = await shop.placeOrder({ licence: "2", clientId: one.clientId });
      const parent = await shop.openMassPayment([one.invoiceId, two.invoiceId]);
      await shop.payInvoice(one.invoiceId);
      shop.setTime("2026-11-24 12:00:00");
      await shop.payInvoice(parent.invoiceId);
      const { lines } = await look(one, two);
      expect(lines.map(({ invoice }) => invoice.paidAt)).toEqual(["2026-11-23 12:00:00", "2026-11-24 12:00:00"]);
    },
  },
  {
    name: "a mass payment of a mass payment is followed one level",
    play: async (shop, look) => {
      const one = await shop.placeOrder({ licence: "1" });
      const parentId = await shop.massPay([one.invoiceId]);
      const grandparentId = await shop.massPay([parentId]);
      const { linesOfInvoices } = await look({ invoiceId: parentId }, { invoiceId: grandparentId }, one);
      expect(linesOfInvoices).toEqual([[one.lineId], [], [one.lineId]]);
    },
  },
  {
    name: "an invoice is paid by credit",
    play: async (shop, look) => {
      const clientId = await shop.addClient({ credit: "20.00" });
      const order = await shop.placeOrder({ licence: "1", clientId });
      await shop.payInvoiceByCredit(order.invoiceId);
      expect((await look(order)).lines[0]?.invoice).toMatchObject({ status: "Paid", newestTransactionAt: null });
      await shop.refundInvoice(order.invoiceId);
      expect((await look(order)).lines[0]?.invoice.status).toBe("Refunded");
      const again = await shop.placeOrder({ licence: "1", clientId, cycle: "Monthly" });
      await shop.payInvoiceByCredit(again.invoiceId);
      await look(again);
    },
  },
  {
    name: "credit that is too short pays nothing",
    play: async (shop, look) => {
      const clientId = await shop.addClient();
      await shop.addCredit(clientId, "10.00");
      const order = await shop.placeOrder({ licence: "1", clientId });
      await expect(shop.payInvoiceByCredit(order.invoiceId)).rejects.toThrow(RangeError);
      expect((await look(order)).lines[0]?.invoice.status).toBe("Unpaid");
    },
  },
  {
    name: "a discount of everything is paid inside the checkout",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1", discountPercent: 100 });
      const { lines } = await look(order);
      expect(lines[0]).toMatchObject({ invoice: { status: "Paid" }, service: { firstPaymentAmount: "0.00" } });
      expect(lines[0]?.invoiceLines.map(({ type, amount }) => [type, amount])).toEqual([
        ["Hosting", "17.00"],
        ["PromoHosting", "-17.00"],
      ]);
      await look(await shop.placeOrder({ licence: "2", discountPercent: 15, quantity: 3 }));
    },
  },
  {
    name: "a paid invoice is set back to Unpaid, and paid again",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      await shop.setInvoiceUnpaid(order.invoiceId);
      expect((await look(order)).lines[0]?.invoice).toMatchObject({ status: "Unpaid", paidAt: null });
      shop.setTime("2026-11-26 08:00:00");
      await shop.payInvoice(order.invoiceId);
      const { lines } = await look(order);
      expect(lines[0]?.invoice).toMatchObject({ status: "Paid", newestTransactionAt: "2026-11-23 12:00:00" });
      const renewal = await shop.issueRenewalInvoice(order.serviceId);
      expect((await look(renewal)).lines[0]?.line.dueDate).toBe("2026-12-23");
    },
  },
  {
    name: "the first invoice is paid again after a renewal was",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      await shop.payInvoice((await shop.issueRenewalInvoice(order.serviceId)).invoiceId);
      await shop.setInvoiceUnpaid(order.invoiceId);
      await shop.payInvoice(order.invoiceId);
      const third = await shop.issueRenewalInvoice(order.serviceId);
      expect((await look(third)).lines[0]?.line.dueDate).toBe("2027-01-23");
    },
  },
  {
    name: "a cent goes back, and then the rest",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.payInvoice(order.invoiceId);
      shop.setTime("2026-11-24 10:00:00");
      await shop.partialRefund(order.invoiceId);
      const { lines } = await look(order);
      expect(lines[0]?.invoice).toMatchObject({ status: "Paid", newestTransactionAt: "2026-11-24 10:00:00" });
      await shop.refundInvoice(order.invoiceId);
      expect((await look(order)).lines[0]?.invoice.status).toBe("Refunded");
    },
  },
  {
    name: "an unpaid invoice is cancelled",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      await shop.cancelInvoice(order.invoiceId);
      const { lines, linesOfServices } = await look(order);
      expect([lines[0]?.invoice.status, linesOfServices[0]?.invoiceStatus]).toEqual(["Cancelled", "Cancelled"]);
    },
  },
  {
    name: "a mass payment is refunded, and the invoices that it paid stay Paid",
    play: async (shop, look) => {
      const order = await shop.placeOrder({ licence: "1" });
      const parentId = await shop.massPay([order.invoiceId]);
      await shop.refundInvoice(parentId);
      expect((await look(order, { invoiceId: parentId })).lines[0]?.invoice.status).toBe("Paid");
    },
  },
];
