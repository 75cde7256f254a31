// Where do WHMCS, the ledger and the account disagree? Everything read once, nothing changed.
import type { ModuleRow } from "../ispmanager/account.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import { type AccountReview, reviewAccount } from "./account-review.ts";
import { atEach, type Engine } from "./engine.ts";
import { findUnconfigured } from "./home.ts";
import { checkLedgerRules } from "./invariant-check.ts";
import { nameModule } from "./invariants/picture.ts";
import type { TermDifference } from "./invariants/terms.ts";
import type { Unclaimed } from "./invariants/unclaimed.ts";
import type { Holding } from "./ledger/holdings.ts";

/** A person waits for the answer, so every module is read. */
const formsAtOnce = 2_000;
const servicesTogether = 200;

export type DifferenceKind =
  | "paid_not_bought"
  | "bought_not_paid"
  | "unclaimed_marked"
  | "unclaimed_same"
  | "expiry"
  | "auto_renewal"
  | "rule"
  | "unread";

/** One disagreement; ids that it does not concern are null. */
export interface Difference {
  readonly kind: DifferenceKind;
  readonly purchaseId: string | null;
  readonly lineId: number | null;
  readonly moduleId: string | null;
  /** The unclaimed module with its account, as people know it. */
  readonly name: string | null;
  readonly what: string;
}

export interface Reconciliation {
  readonly differences: readonly Difference[];
  /** Live modules that are none of our business. */
  readonly foreign: readonly Unclaimed[];
  /** One for each account that could be read. */
  readonly reviews: readonly AccountReview[];
  /** A sentence for each account that could not be. */
  readonly unread: readonly string[];
}

/** @throws DatabaseError when WHMCS or the ledger cannot be read. */
export async function reconcile(engine: Engine): Promise<Reconciliation> {
  const statuses = await readStatuses(engine);
  const reviews: AccountReview[] = [];
  const unread = (await findUnconfigured(engine)).map(({ name }) => `the account ${name} is not among the settings`);
  for (const at of atEach(engine)) {
    const review = await reviewAccount(at, { most: formsAtOnce, known: new Map<string, ModuleRow>() });
    if (review.kind === "ok") reviews.push(review.value);
    else unread.push(`${describeAccount(at.account.name)} could not be read`);
  }
  const holdings = await listAllHoldings(engine);
  const rules = await checkLedgerRules(engine);
  const differences = [
    ...compareMoney(statuses, holdings),
    ...reviews.flatMap(compareAccount),
    ...unread.map((what) => difference("unread", {}, what)),
    ...rules.map(({ id, what }) => difference("rule", {}, `${id}: ${what}`)),
  ];
  const foreign = reviews.flatMap(({ unclaimed }) => unclaimed.filter(({ kind }) => kind === "foreign"));
  return { differences, foreign, reviews, unread };
}

/** Each purchase once, with its term at whichever account holds it. */
async function listAllHoldings(engine: Engine): Promise<Holding[]> {
  const all = new Map<number, Holding>();
  for (const { account } of engine.accounts) {
    for (const holding of await engine.ledger.listHoldings(account.name)) {
      if (holding.term !== null || !all.has(holding.lineId)) all.set(holding.lineId, holding);
    }
  }
  return [...all.values()];
}

function describeAccount(name: string): string {
  return name === "main" ? "the account" : `the account ${name}`;
}

function difference(
  kind: DifferenceKind,
  about: Partial<Pick<Difference, "purchaseId" | "lineId" | "moduleId" | "name">>,
  what: string,
): Difference {
  return { kind, purchaseId: null, lineId: null, moduleId: null, name: null, ...about, what };
}

/** The status of the invoice of each line of our services. */
async function readStatuses({ reader }: Engine): Promise<Map<number, string>> {
  const statuses = new Map<number, string>();
  for (let after: ServiceRef | null = null; ; ) {
    const refs: ServiceRef[] = await reader.listServices({ after, limit: servicesTogether, openOnly: false });
    const last = refs.at(-1);
    if (last === undefined) return statuses;
    after = last;
    for (const line of await reader.listLinesOfServices(refs)) statuses.set(line.lineId, line.invoiceStatus);
  }
}

const settled = ["Ordered", "Purchased", "Refunded", "Ignored"];

function compareMoney(statuses: ReadonlyMap<number, string>, holdings: readonly Holding[]): Difference[] {
  const byLine = new Map(holdings.map((holding) => [holding.lineId, holding]));
  const paid = [...statuses].filter(([, status]) => status === "Paid");
  const notBought = paid.flatMap(([lineId]) => {
    const holding = byLine.get(lineId);
    if (holding === undefined) return [difference("paid_not_bought", { lineId }, `line ${lineId} has no purchase yet`)];
    if (settled.includes(holding.state)) return [];
    const { purchaseId, state, reason } = holding;
    const stands = reason === null ? state : `${state} (${reason})`;
    return [difference("paid_not_bought", { purchaseId, lineId }, `purchase ${purchaseId} is ${stands}`)];
  });
  // What a person has settled as refunded may keep its term.
  const notPaid = holdings
    .filter(({ term, state, lineId }) => term !== null && state !== "Refunded" && statuses.get(lineId) !== "Paid")
    .map(({ purchaseId, lineId, term }) =>
      difference(
        "bought_not_paid",
        { purchaseId, lineId, moduleId: term?.moduleId ?? null },
        `purchase ${purchaseId} was bought, and its invoice is ${statuses.get(lineId) ?? "gone"}`,
      ),
    );
  return [...notBought, ...notPaid];
}

function compareAccount({ account, unclaimed, differences, renewing, unreadForms }: AccountReview): Difference[] {
  const nameOf = (moduleId: string) => nameModule(account, moduleId);
  return [
    ...unclaimed.filter(({ kind }) => kind !== "foreign").map(describeUnclaimed),
    ...differences.map(describeTerm),
    ...renewing.map((moduleId) => difference("auto_renewal", { moduleId }, `module ${nameOf(moduleId)} renews itself`)),
    ...unreadForms.map((moduleId) =>
      difference("unread", { moduleId }, `module ${nameOf(moduleId)} could not be read`),
    ),
  ];
}

function describeUnclaimed({ moduleId, name, kind, remoteid, licence, tariff, isBindable }: Unclaimed): Difference {
  const next = isBindable ? ", and a purchase that waits will take it over" : "";
  return kind === "marked"
    ? difference("unclaimed_marked", { moduleId, name }, `module ${name} carries the unknown marker ${remoteid}${next}`)
    : difference(
        "unclaimed_same",
        { moduleId, name },
        `module ${name} for licence ${licence}, tariff ${tariff} belongs to no purchase${next}`,
      );
}

function describeTerm({ kind, moduleId, name, purchaseId, paidUntil, expiresOn }: TermDifference): Difference {
  const seen = kind === "missing" ? "the account does not show it" : `the account shows ${expiresOn}`;
  return difference("expiry", { moduleId, purchaseId }, `module ${name} is paid until ${paidUntil}, and ${seen}`);
}
