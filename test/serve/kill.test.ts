// What does a bridge that was killed in the middle of a request do when it comes back?
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { Fault } from "../../src/sandbox/account/faults.ts";
import { createGround, type Ground, sellPaid, serve, waitForPurchases } from "./serving.ts";

let ground: Ground;
beforeEach(async () => {
  ground = await createGround();
});
afterEach(() => ground.end());

const isResting = ({ state }: { state: string }) => ["Purchased", "NeedsOperator"].includes(state);

/** Arms a fault for the request that moves money. */
function armMoney(func: "addition.order.param" | "service.prolong", fault: Fault) {
  return ground.account.arm({ func, fault, when: ({ params }) => isCommit(params) });
}

/** A module bought in peace, with its next invoice paid. */
async function sellRenewal(): Promise<void> {
  const { serviceId } = await sellPaid(ground);
  const bridge = await serve(ground.environment);
  await waitForPurchases(ground, (purchases) => purchases.length === 1 && purchases.every(isResting));
  await bridge.stop();
  const next = await ground.shop.issueRenewalInvoice(serviceId);
  await ground.shop.payInvoice(next.invoiceId);
}

describe.each([
  { what: "an order", func: "addition.order.param", debits: ["order"], prepare: () => sellPaid(ground) },
  { what: "a renewal", func: "service.prolong", debits: ["order", "renewal"], prepare: sellRenewal },
] as const)("$what", ({ func, debits, prepare }) => {
  it("that reached the account before the kill is found and not sent again", async () => {
    await prepare();
    const armed = armMoney(func, { kind: "hang" });
    const bridge = await serve(ground.environment);
    await armed.reached;
    await bridge.kill();
    armed.release();
    const again = await serve(ground.environment);
    const purchases = await waitForPurchases(ground, (list) => list.length === debits.length && list.every(isResting));
    await again.stop();
    expect(armed.fired()).toBe(1);
    expect(purchases.at(-1)).toMatchObject({ state: "Purchased", attempts: 1 });
    expect(ground.account.debits().map((debit) => debit.kind)).toEqual(debits);
  });

  it("whose answer was lost and that was never executed ends with a person, unpaid", async () => {
    await prepare();
    const armed = armMoney(func, { kind: "lost-before" });
    const bridge = await serve(ground.environment);
    const purchases = await waitForPurchases(ground, (list) => list.length === debits.length && list.every(isResting));
    await bridge.stop();
    expect(armed.fired()).toBe(1);
    expect(purchases.at(-1)).toMatchObject({ state: "NeedsOperator", reason: "absent", attempts: 1 });
    expect(ground.account.debits().map((debit) => debit.kind)).toEqual(debits.slice(0, -1));
    expect(ground.account.requests(func).filter(({ params }) => isCommit(params))).toHaveLength(1);
  });
});
