// What does WHMCS write when a client checks out?
import { Big } from "big.js";
import { type Decimal, formatMoney, multiplyMoney } from "../../money.ts";
import { type Owner, rowTimes } from "./catalog.ts";
import { addMonths, type BillingCycle, monthsOfCycle, type RecurringCycle, recurringCycles } from "./cycles.ts";
import type { ShopDatabase, Statements } from "./database.ts";
import { fillField } from "./fields.ts";
import { hook, type WithHooks } from "./hook-calls.ts";
import { type InvoiceIds, insertInvoice, invoiceCreatedHooks, type NewLine, negative, sumMoney } from "./lines.ts";
import { markPaid } from "./payments.ts";

export interface OrderItem {
  readonly productId: number;
  /** Default Monthly. */
  readonly billingCycle?: BillingCycle;
  /** Left out: no value row is written. */
  readonly licence?: string;
  readonly ip?: string;
  readonly quantity?: number;
}

export interface Promotion {
  readonly code: string;
  /** On the first payment of each item: `"20"` percent, or an amount of money. */
  readonly value: Decimal;
  readonly type: "Percentage" | "Fixed Amount";
}

export interface NewOrder {
  readonly clientId: number;
  readonly items: readonly OrderItem[];
  readonly promo?: Promotion;
  readonly paymentMethod?: string;
}

export interface PlacedOrder extends InvoiceIds, WithHooks {
  readonly orderId: number;
  /** One per item, in their order. */
  readonly serviceIds: readonly number[];
}

interface Context {
  readonly statements: Statements;
  readonly database: ShopDatabase;
  readonly order: NewOrder;
  readonly orderId: number;
  readonly paymentMethod: string;
}

/**
 * Places an order: a Pending WHMCS order, Pending services with their custom field values, and one invoice with a
 * `Hosting` line per service (setup fee and price together) and a negative `PromoHosting` line per discount. An invoice of
 * zero is Paid at once, inside the checkout.
 */
export function placeOrder(database: ShopDatabase, order: NewOrder): Promise<PlacedOrder> {
  return database.atomically(async (statements) => {
    const paymentMethod = order.paymentMethod ?? "banktransfer";
    const orderId = await insertOrder(statements, database, { ...order, paymentMethod });
    const context = { statements, database, order, orderId, paymentMethod };
    const serviceIds: number[] = [];
    const lines: NewLine[] = [];
    for (const item of order.items) {
      const placed = await insertService(context, item);
      serviceIds.push(placed.serviceId);
      lines.push(...placed.lines);
    }
    const invoice = { clientId: order.clientId, dueDate: database.today(), paymentMethod, lines };
    const ids = await insertInvoice(statements, database, invoice);
    await statements.update("tblorders", orderId, { invoiceid: ids.invoiceId, amount: ids.total });
    const paid = ids.total === "0.00" ? await markPaid(statements, database, ids.invoiceId) : [];
    const checkout = hook("AfterShoppingCartCheckout", {
      OrderID: orderId,
      OrderNumber: orderNumber(orderId),
      ServiceIDs: serviceIds,
      AddonIDs: [],
      DomainIDs: [],
      RenewalIDs: [],
      PaymentMethod: paymentMethod,
      InvoiceID: ids.invoiceId,
      TotalDue: ids.total,
    });
    return { ...ids, orderId, serviceIds, hooks: [...invoiceCreatedHooks(ids.invoiceId), ...paid, checkout] };
  });
}

/** Public order number: ten digits that only look random. */
export function orderNumber(orderId: number): number {
  return 1_000_000_000 + ((orderId * 7_654_321) % 9_000_000_000);
}

export async function insertOrder(
  statements: Statements,
  database: ShopDatabase,
  order: Pick<NewOrder, "clientId" | "promo"> & { paymentMethod: string },
): Promise<number> {
  const { clientId, promo, paymentMethod } = order;
  const orderId = await statements.insert("tblorders", {
    ordernum: 0,
    userid: clientId,
    date: database.now(),
    promocode: promo?.code ?? "",
    promotype: promo?.type ?? "",
    promovalue: promo?.value ?? "",
    paymentmethod: paymentMethod,
    status: "Pending",
    ipaddress: "127.0.0.1",
  });
  await statements.update("tblorders", orderId, { ordernum: orderNumber(orderId) });
  return orderId;
}

async function insertService(context: Context, item: OrderItem): Promise<{ serviceId: number; lines: NewLine[] }> {
  const { statements, database, order } = context;
  const cycle = item.billingCycle ?? "Monthly";
  const quantity = item.quantity ?? 1;
  const product = await statements.row("tblproducts", item.productId);
  const price = await priceOf(statements, {
    ...{ clientId: order.clientId, cycle },
    ...{ type: "product", relid: item.productId },
  });
  const recurring = formatMoney(multiplyMoney(price.recurring, quantity), 2);
  const first = formatMoney(multiplyMoney(price.first, quantity), 2);
  const discount = order.promo === undefined ? "0.00" : discountOn(first, order.promo);
  const dates = serviceDates(database.today(), cycle);
  const serviceId = await statements.insert("tblhosting", {
    userid: order.clientId,
    orderid: context.orderId,
    packageid: item.productId,
    paymentmethod: context.paymentMethod,
    qty: quantity,
    firstpaymentamount: sumMoney([first, negative(discount)]),
    amount: recurring,
    billingcycle: cycle,
    ...dates,
    domainstatus: "Pending",
    ...rowTimes(database),
  });
  await fillField(statements, database, { serviceId, role: "licence", value: item.licence });
  await fillField(statements, database, { serviceId, role: "ip", value: item.ip });
  const line = { relid: serviceId, dueDate: database.today() };
  const lines: NewLine[] = [{ ...line, type: "Hosting", description: String(product.name), amount: first }];
  if (discount !== "0.00") {
    const description = `Promotional Code: ${order.promo?.code}`;
    lines.push({ ...line, type: "PromoHosting", description, amount: negative(discount) });
  }
  return { serviceId, lines };
}

/** The first invoice exists, so the next one is due a cycle later; the due date itself moves when it is paid. */
export function serviceDates(today: string, cycle: BillingCycle) {
  const months = monthsOfCycle(cycle);
  if (months === 0) return { regdate: today, nextduedate: "0000-00-00", nextinvoicedate: "0000-00-00" };
  return { regdate: today, nextduedate: today, nextinvoicedate: addMonths(today, months) };
}

interface PriceQuestion extends Owner {
  readonly clientId: number;
  readonly cycle: BillingCycle;
}

/** From the client's currency; a one-time price stands in the monthly column. */
export async function priceOf(statements: Statements, { clientId, type, relid, cycle }: PriceQuestion) {
  if (cycle === "Free Account") return { recurring: "0.00", first: "0.00" };
  const columns = recurringCycles[cycle === "One Time" ? "Monthly" : (cycle satisfies RecurringCycle)];
  const [row] = await statements.rows(
    `SELECT p.* FROM tblpricing p JOIN tblclients c ON c.currency = p.currency
      WHERE p.type = ? AND p.relid = ? AND c.id = ? ORDER BY p.id DESC LIMIT 1`,
    [type, relid, clientId],
  );
  const price = String(row?.[columns.price] ?? "-1.00");
  if (price.startsWith("-")) throw new RangeError(`${type} ${relid} is not sold ${cycle} in the client's currency`);
  const first = sumMoney([price, String(row?.[columns.setupFee] ?? "0.00")]);
  return { recurring: cycle === "One Time" ? "0.00" : price, first };
}

function discountOn(amount: Decimal, promo: Promotion): Decimal {
  const wanted = promo.type === "Percentage" ? new Big(amount).times(promo.value).div(100) : new Big(promo.value);
  return (wanted.gt(amount) ? new Big(amount) : wanted).toFixed(2);
}
