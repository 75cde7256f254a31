// What does a person decide about a purchase that rests in NeedsOperator? Shows what is known, asks, and carries it out.
import type { Decision } from "../purchases/decision.ts";
import { isDecidable, judgeDecision, type Situation } from "../purchases/decision.ts";
import * as decisions from "../purchases/decisions.ts";
import type { Engine } from "../purchases/engine.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { describeRefusal, type Refused as Refusal, refusalTexts } from "../purchases/refusals.ts";
import { nameActor } from "./actor.ts";
import { defineCommand, exitStatus, json, Refused } from "./command.ts";
import { withEngine } from "./databases.ts";
import { readAmount, readDecision, readReason, readVersion } from "./decision-words.ts";
import { toHistory } from "./history.ts";
import { listedPurchase, readAccounts } from "./purchases.ts";
import { describeEffect, describeSituation } from "./situation.ts";
import { formatAmount, plain, type Terminal } from "./terminal.ts";

export const decide = defineCommand({
  name: "decide",
  summary:
    "decide about a purchase that rests with a person, or put off one that waits for the balance; shows a fresh look at the account and asks first",
  operands: ["ID", "bind|buy-again|recheck|refunded|wait", "[MODULE|REFERENCE|UNTIL]"],
  options: {
    reason: { type: "string", value: "TEXT", help: "why, for the history; asked for on a terminal" },
    amount: { type: "string", value: "AMOUNT", help: "with buy-again: what the account says it costs now" },
    version: { type: "string", value: "N", help: "refuse when the purchase has changed since this version of it" },
    yes: { type: "boolean", help: "do not ask before it is done" },
    json,
  },
  run: async ({ config, clock, terminal, values, operands }) => {
    const [id = "", kind = "", parameter] = operands;
    // What cannot be understood is wrong usage whatever the settings are.
    const words = { kind, parameter, amount: values.amount };
    readDecision(words, String);
    const said = { why: readReason(values.reason), version: readVersion(values.version) };
    const manners = { terminal, isJson: values.json === true, isSure: values.yes === true };
    return await withEngine({ config: config(), clock }, async (engine) => {
      const decision = readDecision(words, engine.localTime);
      const decided = await decideAs(engine, { id: id.toLowerCase(), decision, ...said, ...manners });
      terminal.print(values.json ? JSON.stringify(decided, null, 2) : describeDecided(decided));
      return exitStatus.done;
    });
  },
});

interface Wanted {
  readonly id: string;
  readonly decision: Decision;
  readonly why: string | null;
  readonly version: number | null;
  readonly terminal: Terminal;
  readonly isJson: boolean;
  readonly isSure: boolean;
}

/** Throws `Refused` with nothing changed. The look that counts is made again after the last answer. */
async function decideAs(engine: Engine, wanted: Wanted) {
  const { id, terminal, isJson } = wanted;
  const purchase = await findSeen(engine, wanted);
  const situation = await decisions.readSituation(engine, purchase, wanted.decision);
  const say = isJson ? terminal.warn : terminal.print;
  say(describeSituation(situation));
  const decision = await completeAmount(situation, wanted);
  const ruling = judgeDecision(situation, decision);
  if (ruling.kind === "refused") throw refusedBecause(ruling);
  say(describeEffect(situation, decision));
  const why = await confirm(wanted);
  const request = { purchaseId: id, version: purchase.version, decision, why, actor: nameActor() };
  const result = await decisions.decide(engine, request);
  if (result.kind === "refused") throw refusedBecause(result);
  const { decisions: made } = toHistory(await engine.ledger.readHistory(id));
  const accounts = await readAccounts(engine, [result.purchase]);
  return { decision: made.at(-1) ?? null, purchase: listedPurchase(result.purchase, accounts) };
}

async function findSeen({ ledger }: Engine, { id, version, decision }: Wanted): Promise<Purchase> {
  const purchase = await ledger.findPurchase(id);
  if (purchase === null) throw new Refused(refusalTexts["no-such-purchase"]);
  if (version !== null && version !== purchase.version) {
    throw new Refused(`the purchase has changed since version ${version}: it is ${purchase.version} now`);
  }
  if (!isDecidable(purchase, decision.kind)) {
    throw new Refused(`the purchase is ${purchase.state}: ${refusalTexts["not-at-rest"]}`);
  }
  return purchase;
}

/** Buying again needs its cost typed in figures, by somebody who has seen the look. */
async function completeAmount(situation: Situation, { decision, terminal }: Wanted): Promise<Decision> {
  const ruling = judgeDecision(situation, decision);
  const isMissing = ruling.kind === "refused" && ruling.why === "amount-missing";
  if (!isMissing || decision.kind !== "buy-again") return decision;
  const { line } = situation;
  const cost = line.kind === "read" && line.cost.kind === "known" ? line.cost : null;
  const price = cost === null ? "" : ` ${formatAmount(cost.cost)} ${cost.currency}`;
  if (!terminal.isInteractive) throw new Refused(`it costs${price}; add --amount with what it costs to buy it again`);
  return { kind: "buy-again", amount: readAmount(await terminal.read(`It costs${price}. Type the amount to pay:`)) };
}

/** Why it is done; throws `Refused` when nobody says so, or nobody agrees. */
async function confirm({ why, terminal, isSure }: Wanted): Promise<string> {
  const isAsking = why === null || !isSure;
  if (isAsking && !terminal.isInteractive) {
    throw new Refused("nobody can be asked here; add --reason TEXT and --yes");
  }
  const said = why ?? (await terminal.read("Why?"));
  if (said === "") throw new Refused(refusalTexts["no-reason"]);
  if (!isSure && !(await terminal.ask("Do it?"))) throw new Refused("nothing was decided");
  return said;
}

function refusedBecause(refusal: Refusal): Refused {
  return new Refused(plain(describeRefusal(refusal)));
}

function describeDecided({ purchase: { id, state, reason } }: Awaited<ReturnType<typeof decideAs>>): string {
  return `Purchase ${id} is ${state}${reason === null ? "" : ` (${reason})`}.`;
}
