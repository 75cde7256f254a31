// What happens in a shop of many services on one day? WHMCS's own cron, and customers who pay in time, late or never.
import { addDays } from "../../../src/sandbox/account/dates.ts";
import type { BillingCycle } from "../../../src/sandbox/shop/cycles.ts";
import { pay, sell, turn } from "../deeds.ts";
import type { Life } from "../life.ts";

/** How a customer treats invoices; `afterDays` counts from the due date. */
interface Habit {
  readonly afterDays: () => number;
  /** Of each invoice: that it is never paid. */
  readonly leaving: number;
}

export interface Shop {
  readonly services: Map<number, Habit>;
  /** When an invoice will be paid, and given back: WHMCS local days. */
  readonly payments: Map<number, string>;
  readonly refunds: Map<number, string>;
  readonly happened: Map<string, number>;
}

const issuedDaysBefore = 7;
const suspendedAfterDays = 3;
const terminatedAfterDays = 21;

const cycles: readonly BillingCycle[] = ["Monthly", "Monthly", "Semi-Annually", "Annually", "Annually"];

export function openShop(): Shop {
  return { services: new Map(), payments: new Map(), refunds: new Map(), happened: new Map() };
}

export function note({ happened }: Shop, what: string): void {
  happened.set(what, (happened.get(what) ?? 0) + 1);
}

/** A customer orders and pays today; most pay later invoices early or on time, some late, and some leave one day. */
export function sellService(life: Life, shop: Shop): void {
  const { dice } = life;
  const sold = sell(life, { cycle: dice.oneOf(cycles) });
  const habits: readonly Habit[] = [
    { afterDays: () => -dice.between(0, issuedDaysBefore), leaving: 0.01 },
    { afterDays: () => -dice.between(0, issuedDaysBefore), leaving: 0.01 },
    { afterDays: () => 0, leaving: 0.02 },
    { afterDays: () => dice.between(-2, 12), leaving: 0.05 },
  ];
  shop.services.set(sold.serviceId, dice.oneOf(habits));
  settle(life, shop, sold.invoiceId);
  note(shop, "sold");
}

/** One day, `YYYY-MM-DD`: due payments first, then the cron. */
export function liveDay(life: Life, shop: Shop, day: string): void {
  for (const [invoiceId, paidOn] of shop.payments) {
    if (paidOn <= day) payInvoice(life, shop, invoiceId);
  }
  for (const [invoiceId, refundedOn] of shop.refunds) {
    if (refundedOn > day) continue;
    shop.refunds.delete(invoiceId);
    turn(life, invoiceId, "Refunded", 1);
    note(shop, "refunded");
  }
  if (life.dice.happens(0.04)) closeService(life, shop);
  for (const serviceId of shop.services.keys()) runCron(life, shop, { serviceId, day });
}

/** A customer leaves in the middle of a paid term. */
function closeService(life: Life, shop: Shop): void {
  const { services } = life.whmcs.tables.rows;
  const active = [...shop.services.keys()].filter((serviceId) => services.get(serviceId)?.status === "Active");
  if (active.length === 0) return;
  const serviceId = life.dice.oneOf(active);
  life.change((whmcs) => whmcs.setServiceStatus(serviceId, "Cancelled"));
  note(shop, "closed");
}

function payInvoice(life: Life, shop: Shop, invoiceId: number): void {
  shop.payments.delete(invoiceId);
  if (life.whmcs.tables.rows.invoices.get(invoiceId)?.status !== "Unpaid") return;
  settle(life, shop, invoiceId);
  for (const { relid } of linesOf(life, invoiceId)) {
    if (life.whmcs.tables.rows.services.get(relid)?.status !== "Suspended") continue;
    life.change((whmcs) => whmcs.setServiceStatus(relid, "Active"));
    note(shop, "paid late");
  }
}

/** Paid; seldom it is given back some days later. One payment in ten is found by the sweep alone. */
function settle(life: Life, shop: Shop, invoiceId: number): void {
  const { dice, clock } = life;
  pay(life, invoiceId, dice.happens(0.1) ? 0 : 1);
  const today = clock.now().toISOString().slice(0, 10);
  if (dice.happens(0.01)) shop.refunds.set(invoiceId, addDays(today, dice.between(0, 10)));
}

function runCron(life: Life, shop: Shop, { serviceId, day }: { serviceId: number; day: string }): void {
  const { whmcs, dice } = life;
  const service = whmcs.tables.rows.services.get(serviceId);
  const habit = shop.services.get(serviceId);
  if (service === undefined || habit === undefined || !["Active", "Suspended"].includes(service.status)) return;
  const due = service.nextDueDate ?? day;
  const open = openInvoice(life, serviceId, due);
  if (open === null && due <= addDays(day, issuedDaysBefore)) {
    const { invoiceId } = life.change(() => whmcs.issueRenewalInvoice(serviceId));
    if (dice.happens(habit.leaving)) note(shop, "left");
    else shop.payments.set(invoiceId, addDays(due, habit.afterDays()));
    return;
  }
  if (open === null || due > addDays(day, -suspendedAfterDays)) return;
  if (service.status === "Active") {
    life.change(() => whmcs.setServiceStatus(serviceId, "Suspended"));
    note(shop, "suspended");
  } else if (due <= addDays(day, -terminatedAfterDays)) {
    life.change(() => whmcs.setServiceStatus(serviceId, "Terminated"));
    turn(life, open, "Cancelled", 1);
    note(shop, "terminated");
  }
}

function openInvoice({ whmcs }: Life, serviceId: number, due: string): number | null {
  const { rows } = whmcs.tables;
  for (const { relid, dueDate, invoiceId } of rows.invoiceLines.values()) {
    if (relid === serviceId && dueDate === due && rows.invoices.get(invoiceId)?.status === "Unpaid") return invoiceId;
  }
  return null;
}

function linesOf({ whmcs }: Life, invoiceId: number): { relid: number }[] {
  return [...whmcs.tables.rows.invoiceLines.values()].filter((line) => line.invoiceId === invoiceId);
}
