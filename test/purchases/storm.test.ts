import { describe, expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { runIntake } from "../../src/purchases/intake.ts";
import { addMonths } from "../../src/purchases/period.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { runVerifier } from "../../src/purchases/verifier.ts";
import { isCommit } from "../../src/sandbox/account/call.ts";
import type { Fault, SimpleFault } from "../../src/sandbox/account/faults.ts";
import { createDice, type Dice } from "../dice.ts";
import { quickAbsence, type Sold, type Stage, useStages } from "./stage.ts";

const raise = useStages();

const silence: Fault = { kind: "late", afterMs: 150, answer: "none" };
const faults: readonly (Fault | SimpleFault)[] = [
  ...(["lost-before", "lost-after", "reset-mid-reply", "bad-gateway", "truncated", "without-id", "hang"] as const),
  ...(["missing-rows", "duplicate-rows", "reordered-rows", "empty-balance"] as const),
  { kind: "late", afterMs: 60 },
  silence,
  { kind: "bad-gateway", isExecuted: true },
  { kind: "refused", type: "auth" },
  { kind: "refused", type: "not_enough_money" },
  { kind: "refused", type: "limit" },
  { kind: "refused", type: "exists" },
];
const functions = ["addition.order.param", "service.prolong", "addition", "soft", "basket", "dashboard.info"];

/** One thing that customers, staff or the network do. */
async function befall({ shop, sellPaid, renewPaid, account }: Stage, dice: Dice, sold: Sold[]): Promise<void> {
  const any = sold.length === 0 ? undefined : dice.oneOf(sold);
  if (dice.happens(0.6)) {
    const fault = dice.oneOf(faults);
    // Reads wait half a minute for an answer that never comes; money does not.
    const when = ({ params }: { params: Parameters<typeof isCommit>[0] }) => fault !== silence || isCommit(params);
    const armed = account.arm({ func: dice.oneOf(functions), fault, when });
    setTimeout(armed.release, 80);
  }
  if (any === undefined || dice.happens(0.25)) {
    const licence = any !== undefined && dice.happens(0.2) ? { licence: any.licence } : {};
    sold.push(await sellPaid(licence));
    return;
  }
  const { serviceId, invoiceId } = any;
  const [invoice] = await shop.sql("SELECT status FROM tblinvoices WHERE id = ?", [invoiceId]);
  const isPaid = invoice?.status === "Paid";
  const deeds: readonly (() => Promise<unknown>)[] = [
    () => renewPaid(serviceId),
    () => renewPaid(serviceId),
    () => (isPaid ? shop.refundInvoice(invoiceId) : shop.payInvoice(invoiceId)),
    () => (isPaid ? shop.setInvoiceUnpaid(invoiceId) : shop.payInvoice(invoiceId)),
    () => shop.sql("UPDATE tblinvoices SET status = 'Paid' WHERE id = ?", [invoiceId]),
    () => shop.setServiceStatus(serviceId, dice.oneOf(["Active", "Suspended", "Terminated"])),
    () => shop.setLicence(serviceId, dice.happens(0.5) ? any.licence : "typo"),
  ];
  await dice.oneOf(deeds)();
}

async function playRound(stage: Stage, engine: Engine): Promise<void> {
  await sweepServices(engine, false);
  await runIntake(engine);
  await runBuyer(engine);
  await runVerifier(engine);
  await stage.engine.ledger.wake((await stage.engine.ledger.listPurchases()).map(({ id }) => id));
}

/** More of them by hand: `STORM_SEEDS=3,4,5 npx vitest run test/purchases/storm.test.ts`. */
const seeds = (process.env.STORM_SEEDS ?? "1,2").split(",").map(Number);

describe("a storm", () => {
  it.each(seeds)(
    "(%i) of lost answers, changed minds and two engines pays for nothing twice, and ends",
    async (seed) => {
      const stage = await raise({ settings: quickAbsence });
      const dice = createDice(seed);
      const sold: Sold[] = [];
      const engines = [stage.engine, stage.createSecondEngine()];
      for (let steps = 0; steps < 12; steps++) {
        await Promise.all([befall(stage, dice, sold), ...engines.map((engine) => playRound(stage, engine))]);
      }
      const all = await stage.settle((purchases) =>
        purchases.every(({ state, reason }) => {
          const rests = ["Purchased", "NeedsOperator", "Refunded", "Ignored"].includes(state);
          return rests || (state === "Pending" && (reason === "unpaid" || reason === "earlier_period"));
        }),
      );
      const debits = stage.account.debits();
      const bought = all.filter(({ state, reason }) => state === "Purchased" && reason === null);
      const mayBe = all.filter(({ state, sends }) => state !== "Purchased" && sends > 0);
      expect(debits.length).toBeGreaterThanOrEqual(bought.length);
      expect(debits.length).toBeLessThanOrEqual(bought.length + mayBe.length);
      expect(all.every(({ sends }) => sends <= 1)).toBe(true);
      for (const module of stage.account.modules()) {
        const terms = debits.filter(({ moduleId }) => moduleId === module.id).length;
        expect(module.expiredate >= addMonths(module.createdate, terms)).toBe(true);
      }
    },
  );
});
