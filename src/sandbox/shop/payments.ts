// What does WHMCS write when an invoice is paid, by whatever means?
import type { RowDataPacket } from "mysql2/promise";
import { compareMoney, type Decimal } from "../../money.ts";
import { moveCredit } from "./clients.ts";
import { addMonths, monthsOfCycle } from "./cycles.ts";
import type { Row, ShopDatabase, Statements } from "./database.ts";
import { type HookCall, hook, type WithHooks } from "./hook-calls.ts";
import { balanceOf, insertInvoice, invoiceCreatedHooks, negative, sumMoney } from "./lines.ts";

export interface Payment {
  /** Default: all that is owed. A part leaves the invoice Unpaid. */
  readonly amount?: Decimal;
  readonly gateway?: string;
  readonly transactionId?: string;
}

/**
 * Pays an invoice through a gateway: a transaction, then Paid, then the due dates of its services move one cycle. The
 * invoices that a mass payment stands for are credited and Paid with it. Where nothing is owed there is no transaction.
 */
export function payInvoice(database: ShopDatabase, invoiceId: number, payment: Payment = {}): Promise<WithHooks> {
  return database.atomically(async (statements) => {
    const owed = await balanceOf(statements, invoiceId);
    const amount = payment.amount ?? owed;
    const hooks: HookCall[] = [];
    if (compareMoney(amount, "0") > 0) {
      const incoming = { amountin: amount, transid: payment.transactionId ?? "" };
      hooks.push(await insertTransaction(statements, database, { invoiceId, gateway: payment.gateway, row: incoming }));
      hooks.push(hook("AddInvoicePayment", { invoiceid: invoiceId }));
    }
    if (compareMoney(amount, owed) < 0) return { hooks };
    return { hooks: [...hooks, ...(await markPaid(statements, database, invoiceId))] };
  });
}

/** Pays an invoice with the client's credit: no transaction; the total falls to zero. Throws when the credit is short. */
export function payInvoiceByCredit(database: ShopDatabase, invoiceId: number): Promise<WithHooks> {
  return database.atomically(async (statements) => {
    await applyCredit(statements, database, invoiceId);
    return { hooks: await markPaid(statements, database, invoiceId) };
  });
}

/**
 * Issues the invoice by which a client pays several others at once, with one line of type `Invoice` for each. Paying it
 * with `payInvoice` settles them.
 */
export function openMassPayment(
  database: ShopDatabase,
  invoiceIds: readonly number[],
): Promise<WithHooks & { invoiceId: number }> {
  return database.atomically(async (statements) => {
    const first = await statements.row("tblinvoices", invoiceIds[0] ?? 0);
    const lines = [];
    for (const relid of invoiceIds) {
      const amount = await balanceOf(statements, relid);
      lines.push({ type: "Invoice", relid, description: `Invoice #${relid}`, amount, dueDate: database.today() });
    }
    const { invoiceId } = await insertInvoice(statements, database, {
      clientId: Number(first.userid),
      dueDate: database.today(),
      paymentMethod: String(first.paymentmethod),
      lines,
    });
    return { invoiceId, hooks: invoiceCreatedHooks(invoiceId) };
  });
}

/** Status Paid and what follows from it; returns the hooks from the receipt on. */
export async function markPaid(statements: Statements, database: ShopDatabase, invoiceId: number): Promise<HookCall[]> {
  const now = database.now();
  await statements.update("tblinvoices", invoiceId, { status: "Paid", datepaid: now, updated_at: now });
  const hooks = [hook("InvoicePaidPreEmail", { invoiceid: invoiceId })];
  const lines = await statements.rows("SELECT * FROM tblinvoiceitems WHERE invoiceid = ? ORDER BY id", [invoiceId]);
  for (const line of lines) {
    if (line.type === "Hosting") await moveDueDate(statements, "tblhosting", line);
    if (line.type === "Addon") await moveDueDate(statements, "tblhostingaddons", line);
    if (line.type === "Invoice") {
      hooks.push(
        ...(await settleByMassPayment(statements, database, { parentId: invoiceId, childId: Number(line.relid) })),
      );
    }
  }
  hooks.push(hook("InvoicePaid", { invoiceid: invoiceId }));
  const [order] = await statements.rows("SELECT id, userid FROM tblorders WHERE invoiceid = ?", [invoiceId]);
  if (order !== undefined) {
    hooks.push(hook("OrderPaid", { orderId: order.id, userId: order.userid, invoiceId }));
  }
  return hooks;
}

/** The invoice keeps its lines and gets no transaction of its own: the money passes through the client's credit. */
async function settleByMassPayment(
  statements: Statements,
  database: ShopDatabase,
  { parentId, childId }: { parentId: number; childId: number },
): Promise<HookCall[]> {
  const child = await statements.row("tblinvoices", childId);
  if (child.status === "Paid") return [];
  await moveCredit(statements, {
    clientId: Number(child.userid),
    amount: await balanceOf(statements, childId),
    description: `Mass payment by invoice #${parentId}`,
    date: database.today(),
  });
  await applyCredit(statements, database, childId);
  return markPaid(statements, database, childId);
}

async function applyCredit(statements: Statements, database: ShopDatabase, invoiceId: number): Promise<void> {
  const invoice = await statements.row("tblinvoices", invoiceId);
  const owed = await balanceOf(statements, invoiceId);
  await moveCredit(statements, {
    clientId: Number(invoice.userid),
    amount: negative(owed),
    description: `Credit applied to invoice #${invoiceId}`,
    date: database.today(),
  });
  await statements.update("tblinvoices", invoiceId, {
    credit: sumMoney([String(invoice.credit), owed]),
    total: sumMoney([String(invoice.total), negative(owed)]),
  });
}

/** Paying the same line again, after it was set back to Unpaid, does not move the date a second time. */
async function moveDueDate(
  statements: Statements,
  table: "tblhosting" | "tblhostingaddons",
  { relid, duedate: lineDueDate }: RowDataPacket,
): Promise<void> {
  const [service] = await statements.rows("SELECT * FROM ?? WHERE id = ?", [table, relid]);
  const months = monthsOfCycle(String(service?.billingcycle ?? ""));
  if (service === undefined || months === 0 || lineDueDate === null) return;
  const paidThrough = addMonths(lineDueDate, months);
  const later = (stored: string | null) => (stored !== null && stored > paidThrough ? stored : paidThrough);
  await statements.update(table, Number(relid), {
    nextduedate: later(service.nextduedate),
    nextinvoicedate: later(service.nextinvoicedate),
  });
}

export interface NewTransaction {
  readonly invoiceId: number;
  readonly gateway: string | undefined;
  /** `amountin`, or `amountout` with `refundid`, and what else differs from the defaults. */
  readonly row: Row;
}

/** Writes a `tblaccounts` row; returns its AddTransaction hook, whose misspelled key is WHMCS's own. */
export async function insertTransaction(
  statements: Statements,
  database: ShopDatabase,
  { invoiceId, gateway, row }: NewTransaction,
): Promise<HookCall> {
  const invoice = await statements.row("tblinvoices", invoiceId);
  const client = await statements.row("tblclients", Number(invoice.userid));
  const written = {
    userid: Number(invoice.userid),
    currency: Number(client.currency),
    gateway: gateway ?? String(invoice.paymentmethod),
    date: database.now(),
    description: "amountout" in row ? "Refund of a payment" : "Invoice Payment",
    amountin: "0.00",
    fees: "0.00",
    amountout: "0.00",
    rate: "1.00000",
    transid: "",
    refundid: 0,
    ...row,
  };
  const id = await statements.insert("tblaccounts", { ...written, invoiceid: invoiceId });
  return hook("AddTransaction", { id, ...written, invocieid: invoiceId });
}
