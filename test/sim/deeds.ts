// What do customers and staff do to a WHMCS in the course of a life? Each deed changes it and its hook may tell of it.
import { addMonths } from "../../src/purchases/period.ts";
import { type BillingCycle, monthsOfCycle } from "../../src/sandbox/shop/cycles.ts";
import type { Life } from "./life.ts";
import { changeService } from "./service-deeds.ts";
import { sideWith } from "./sides.ts";

/** One service and the invoice of its first period. */
export interface Sold {
  readonly serviceId: number;
  readonly invoiceId: number;
  readonly lineId: number;
  readonly licence: string;
  readonly clientId: number;
  readonly orderId: number;
}

export interface Sale {
  readonly licence?: string;
  readonly cycle?: BillingCycle;
  /** Default true; else staff have yet to accept it. */
  readonly isAccepted?: boolean;
}

/** An order of one module, its invoice unpaid. */
export function sell(life: Life, sale: Sale = {}): Sold {
  const { licence = life.newLicence(), cycle = "Monthly", isAccepted = true } = sale;
  const clientId = life.dice.oneOf(life.clientIds);
  const ip = addressOf(life, licence);
  const placed = life.change((whmcs) => whmcs.placeOrder({ licence, ip, cycle, clientId }));
  if (isAccepted) life.change((whmcs) => whmcs.acceptOrder(placed.orderId));
  return { ...placed, licence };
}

/** Of the licence, as its account has it. */
export function addressOf(life: Life, licence: string): string {
  return sideWith(life, licence).model.state.licences.find(({ id }) => id === licence)?.ip ?? "";
}

/** How often the hook tells of a deed; 0 leaves it to the sweep. */
export type Telling = number;

export function pay(life: Life, invoiceId: number, telling: Telling = 1): void {
  life.change((whmcs) => whmcs.payInvoice(invoiceId));
  tell(life, { type: "invoice.paid", invoiceId, telling });
}

export function sellPaid(life: Life, sale: Sale = {}, telling: Telling = 1): Sold {
  const sold = sell(life, sale);
  pay(life, sold.invoiceId, telling);
  return sold;
}

/** The next invoice of a service, paid. */
export function renewPaid(life: Life, serviceId: number, telling: Telling = 1): { invoiceId: number; lineId: number } {
  const issued = life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId));
  pay(life, issued.invoiceId, telling);
  return issued;
}

/** The next invoices of a service, one period behind the other and all unpaid, as a late payer gets them. */
export function issueOverdue(life: Life, serviceId: number, count: number): number[] {
  const { nextDueDate, billingCycle } = life.whmcs.tables.rows.services.get(serviceId) ?? {};
  let due = nextDueDate ?? "";
  return Array.from({ length: count }, () => {
    life.change((whmcs) => whmcs.edit("services", serviceId, { nextDueDate: due }));
    due = addMonths(due, monthsOfCycle(billingCycle ?? ""));
    return life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId)).invoiceId;
  });
}

/** Staff move a service from the client who ordered it to another; what was billed stays with the first. */
export function moveAway(life: Life, { serviceId, clientId }: Sold): void {
  const other = life.dice.oneOf(life.clientIds.filter((id) => id !== clientId));
  const isMoved = life.whmcs.tables.rows.services.get(serviceId)?.clientId !== clientId;
  if (!isMoved) life.change((whmcs) => whmcs.edit("services", serviceId, { clientId: other }));
}

/** Staff save a service with another cycle and its price; invoices that are open stay as they are. */
function changeCycle(life: Life, serviceId: number): void {
  const [billingCycle, amount] = life.dice.oneOf([
    ["Monthly", "15.00"],
    ["Semi-Annually", "85.00"],
    ["Annually", "160.00"],
  ] as const);
  life.change((whmcs) => whmcs.edit("services", serviceId, { billingCycle, amount }));
}

/** Several overdue invoices of one service, paid in any order. */
function payOverdue(life: Life, serviceId: number, telling: Telling): void {
  const overdue = issueOverdue(life, serviceId, life.dice.between(2, 3));
  for (const invoiceId of life.dice.shuffle(overdue)) pay(life, invoiceId, telling);
}

export function tell(
  life: Life,
  { type, invoiceId, telling }: { type: string; invoiceId: number; telling: Telling },
): void {
  for (let times = 0; times < telling; times++) life.tell(type, invoiceId);
}

/** Refunded, Cancelled or Unpaid, as it may be from where the invoice stands; Paid again when it is none of these. */
export function turn(
  life: Life,
  invoiceId: number,
  to: "Refunded" | "Cancelled" | "Unpaid" | "Paid",
  telling: Telling,
): void {
  life.change((whmcs) => {
    if (to === "Refunded") whmcs.refundInvoice(invoiceId);
    else if (to === "Cancelled") whmcs.cancelInvoice(invoiceId);
    else if (to === "Unpaid") whmcs.setInvoiceUnpaid(invoiceId);
    else whmcs.edit("invoices", invoiceId, { status: "Paid" });
  });
  const types = {
    Refunded: "invoice.refunded",
    Cancelled: "invoice.unpaid",
    Unpaid: "invoice.unpaid",
    Paid: "invoice.paid",
  };
  tell(life, { type: types[to], invoiceId, telling });
}

export function statusOf(life: Life, invoiceId: number): string {
  return life.whmcs.tables.rows.invoices.get(invoiceId)?.status ?? "gone";
}

const cycles: readonly BillingCycle[] = ["Monthly", "Monthly", "Monthly", "Semi-Annually", "Annually"];

/** One thing that happens in a shop, chosen by the life's dice. */
export function befall(life: Life, sold: Sold[]): void {
  const { dice } = life;
  const telling = dice.oneOf([0, 1, 1, 1, 2]);
  if (sold.length === 0 || dice.happens(0.25)) {
    const shared = sold.length > 0 && dice.happens(0.15) ? { licence: dice.oneOf(sold).licence } : {};
    sold.push(sellPaid(life, { cycle: dice.oneOf(cycles), ...shared }, telling));
    return;
  }
  const one = dice.oneOf(sold);
  const { serviceId, invoiceId, licence } = one;
  const isPaid = statusOf(life, invoiceId) === "Paid";
  const deeds: readonly (() => void)[] = [
    () => void renewPaid(life, serviceId, telling),
    () => void renewPaid(life, serviceId, telling),
    () => turn(life, invoiceId, isPaid ? "Refunded" : "Paid", telling),
    () => turn(life, invoiceId, isPaid ? "Unpaid" : "Paid", telling),
    () => tell(life, { type: "invoice.paid", invoiceId, telling: dice.between(1, 5) }),
    () => changeService(life, one, telling),
    () => changeService(life, one, telling),
    () => life.change((whmcs) => whmcs.setLicence(serviceId, dice.happens(0.6) ? licence : "typo")),
    () => moveAway(life, one),
    () => changeCycle(life, serviceId),
    () => payOverdue(life, serviceId, telling),
    () => massPay(life, sold.filter(({ clientId }) => clientId === one.clientId).slice(0, 2), telling),
  ];
  dice.oneOf(deeds)();
}

/** The next invoices of several services of one client, paid by one. */
function massPay(life: Life, some: readonly Sold[], telling: Telling): void {
  const invoiceIds = some.map(
    ({ serviceId }) => life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId)).invoiceId,
  );
  const parentId = life.change((whmcs) => whmcs.massPay(invoiceIds));
  tell(life, { type: "invoice.paid", invoiceId: parentId, telling });
}
