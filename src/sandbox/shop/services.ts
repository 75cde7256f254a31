// What does WHMCS write in the life of a service: renewals, status changes, upgrades, deletion?
import type { Decimal } from "../../money.ts";
import { addMonths, monthsOfCycle } from "./cycles.ts";
import type { ShopDatabase, Statements } from "./database.ts";
import { fillField } from "./fields.ts";
import { hook, type WithHooks } from "./hook-calls.ts";
import { type InvoiceIds, insertInvoice, invoiceCreatedHooks } from "./lines.ts";

export type ServiceState = "Pending" | "Active" | "Suspended" | "Terminated" | "Cancelled" | "Fraud" | "Completed";
export type OrderState = "Pending" | "Active" | "Cancelled" | "Fraud";
export type ModuleAction = "Create" | "Suspend" | "Unsuspend" | "Terminate";

/** Issues the next invoice of a service: dated today, its line due when the service is. */
export function issueRenewalInvoice(database: ShopDatabase, serviceId: number): Promise<InvoiceIds & WithHooks> {
  return database.atomically(async (statements) => {
    const service = await statements.row("tblhosting", serviceId);
    const product = await statements.row("tblproducts", Number(service.packageid));
    const dueDate = String(service.nextduedate);
    const months = monthsOfCycle(String(service.billingcycle));
    if (months === 0) throw new RangeError("a service without a recurring cycle is never renewed");
    const description = `${product.name} (${dueDate} - ${addMonths(dueDate, months)})`;
    const line = { type: "Hosting", relid: serviceId, description, amount: String(service.amount), dueDate };
    const ids = await insertInvoice(statements, database, {
      clientId: Number(service.userid),
      dueDate,
      paymentMethod: String(service.paymentmethod),
      lines: [line],
    });
    await statements.update("tblhosting", serviceId, { nextinvoicedate: addMonths(dueDate, months) });
    return { ...ids, hooks: invoiceCreatedHooks(ids.invoiceId) };
  });
}

/** Staff save a service with another status; no module function runs. */
export async function setServiceStatus(
  database: ShopDatabase,
  serviceId: number,
  status: ServiceState,
): Promise<WithHooks> {
  const service = await database.row("tblhosting", serviceId);
  const isEnded = status === "Terminated" || status === "Cancelled";
  const ending = isEnded ? { termination_date: database.today() } : {};
  await database.update("tblhosting", serviceId, { domainstatus: status, ...ending, updated_at: database.now() });
  return { hooks: [hook("ServiceEdit", { userid: service.userid, serviceid: serviceId })] };
}

const statusAfter = { Create: "Active", Suspend: "Suspended", Unsuspend: "Active", Terminate: "Terminated" } as const;

/** A module function ran and said `success`; `params` of the hooks holds only the service's id. */
export async function runModuleAction(
  database: ShopDatabase,
  serviceId: number,
  action: ModuleAction,
): Promise<WithHooks> {
  await setServiceStatus(database, serviceId, statusAfter[action]);
  const vars = { params: { serviceid: serviceId } };
  return { hooks: [hook(`PreModule${action}`, vars), hook(`AfterModule${action}`, vars)] };
}

const orderHooks = {
  Active: "AcceptOrder",
  Cancelled: "CancelOrder",
  Fraud: "FraudOrder",
  Pending: "PendingOrder",
} as const;

/** Changes a WHMCS order's status and nothing else. In WHMCS the hook runs before the change. */
export async function setOrderStatus(database: ShopDatabase, orderId: number, status: OrderState): Promise<WithHooks> {
  await database.update("tblorders", orderId, { status });
  return { hooks: [hook(orderHooks[status], { orderid: orderId })] };
}

/** Staff or the client correct the licence of a service, exactly as typed. */
export function setLicence(database: ShopDatabase, serviceId: number, text: string): Promise<void> {
  return fillField(database, database, { serviceId, role: "licence", value: text });
}

export interface Upgrade {
  readonly serviceId: number;
  readonly newProductId: number;
  /** Due now for the rest of the cycle. */
  readonly amount: Decimal;
}

/** The client orders another product for a service: `tblupgrades` row, order, and an invoice with an `Upgrade` line. */
export function orderUpgrade(
  database: ShopDatabase,
  { serviceId, newProductId, amount }: Upgrade,
): Promise<InvoiceIds & WithHooks & { upgradeId: number; orderId: number }> {
  return database.atomically(async (statements) => {
    const service = await statements.row("tblhosting", serviceId);
    const order = { userid: Number(service.userid), date: database.now(), amount, status: "Pending" };
    const orderId = await statements.insert("tblorders", order);
    const upgradeId = await statements.insert("tblupgrades", {
      userid: Number(service.userid),
      orderid: orderId,
      type: "package",
      date: database.today(),
      relid: serviceId,
      originalvalue: String(service.packageid),
      newvalue: `${newProductId},${String(service.billingcycle).toLowerCase()}`,
      amount,
    });
    const line = { type: "Upgrade", relid: upgradeId, description: "Upgrade", amount, dueDate: database.today() };
    const ids = await insertInvoice(statements, database, {
      clientId: Number(service.userid),
      dueDate: database.today(),
      paymentMethod: String(service.paymentmethod),
      lines: [line],
    });
    await statements.update("tblorders", orderId, { invoiceid: ids.invoiceId });
    return { ...ids, upgradeId, orderId, hooks: invoiceCreatedHooks(ids.invoiceId) };
  });
}

export interface CancellationRequest {
  readonly serviceId: number;
  readonly type: "Immediate" | "End of Billing Period";
  readonly reason?: string;
}

/** The client asks to cancel; nothing else changes until the cron job acts on it. */
export async function requestCancellation(database: ShopDatabase, request: CancellationRequest): Promise<WithHooks> {
  const { serviceId, type, reason = "" } = request;
  const service = await database.row("tblhosting", serviceId);
  const now = database.now();
  const row = { date: now, relid: serviceId, reason, type, created_at: now, updated_at: now };
  await database.insert("tblcancelrequests", row);
  return { hooks: [hook("CancellationRequest", { userid: service.userid, relid: serviceId, reason, type })] };
}

/** Staff delete a service: the row and its field values are gone, its invoice lines stay. */
export function deleteService(database: ShopDatabase, serviceId: number): Promise<WithHooks> {
  return database.atomically(async (statements) => {
    const { userid } = await statements.row("tblhosting", serviceId);
    await deleteFieldValues(statements, serviceId);
    await statements.run("DELETE FROM tblhosting WHERE id = ?", [serviceId]);
    return { hooks: [hook("ServiceDelete", { userid, clientId: userid, serviceid: serviceId })] };
  });
}

async function deleteFieldValues(statements: Statements, serviceId: number): Promise<void> {
  await statements.run(
    `DELETE v FROM tblcustomfieldsvalues v JOIN tblcustomfields f ON f.id = v.fieldid
      WHERE f.type = 'product' AND v.relid = ?`,
    [serviceId],
  );
}

/** Staff delete a line: the invoice's sums follow. */
export function deleteLine(database: ShopDatabase, lineId: number): Promise<void> {
  return database.atomically(async (statements) => {
    const line = await statements.row("tblinvoiceitems", lineId);
    await statements.run("DELETE FROM tblinvoiceitems WHERE id = ?", [lineId]);
    await statements.run("UPDATE tblinvoices SET subtotal = subtotal - ?, total = total - ? WHERE id = ?", [
      String(line.amount),
      String(line.amount),
      line.invoiceid,
    ]);
  });
}
