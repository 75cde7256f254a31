import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/purchases/decision.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { askAbsent, askOwned, bind, buyAgain, putOff, refunded, say as sayOn } from "./deciding.ts";
import { quickAbsence, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async () => {
  stage = await raise({ settings: quickAbsence });
};

const kinds = () => stage.account.debits().map(({ kind }) => kind);
const orders = () => stage.account.requests("addition.order.param").length;
const history = ({ id }: Purchase) => stage.engine.ledger.readHistory(id);
const say = (purchase: Purchase, decision: Decision, more: Omit<Parameters<typeof sayOn>[2], "decision"> = {}) =>
  sayOn(stage, purchase, { decision, ...more });
const payAgain = ({ invoiceId }: Pick<Purchase, "invoiceId">) =>
  stage.shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [invoiceId]);

describe("refunded", () => {
  it("is final while WHMCS goes on saying Paid", async () => {
    await begin();
    const { sold, moduleId, asked } = await askOwned(stage);
    expect(await say(asked, refunded)).toBe("Refunded");
    stage.account.changeModule(moduleId, { status: 4 });
    const settled = await stage.purchaseOf(sold.lineId);
    expect(settled).toMatchObject({
      reason: null,
      detail: { reference: "R-1" },
      isReversed: false,
      holdsPeriod: false,
    });
    for (let times = 0; times < 3; times++) await stage.settle();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Refunded", version: settled.version });
    expect(orders()).toBe(0);
  });

  it("of what was never sent ends when the invoice was seen unpaid and is paid again", async () => {
    await begin();
    const { sold, moduleId, asked } = await askOwned(stage);
    expect(await say(asked, refunded)).toBe("Refunded");
    stage.account.changeModule(moduleId, { status: 4 });
    await stage.shop.refundInvoice(sold.invoiceId);
    await stage.settle((all) => all[0]?.isReversed === true);
    await stage.settle();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Refunded", reason: null });
    await payAgain(asked);
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ isReversed: false });
    expect(kinds()).toEqual(["order"]);
  });

  it("remembers that the invoice was not Paid when it was decided", async () => {
    await begin();
    const asked = await askAbsent(stage);
    await stage.shop.refundInvoice(asked.invoiceId);
    expect(await say(asked, refunded)).toBe("Refunded");
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ isReversed: true });
    await payAgain(asked);
    await stage.reach(asked.lineId, "NeedsOperator", "reversed_after_send");
  });

  it("of what was sent asks a person when it is paid again, and sends nothing", async () => {
    await begin();
    const asked = await askAbsent(stage);
    expect(await say(asked, refunded)).toBe("Refunded");
    await stage.shop.setInvoiceUnpaid(asked.invoiceId);
    await stage.settle((all) => all[0]?.isReversed === true);
    await payAgain(asked);
    const back = await stage.reach(asked.lineId, "NeedsOperator", "reversed_after_send");
    expect(back).toMatchObject({ isReversed: false, sends: 1, detail: { reference: "R-1", paid_again: true } });
    expect(orders()).toBe(1);
    expect(await say(back, buyAgain)).toBe("Pending");
    expect(await stage.reach(asked.lineId, "Purchased")).toMatchObject({ sends: 2, holdsPeriod: true });
    expect(kinds()).toEqual(["order"]);
  });
});

describe("wait", () => {
  it("keeps every loop away until its end, and then the row goes on", async () => {
    await begin();
    const sold = await stage.sellPaid({ licence: "typo" });
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    expect(await say(asked, putOff())).toBe("NeedsOperator");
    const held = await stage.purchaseOf(sold.lineId);
    expect(held.holdUntil?.getTime()).toBeGreaterThan(Date.now());
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    await stage.engine.ledger.setBuying({ position: "on", paidSince: null, actor: "test", why: "test" });
    for (let times = 0; times < 3; times++) await stage.settle();
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ reason: "bad_licence", version: held.version });
    await stage.ledgerSql(
      "UPDATE mod_ispmodules_purchases SET hold_until = UTC_TIMESTAMP(6), not_before = UTC_TIMESTAMP(6)",
    );
    await stage.reach(sold.lineId, "Purchased");
  });

  it("can be said without an account or WHMCS to read, and keeps what could not be read", async () => {
    await begin();
    const asked = await askAbsent(stage);
    const blind = stage.account.arm({ func: "*", fault: "bad-gateway", times: 9 });
    expect(await say(asked, putOff())).toBe("NeedsOperator");
    expect(blind.fired()).toBeGreaterThan(0);
    const { decisions, observations } = await history(asked);
    expect(JSON.parse(decisions[0]?.evidence ?? "")).toMatchObject({ account: { kind: "unreadable" } });
    expect(observations.at(-1)).toMatchObject({ verdict: "unreadable" });
  });
});

describe("two at once", () => {
  it("of two operators one decides, and the other is told", async () => {
    await begin();
    const asked = await askAbsent(stage);
    const other = stage.createSecondEngine();
    const words = await Promise.all([say(asked, putOff()), say(asked, refunded, { by: other })]);
    expect(words.filter((word) => word === "moved")).toHaveLength(1);
    expect((await history(asked)).decisions).toHaveLength(1);
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ version: asked.version + 1 });
  });

  it("a decision on a version that was seen earlier is refused without a look", async () => {
    await begin();
    const asked = await askAbsent(stage);
    expect(await say(asked, putOff(), { version: asked.version })).toBe("NeedsOperator");
    const looks = stage.account.requests("addition").length;
    expect(await say(asked, buyAgain, { version: asked.version })).toBe("moved");
    expect(stage.account.requests("addition")).toHaveLength(looks);
  });

  it("a slow decision finds that another was made and confirmed by the verifier, and changes nothing", async () => {
    await begin();
    const late = stage.account.arm({ func: "addition.order.param", fault: "late" });
    const sold = await stage.sellPaid();
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "absent");
    const slow = stage.account.arm({ func: "addition", fault: { kind: "hang", execution: "at-once" } });
    const deciding = say(asked, buyAgain, { by: stage.createSecondEngine() });
    await slow.reached;
    expect([late.fired(), stage.account.runLate()]).toEqual([1, 1]);
    const moduleId = stage.account.modules()[0]?.id ?? "";
    expect(await say(asked, bind(moduleId))).toBe("Ordered");
    const bought = await stage.reach(sold.lineId, "Purchased");
    slow.release();
    expect(await deciding).toBe("moved");
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Purchased", version: bought.version });
    expect([orders(), kinds()]).toEqual([1, ["order"]]);
  });

  it("of a decision that ends between its look and its commit nothing is left", async () => {
    await begin();
    const asked = await askAbsent(stage);
    const before = await history(asked);
    const { ledger } = stage.engine;
    const change = () => Promise.reject(new Error("the process has ended"));
    await expect(say(asked, buyAgain, { by: { ...stage.engine, ledger: { ...ledger, change } } })).rejects.toThrow();
    expect(await history(asked)).toEqual(before);
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ version: asked.version });
  });
});

describe("no decision", () => {
  it("is taken without a reason, about nobody, or about a row that is not at rest", async () => {
    await begin();
    const asked = await askAbsent(stage);
    expect(await say(asked, refunded, { why: "  " })).toBe("no-reason");
    expect(await say(asked, refunded, { why: "x".repeat(1_001) })).toBe("no-reason");
    expect(await say({ ...asked, id: "nobody" }, refunded)).toBe("no-such-purchase");
    expect(await say(asked, refunded)).toBe("Refunded");
    expect(await say(asked, refunded)).toBe("not-at-rest");
    expect((await history(asked)).decisions).toHaveLength(1);
  });
});
