// What do staff decide in the middle of a shop's life? Buying, caps, orders to accept, invoices called off, modules bought by hand.
import { payCart } from "../../src/sandbox/account/cart.ts";
import { type Licence, rememberState } from "../../src/sandbox/account/model.ts";
import { provideByHand } from "./by-hand.ts";
import { addressOf, pay, type Sold, sell, tell, turn } from "./deeds.ts";
import { type Life, productId } from "./life.ts";

const elsewhere = "203.0.113.7";

type Position = "off" | "shadow" | "on";

export async function turnBuying(life: Life, position: Position): Promise<void> {
  await life.plainLedger().setBuying({ position, paidSince: null, actor: "staff", why: "as they like" });
}

/** Costs a month: 10.00, for half a year 9.50 each, for a year 9.00; in EUR. */
const caps = ["", "", "10.00", "9.50 EUR", "9", "8.99 EUR", "10.00 USD"] as const;

export function setCap(life: Life, cap: string): void {
  life.change((whmcs) => whmcs.edit("products", productId, { option4: cap }));
}

/** They cover what month, half a year and year cost: all, all to the last digit, not the year, the month alone, none. */
const rates = ["1.00000", "0.67500", "0.67499", "0.66900", "0.60000"] as const;

/** The client's money rises or falls against the account's. */
export function setRate(life: Life, rate: string): void {
  const euro = [...life.whmcs.tables.rows.currencies.values()].find(({ code }) => code === "EUR");
  life.change((whmcs) => whmcs.edit("currencies", euro?.id ?? 0, { rate }));
}

export function setLoss(life: Life, loss: string): void {
  life.change((whmcs) => whmcs.edit("products", productId, { option7: loss }));
}

/** A line that is gone cannot be deleted again. */
export function deleteLine(life: Life, lineId: number): void {
  if (!life.whmcs.tables.rows.invoiceLines.has(lineId)) return;
  life.change((whmcs) => whmcs.deleteLine(lineId));
  life.witness.noteGone(lineId);
}

/** The next period is paid, and called off before or after anything of it is sent. */
function callOff(life: Life, { serviceId }: Sold, telling: number): void {
  const { dice, clock } = life;
  const { invoiceId, lineId } = life.change((whmcs) => whmcs.issueRenewalInvoice(serviceId));
  if (dice.happens(0.8)) pay(life, invoiceId, telling);
  const isDeleted = dice.happens(0.5);
  void clock.sleep(dice.oneOf([0, 50, 5_000, 40_000])).then(() => {
    if (isDeleted) deleteLine(life, lineId);
    else turn(life, invoiceId, "Cancelled", telling);
  });
}

/** A licence is stopped, or runs again. */
export function setLicenceStatus(life: Life, licence: string, status: 2 | 3): void {
  for (const { model } of life.sides()) {
    rememberState(model);
    for (const row of model.state.licences) if (row.id === licence && row.status !== 4) row.status = status;
  }
}

/** The service is to run on another server than its licence, or on that one again. */
function moveService(life: Life, { serviceId, licence }: Sold): void {
  const isElsewhere = life.dice.happens(0.5);
  life.change((whmcs) => whmcs.setAddress(serviceId, isElsewhere ? elsewhere : addressOf(life, licence)));
}

/** An order that waits for staff, whose invoice is paid already. */
function sellUnaccepted(life: Life, telling: number): Sold {
  const sold = sell(life, { isAccepted: false });
  pay(life, sold.invoiceId, telling);
  return sold;
}

function acceptOrders(life: Life, telling: number): void {
  for (const { id, status, invoiceId } of life.whmcs.tables.rows.orders.values()) {
    if (status !== "Pending") continue;
    life.change((whmcs) => whmcs.acceptOrder(id));
    tell(life, { type: "invoice.paid", invoiceId, telling });
  }
}

/** One thing that staff do, chosen by the life's dice. */
export function decideSomething(life: Life, sold: Sold[]): void {
  const { dice } = life;
  const telling = dice.oneOf([0, 1, 1, 2]);
  const one = dice.oneOf(sold);
  const deeds: readonly (() => void)[] = [
    () => void turnBuying(life, dice.oneOf(["off", "shadow", "on", "on"])),
    () => setCap(life, dice.oneOf(caps)),
    () => setRate(life, dice.oneOf(rates)),
    () => setLoss(life, dice.oneOf(["", "", "allow"])),
    () => deleteLine(life, one.lineId),
    () => callOff(life, one, telling),
    () => void sold.push(sellUnaccepted(life, telling)),
    () => acceptOrders(life, telling),
    () => setLicenceStatus(life, one.licence, dice.oneOf([2, 3])),
    () => moveService(life, one),
    () => provideByHand(life, one.licence, dice.oneOf([1, 1, 2, 3, 6])),
  ];
  // Nobody lets a position lie for long where there is one.
  const models = life.sides().map(({ model }) => model);
  const cart = models.find(({ state }) => state.cart.length > 0);
  if (cart !== undefined && dice.happens(0.5)) payCart(cart);
  else dice.oneOf(deeds)();
}

function listLicences(life: Life): Licence[] {
  return life.sides().flatMap(({ model }) => model.state.licences);
}

/** What staff have left standing is put in order more often than not. */
export async function settleAffairs(life: Life): Promise<void> {
  const { dice } = life;
  if (dice.happens(0.8)) await turnBuying(life, "on");
  if (dice.happens(0.5)) setCap(life, "");
  if (dice.happens(0.5)) setRate(life, "1.00000");
  if (dice.happens(0.5)) acceptOrders(life, 0);
  if (dice.happens(0.5)) for (const { id } of listLicences(life)) setLicenceStatus(life, id, 2);
}
