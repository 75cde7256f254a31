// Which modules of the account would a purchase that waits take over, as soon as it may?
import type { LineFacts } from "../whmcs/facts.ts";
import { decideAction } from "./action.ts";
import { readSituation } from "./checks.ts";
import { type AccountEngine, type Engine, ruleSettings } from "./engine.ts";
import { isElsewhere } from "./home.ts";
import type { Holding } from "./ledger/holdings.ts";
import type { Period } from "./period.ts";
import type { Purchase } from "./purchase.ts";
import { factsOf, judgeLine } from "./rules.ts";
import type { View } from "./view.ts";

/** A module, with the licence and tariff that it is for; null where they cannot be told. */
interface Candidate {
  readonly moduleId: string;
  readonly licence: string | null;
  readonly tariff: string | null;
}

/** True when check 10 would bind the module, or the rest of its term. @throws DatabaseError when WHMCS cannot be read. */
export type Awaits = (module: Candidate) => Promise<boolean>;

/** A purchase that has sent nothing, as its line stands in WHMCS now. */
interface Waiting {
  readonly purchase: Purchase;
  readonly facts: LineFacts;
  readonly licence: string;
  readonly tariff: string;
  readonly period: Period;
}

/** Reads what waits when it is first asked. */
export function openAwaited(
  engine: AccountEngine,
  { view, holdings }: { view: View; holdings: readonly Holding[] },
): Awaits {
  let reading: Promise<Waiting[]> | null = null;
  return async ({ moduleId, licence, tariff }) => {
    if (licence === null || tariff === null) return false;
    reading ??= readWaiting(engine, holdings);
    const waiting = (await reading).filter((each) => each.licence === licence && each.tariff === tariff);
    const seen = waiting.length === 0 ? null : await engine.looker.see(view, { licence, tariff });
    if (seen === null || seen.kind !== "ok") return false;
    for (const each of waiting) {
      if (await isElsewhere(engine, each)) continue;
      const decision = decideAction(await readSituation(engine, each, seen.value));
      if (decision.kind === "bind" && decision.module.id === moduleId) return true;
    }
    return false;
  };
}

/** The ledger may come from a backup: what WHMCS says now is what the buyer will go by. */
async function readWaiting(engine: Engine, holdings: readonly Holding[]): Promise<Waiting[]> {
  const { ledger, reader } = engine;
  const lineIds = holdings.filter(isWaiting).map(({ lineId }) => lineId);
  const lines = new Map((await reader.readLines(lineIds)).map((facts) => [facts.line.id, facts]));
  const { paidSince } = await ledger.readBuying();
  return (await ledger.findByLines(lineIds)).flatMap((purchase) => {
    const facts = lines.get(purchase.lineId);
    if (facts?.invoice.status !== "Paid") return [];
    const { kind } = judgeLine(facts, ruleSettings(engine, purchase, paidSince));
    const { licence, tariff, period } = factsOf(facts, purchase.firstPaidSeenAt);
    const isWhole = licence !== null && tariff !== null && period !== null;
    return isWhole && (kind === "go" || kind === "wait") ? [{ purchase, facts, licence, tariff, period }] : [];
  });
}

function isWaiting({ state, reason, sends }: Holding): boolean {
  return state === "Pending" || (state === "NeedsOperator" && sends === 0 && reason !== "invariant");
}
