// Do several bridges on one ledger buy everything, and nothing twice?
import { afterAll, beforeAll, expect, it } from "vitest";
import { isCommit } from "../../src/sandbox/account/call.ts";
import { createGround, type Ground, sellPaid, serve, waitForPurchases } from "./serving.ts";

const invoices = 60;
const licences = Array.from({ length: invoices }, (_, index) => String(2_000_000 + index));

let ground: Ground;
beforeAll(async () => {
  // Three processes share two cores with the databases: nobody should be in a hurry here.
  const settings = { SEND_WITHIN_SECONDS: "10", ORDER_TIMEOUT_SECONDS: "10", SWEEP_INTERVAL_SECONDS: "2" };
  ground = await createGround({ settings });
  for (const id of licences) ground.account.addLicence({ id });
});
afterAll(() => ground.end());

it("three bridges, sixty paid invoices: sixty orders, none twice", async () => {
  for (const licence of licences) await sellPaid(ground, licence);
  const bridges = await Promise.all([1, 2, 3].map(() => serve(ground.environment)));
  await waitForPurchases(
    ground,
    (list) => list.length === invoices && list.every(({ state }) => state === "Purchased" || state === "NeedsOperator"),
  );
  const statuses = await Promise.all(bridges.map((bridge) => bridge.stop()));
  const debits = ground.account.debits();
  expect(statuses).toEqual([0, 0, 0]);
  expect(debits).toHaveLength(invoices);
  expect(new Set(debits.map((debit) => debit.licence)).size).toBe(invoices);
  const orders = ground.account.requests("addition.order.param").filter(({ params }) => isCommit(params));
  expect(orders).toHaveLength(invoices);
}, 120_000);
