import { beforeEach, describe, expect, it } from "vitest";
import { addMonths } from "../../../src/purchases/period.ts";
import { sweepServices } from "../../../src/purchases/sweep.ts";
import { type Sold, type Stage, useStages } from "../stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

const kinds = () => stage.account.debits().map(({ kind }) => kind);
const moduleOf = (id: string) => stage.account.modules().find((module) => module.id === id);
const edit = (table: string, id: number, change: object) =>
  stage.shop.sql("UPDATE ?? SET ? WHERE id = ?", [table, change, id]);

async function own(item: Parameters<Stage["sellPaid"]>[0] = {}) {
  const sold = await stage.sellPaid(item);
  return { ...sold, module: String((await stage.reach(sold.lineId, "Purchased")).remoteServiceId) };
}

/** Invoices of the next periods of a service, one after another and all unpaid, as WHMCS issues them to late payers. */
async function issue({ serviceId }: Pick<Sold, "serviceId">, count: number) {
  const issued: { invoiceId: number; lineId: number; due: string }[] = [];
  const [service] = await stage.shop.sql("SELECT nextduedate FROM tblhosting WHERE id = ?", [serviceId]);
  let due = String(service?.nextduedate);
  for (let more = 0; more < count; more++) {
    await edit("tblhosting", serviceId, { nextduedate: due });
    const { invoiceId } = await stage.shop.issueRenewalInvoice(serviceId);
    issued.push({ invoiceId, lineId: await stage.lineOf(invoiceId), due });
    due = addMonths(due, 1);
  }
  return issued;
}

describe("overdue invoices of one service", () => {
  it("paid newest first are all bought, each once", async () => {
    const sold = await own();
    const ends = moduleOf(sold.module)?.expiredate ?? "";
    const overdue = await issue(sold, 3);
    let reached = ends;
    for (const { invoiceId, lineId } of overdue.toReversed()) {
      await stage.shop.payInvoice(invoiceId);
      const bought = await stage.reach(lineId, "Purchased");
      expect(bought).toMatchObject({ action: "renew", remoteServiceId: sold.module });
      reached = addMonths(reached, 1);
      expect(moduleOf(sold.module)?.expiredate).toBe(reached);
    }
    expect(kinds()).toEqual(["order", "renewal", "renewal", "renewal"]);
  });

  it("of which the older is paid while the newer is under way are bought one after the other", async () => {
    const sold = await own();
    const [older, newer] = await issue(sold, 2);
    stage.account.set({ renewalMs: 600 });
    await stage.shop.payInvoice(newer?.invoiceId ?? 0);
    await stage.reach(newer?.lineId ?? 0, "Ordered");
    await stage.shop.payInvoice(older?.invoiceId ?? 0);
    await stage.settle();
    for (const { lineId } of [older, newer].flatMap((each) => each ?? [])) {
      expect(await stage.purchaseOf(lineId)).toMatchObject({ state: "Purchased", action: "renew", attempts: 1 });
    }
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
  });

  it("do not make the first renewal form guilty of what the other one's renewal has moved", async () => {
    const sold = await own();
    const [older, newer] = await issue(sold, 2);
    if (older === undefined || newer === undefined) throw new Error("two invoices were issued");
    const form = stage.account.arm({ func: "service.prolong", fault: "hang" });
    await stage.shop.payInvoice(newer.invoiceId);
    const later = stage.reach(newer.lineId, "Purchased");
    await form.reached;
    await stage.shop.payInvoice(older.invoiceId);
    const second = stage.createSecondEngine();
    await sweepServices(second, false);
    for (let state = ""; state !== "Purchased"; { state } = await stage.purchaseOf(older.lineId)) {
      await stage.round(second);
    }
    form.release();
    await later;
    expect(form.fired()).toBe(1);
    expect(await stage.engine.ledger.readBuying()).toMatchObject({ position: "on" });
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
  });

  it("paid by one mass payment are each bought once, the payment itself not at all", async () => {
    const sold = await own();
    const overdue = await issue(sold, 2);
    const parent = await stage.shop.openMassPayment(overdue.map(({ invoiceId }) => invoiceId));
    await stage.shop.payInvoice(parent.invoiceId);
    await stage.settle((all) => all.filter(({ state }) => state === "Purchased").length === 3);
    expect(await stage.engine.ledger.listPurchases()).toHaveLength(3);
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
  });
});

describe("lines that staff merge and split", () => {
  it("into one invoice, which takes the others' place, are bought when that one is paid", async () => {
    const sold = await own();
    const [one, two] = await issue(sold, 2);
    const [kept, merged] = [one?.invoiceId ?? 0, two?.invoiceId ?? 0];
    await edit("tblinvoiceitems", two?.lineId ?? 0, { invoiceid: kept });
    await stage.shop.sql("DELETE FROM tblinvoices WHERE id = ?", [merged]);
    await stage.shop.payInvoice(kept);
    for (const { lineId } of [one, two].flatMap((each) => each ?? [])) await stage.reach(lineId, "Purchased");
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
  });

  it("while a purchase waits: the line goes by the invoice on which it stands", async () => {
    const sold = await own();
    await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
    const [paid, open] = await issue(sold, 2);
    await stage.shop.payInvoice(paid?.invoiceId ?? 0);
    const lineId = paid?.lineId ?? 0;
    await stage.reach(lineId, "Pending", "buying_off");
    await edit("tblinvoiceitems", lineId, { invoiceid: open?.invoiceId });
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "test" });
    await stage.reach(lineId, "Pending", "unpaid");
    expect(kinds()).toEqual(["order"]);
    await stage.shop.payInvoice(open?.invoiceId ?? 0);
    await stage.reach(lineId, "Purchased");
    await stage.reach(open?.lineId ?? 0, "Purchased");
    expect(kinds()).toEqual(["order", "renewal", "renewal"]);
  });

  it("after it was sent: it is bought to its end, and a person hears that the money is gone", async () => {
    const sold = await own();
    stage.account.set({ renewalMs: 3_600_000 });
    const [paid, open] = await issue(sold, 2);
    await stage.shop.payInvoice(paid?.invoiceId ?? 0);
    const lineId = paid?.lineId ?? 0;
    await stage.reach(lineId, "Ordered");
    await edit("tblinvoiceitems", lineId, { invoiceid: open?.invoiceId });
    await stage.settle((all) => all.some((purchase) => purchase.lineId === lineId && purchase.isReversed));
    stage.account.activate();
    await stage.reach(lineId, "NeedsOperator", "reversed_after_send");
    expect(kinds()).toEqual(["order", "renewal"]);
  });
});
