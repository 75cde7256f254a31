// How does an invoice come into being, and what is still owed on it?
import type { RowDataPacket } from "mysql2/promise";
import { addMoney, type Decimal, formatMoney, multiplyMoney } from "../../money.ts";
import type { ShopDatabase, Statements } from "./database.ts";
import { type HookCall, hook } from "./hook-calls.ts";

export interface NewLine {
  readonly type: string;
  readonly relid: number;
  readonly description: string;
  readonly amount: Decimal;
  readonly dueDate: string | null;
}

export interface NewInvoice {
  readonly clientId: number;
  readonly dueDate: string;
  readonly paymentMethod: string;
  readonly lines: readonly NewLine[];
}

export interface InvoiceIds {
  readonly invoiceId: number;
  readonly lineIds: readonly number[];
  readonly total: Decimal;
}

/** Writes an Unpaid invoice dated today with its lines. Tax is not modelled: subtotal and total are the lines' sum. */
export async function insertInvoice(
  statements: Statements,
  database: ShopDatabase,
  invoice: NewInvoice,
): Promise<InvoiceIds> {
  const { clientId, dueDate, paymentMethod, lines } = invoice;
  const total = sumMoney(lines.map((line) => line.amount));
  const invoiceId = await statements.insert("tblinvoices", {
    userid: clientId,
    date: database.today(),
    duedate: dueDate,
    subtotal: total,
    total,
    status: "Unpaid",
    paymentmethod: paymentMethod,
    created_at: database.now(),
    updated_at: database.now(),
  });
  const lineIds: number[] = [];
  for (const { type, relid, description, amount, dueDate: duedate } of lines) {
    const row = {
      invoiceid: invoiceId,
      userid: clientId,
      type,
      relid,
      description,
      amount,
      duedate,
      paymentmethod: paymentMethod,
    };
    lineIds.push(await statements.insert("tblinvoiceitems", row));
  }
  return { invoiceId, lineIds, total };
}

/** The hooks of an invoice that WHMCS issued by itself. */
export function invoiceCreatedHooks(invoiceId: number, status = "Unpaid"): HookCall[] {
  const vars = { source: "autogen", user: "system", invoiceid: invoiceId, status };
  return ["InvoiceCreation", "InvoiceCreationPreEmail", "InvoiceCreated"].map((point) => hook(point, vars));
}

/** `total` (already after credit) minus what transactions brought in. */
export async function balanceOf(statements: Statements, invoiceId: number): Promise<Decimal> {
  const invoice = await statements.row("tblinvoices", invoiceId);
  return balanceOfRows(String(invoice.total), await transactionsOf(statements, invoiceId));
}

/** The same from rows already read. */
export function balanceOfRows(total: Decimal, transactions: readonly RowDataPacket[]): Decimal {
  return sumMoney([total, negative(paidByRows(transactions))]);
}

/** Payments minus refunds of one invoice. */
export async function paidByTransactions(statements: Statements, invoiceId: number): Promise<Decimal> {
  return paidByRows(await transactionsOf(statements, invoiceId));
}

function transactionsOf(statements: Statements, invoiceId: number): Promise<RowDataPacket[]> {
  return statements.rows("SELECT amountin, amountout FROM tblaccounts WHERE invoiceid = ?", [invoiceId]);
}

function paidByRows(transactions: readonly RowDataPacket[]): Decimal {
  return sumMoney(transactions.flatMap((row) => [String(row.amountin), negative(String(row.amountout))]));
}

export function negative(amount: Decimal): Decimal {
  return formatMoney(multiplyMoney(amount, -1), 2);
}

export function sumMoney(amounts: readonly Decimal[]): Decimal {
  return formatMoney(amounts.reduce(addMoney, "0"), 2);
}
