import { describe, expect, it } from "vitest";
import type { Decision } from "../../src/purchases/decision.ts";
import { addDays, addMonths } from "../../src/purchases/period.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import { listenTo } from "./alerts.ts";
import { askAbsent, askOwned, bind, buyAgain, recheck, refunded, say as sayOn } from "./deciding.ts";
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
const tariff = "23221";

describe("bind", () => {
  it("of an order that took effect late ends in Purchased, and is paid once", async () => {
    await begin();
    const late = stage.account.arm({ func: "addition.order.param", fault: "late" });
    const sold = await stage.sellPaid();
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "absent");
    expect([late.fired(), stage.account.runLate()]).toEqual([1, 1]);
    const moduleId = stage.account.modules()[0]?.id ?? "";
    expect(await say(asked, buyAgain)).toBe("not-absent");
    expect(await say(asked, bind(moduleId))).toBe("Ordered");
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ remoteServiceId: moduleId, sends: 1 });
    expect([orders(), kinds()]).toEqual([1, ["order"]]);
    const { decisions, observations } = await history(asked);
    expect(decisions).toMatchObject([
      { decision: "bind", parameter: moduleId, version: asked.version, actor: "cli:ann", why: "as agreed" },
    ]);
    expect(JSON.parse(decisions[0]?.evidence ?? "")).toMatchObject({
      account: { modules: [{ id: moduleId }], verdict: "found" },
      whmcs: { invoice: "Paid" },
    });
    expect(observations.at(-1)).toMatchObject({ n: 1, verdict: "found" });
  });

  it("of what was never sent takes it as bought by hand, and nothing is sent", async () => {
    await begin();
    const { sold, moduleId, asked } = await askOwned(stage);
    expect(await say(asked, bind(moduleId))).toBe("Ordered");
    expect(await stage.reach(sold.lineId, "Purchased", "manual")).toMatchObject({ attempts: 0, sends: 0 });
    expect([orders(), kinds()]).toEqual([0, []]);
  });

  it("of a year that staff bought serves twelve periods, and then we renew", async () => {
    await begin();
    const sold = await stage.sellPaid({ licence: "7777777" });
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "licence_not_ours");
    stage.account.addLicence({ id: "7777777" });
    const { period } = asked;
    const year = { createdate: addDays(period?.start ?? "", -40), expiredate: addMonths(period?.start ?? "", 12) };
    const moduleId = stage.account.addForeignModule({ licence: "7777777", tariff, ...year });
    expect(await say(asked, bind(moduleId))).toBe("Ordered");
    expect(await stage.reach(sold.lineId, "Purchased", "manual")).toMatchObject({
      expectedExpiry: addMonths(period?.start ?? "", 1),
    });
    for (let month = 2; month <= 12; month++) {
      const { lineId } = await stage.renewPaid(sold.serviceId);
      await stage.reach(lineId, "Purchased", "manual");
    }
    expect(kinds()).toEqual([]);
    const { lineId } = await stage.renewPaid(sold.serviceId);
    await stage.reach(lineId, "Purchased");
    expect(kinds()).toEqual(["renewal"]);
  });

  it("of two periods takes the earlier first, and each has its own part of what staff bought", async () => {
    await begin();
    const licence = stage.newLicence();
    const today = stage.shop.today();
    const bought = { createdate: addDays(today, -10), expiredate: addMonths(today, 3) };
    const moduleId = stage.account.addForeignModule({ licence, tariff, ...bought });
    const sold = await stage.sellPaid({ licence });
    const first = await stage.reach(sold.lineId, "NeedsOperator", "already_owned");
    const { lineId } = await stage.renewPaid(sold.serviceId);
    const second = await stage.reach(lineId, "NeedsOperator", "already_owned");
    expect(await say(second, bind(moduleId))).toBe("earlier-period-open");
    expect(await say(first, bind(moduleId))).toBe("Ordered");
    for (const line of [sold.lineId, lineId]) await stage.reach(line, "Purchased", "manual");
    const third = await stage.renewPaid(sold.serviceId);
    await stage.reach(third.lineId, "Purchased", "manual");
    expect(kinds()).toEqual([]);
    const fourth = await stage.renewPaid(sold.serviceId);
    await stage.reach(fourth.lineId, "Purchased");
    expect(kinds()).toEqual(["renewal"]);
  });

  it("is refused for a module that is another's, gone, too short, or not there", async () => {
    await begin();
    const licence = stage.newLicence();
    const own = await askOwned(stage, licence);
    const foreign = stage.account.addForeignModule({ licence: stage.newLicence(), tariff });
    const short = stage.account.addForeignModule({ licence, tariff, expiredate: addDays(stage.shop.today(), 5) });
    const gone = stage.account.addForeignModule({ licence, tariff, status: 4 });
    expect(await say(own.asked, bind(foreign))).toBe("no-such-module");
    expect(await say(own.asked, bind(short))).toBe("term-too-short");
    expect(await say(own.asked, bind(gone))).toBe("no-such-module");
    const other = await stage.sellPaid({ licence });
    const asked = await stage.reach(other.lineId, "NeedsOperator", "already_owned");
    expect(await say(own.asked, bind(own.moduleId))).toBe("Ordered");
    expect(await say(asked, bind(own.moduleId))).toBe("bound-elsewhere");
    expect(await stage.reach(own.sold.lineId, "Purchased", "manual")).toMatchObject({ remoteServiceId: own.moduleId });
    expect(await stage.purchaseOf(other.lineId)).toMatchObject({ state: "NeedsOperator", version: asked.version });
    expect((await history(asked)).decisions).toEqual([]);
  });

  it("of a period that another purchase of the service holds is refused", async () => {
    await begin();
    const first = await stage.sellPaid();
    await stage.reach(first.lineId, "Purchased");
    const second = await stage.sell({ licence: first.licence });
    await stage.shop.sql("UPDATE tblinvoiceitems SET relid = ? WHERE id = ?", [first.serviceId, second.lineId]);
    await stage.shop.payInvoice(second.invoiceId);
    const asked = await stage.reach(second.lineId, "NeedsOperator", "period_already_covered");
    const moduleId = stage.account.addForeignModule({ licence: first.licence, tariff });
    expect(await say(asked, bind(moduleId))).toBe("period-covered");
    expect(await say(asked, recheck)).toBe("period-covered");
    expect(await stage.purchaseOf(second.lineId)).toMatchObject({ version: asked.version });
  });

  it("while another purchase's request for the same may still take effect is refused", async () => {
    await begin();
    stage.account.set({ activationMs: null });
    const sending = await stage.sellPaid();
    const ordered = await stage.reach(sending.lineId, "Ordered");
    const { engine } = stage;
    const other = await stage.sellPaid({ licence: sending.licence });
    const waiting = await stage.reach(other.lineId, "Pending", "earlier_period");
    await engine.ledger.change(waiting, { to: "NeedsOperator", reason: "already_owned", actor: "test" });
    expect(await say(waiting, bind(ordered.remoteServiceId ?? ""))).toBe("in-flight");
    expect(await stage.purchaseOf(other.lineId)).toMatchObject({ state: "NeedsOperator", reason: "already_owned" });
  });
});

describe("buy-again", () => {
  it("sends a second and last time, and pays once", async () => {
    await begin();
    const asked = await askAbsent(stage);
    expect(await say(asked, { kind: "buy-again", amount: null })).toBe("amount-missing");
    expect(await say(asked, { kind: "buy-again", amount: { amount: "10.01", currency: null } })).toBe("amount-differs");
    expect(await say(asked, buyAgain)).toBe("Pending");
    const bought = await stage.reach(asked.lineId, "Purchased");
    expect(bought).toMatchObject({ sends: 2 });
    expect([orders(), kinds()]).toEqual([2, ["order"]]);
    const { decisions, observations } = await history(asked);
    expect(decisions).toMatchObject([{ decision: "buy-again", parameter: "10.00", version: asked.version }]);
    expect(observations.filter(({ n }) => n === 1).at(-1)).toMatchObject({ verdict: "absent" });
  });

  it("takes two looks that missed it, of which the first may be that of a refused decision", async () => {
    await begin();
    const lost = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
    const sold = await stage.sellPaid();
    const unknown = await stage.reach(sold.lineId, "Unknown");
    const { ledger } = stage.engine;
    await ledger.change(unknown, { to: "NeedsOperator", reason: "evidence_conflict", actor: "test" });
    const asked = await stage.purchaseOf(sold.lineId);
    const seen = async () => (await history(asked)).observations.map(({ verdict }) => verdict);
    const before = await seen();
    await expect.poll(() => say(asked, buyAgain), { interval: 20, timeout: 8_000 }).toBe("missed-once");
    expect(await seen()).toEqual([...before, "absent"]);
    await expect.poll(() => say(asked, buyAgain), { interval: 20, timeout: 8_000 }).toBe("Pending");
    expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ sends: 2 });
    expect([lost.fired(), orders(), kinds()]).toEqual([1, 2, ["order"]]);
  });

  it("of what the account accepted is refused, whatever it shows now", async () => {
    await begin();
    stage.account.set({ activationMs: null });
    const sold = await stage.sellPaid();
    const ordered = await stage.reach(sold.lineId, "Ordered");
    await stage.engine.ledger.change(ordered, { to: "NeedsOperator", reason: "not_active", actor: "test" });
    stage.account.changeModule(ordered.remoteServiceId ?? "", { status: 4 });
    expect(await say(ordered, buyAgain)).toBe("was-accepted");
    expect([orders(), kinds()]).toEqual([1, ["order"]]);
  });

  it("is never allowed a second time", async () => {
    await begin();
    const asked = await askAbsent(stage);
    const lost = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
    expect(await say(asked, buyAgain)).toBe("Pending");
    const again = await stage.reach(asked.lineId, "NeedsOperator", "absent");
    expect([lost.fired(), again.sends]).toEqual([1, 2]);
    expect(await say(again, buyAgain)).toBe("sent-twice");
    expect(await say(again, refunded)).toBe("Refunded");
    expect([orders(), kinds()]).toEqual([2, []]);
  });

  it("of what comes to light before the second send binds it, and sends nothing", async () => {
    await begin();
    const late = stage.account.arm({ func: "addition.order.param", fault: "late" });
    const sold = await stage.sellPaid();
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "absent");
    expect(await say(asked, buyAgain)).toBe("Pending");
    expect([late.fired(), stage.account.runLate()]).toEqual([1, 1]);
    expect(await stage.reach(sold.lineId, "Purchased", "manual")).toMatchObject({ sends: 1 });
    expect([orders(), kinds()]).toEqual([1, ["order"]]);
  });

  it("is refused while the account does not show its list or its cart, or says no price", async () => {
    await begin();
    const asked = await askAbsent(stage);
    for (const [func, why] of [
      ["addition", "account-unreadable"],
      ["basket", "cart-unreadable"],
      ["pricelist.export", "cost-unknown"],
    ] as const) {
      const blind = stage.account.arm({ func, fault: "bad-gateway", times: 9 });
      expect(await say(asked, buyAgain)).toBe(why);
      expect(blind.fired()).toBeGreaterThan(0);
      blind.disarm();
    }
    await stage.shop.setServiceStatus(Number(asked.serviceRef.slice(1)), "Terminated");
    expect(await say(asked, buyAgain)).toBe("line-not-ready");
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({ state: "NeedsOperator", version: asked.version });
  });

  it("goes back to a person when the money goes back before the second send", async () => {
    await begin();
    const asked = await askAbsent(stage);
    await stage.engine.ledger.setBuying({ position: "off", paidSince: null, actor: "test", why: "test" });
    expect(await say(asked, buyAgain)).toBe("Pending");
    await stage.reach(asked.lineId, "Pending", "buying_off");
    await stage.shop.refundInvoice(asked.invoiceId);
    const { engine, told } = listenTo(stage.engine);
    await stage.engine.ledger.wake([asked.id]);
    await stage.round(engine);
    expect(await stage.purchaseOf(asked.lineId)).toMatchObject({
      ...{ state: "NeedsOperator", reason: "reversed_after_send", sends: 1, isReversed: true },
    });
    expect(told).toEqual(["alert.needs_operator reversed_after_send"]);
    expect(orders()).toBe(1);
  });
});

describe("recheck", () => {
  it("of a broken rule lets what was never sent go on", async () => {
    await begin();
    const { moduleId, sold, asked } = await askOwned(stage);
    stage.account.changeModule(moduleId, { status: 4 });
    await stage.engine.ledger.change(asked, { to: "NeedsOperator", reason: "invariant", actor: "test" });
    for (let rounds = 0; rounds < 3; rounds++) await stage.round();
    const broken = await stage.purchaseOf(sold.lineId);
    expect(broken).toMatchObject({ state: "NeedsOperator", reason: "invariant" });
    expect(await say(broken, recheck)).toBe("Pending");
    await stage.reach(sold.lineId, "Purchased");
    expect(kinds()).toEqual(["order"]);
  });

  it("is refused while the cause stands in WHMCS, and for what was sent", async () => {
    await begin();
    const sold = await stage.sellPaid({ licence: "typo" });
    const asked = await stage.reach(sold.lineId, "NeedsOperator", "bad_licence");
    expect(await say(asked, recheck)).toBe("cause-remains");
    await stage.shop.setLicence(sold.serviceId, stage.newLicence());
    expect(await say(asked, recheck)).toBe("Pending");
    await stage.reach(sold.lineId, "Purchased");
    expect(await say(await askAbsent(stage), recheck)).toBe("was-sent");
  });
});
