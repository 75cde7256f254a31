import { describe, expect, it } from "vitest";
import { takeIn } from "../../src/purchases/intake.ts";
import { quickAbsence, type Stage, type StageOptions, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async (options: StageOptions = {}) => {
  stage = await raise(options);
};

const setBuying = (position: "off" | "on") =>
  stage.engine.ledger.setBuying({ position, paidSince: null, actor: "test", why: "test" });
const kinds = () => stage.account.debits().map(({ kind }) => kind);
const reversals = ["refundInvoice", "cancelInvoice"] as const;

describe("before anything was sent", () => {
  it.each(reversals)("%s ends the purchase, and paid again it is bought", async (reverse) => {
    await begin();
    await setBuying("off");
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.shop[reverse](sold.invoiceId);
    await setBuying("on");
    await stage.reach(sold.lineId, "Refunded", "before_send");
    expect(stage.account.requests("addition.order.param")).toEqual([]);
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [sold.invoiceId]);
    await stage.reach(sold.lineId, "Purchased");
    expect(kinds()).toEqual(["order"]);
  });

  it("a case for a person ends as well", async () => {
    await begin();
    const sold = await stage.sellPaid({ licence: "typo" });
    await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    await stage.shop.refundInvoice(sold.invoiceId);
    await stage.reach(sold.lineId, "Refunded", "before_send");
  });

  it("an order that was refused counts as not sent", async () => {
    await begin({ account: { balance: "0.00", variants: { balanceIn: "neither" } } });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "awaiting_balance");
    await stage.shop.refundInvoice(sold.invoiceId);
    stage.account.topUp("100.00");
    await stage.reach(sold.lineId, "Refunded", "before_send");
    expect(kinds()).toEqual([]);
  });

  it("paid again for a period that another invoice has taken meanwhile asks a person", async () => {
    await begin();
    await setBuying("off");
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.shop.refundInvoice(sold.invoiceId);
    await stage.settle();
    const other = await stage.sell();
    await stage.shop.sql("UPDATE tblinvoiceitems SET relid = ? WHERE id = ?", [sold.serviceId, other.lineId]);
    await stage.shop.payInvoice(other.invoiceId);
    await setBuying("on");
    await stage.reach(other.lineId, "Purchased");
    await stage.shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [sold.invoiceId]);
    await stage.reach(sold.lineId, "NeedsOperator", "period_already_covered");
    expect(kinds()).toEqual(["order"]);
  });

  it("a refund in part changes nothing", async () => {
    await begin();
    await setBuying("off");
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Pending", "buying_off");
    await stage.shop.refundInvoice(sold.invoiceId, "5.00");
    await setBuying("on");
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ isReversed: false });
  });
});

describe("after the order left", () => {
  it.each(reversals)("%s while it is being activated asks a person once the truth is known", async (reverse) => {
    await begin();
    stage.account.set({ activationMs: null });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Ordered");
    await stage.shop[reverse](sold.invoiceId);
    await stage.settle((all) => all[0]?.isReversed === true);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Ordered" });
    stage.account.activate();
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "reversed_after_send");
    expect(asked).toMatchObject({ isReversed: true, remoteServiceId: expect.stringMatching(/^\d+$/) });
    expect(kinds()).toEqual(["order"]);
  });

  it("money back and paid again before it is active ends in Purchased", async () => {
    await begin();
    stage.account.set({ activationMs: null });
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Ordered");
    await stage.shop.setInvoiceUnpaid(sold.invoiceId);
    await stage.settle((all) => all[0]?.isReversed === true);
    await stage.shop.payInvoice(sold.invoiceId);
    stage.account.activate();
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ isReversed: false });
    expect(kinds()).toEqual(["order"]);
  });

  it.each([
    ["lost-after", ["order"]],
    ["lost-before", []],
  ] as const)(
    "a refund while nothing is known of it (%s) asks a person, and nothing more is sent",
    async (kind, paid) => {
      await begin({ settings: quickAbsence });
      const lost = stage.account.arm({ func: "addition.order.param", fault: kind });
      const blind = stage.account.arm({
        func: "addition",
        fault: "bad-gateway",
        times: 1000,
        when: () => lost.fired() > 0,
      });
      const sold = await stage.sellPaid();
      await stage.reach(sold.lineId, "Unknown");
      await stage.shop.refundInvoice(sold.invoiceId);
      await stage.settle((all) => all[0]?.isReversed === true);
      blind.disarm();
      await stage.reach(sold.lineId, "NeedsOperator", "reversed_after_send");
      expect([lost.fired(), kinds()]).toEqual([1, paid]);
    },
  );

  it("a refund while the request is on its way does not disturb it", async () => {
    await begin();
    const slow = stage.account.arm({ func: "addition.order.param", fault: "hang" });
    const sold = await stage.sellPaid();
    const playing = stage.settle((all) => all[0]?.state === "NeedsOperator");
    await slow.reached;
    await stage.shop.refundInvoice(sold.invoiceId);
    await takeIn(stage.engine, [sold.lineId]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Sending", isReversed: true });
    slow.release();
    await playing;
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ reason: "reversed_after_send", sends: 1 });
    expect(kinds()).toEqual(["order"]);
  });
});

describe("after it was bought", () => {
  it.each(["refundInvoice", "cancelInvoice", "setInvoiceUnpaid"] as const)(
    "%s flags the purchase, and Paid again takes the flag away",
    async (reverse) => {
      await begin();
      const sold = await stage.sellPaid();
      await stage.reach(sold.lineId, "Purchased");
      await stage.shop[reverse](sold.invoiceId);
      await stage.settle((all) => all[0]?.isReversed === true);
      const { version } = await stage.purchaseOf(sold.lineId);
      await stage.settle();
      expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased", version });
      await stage.shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [sold.invoiceId]);
      await stage.settle((all) => all[0]?.isReversed === false);
      expect(kinds()).toEqual(["order"]);
    },
  );

  it("a refund in part changes nothing", async () => {
    await begin();
    const sold = await stage.sellPaid();
    const { version } = await stage.reach(sold.lineId, "Purchased");
    await stage.shop.refundInvoice(sold.invoiceId, "5.00");
    await stage.settle();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ version, isReversed: false });
  });
});
