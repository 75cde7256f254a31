// What becomes of a purchase while the account's list lacks a module whose term we have paid?
import { describe, expect, it } from "vitest";
import { quickAbsence, type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
const begin = async () => {
  stage = await raise({ settings: quickAbsence });
};

describe("a module that we have paid for and the list lacks again and again", () => {
  it("is not ordered a second time while its own form shows it, and renewed once the list shows it", async () => {
    await begin();
    const sold = await stage.sellPaid();
    await stage.reach(sold.lineId, "Purchased");
    const stale = stage.account.arm({ func: "addition", fault: "stale-list", times: 1_000 });
    const { lineId } = await stage.renewPaid(sold.serviceId);
    await stage.reach(lineId, "NeedsOperator", "evidence_conflict");
    expect(stale.fired()).toBeGreaterThan(1);
    stale.disarm();
    await stage.reach(lineId, "Purchased");
    expect(stage.account.debits().map(({ kind }) => kind)).toEqual(["order", "renewal"]);
  });

  it("is ordered anew when its form says that it was deleted", async () => {
    await begin();
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    stage.account.changeModule(String(remoteServiceId), { status: 4 });
    const { lineId } = await stage.renewPaid(sold.serviceId);
    await stage.reach(lineId, "Purchased");
    expect(stage.account.debits().map(({ kind }) => kind)).toEqual(["order", "order"]);
  });

  it("is doubted once, and not anew whenever what would order it anew is looked at", async () => {
    const { serviceId } = await loseModule();
    const setBuying = async (position: "shadow" | "on") =>
      await stage.engine.ledger.setBuying({ position, paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" });
    await setBuying("shadow");
    const next = await stage.renewPaid(serviceId);
    const { id } = await stage.reach(next.lineId, "Pending", "shadow");
    const before = await stage.engine.ledger.readHistory(id);
    await lookAgain(id);
    expect(await stage.engine.ledger.readHistory(id)).toEqual(before);
    await setBuying("on");
    await stage.reach(next.lineId, "Purchased");
    expect(stage.account.debits().map(({ kind }) => kind)).toEqual(["order", "order"]);
  });

  it("keeps no purchase before a person whose cause is gone", async () => {
    const { serviceId } = await loseModule();
    const setCap = async (cap: string) => await stage.shop.sql("UPDATE tblproducts SET configoption4 = ?", [cap]);
    await setCap("1.00");
    const next = await stage.renewPaid(serviceId);
    await stage.reach(next.lineId, "NeedsOperator", "price_above_cap");
    await setCap("");
    await stage.reach(next.lineId, "Purchased");
    expect(stage.account.debits().map(({ kind }) => kind)).toEqual(["order", "order"]);
  });

  async function loseModule(): Promise<Sold> {
    await begin();
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    stage.account.changeModule(String(remoteServiceId), { status: 4 });
    return sold;
  }

  async function lookAgain(id: string): Promise<void> {
    for (let looks = 0; looks < 3; looks++) {
      await stage.engine.ledger.wake([id]);
      await stage.round();
    }
  }
});
