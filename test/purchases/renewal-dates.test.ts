import { describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import { addDays } from "../../src/purchases/period.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { Variants } from "../../src/sandbox/account/variants.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();
let stage: Stage;

/** A renewal was sent, answered or not, and the account's list shows it so many days from the computed date. */
async function renewTo(days: number, variants: Partial<Variants>, isAnswered = true) {
  stage = await raise({ account: { variants: { renewalReply: "ok", ...variants } } });
  const sold = await stage.sellPaid();
  const module = String((await stage.reach(sold.lineId, "Purchased")).remoteServiceId);
  const { lineId } = await stage.renewPaid(sold.serviceId);
  if (!isAnswered) {
    stage.account.arm({ func: "service.prolong", fault: "lost-after", when: ({ params }) => isCommit(params) });
  }
  await sweepServices(stage.engine, false);
  await runBuyer(stage.engine);
  const { state, expectedExpiry } = await stage.purchaseOf(lineId);
  expect(state).toBe(isAnswered ? "Ordered" : "Unknown");
  const expiry = addDays(String(expectedExpiry), days);
  stage.account.changeModule(module, { expiredate: expiry });
  return { lineId, expiry };
}

async function expectUnconfirmed(lineId: number) {
  for (let looks = 0; looks < 4; looks++) {
    await stage.ledgerSql("UPDATE mod_ispmodules_purchases SET not_before = UTC_TIMESTAMP(6)");
    await stage.round();
  }
  expect(await stage.purchaseOf(lineId)).toMatchObject({ state: "Ordered" });
}

describe("a renewal whose date the account did not announce", () => {
  it.each([-3, 3])("is bought when it reaches %i days from the computed one", async (days) => {
    const { lineId } = await renewTo(days, { renewalForm: "silent" });
    await stage.reach(lineId, "Purchased");
  });

  it("is not bought when it ends four days short", async () => {
    const { lineId } = await renewTo(-4, { renewalForm: "silent" });
    await expectUnconfirmed(lineId);
  });

  it("and whose answer was lost is found three days short, and bought with what was found", async () => {
    const { lineId, expiry } = await renewTo(-3, { renewalForm: "silent" }, false);
    expect(await stage.reach(lineId, "Purchased")).toMatchObject({ expectedExpiry: expiry, attempts: 1 });
  });
});

describe("a renewal whose date the account announced", () => {
  it("is bought a day short of it", async () => {
    const { lineId } = await renewTo(-1, {});
    await stage.reach(lineId, "Purchased");
  });

  it("is not bought two days short of it", async () => {
    const { lineId } = await renewTo(-2, {});
    await expectUnconfirmed(lineId);
  });
});
