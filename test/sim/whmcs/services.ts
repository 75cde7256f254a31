// What does the simulated WHMCS write when services are ordered, renewed, changed and deleted?
import { Big } from "big.js";
import { type Decimal, formatMoney, multiplyMoney } from "../../../src/money.ts";
import { type BillingCycle, monthsOfCycle } from "../../../src/sandbox/shop/cycles.ts";
import { negative, sumMoney } from "../../../src/sandbox/shop/lines.ts";
import { addClient, fillField, priceOf } from "./catalogue.ts";
import { type IssuedInvoice, issueInvoice, markPaid, type NewLine } from "./invoices.ts";
import { addRow, rowOf, rowsWhere } from "./tables.ts";
import type { World } from "./world.ts";

export interface OrderedItem {
  /** Left out: no value row is written. */
  readonly licence?: string;
  readonly ip?: string;
  /** Default: the first product. */
  readonly productId?: number;
  /** Default Monthly. */
  readonly cycle?: BillingCycle;
  readonly quantity?: number;
}

export interface NewOrder extends OrderedItem {
  /** Default: a new client. */
  readonly clientId?: number;
  /** More services on the same order and invoice. */
  readonly further?: readonly OrderedItem[];
  /** Taken off the first payment of each item. */
  readonly discountPercent?: number;
}

export interface PlacedOrder extends IssuedInvoice {
  readonly orderId: number;
  readonly clientId: number;
  /** One per item, in their order; the first is also `serviceId`. */
  readonly serviceIds: readonly number[];
  readonly serviceId: number;
  /** The line of the first service. */
  readonly lineId: number;
}

/** A Pending order with its Pending services and one invoice for all; an invoice of zero is Paid at once. */
export function placeOrder(world: World, order: NewOrder): PlacedOrder {
  const clientId = order.clientId ?? addClient(world);
  const orderId = addRow(world.tables, "orders", { status: "Pending" });
  const serviceIds: number[] = [];
  const lines: NewLine[] = [];
  for (const item of [order, ...(order.further ?? [])]) {
    const placed = addService(world, item, { clientId, orderId, discountPercent: order.discountPercent ?? 0 });
    serviceIds.push(placed.serviceId);
    lines.push(...placed.lines);
  }
  const issued = issueInvoice(world, { clientId, dueDate: world.today(), lines });
  rowOf(world.tables, "orders", orderId).invoiceId = issued.invoiceId;
  if (rowOf(world.tables, "invoices", issued.invoiceId).total === "0.00") markPaid(world, issued.invoiceId);
  return { ...issued, orderId, clientId, serviceIds, serviceId: serviceIds[0] ?? 0, lineId: issued.lineIds[0] ?? 0 };
}

function addService(
  world: World,
  { licence, ip, productId = 1, cycle = "Monthly", quantity = 1 }: OrderedItem,
  order: { clientId: number; orderId: number; discountPercent: number },
): { serviceId: number; lines: NewLine[] } {
  const { clientId, orderId } = order;
  const price = priceOf(world, { clientId, sale: { type: "product", relid: productId }, cycle });
  const first = timesQuantity(sumMoney([price.recurring, price.setupFee]), quantity);
  const discount = new Big(first).times(order.discountPercent).div(100).toFixed(2);
  const serviceId = addRow(world.tables, "services", {
    ...{ clientId, orderId, productId, quantity, billingCycle: cycle },
    firstPaymentAmount: sumMoney([first, negative(discount)]),
    amount: timesQuantity(price.recurring, quantity),
    nextDueDate: monthsOfCycle(cycle) === 0 ? "0000-00-00" : world.today(),
  });
  if (licence !== undefined) fillField(world, { serviceId, role: "licence", value: licence });
  if (ip !== undefined) fillField(world, { serviceId, role: "ip", value: ip });
  const line = { relid: serviceId, dueDate: world.today() };
  const lines: NewLine[] = [{ ...line, type: "Hosting", amount: first }];
  if (discount !== "0.00") lines.push({ ...line, type: "PromoHosting", amount: negative(discount) });
  return { serviceId, lines };
}

function timesQuantity(amount: Decimal, quantity: number): Decimal {
  return formatMoney(multiplyMoney(amount, quantity), 2);
}

/** The next invoice of a service: dated today, its line due when the service is. */
export function issueRenewalInvoice(world: World, serviceId: number): IssuedInvoice & { lineId: number } {
  const { clientId, amount, nextDueDate, billingCycle } = rowOf(world.tables, "services", serviceId);
  if (monthsOfCycle(billingCycle) === 0 || nextDueDate === null)
    throw new RangeError("a service without a recurring cycle is never renewed");
  const line = { type: "Hosting", relid: serviceId, amount, dueDate: nextDueDate };
  const issued = issueInvoice(world, { clientId, dueDate: nextDueDate, lines: [line] });
  return { ...issued, lineId: issued.lineIds[0] ?? 0 };
}

/** The client orders another product for a service: a row of `upgrades`, an order, an invoice with an `Upgrade` line. */
export function orderUpgrade(
  world: World,
  { serviceId, amount }: { serviceId: number; amount: Decimal },
): IssuedInvoice & { upgradeId: number; orderId: number } {
  const { clientId } = rowOf(world.tables, "services", serviceId);
  const orderId = addRow(world.tables, "orders", { status: "Pending" });
  const upgradeId = addRow(world.tables, "upgrades", { type: "package", relid: serviceId });
  const line = { type: "Upgrade", relid: upgradeId, amount, dueDate: world.today() };
  const issued = issueInvoice(world, { clientId, dueDate: world.today(), lines: [line] });
  rowOf(world.tables, "orders", orderId).invoiceId = issued.invoiceId;
  return { ...issued, upgradeId, orderId };
}

/** The row and its field values are gone, its invoice lines stay. */
export function deleteService({ tables }: World, serviceId: number): void {
  tables.rows.services.delete(serviceId);
  const isProductField = (fieldId: number) => tables.rows.customFields.get(fieldId)?.type === "product";
  for (const row of rowsWhere(tables, "customFieldValues", ({ relid }) => relid === serviceId))
    if (isProductField(row.fieldId)) tables.rows.customFieldValues.delete(row.id);
}

/** The line is gone, and the invoice's total follows. */
export function deleteLine({ tables }: World, lineId: number): void {
  const line = rowOf(tables, "invoiceLines", lineId);
  tables.rows.invoiceLines.delete(lineId);
  const invoice = rowOf(tables, "invoices", line.invoiceId);
  invoice.total = sumMoney([invoice.total, negative(line.amount)]);
}
