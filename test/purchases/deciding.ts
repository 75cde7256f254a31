// How do tests decide about a purchase, and bring one before a person?
import { expect } from "vitest";
import type { Decision } from "../../src/purchases/decision.ts";
import { type DecisionRequest, decide } from "../../src/purchases/decisions.ts";
import type { Engine } from "../../src/purchases/engine.ts";
import type { Purchase } from "../../src/purchases/purchase.ts";
import type { Stage } from "./stage.ts";

export const bind = (moduleId: string): Decision => ({ kind: "bind", moduleId });
export const buyAgain: Decision = { kind: "buy-again", amount: { amount: "10.00", currency: null } };
export const refunded: Decision = { kind: "refunded", reference: "R-1" };
export const recheck: Decision = { kind: "recheck" };
export const putOff = (ms = 3_600_000): Decision => ({ kind: "wait", until: new Date(Date.now() + ms) });

/** Decides about the purchase as it stands; what came of it in one word. */
export async function say(
  stage: Stage,
  { id }: Purchase,
  { by = stage.engine, ...more }: Partial<DecisionRequest> & { decision: Decision; by?: Engine },
): Promise<string> {
  const request = { purchaseId: id, version: null, why: "as agreed", actor: "cli:ann", ...more };
  const result = await decide(by, request);
  return result.kind === "decided" ? result.purchase.state : result.why;
}

/** An order that never arrived, and a person is asked. */
export async function askAbsent(stage: Stage): Promise<Purchase> {
  const lost = stage.account.arm({ func: "addition.order.param", fault: "lost-before" });
  const asked = await stage.reach((await stage.sellPaid()).lineId, "NeedsOperator", "absent");
  expect([lost.fired(), asked.sends]).toEqual([1, 1]);
  return asked;
}

/** A module that somebody bought long ago keeps the purchase from being sent. */
export async function askOwned(stage: Stage, licence = stage.newLicence()) {
  const module = { licence, tariff: "23221", createdate: "2026-01-01", expiredate: "2099-01-01" };
  const moduleId = stage.account.addForeignModule(module);
  const sold = await stage.sellPaid({ licence });
  return { sold, moduleId, asked: await stage.reach(sold.lineId, "NeedsOperator", "already_owned") };
}
