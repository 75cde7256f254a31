// What does WHMCS write when money goes back or an invoice is called off?
import { compareMoney, type Decimal } from "../../money.ts";
import { moveCredit } from "./clients.ts";
import type { ShopDatabase, Statements } from "./database.ts";
import { type HookCall, hook, type WithHooks } from "./hook-calls.ts";
import { paidByTransactions } from "./lines.ts";
import { insertTransaction } from "./payments.ts";

const zeroTime = "0000-00-00 00:00:00";

/** Staff set a paid invoice back to Unpaid; transactions stay. In WHMCS the hook may run before the row changes. */
export async function setInvoiceUnpaid(database: ShopDatabase, invoiceId: number): Promise<WithHooks> {
  await database.update("tblinvoices", invoiceId, { status: "Unpaid", datepaid: zeroTime, updated_at: database.now() });
  return { hooks: [hook("InvoiceUnpaid", { invoiceid: invoiceId })] };
}

/** Cancels an invoice. In WHMCS the hook may run before the row changes. */
export async function cancelInvoice(database: ShopDatabase, invoiceId: number): Promise<WithHooks> {
  const now = database.now();
  await database.update("tblinvoices", invoiceId, { status: "Cancelled", date_cancelled: now, updated_at: now });
  return { hooks: [hook("InvoiceCancelled", { invoiceid: invoiceId })] };
}

/**
 * Refunds what transactions and credit paid for an invoice, or `amount` of its transactions: a part leaves it Paid, all of
 * it makes it Refunded.
 */
export function refundInvoice(database: ShopDatabase, invoiceId: number, amount?: Decimal): Promise<WithHooks> {
  return database.atomically(async (statements) => {
    const paid = await paidByTransactions(statements, invoiceId);
    const refund = amount ?? paid;
    const hooks: HookCall[] = [];
    if (compareMoney(refund, "0") > 0) hooks.push(await returnTransaction(statements, database, { invoiceId, refund }));
    if (compareMoney(refund, paid) < 0) return { hooks };
    await returnCredit(statements, database, invoiceId);
    const now = database.now();
    await statements.update("tblinvoices", invoiceId, { status: "Refunded", date_refunded: now, updated_at: now });
    return { hooks: [...hooks, hook("InvoiceRefunded", { invoiceid: invoiceId })] };
  });
}

async function returnTransaction(
  statements: Statements,
  database: ShopDatabase,
  { invoiceId, refund }: { invoiceId: number; refund: Decimal },
): Promise<HookCall> {
  const [payment] = await statements.rows(
    "SELECT id, gateway FROM tblaccounts WHERE invoiceid = ? AND amountin > 0 ORDER BY id DESC LIMIT 1",
    [invoiceId],
  );
  const row = { amountout: refund, refundid: Number(payment?.id ?? 0) };
  return insertTransaction(statements, database, { invoiceId, gateway: payment?.gateway, row });
}

async function returnCredit(statements: Statements, database: ShopDatabase, invoiceId: number): Promise<void> {
  const invoice = await statements.row("tblinvoices", invoiceId);
  const amount = String(invoice.credit);
  if (compareMoney(amount, "0") <= 0) return;
  const movement = { clientId: Number(invoice.userid), amount, description: `Refund of invoice #${invoiceId}` };
  await moveCredit(statements, { ...movement, date: database.today() });
}
