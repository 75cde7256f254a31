// May this purchase be sent now? The checks of WHMCS, of the ledger and of the account, in their order.
import type { Decimal } from "../money.ts";
import type { LineFacts } from "../whmcs/facts.ts";
import { type AccountSituation, type Decision, decideAction, isLive, type SeenModule } from "./action.ts";
import {
  accountTrouble,
  checkPause,
  endLoginPause,
  isLoginRefused,
  isOvertaking,
  type Waiting,
  wait,
  waitsAt,
} from "./asking.ts";
import { costOf, isShort } from "./cost.ts";
import { type AccountEngine, backOffMs, type Engine } from "./engine.ts";
import type { Fence } from "./fence.ts";
import { detailOf, findHome } from "./home.ts";
import { findLapsed } from "./lapsed.ts";
import type { ModuleStep } from "./ledger/module-steps.ts";
import { judgeLicence } from "./licences/judge.ts";
import { isBeingChanged, isSuspendedByUs } from "./lifecycle.ts";
import { checkMissing } from "./missing-modules.ts";
import { readOwners } from "./owners.ts";
import { addMonths, type Period } from "./period.ts";
import { type Detail, isMarkerOf, type Purchase } from "./purchase.ts";
import { expectRenewal } from "./renewal.ts";
import type { Obligation } from "./rules.ts";
import type { OperatorReason } from "./state.ts";
import { isAccountTrouble, type SeenModules, type View } from "./view.ts";

/** Everything a claim needs, decided from readings taken a moment ago. */
export interface Plan {
  /** Where it is bought. */
  readonly at: AccountEngine;
  readonly obligation: Obligation;
  readonly module: (SeenModule & { readonly expiresOn: string }) | null;
  readonly listBefore: readonly { readonly id: string; readonly expiresOn: string | null }[];
  readonly cost: Decimal | null;
  readonly currency: string | null;
  readonly expectedExpiry: string;
  readonly isAnnounced: boolean;
  readonly fence: Fence;
  /** What the account's list is believed to lack; null when nothing. */
  readonly lacking: Detail | null;
}

export type Verdict =
  | Waiting
  | { readonly kind: "person"; readonly reason: OperatorReason; readonly detail?: Detail }
  | {
      readonly kind: "bind";
      readonly account: string;
      readonly moduleId: string;
      /** Up to where its term pays for this purchase. */
      readonly expiresOn: string;
      readonly isActive: boolean;
      readonly obligation: Obligation;
      readonly fence: Fence;
    }
  | { readonly kind: "send"; readonly plan: Plan };

function person(reason: OperatorReason, detail?: Detail): Verdict {
  return { kind: "person", reason, ...(detail === undefined ? {} : { detail }) };
}

interface Wanted {
  readonly purchase: Purchase;
  readonly facts: LineFacts;
  readonly obligation: Obligation;
}

/** What the checks of one purchase work on. */
interface Case extends Wanted {
  readonly fence: Fence;
}

/** Checks 6 to 13; the first that fires decides. */
export async function checkAccount(engine: Engine, wanted: Wanted): Promise<Verdict> {
  const { ledger } = engine;
  const { purchase, obligation } = wanted;
  if (await ledger.hasEarlierUnsettled(purchase)) return wait("earlier_period");
  if ((await ledger.readBuying()).position === "off") return wait("buying_off");
  const home = await findHome(engine, { purchase, ...obligation }, async (at) => {
    // Without money an account still says whose licences it has.
    const paused = (await isLoginRefused(at)) ? await checkPause(at, "auth") : null;
    if (paused !== null) return { unread: paused };
    const list = await at.looker.licences();
    if (list.kind !== "ok") return { unread: await accountTrouble(at, purchase, list) };
    await endLoginPause(at);
    return list;
  });
  switch (home.kind) {
    case "home":
      return await checkAt(home.at, wanted);
    case "unread":
      return { ...home.why, detail: detailOf(home) };
    case "unconfigured":
      return wait("account_unreachable", { detail: detailOf(home) });
    case "nowhere":
    case "several":
      return person("licence_not_ours", detailOf(home));
  }
}

/** Checks 8 to 13, where the purchase belongs. */
async function checkAt(engine: AccountEngine, wanted: Wanted): Promise<Verdict> {
  const { purchase, obligation } = wanted;
  const paused = await checkPause(engine, "auth");
  if (paused !== null) return paused;
  const fence = await engine.ledger.readFence({ purchase, licence: obligation.licence, tariff: obligation.tariff });
  if (fence.isBusy) return wait("earlier_period");
  const view = await engine.looker.look();
  if (view.kind !== "ok") return await accountTrouble(engine, purchase, view);
  await endLoginPause(engine);
  const seen = await engine.looker.see(view.value, obligation);
  if (seen.kind !== "ok") return await accountTrouble(engine, purchase, seen);
  return await decide(engine, { ...wanted, fence }, { view: view.value, seen: seen.value });
}

async function decide(engine: AccountEngine, at: Case, found: { view: View; seen: SeenModules }): Promise<Verdict> {
  const missing = await checkMissing(engine, at, found.view);
  if (missing.kind !== "believed") return missing;
  const verdict = await decideSeen(engine, at, found);
  const { lacking } = missing;
  if (lacking === null || verdict.kind === "bind") return verdict;
  if (verdict.kind === "send") return { kind: "send", plan: { ...verdict.plan, lacking } };
  return { ...verdict, detail: { ...verdict.detail, ...lacking } };
}

/** From what the account shows and lacks. */
async function decideSeen(
  engine: AccountEngine,
  at: Case,
  { view, seen }: { view: View; seen: SeenModules },
): Promise<Verdict> {
  const situation = await readSituation(engine, { ...at, period: at.obligation.period }, seen);
  const { ownerOf } = situation;
  const decision = await withStatus(engine, decideAction(situation));
  if (decision === null) {
    return wait("account_unreachable", { againInMs: backOffMs(engine.settings, at.purchase.waits) });
  }
  const stray = decision.kind === "order" ? findMarked(view, at.purchase) : null;
  if (stray !== null) return person("evidence_conflict", { marked_module: stray });
  const isSent = decision.kind === "order" || decision.kind === "renew";
  const lapsed = isSent ? await findLapsed(engine, at) : null;
  if (lapsed !== null) return person("already_owned", lapsed);
  // Check 9: only an order needs a licence of ours that can carry the module; a bound module proves it.
  const isBound = ({ id }: SeenModule) => ["this-service", "ended-service"].includes(ownerOf(id).kind);
  const isProven = seen.modules.some((module) => isLive(module) && isBound(module));
  const needsOwn = decision.kind !== "bind" && !isProven;
  const problem = needsOwn ? judgeLicence(view.licences, { ...at.obligation, ip: at.facts.ip }) : null;
  if (problem !== null) return person(problem);
  const ids = "module" in decision ? [decision.module.id] : [];
  const steps = await engine.ledger.listModuleSteps(engine.account.name, ids);
  if (isBeingChanged(steps)) return wait("account_unreachable", { againInMs: engine.settings.lookIntervalMs });
  if (isAboutToGoOn(engine, at, { decision, steps })) {
    return wait("account_unreachable", { againInMs: engine.settings.buyerIntervalMs });
  }
  switch (decision.kind) {
    case "person":
      return person(decision.reason, { modules: seen.modules, unresolved: seen.unresolved });
    case "bind":
      return {
        kind: "bind",
        account: engine.account.name,
        moduleId: decision.module.id,
        expiresOn: decision.paidUntil,
        isActive: decision.module.status === 2,
        obligation: at.obligation,
        fence: at.fence,
      };
    case "order":
    case "renew":
      return await checkMoney(engine, at, { decision, view, seen, steps });
  }
}

/** A list may leave open whether what is renewed is suspended, and its form tells; null where that cannot be read now. */
async function withStatus({ account }: AccountEngine, decision: Decision): Promise<Decision | null> {
  if (decision.kind !== "renew" || decision.module.status !== null) return decision;
  const form = await account.readModule(decision.module.id);
  if (form.kind === "unreadable" || (form.kind === "refused" && isAccountTrouble(form))) return null;
  const status = form.kind === "ok" ? form.value.status : null;
  return { kind: "renew", module: { ...decision.module, status } };
}

const mostWaitsForResuming = 10;

/** A module that we stopped in the middle of its term is resumed in a moment: renewed before, the rest of it would be lost. */
function isAboutToGoOn(
  { clock }: AccountEngine,
  { purchase, facts }: Case,
  { decision, steps }: { decision: Decision; steps: readonly ModuleStep[] },
): boolean {
  if (decision.kind !== "renew" || facts.service.status !== "Active" || !isSuspendedByUs(steps)) return false;
  const isRunning = decision.module.expiresOn > clock.now().toISOString().slice(0, 10);
  const waits = purchase.reason === "account_unreachable" ? purchase.waits : 0;
  return isRunning && decision.module.status === 3 && waits < mostWaitsForResuming;
}

/** The id of a live module, of whatever licence, that this very purchase has ordered: its line was bought before. */
function findMarked({ modules }: View, { id }: Purchase): string | null {
  return modules.find((row) => isLive(row) && isMarkerOf(id, row.remoteid))?.id ?? null;
}

/** What check 10 decides from. */
export async function readSituation(
  engine: AccountEngine,
  { purchase, facts, period }: { purchase: Purchase; facts: LineFacts; period: Period },
  seen: SeenModules,
): Promise<AccountSituation> {
  return {
    modules: seen.modules,
    hasUnresolved: seen.unresolved.length > 0,
    ownerOf: await readOwners(engine, purchase, seen),
    purchaseId: purchase.id,
    period,
    invoicedOn: facts.invoice.date,
    paidOn: purchase.paidAt?.slice(0, 10) ?? null,
  };
}

type Buy = Extract<Decision, { kind: "order" | "renew" }>;

/** Checks 11 and 12. */
async function checkMoney(
  engine: AccountEngine,
  at: Case,
  found: { decision: Buy; view: View; seen: SeenModules; steps: readonly ModuleStep[] },
): Promise<Verdict> {
  const { ledger, settings, account } = engine;
  const cost = costOf(at.obligation, found.view.tariffs);
  if (cost.kind === "above-cap") {
    return person("price_above_cap", { cost: cost.cost, currency: cost.currency, cap: at.obligation.cap });
  }
  if (cost.kind === "loss") {
    return person("price_above_cap", { cost: cost.cost, currency: cost.currency, ...cost.loss });
  }
  const hasCap = at.obligation.cap !== null || settings.capDay !== null || settings.capMonth !== null;
  if (cost.kind === "unknown" && hasCap) return person("price_unknown");
  // A price list that is away for a moment must not let a loss pass.
  // Ordered at the wrong one of several accounts, a tariff may be another or nothing: no money is spent to find that out.
  const mustBeListed = engine.accounts.length > 1 && found.decision.kind === "order";
  const needsPrice = at.obligation.revenue !== null || mustBeListed;
  if (cost.kind === "unknown" && needsPrice && found.view.isPriceListAway) {
    return wait("account_unreachable", { againInMs: backOffMs(settings, at.purchase.waits) });
  }
  const isListed = found.view.tariffs?.some(({ id }) => id === at.obligation.tariff) ?? false;
  if (mustBeListed && !isListed) return person("price_unknown", { account: account.name });
  if (await isOvertaking(engine, at.purchase)) return wait("awaiting_balance", waitsAt(account.name));
  if (cost.kind === "known") {
    if (await ledger.exceedsCaps({ account: account.name, cost: cost.cost, limits: settings }))
      return wait("spend_cap");
    const balance = await account.readBalance();
    if (balance.kind === "ok" && isShort(balance.value, cost.cost, cost.currency)) {
      return wait("awaiting_balance", waitsAt(account.name));
    }
  }
  const price = cost.kind === "known" ? { cost: cost.cost, currency: cost.currency } : { cost: null, currency: null };
  return await plan(engine, at, { ...found, price });
}

async function plan(
  engine: AccountEngine,
  at: Case,
  found: {
    decision: Buy;
    seen: SeenModules;
    steps: readonly ModuleStep[];
    price: { cost: Decimal | null; currency: string | null };
  },
): Promise<Verdict> {
  const { obligation, fence } = at;
  const listBefore = found.seen.modules.map(({ id, expiresOn }) => ({ id, expiresOn }));
  const same = { at: engine, obligation, fence, listBefore, lacking: null, ...found.price };
  if (found.decision.kind === "order") {
    const today = engine.clock.now().toISOString().slice(0, 10);
    const expectedExpiry = addMonths(today, obligation.period.months);
    return { kind: "send", plan: { ...same, module: null, expectedExpiry, isAnnounced: false } };
  }
  const { module } = found.decision;
  const expected = await expectRenewal(engine, module, { ...at, steps: found.steps });
  if (expected.kind !== "expected") return expected;
  return {
    kind: "send",
    plan: { ...same, module, expectedExpiry: expected.expiry, isAnnounced: expected.isAnnounced },
  };
}
