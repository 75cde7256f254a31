// Where do WHMCS, the ledger and the account disagree? Everything read once, nothing changed.
import type { ModuleRow } from "../ispmanager/account.ts";
import type { ServiceRef } from "../whmcs/service-ref.ts";
import { type AccountReview, reviewAccount } from "./account-review.ts";
import type { Engine } from "./engine.ts";
import { checkLedgerRules } from "./invariant-check.ts";
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
  readonly what: string;
}

export interface Reconciliation {
  readonly differences: readonly Difference[];
  /** Live modules that are none of our business. */
  readonly foreign: readonly Unclaimed[];
  /** Null when the account could not be read. */
  readonly review: AccountReview | null;
}

/** @throws DatabaseError when WHMCS or the ledger cannot be read. */
export async function reconcile(engine: Engine): Promise<Reconciliation> {
  const statuses = await readStatuses(engine);
  const review = await reviewAccount(engine, { most: formsAtOnce, known: new Map<string, ModuleRow>() });
  const holdings = await engine.ledger.listHoldings(engine.account.name);
  const rules = await checkLedgerRules(engine);
  const differences = [
    ...compareMoney(statuses, holdings),
    ...(review.kind === "ok" ? compareAccount(review.value) : [unreadAccount]),
    ...rules.map(({ id, what }) => difference("rule", {}, `${id}: ${what}`)),
  ];
  if (review.kind !== "ok") return { differences, foreign: [], review: null };
  const foreign = review.value.unclaimed.filter(({ kind }) => kind === "foreign");
  return { differences, foreign, review: review.value };
}

function difference(
  kind: DifferenceKind,
  about: Partial<Pick<Difference, "purchaseId" | "lineId" | "moduleId">>,
  what: string,
): Difference {
  return { kind, purchaseId: null, lineId: null, moduleId: null, ...about, what };
}

const unreadAccount = difference("unread", {}, "the account's module list could not be read");

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

function compareAccount({ unclaimed, differences, renewing, unreadForms }: AccountReview): Difference[] {
  return [
    ...unclaimed.filter(({ kind }) => kind !== "foreign").map(describeUnclaimed),
    ...differences.map(describeTerm),
    ...renewing.map((moduleId) => difference("auto_renewal", { moduleId }, `module ${moduleId} renews itself`)),
    ...unreadForms.map((moduleId) => difference("unread", { moduleId }, `module ${moduleId} could not be read`)),
  ];
}

function describeUnclaimed({ moduleId, kind, remoteid, licence, tariff, isBindable }: Unclaimed): Difference {
  const next = isBindable ? ", and a purchase that waits will take it over" : "";
  return kind === "marked"
    ? difference("unclaimed_marked", { moduleId }, `module ${moduleId} carries the unknown marker ${remoteid}${next}`)
    : difference(
        "unclaimed_same",
        { moduleId },
        `module ${moduleId} for licence ${licence}, tariff ${tariff} belongs to no purchase${next}`,
      );
}

function describeTerm({ kind, moduleId, purchaseId, paidUntil, expiresOn }: TermDifference): Difference {
  const seen = kind === "missing" ? "the account does not show it" : `the account shows ${expiresOn}`;
  return difference("expiry", { moduleId, purchaseId }, `module ${moduleId} is paid until ${paidUntil}, and ${seen}`);
}
