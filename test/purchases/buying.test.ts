import { beforeEach, describe, expect, it } from "vitest";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;
beforeEach(async () => {
  stage = await raise();
});

describe("a paid line", () => {
  it("is ordered once, seen active, and told to WHMCS", async () => {
    const sold = await stage.sell();
    await stage.shop.payInvoice(sold.invoiceId);
    const [purchase] = await stage.settle();
    expect(purchase).toMatchObject({
      state: "Purchased",
      reason: null,
      action: "order",
      tariff: "23221",
      licence: sold.licence,
    });
    expect(stage.account.debits()).toMatchObject([
      { kind: "order", licence: sold.licence, marker: `im-${purchase?.id}-1` },
    ]);
    const [service] = await stage.shop.sql("SELECT domainstatus FROM tblhosting WHERE id = ?", [sold.serviceId]);
    expect(service?.domainstatus).toBe("Active");
    expect(stage.whmcsApi.calls.map((call) => call.action)).toEqual([
      "ModuleCreate",
      "UpdateClientProduct",
      "AcceptOrder",
      "LogActivity",
    ]);
  });

  it("is not bought before its invoice is Paid", async () => {
    await stage.sell();
    await sweepServices(stage.engine, false);
    expect(await stage.engine.ledger.listPurchases()).toEqual([]);
    expect(stage.account.requests("addition.order.param")).toEqual([]);
  });

  it("is renewed when its next invoice is paid", async () => {
    const sold = await stage.sell();
    await stage.shop.payInvoice(sold.invoiceId);
    await stage.settle();
    const next = await stage.shop.issueRenewalInvoice(sold.serviceId);
    await stage.shop.payInvoice(next.invoiceId);
    const purchases = await stage.settle();
    expect(purchases.map(({ state, action }) => [state, action])).toEqual([
      ["Purchased", "order"],
      ["Purchased", "renew"],
    ]);
    expect(stage.account.debits().map((debit) => debit.kind)).toEqual(["order", "renewal"]);
    expect(stage.whmcsApi.calls.slice(4).map((call) => call.action)).toEqual(["LogActivity"]);
  });
});
