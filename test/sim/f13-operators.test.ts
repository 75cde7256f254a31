// What if people decide at once, while the verifier works, on an old page, their process dies on the way, or they buy by hand? (F13)
import { it } from "vitest";
import type { Decision } from "../../src/purchases/decision.ts";
import { decide } from "../../src/purchases/decisions.ts";
import { createDice } from "../dice.ts";
import { buyByHand } from "./by-hand.ts";
import { type Sold, sellPaid, tell, turn } from "./deeds.ts";
import { type Played, playFamily } from "./family.ts";
import { handCases } from "./hand-stories.ts";
import { beginLife, type Life } from "./life.ts";
import { judge } from "./oracle.ts";
import { countOf, firstSeed, longestMs, seedsOf } from "./scale.ts";
import { calm } from "./weather.ts";

const minuteMs = 60_000;

/** Ways for a purchase to come before a person. */
const troubles: readonly ((life: Life) => Sold)[] = [
  function lostAndNotDone(life) {
    onOrders(life, 1, { kind: "reset-after-undone" });
    return sellPaid(life);
  },
  function doneAfterAbsenceWasBelieved(life) {
    onOrders(life, 1, { kind: "late", afterMs: 30 * minuteMs });
    return sellPaid(life);
  },
  function badLicence(life) {
    const sold = sellPaid(life, {}, 0);
    life.change((whmcs) => whmcs.setLicence(sold.serviceId, "typo"));
    return sold;
  },
  function ownedAlready(life) {
    const licence = life.newLicence();
    buyByHand(life, licence);
    buyByHand(life, licence);
    return sellPaid(life, { licence });
  },
  function refusedThreeTimes(life) {
    onOrders(life, 3, { kind: "refused", type: "value" });
    return sellPaid(life);
  },
  function moneyBackAfterSending(life) {
    onOrders(life, 1, { kind: "slow-headers" });
    const sold = sellPaid(life);
    void life.clock.sleep(10_000).then(() => turn(life, sold.invoiceId, "Refunded", 1));
    return sold;
  },
];

function onOrders(life: Life, times: number, fault: ReturnType<typeof calm.onNetwork>): void {
  let left = times;
  life.setWeather({
    ...calm,
    onNetwork: ({ isCommit }) => {
      if (!isCommit || left === 0) return null;
      left -= 1;
      return fault;
    },
  });
}

/** Anything a person may say about it, sensible or not. */
function someDecision({ dice, model, clock }: Life): Decision {
  const modules = model.state.modules.map(({ id }) => id);
  return dice.oneOf<() => Decision>([
    () => ({ kind: "bind", moduleId: modules.length === 0 ? "999" : dice.oneOf(modules) }),
    () => ({ kind: "buy-again", amount: { amount: dice.happens(0.9) ? "10.00" : "9.99", currency: null } }),
    () => ({ kind: "recheck" }),
    () => ({ kind: "refunded", reference: "R-1" }),
    () => ({ kind: "wait", until: new Date(clock.nowMs() + dice.between(1, 60) * minuteMs) }),
  ])();
}

/** Two people at once; one may look at an old page, and the process of one may die on the way. */
async function decideTogether(life: Life): Promise<number> {
  const waiting = [...life.store().purchases.values()].filter(({ state }) => state === "NeedsOperator");
  if (waiting.length === 0) return 0;
  const { dice } = life;
  const { id, version } = dice.oneOf(waiting);
  const operators = [1, 2].map(async (operator) => {
    await life.clock.sleep(dice.between(0, 300));
    const { engine, gate } = dice.oneOf(life.bridges());
    if (dice.happens(0.1)) void life.clock.sleep(dice.between(0, 300)).then(gate.kill);
    const seen = dice.happens(0.2) ? version - 1 : dice.happens(0.5) ? version : null;
    const request = { purchaseId: id, version: seen, why: "it is so", actor: `operator ${operator}` };
    return await decide(engine, { ...request, decision: someDecision(life) });
  });
  void Promise.allSettled(operators);
  await life.pass(dice.between(500, 90_000));
  while (life.bridges().length < 2) life.start();
  return operators.length;
}

async function play(seed: number): Promise<Played> {
  const life = await beginLife({ seed });
  const { dice } = life;
  life.start();
  life.start();
  const { invoiceId, serviceId, licence } = dice.oneOf(troubles)(life);
  await life.pass(dice.oneOf([35, 40, 55]) * minuteMs);
  let fired = 0;
  for (let rounds = dice.between(1, 4); rounds > 0; rounds--) {
    fired += await decideTogether(life);
    if (dice.happens(0.3)) life.change((whmcs) => whmcs.setLicence(serviceId, licence));
    if (dice.happens(0.3)) tell(life, { type: "invoice.paid", invoiceId, telling: 2 });
    if (dice.happens(0.2)) turn(life, invoiceId, dice.oneOf(["Unpaid", "Paid"]), 1);
    await life.pass(dice.oneOf([0, 1, 15]) * minuteMs);
  }
  await life.rest();
  await judge(life);
  return { fired, findings: life.witness.findings };
}

it(
  "F13: people who decide",
  async () => {
    const lives = seedsOf(60, 1_000).map((seed) => ({ name: String(seed), play: () => play(seed) }));
    const byHand = createDice(firstSeed).shuffle(handCases).slice(0, countOf(60, handCases.length));
    await playFamily("F13", [...lives, ...byHand]);
  },
  longestMs,
);
