// Does every rule hold that must always hold? In the ledger, in WHMCS and in the account.
import { reviewAccount } from "../purchases/account-review.ts";
import { atEach, type Engine } from "../purchases/engine.ts";
import { findUnconfigured } from "../purchases/home.ts";
import { checkLedgerRules, checkPaidLines } from "../purchases/invariant-check.ts";
import { type Breach, type RuleId, rules } from "../purchases/invariants/breach.ts";
import { defineCommand, exitStatus, json } from "./command.ts";
import { withEngine } from "./databases.ts";
import { plain } from "./terminal.ts";

const formsAtOnce = 2_000;

export const check = defineCommand({
  name: "check",
  summary: "check every rule that must always hold over ledger, WHMCS and account; exit status 1 when one is broken",
  options: { json },
  run: async ({ config, clock, terminal, values }) => {
    const verdicts = await withEngine({ config: config(), clock }, checkRules);
    terminal.print(values.json ? JSON.stringify(verdicts, null, 2) : describe(verdicts));
    return verdicts.every(({ verdict }) => verdict === "ok") ? exitStatus.done : exitStatus.failed;
  },
});

/** One line of the result: a rule that holds, one of its breaches, or a rule that could not be checked. */
interface Verdict {
  readonly id: RuleId;
  readonly verdict: "ok" | "breach" | "unread";
  /** The same each time; null where nothing is broken. */
  readonly key: string | null;
  readonly what: string;
}

async function checkRules(engine: Engine): Promise<Verdict[]> {
  const { breaches, unread } = await findBreaches(engine);
  return (Object.keys(rules) as RuleId[]).flatMap((id): Verdict[] => {
    const broken = breaches.filter((breach) => breach.id === id);
    if (broken.length > 0) return broken.map(({ key, what }) => ({ id, verdict: "breach", key, what }));
    return [{ id, verdict: unread.includes(id) ? "unread" : "ok", key: null, what: rules[id] }];
  });
}

/** Everything that is broken now, and the rules about which the account would not tell. */
export async function findBreaches(engine: Engine): Promise<{ breaches: Breach[]; unread: RuleId[] }> {
  const ledger = await checkLedgerRules(engine);
  const lines = await checkPaidLines(engine, false);
  const breaches = [...ledger, ...lines];
  let isWhole = (await findUnconfigured(engine)).length === 0;
  for (const at of atEach(engine)) {
    const review = await reviewAccount(at, { most: formsAtOnce, known: new Map() });
    if (review.kind === "ok") breaches.push(...review.value.breaches);
    else isWhole = false;
  }
  return { breaches, unread: isWhole ? [] : ["I8", "I20"] };
}

const titles = { ok: "ok", breach: "BREACH", unread: "UNREAD" } as const;

function describe(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ id, verdict, what }) => `${id.padEnd(3)}  ${titles[verdict].padEnd(6)}  ${plain(what)}`)
    .join("\n");
}
