// What may a person decide about a purchase at rest, and when is it refused? Pure: what was read now in, a ruling out.
import type { Outcome } from "../ispmanager/account.ts";
import { compareMoney, type Decimal } from "../money.ts";
import { endOfNext, isLive, type Owner, partOf, reaches, reachesDay, type SeenModule } from "./action.ts";
import type { Cost } from "./cost.ts";
import { isAbsenceProven, isTermBound, type LookVerdict, paidUntil, reachesExpected } from "./evidence.ts";
import type { Fence } from "./fence.ts";
import type { Change } from "./ledger/change.ts";
import type { BoundModule, PastObservation } from "./ledger/evidence.ts";
import { addMonths, endOf } from "./period.ts";
import type { Attempt, Detail, Purchase, PurchaseFacts } from "./purchase.ts";
import { type Refused, refuse } from "./refusals.ts";
import type { Judgement } from "./rules.ts";
import { mayBePutOff, type State } from "./state.ts";
import type { SeenModules } from "./view.ts";

/** The only things a person can do: there is no way to force a purchase to be bought, or to delete one. */
export type Decision =
  /** Without an account, the only one that shows the module. */
  | { readonly kind: "bind"; readonly moduleId: string; readonly account?: string }
  /** The amount as the person typed it. */
  | { readonly kind: "buy-again"; readonly amount: { amount: Decimal; currency: string | null } | null }
  | { readonly kind: "recheck" }
  | { readonly kind: "refunded"; readonly reference: string }
  | { readonly kind: "wait"; readonly until: Date };

export const decisionKinds = ["bind", "buy-again", "recheck", "refunded", "wait"] as const;

/** The line in WHMCS. */
export type LineReading =
  | {
      readonly kind: "read";
      readonly invoiceStatus: string;
      readonly facts: PurchaseFacts;
      readonly judgement: Judgement;
      /** Unknown where WHMCS does not say what is to be bought. */
      readonly cost: Cost;
    }
  | { readonly kind: "gone" }
  | { readonly kind: "unreadable" };

/** A module whose terms pay for other purchases; `owner` is unknown while WHMCS cannot be read. */
export type BoundElsewhere = Omit<BoundModule, "boundExpiry" | "adopted"> & {
  readonly owner: Owner["kind"] | "unknown";
};

/** The account, for the licence and tariff of what was sent, else of the purchase. */
export type AccountReading =
  | {
      readonly kind: "seen";
      /** Of the account. */
      readonly name: string;
      readonly licence: string;
      readonly tariff: string;
      readonly seen: SeenModules;
      readonly bound: readonly BoundElsewhere[];
      /** Known before the look. */
      readonly fence: Fence;
      /** What the look says of the newest attempt; null when nothing was sent. */
      readonly verdict: LookVerdict | null;
      /** Null where nothing was missed, so that nobody had to search the cart. */
      readonly cart: "in-cart" | "not-in-cart" | "refused" | "unreadable" | null;
    }
  | { readonly kind: "unreadable"; readonly detail: Detail }
  /** These show the module to bind, and nobody said which one's it is. */
  | { readonly kind: "several"; readonly accounts: readonly string[] }
  /** The purchase has no licence or no tariff. */
  | { readonly kind: "nothing-to-look-for" };

/** Everything a decision rests on, read now. */
export interface Situation {
  readonly purchase: Purchase;
  /** The newest attempt, when something was sent. */
  readonly attempt: Attempt | null;
  /** What is known of the answer to it. */
  readonly answer: Outcome | null;
  /** The looks for it before this one, oldest first. */
  readonly looks: readonly PastObservation[];
  readonly line: LineReading;
  readonly account: AccountReading;
  /** Id of a purchase of an earlier period of the service that is paid and has no module's term yet; null without one. */
  readonly earlierOpen: string | null;
  /** By the ledger's clock. */
  readonly now: Date;
  readonly settleMs: number;
  readonly lookIntervalMs: number;
}

/** What the row is changed to; who decided and why is added when it is carried out. */
export type Effect = Omit<Change, "actor" | "decision" | "fence" | "binding"> & {
  /** The module that pays for the purchase from now on, and the end of the part of its term that does. */
  readonly module?: SeenModule & { readonly expiresOn: string };
};

export type Ruling = { readonly kind: "allowed"; readonly effect: Effect } | Refused;

const allow = (effect: Effect): Ruling => ({ kind: "allowed", effect });

/** Which decisions are open to a purchase as far as the ledger knows; the look then allows or refuses each. */
export function listOpenDecisions({ state, reason, sends, licence, tariff, period }: Purchase): Decision["kind"][] {
  if (state !== "NeedsOperator") return mayBePutOff(state, reason) ? ["wait"] : [];
  const isOpen: Readonly<Record<Decision["kind"], boolean>> = {
    bind: sends > 0 || (licence !== null && tariff !== null && period !== null),
    "buy-again": sends === 1,
    recheck: sends === 0,
    refunded: true,
    wait: true,
  };
  return decisionKinds.filter((kind) => isOpen[kind]);
}

/** Anything is decided about a row at rest; one that waits for the balance can be put off, so that the next ones go first. */
export function isDecidable({ state, reason }: Pick<Purchase, "state" | "reason">, kind: Decision["kind"]): boolean {
  return state === "NeedsOperator" || (kind === "wait" && mayBePutOff(state, reason));
}

export function judgeDecision(situation: Situation, decision: Decision): Ruling {
  if (!isDecidable(situation.purchase, decision.kind)) return refuse("not-at-rest");
  switch (decision.kind) {
    case "bind":
      return judgeBind(situation, decision.moduleId);
    case "buy-again":
      return judgeBuyAgain(situation, decision.amount);
    case "recheck":
      return judgeRecheck(situation);
    case "refunded":
      return judgeRefunded(situation, decision.reference);
    case "wait":
      return judgeWait(situation, decision.until);
  }
}

const mayTakeTerm: readonly State[] = ["NeedsOperator", "Sending", "Unknown"];

/** Of the service's purchases, the one of an earlier period that may still take a module's term; its id. */
export function findEarlierOpen(purchase: Purchase, ofService: readonly Purchase[]): string | null {
  const { period } = purchase;
  // One that was sent may be what the earlier one waits for.
  const passing = purchase.sends > 0 ? ["unpaid", "earlier_period"] : ["unpaid"];
  const isOpen = ({ state, reason, holdsPeriod }: Purchase) =>
    holdsPeriod && (mayTakeTerm.includes(state) || (state === "Pending" && !passing.includes(reason ?? "")));
  const isEarlier = (other: Purchase) => period !== null && other.period !== null && other.period.start < period.start;
  return ofService.find((other) => other.id !== purchase.id && isEarlier(other) && isOpen(other))?.id ?? null;
}

function accountRefusal(account: Exclude<AccountReading, { kind: "seen" }>): Refused {
  if (account.kind === "several") return refuse("several-accounts", { accounts: account.accounts });
  return account.kind === "unreadable" ? refuse("account-unreadable", account.detail) : refuse("no-licence");
}

/** The attempt, where this is the account to which it was sent: of what another one shows it says nothing. */
export function ownAttempt(attempt: Attempt | null, account: AccountReading): Attempt | null {
  return account.kind === "seen" && attempt?.account === account.name ? attempt : null;
}

function judgeBind({ purchase, attempt: newest, account, earlierOpen }: Situation, moduleId: string): Ruling {
  if (account.kind !== "seen") return accountRefusal(account);
  const attempt = ownAttempt(newest, account);
  if (account.fence.isBusy) return refuse("in-flight");
  const module = account.seen.modules.find(({ id }) => id === moduleId);
  if (module === undefined) return refuse("no-such-module", { modules: account.seen.modules.map(({ id }) => id) });
  if (!isLive(module)) return refuse("module-deleted");
  const { expiresOn } = module;
  if (expiresOn === null) return refuse("term-too-short", { expires: null });
  const other = account.bound.find((each) => each.moduleId === moduleId) ?? null;
  if (other?.owner === "unknown") return refuse("whmcs-unreadable");
  if (other?.owner === "another-service") return refuse("bound-elsewhere", { purchase: other.purchaseId });
  const isTaken = (day: string) => other !== null && isTermBound(day, other.newestExpiry);
  if (isTaken(expiresOn)) return refuse("bound-elsewhere", { purchase: other?.purchaseId });
  const term = termFor({ purchase, attempt, other, earlierOpen }, { ...module, expiresOn });
  if (typeof term !== "string") return term;
  if (isTaken(term)) return refuse("bound-elsewhere", { purchase: other?.purchaseId });
  const isManual = attempt === null;
  return allow({
    to: "Ordered",
    reason: isManual ? "manual" : null,
    detail: null,
    remoteServiceId: moduleId,
    expectedExpiry: term,
    module: { ...module, expiresOn: term },
    ...(isManual ? { action: null } : {}),
    // A row that was settled before, or covered, has to take its period (again); a part of one is nobody's to take.
    ...(purchase.holdsPeriod || purchase.reason === "prorated" ? {} : { facts: purchase }),
  });
}

/** Until when the module pays for this purchase; the rest of its term is left to the periods behind it. */
function termFor(
  {
    purchase,
    attempt,
    other,
    earlierOpen,
  }: Pick<Situation, "purchase" | "attempt" | "earlierOpen"> & {
    other: BoundElsewhere | null;
  },
  module: SeenModule & { readonly expiresOn: string },
): string | Refused {
  const { expiresOn } = module;
  const { period } = purchase;
  if (attempt !== null && reachesExpected(attempt, module)) {
    const { expectedExpiry, periodMonths: months } = attempt;
    if (other === null || !isTermBound(expectedExpiry, other.newestExpiry)) {
      return paidUntil({ expectedExpiry, expiresOn }, attempt);
    }
    return partBehind(expiresOn, addMonths(other.newestExpiry, months), months);
  }
  if (period === null) return refuse("no-period");
  // Bound the other way round, the earlier period would take a term that belongs to a later one.
  if (earlierOpen !== null) return refuse("earlier-period-open", { purchase: earlierOpen });
  if (other !== null) return partBehind(expiresOn, endOfNext(other.newestExpiry, period), period.months);
  return reaches(expiresOn, period)
    ? partOf(module, endOf(period), period)
    : refuse("term-too-short", { expires: expiresOn });
}

/** The part that ends on `ends` or little later, behind terms that pay for other purchases; there must be as much left. */
function partBehind(expiresOn: string, ends: string, months: number): string | Refused {
  if (!reachesDay(expiresOn, ends)) return refuse("term-too-short", { expires: expiresOn });
  return partOf({ expiresOn, createdOn: null }, ends, { months });
}

/**
 * Absence is judged as the verifier judges it: settled, missed by two looks, and by the cart where the account shows one.
 * What was accepted is never absent. The buyer then checks everything once more before the second and last send.
 */
function judgeBuyAgain(situation: Situation, typed: Extract<Decision, { kind: "buy-again" }>["amount"]): Ruling {
  const { purchase, attempt, line, account } = situation;
  if (purchase.sends !== 1 || attempt === null) return refuse(purchase.sends === 0 ? "never-sent" : "sent-twice");
  if (situation.answer?.kind === "accepted") return refuse("was-accepted");
  if (line.kind === "unreadable") return refuse("whmcs-unreadable");
  if (line.kind === "gone") return refuse("line-not-ready", { reason: "line_gone" });
  if (line.judgement.kind !== "go") return refuse("line-not-ready", { reason: reasonOf(line.judgement) });
  if (account.kind !== "seen") return accountRefusal(account);
  if (account.fence.isBusy) return refuse("in-flight");
  if (account.verdict?.kind !== "absent") return refuse("not-absent", { shows: account.verdict });
  if (account.cart === "in-cart") return refuse("in-cart");
  if (account.cart === "unreadable") return refuse("cart-unreadable");
  const unsettledMs = situation.settleMs - attempt.sinceDeadlineMs;
  if (unsettledMs > 0) return refuse("not-settled", { seconds: Math.ceil(unsettledMs / 1000) });
  const looks = [...situation.looks, { verdict: "absent", ageMs: 0 }];
  if (!isAbsenceProven(attempt, looks, situation)) {
    return refuse("missed-once", { seconds: Math.ceil(situation.lookIntervalMs / 1000) });
  }
  const { cost } = line;
  if (cost.kind === "unknown") return refuse("cost-unknown");
  if (cost.kind === "above-cap") return refuse("cost-above-cap", { cost: cost.cost, currency: cost.currency });
  if (cost.kind === "loss") {
    return refuse("cost-above-revenue", { cost: cost.cost, currency: cost.currency, ...cost.loss });
  }
  if (typed === null) return refuse("amount-missing", { cost: cost.cost, currency: cost.currency });
  const isEqual = compareMoney(typed.amount, cost.cost) === 0 && (typed.currency ?? cost.currency) === cost.currency;
  if (!isEqual) return refuse("amount-differs", { cost: cost.cost, currency: cost.currency });
  return allow({ to: "Pending", reason: null, detail: null, facts: line.facts, isReversed: false });
}

function judgeRecheck({ purchase, line }: Situation): Ruling {
  if (purchase.sends > 0) return refuse("was-sent");
  if (line.kind === "unreadable") return refuse("whmcs-unreadable");
  if (line.kind === "gone") return refuse("cause-remains", { reason: "line_gone" });
  if (line.judgement.kind === "person") return refuse("cause-remains", { reason: line.judgement.reason });
  return allow({ to: "Pending", reason: null, detail: null, facts: line.facts });
}

/** Whether the invoice is Paid at this moment is kept, so that a later payment of it can be told from an old one. */
function judgeRefunded({ purchase, line }: Situation, reference: string): Ruling {
  if (!isReference(reference)) return refuse("bad-reference");
  if (line.kind === "unreadable") return refuse("whmcs-unreadable");
  const isReversed = line.kind === "gone" || line.invoiceStatus !== "Paid";
  return allow({ to: "Refunded", reason: null, detail: { reference, settled: purchase.reason }, isReversed });
}

const dayMs = 86_400_000;
const longestWaitDays = 366;

function judgeWait({ purchase, now }: Situation, until: Date): Ruling {
  const aheadMs = until.getTime() - now.getTime();
  // A date that cannot be read is no number, and no comparison with it holds.
  if (!(aheadMs > 0 && aheadMs <= longestWaitDays * dayMs)) return refuse("bad-date");
  return allow({ to: purchase.state, reason: purchase.reason, holdUntil: until });
}

/** 1 to 64 printable characters, not only spaces. */
export function isReference(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,64}$/u.test(text) && text.trim() !== "";
}

function reasonOf(judgement: Exclude<Judgement, { kind: "go" }>): string {
  return "reason" in judgement ? judgement.reason : judgement.kind;
}
