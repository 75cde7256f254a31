import { expect, it } from "vitest";
import { runBuyer } from "../../src/purchases/buyer.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import { sweepServices } from "../../src/purchases/sweep.ts";
import { type Stage, useStages } from "./stage.ts";

const raise = useStages();

/** Its claim is lost at COMMIT, and before it learns so, `meanwhile` happens. */
function losingItsClaim(engine: Engine, meanwhile: () => Promise<unknown>): Engine {
  const { ledger } = engine;
  const claim: typeof ledger.claim = async ({ purchase }) => {
    await meanwhile();
    return { kind: "unacknowledged", n: purchase.attempts + 1 };
  };
  return { ...engine, ledger: { ...ledger, claim } };
}

const outcomesOf = (stage: Stage) => stage.ledgerSql("SELECT kind FROM mod_ispmodules_outcomes");

it("a process whose claim was lost leaves the same attempt of another alone while its request is under way", async () => {
  const stage = await raise();
  const sold = await stage.sellPaid();
  await sweepServices(stage.engine, false);
  const { id } = await stage.purchaseOf(sold.lineId);
  const other = stage.createSecondEngine();
  const held = stage.account.arm({ func: "addition.order.param", fault: { kind: "hang", execution: "on-release" } });
  let sending: Promise<unknown> | undefined;
  const losing = losingItsClaim(stage.engine, async () => {
    await stage.engine.ledger.wake([id]);
    sending = runBuyer(other);
    await held.reached;
  });
  await runBuyer(losing);
  expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Sending", attempts: 1, leaseOwner: other.owner });
  expect(await outcomesOf(stage)).toEqual([]);
  await stage.engine.ledger.wake([id]);
  await runBuyer(stage.engine);
  held.release();
  await sending;
  expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ attempts: 1, sends: 1 });
  expect(await outcomesOf(stage)).toEqual([{ kind: "accepted" }]);
  expect(stage.account.requests("addition.order.param")).toHaveLength(1);
  expect(stage.account.debits()).toHaveLength(1);
});

it("a claim that was stored although nobody confirmed it is told unsent by its owner, and made again", async () => {
  const stage = await raise();
  const sold = await stage.sellPaid();
  await sweepServices(stage.engine, false);
  const { ledger } = stage.engine;
  const claim: typeof ledger.claim = async (request) => {
    const claimed = await ledger.claim(request);
    return claimed.kind === "claimed" ? { kind: "unacknowledged", n: claimed.n } : claimed;
  };
  await runBuyer({ ...stage.engine, ledger: { ...ledger, claim } });
  expect(await stage.purchaseOf(sold.lineId)).toMatchObject({ state: "Pending", attempts: 1, sends: 0 });
  expect(await outcomesOf(stage)).toEqual([{ kind: "not-sent" }]);
  expect(stage.account.requests("addition.order.param")).toEqual([]);
  expect(await stage.reach(sold.lineId, "Purchased")).toMatchObject({ attempts: 2, sends: 1 });
  expect(stage.account.debits()).toHaveLength(1);
});
