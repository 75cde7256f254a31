import { describe, expect, it } from "vitest";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { listenTo } from "./alerts.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();

/** Sweeps and rounds, each row woken every time; all that was told meanwhile. */
async function listenFor(stage: Stage): Promise<string[]> {
  const { engine, told } = listenTo(stage.engine);
  for (let rounds = 0; rounds < 4; rounds++) {
    await sweepServices(engine, false);
    await engine.ledger.wake((await engine.ledger.listPurchases()).map(({ id }) => id));
    await stage.round(engine);
  }
  return told;
}

describe("a line that begins with a person", () => {
  it("is told of once", async () => {
    const stage = await raise();
    const sold = await stage.sellPaid({ licence: "web-12" });
    expect(await listenFor(stage)).toEqual(["alert.needs_operator bad_licence"]);
    expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "NeedsOperator", reason: "bad_licence" });
  });

  it("because another holds its period is told of once", async () => {
    const stage = await raise({ isBuying: false });
    const sold = await stage.sellPaid();
    const again = await stage.sell();
    await stage.shop.sql("UPDATE tblinvoiceitems SET relid = ? WHERE id = ?", [sold.serviceId, again.lineId]);
    await stage.shop.payInvoice(again.invoiceId);
    expect(await listenFor(stage)).toEqual(["alert.needs_operator period_already_covered"]);
  });

  it("is told of once although two processes find it at the same time", async () => {
    const stage = await raise();
    await stage.sellPaid({ licence: "web-12" });
    const both = [listenTo(stage.engine), listenTo(stage.createSecondEngine())];
    await Promise.all(both.map(({ engine }) => sweepServices(engine, false)));
    expect(both.flatMap(({ told }) => told)).toEqual(["alert.needs_operator bad_licence"]);
  });
});

it("what a person was told is not told again because its evidence has changed", async () => {
  const stage = await raise();
  const { engine, told } = listenTo(stage.engine);
  const licence = stage.newLicence();
  const module = stage.account.addForeignModule({ licence, tariff: "23221", createdate: "2026-01-01" });
  const sold = await stage.sellPaid({ licence });
  await sweepServices(engine, false);
  for (const expiredate of ["2098-01-01", "2099-01-01"]) {
    stage.account.changeModule(module, { expiredate });
    await engine.ledger.wake([(await stage.purchaseOf(sold.lineId)).id]);
    await stage.round(engine);
    expect((await stage.purchaseOf(sold.lineId)).detail).toMatchObject({ modules: [{ expiresOn: expiredate }] });
  }
  expect(told).toEqual(["alert.needs_operator already_owned"]);
});

it("a line that waits for what will come by itself is told to nobody", async () => {
  const stage = await raise({ isBuying: false });
  const sold = await stage.sellPaid();
  expect(await listenFor(stage)).toEqual([]);
  expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Pending", reason: "buying_off" });
});
