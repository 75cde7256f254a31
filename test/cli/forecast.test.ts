// Does `ispmodules forecast` say how long the money lasts, and whose module ends unpaid?
import { expect, onTestFinished, test } from "vitest";
import { addDays } from "../../src/purchases/period.ts";
import { createStage } from "../purchases/stage.ts";
import { ispmodules } from "./program.ts";

test("balance, the costs of 7 and 30 days, and each unpaid invoice of a module that ends within 48 hours", async () => {
  const stage = await createStage({ account: { balance: "20.00" } });
  onTestFinished(() => stage.end());
  const today = new Date().toISOString().slice(0, 10);
  const forecast = async (...words: string[]) => await ispmodules(["forecast", ...words], stage.environment);
  const bought = [];
  for (const days of [1, 3, 2]) {
    const sold = await stage.sellPaid();
    const { remoteServiceId } = await stage.reach(sold.lineId, "Purchased");
    bought.push({ ...sold, remoteServiceId, days });
    stage.account.topUp("10.00");
    await stage.ledgerSql("UPDATE mod_ispmodules_bindings SET expiry_after = ? WHERE remote_service_id = ?", [
      addDays(today, days),
      remoteServiceId,
    ]);
    const row = { domainstatus: "Active", nextduedate: addDays(today, days) };
    await stage.shop.sql("UPDATE tblhosting SET ? WHERE id = ?", [row, sold.serviceId]);
  }
  const [first, later, paid] = bought;
  const unpaid = await stage.shop.issueRenewalInvoice(first?.serviceId ?? 0);
  await stage.shop.issueRenewalInvoice(later?.serviceId ?? 0);
  await stage.renewPaid(paid?.serviceId ?? 0);

  const { status, stdout, stderr } = await forecast("--json");
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual({
    balance: "20.00",
    currency: "EUR",
    is_low: false,
    waiting: { purchases: 0, cost_unknown: 0, costs: {} },
    days_7: { renewals: 2, cost_unknown: 0, costs: { EUR: "20.00" } },
    days_30: { renewals: expect.any(Number), cost_unknown: 0, costs: { EUR: expect.any(String) } },
    unpaid: [
      {
        service_id: String(first?.serviceId),
        client_id: String(stage.catalogue.clientIds[0]),
        module_id: first?.remoteServiceId,
        licence: first?.licence,
        expires_on: addDays(today, 1),
        invoice_id: String(unpaid.invoiceId),
        invoice_status: "Unpaid",
      },
    ],
  });

  stage.account.setBalance("19.00");
  const words = (await forecast()).stdout;
  expect(words).toContain("Balance: 19.00 EUR, which does not cover a week: top up");
  expect(words).toContain("Paid purchases that wait: 0.00 for 0\n");
  expect(words).toContain("Renewals of the next 7 days, overdue ones among them: 20.00 EUR for 2\n");
  expect(words).toContain("Modules that end within 48 hours, unpaid:");
});
