// What does the simulated WHMCS write when an invoice is issued, paid, given back or called off?
import { addMoney, compareMoney, type Decimal, formatMoney } from "../../../src/money.ts";
import { addMonths, monthsOfCycle } from "../../../src/sandbox/shop/cycles.ts";
import { negative, sumMoney } from "../../../src/sandbox/shop/lines.ts";
import { addRow, type RowOf, rowOf, rowsWhere } from "./tables.ts";
import type { World } from "./world.ts";

export type NewLine = Pick<RowOf<"invoiceLines">, "type" | "relid" | "amount" | "dueDate">;

export interface IssuedInvoice {
  readonly invoiceId: number;
  /** In the order of the lines given. */
  readonly lineIds: readonly number[];
}

/** An Unpaid invoice dated today; its total is the sum of its lines. */
export function issueInvoice(
  { tables, today }: World,
  { clientId, dueDate, lines }: { clientId: number; dueDate: string; lines: readonly NewLine[] },
): IssuedInvoice {
  const total = sumMoney(lines.map((line) => line.amount));
  const invoiceId = addRow(tables, "invoices", { clientId, date: today(), dueDate, total, status: "Unpaid" });
  return { invoiceId, lineIds: lines.map((line) => addRow(tables, "invoiceLines", { ...line, invoiceId, clientId })) };
}

/** The invoice by which several are paid at once: a line of type `Invoice` for each. */
export function openMassPayment(world: World, invoiceIds: readonly number[]): IssuedInvoice {
  const today = world.today();
  const lines = invoiceIds.map((relid) => ({ type: "Invoice", relid, amount: owedOn(world, relid), dueDate: today }));
  const { clientId } = rowOf(world.tables, "invoices", invoiceIds[0] ?? 0);
  return issueInvoice(world, { clientId, dueDate: today, lines });
}

/** Pays through a gateway; a part leaves the invoice Unpaid, and where nothing is owed there is no transaction. */
export function payInvoice(world: World, invoiceId: number, payment: { amount?: Decimal } = {}): void {
  const owed = owedOn(world, invoiceId);
  const amountIn = payment.amount ?? owed;
  if (compareMoney(amountIn, "0") > 0)
    addRow(world.tables, "transactions", { invoiceId, date: world.now(), amountIn: formatMoney(amountIn, 2) });
  if (compareMoney(amountIn, owed) >= 0) markPaid(world, invoiceId);
}

/** Pays with the client's credit: no transaction, the total falls to zero. Throws when the credit is short. */
export function payInvoiceByCredit(world: World, invoiceId: number): void {
  applyCredit(world, invoiceId);
  markPaid(world, invoiceId);
}

/** Status Paid; due dates of services move one cycle; what a mass payment stands for is settled with it. */
export function markPaid(world: World, invoiceId: number): void {
  const { tables } = world;
  Object.assign(rowOf(tables, "invoices", invoiceId), { status: "Paid", paidAt: world.now() });
  for (const line of rowsWhere(tables, "invoiceLines", (row) => row.invoiceId === invoiceId)) {
    if (line.type === "Hosting") moveDueDate(world.tables.rows.services.get(line.relid), line.dueDate);
    if (line.type === "Addon") moveDueDate(world.tables.rows.serviceAddons.get(line.relid), line.dueDate);
    if (line.type === "Invoice") settleByMassPayment(world, line.relid);
  }
}

/** No transaction of its own: the money passes through the client's credit. */
function settleByMassPayment(world: World, invoiceId: number): void {
  const invoice = rowOf(world.tables, "invoices", invoiceId);
  if (invoice.status === "Paid") return;
  changeCredit(world, invoice.clientId, owedOn(world, invoiceId));
  applyCredit(world, invoiceId);
  markPaid(world, invoiceId);
}

function applyCredit(world: World, invoiceId: number): void {
  const invoice = rowOf(world.tables, "invoices", invoiceId);
  const owed = owedOn(world, invoiceId);
  changeCredit(world, invoice.clientId, negative(owed));
  invoice.credit = sumMoney([invoice.credit, owed]);
  invoice.total = sumMoney([invoice.total, negative(owed)]);
}

/** Changes a client's balance by a signed amount. */
export function changeCredit({ tables }: World, clientId: number, amount: Decimal): void {
  const client = rowOf(tables, "clients", clientId);
  const credit = formatMoney(addMoney(client.credit, amount), 2);
  if (credit.startsWith("-")) throw new RangeError("the client has less credit than that");
  client.credit = credit;
}

type Renewed = RowOf<"services"> | RowOf<"serviceAddons">;

/** Paying the same line again, after it was set back to Unpaid, does not move the date a second time. */
function moveDueDate(service: Renewed | undefined, lineDueDate: string | null): void {
  const months = monthsOfCycle(service?.billingCycle ?? "");
  if (service === undefined || months === 0 || lineDueDate === null) return;
  const paidThrough = addMonths(lineDueDate, months);
  if (service.nextDueDate === null || service.nextDueDate < paidThrough) service.nextDueDate = paidThrough;
}

/** Staff set it back to Unpaid; its transactions stay. */
export function setInvoiceUnpaid({ tables }: World, invoiceId: number): void {
  Object.assign(rowOf(tables, "invoices", invoiceId), { status: "Unpaid", paidAt: "0000-00-00 00:00:00" });
}

export function cancelInvoice({ tables }: World, invoiceId: number): void {
  rowOf(tables, "invoices", invoiceId).status = "Cancelled";
}

/** Gives back what transactions and credit paid, or `amount` of the transactions: a part leaves the invoice Paid. */
export function refundInvoice(world: World, invoiceId: number, amount?: Decimal): void {
  const invoice = rowOf(world.tables, "invoices", invoiceId);
  const paid = paidByTransactions(world, invoiceId);
  const refund = amount ?? paid;
  if (compareMoney(refund, "0") > 0)
    addRow(world.tables, "transactions", { invoiceId, date: world.now(), amountOut: formatMoney(refund, 2) });
  if (compareMoney(refund, paid) < 0) return;
  if (compareMoney(invoice.credit, "0") > 0) changeCredit(world, invoice.clientId, invoice.credit);
  invoice.status = "Refunded";
}

function owedOn(world: World, invoiceId: number): Decimal {
  const { total } = rowOf(world.tables, "invoices", invoiceId);
  return sumMoney([total, negative(paidByTransactions(world, invoiceId))]);
}

function paidByTransactions({ tables }: World, invoiceId: number): Decimal {
  const rows = rowsWhere(tables, "transactions", (row) => row.invoiceId === invoiceId);
  return sumMoney(rows.flatMap((row) => [row.amountIn, negative(row.amountOut)]));
}
