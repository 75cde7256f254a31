// Does the account do what WHMCS says of suspended, resumed and ended services? One round over all modules of ours.

import type { ModuleChange, ModuleRow, Read } from "../ispmanager/account.ts";
import { describeError } from "../log.ts";
import { shownId } from "../whmcs/service-ref.ts";
import { isServiceEnded } from "../whmcs/service-status.ts";
import { checkPause, endLoginPause, isLoginRefused } from "./asking.ts";
import { type AccountEngine, atEach, type Engine, nameAccount } from "./engine.ts";
import type { ModuleStep, OwnedModule, StepKind } from "./ledger/module-steps.ts";
import {
  type LifecycleTimes,
  type ModulePast,
  type Next,
  nextStep,
  type Seen,
  type Shown,
  type Wish,
  wishOf,
} from "./lifecycle.ts";
import { createPatience, type Patience } from "./patience.ts";
import type { Purchase } from "./purchase.ts";
import { isUnresolved } from "./state.ts";
import { takeInDifferences } from "./sweep.ts";

const mostPerRound = 20;

/** Round after round: what a look has led to nothing for is looked at again later each time. */
export function createLifecycle(engine: Engine): () => Promise<number> {
  const patience = createPatience(engine);
  return () => runLifecycle(engine, patience);
}

/**
 * One round; how many steps were taken. WHMCS and the ledger are read whole, the account only where they differ. With buying
 * off or in shadow it waits. @throws DatabaseError
 */
export async function runLifecycle(engine: Engine, patience: Patience = createPatience(engine)): Promise<number> {
  if ((await engine.ledger.readBuying()).position !== "on") return 0;
  // Side by side: an account that is away keeps only its own modules waiting.
  const taken = await Promise.all(atEach(engine).map((at) => runLifecycleAt(at, patience)));
  return taken.reduce((sum, each) => sum + each, 0);
}

async function runLifecycleAt(engine: AccountEngine, patience: Patience): Promise<number> {
  const { ledger, account } = engine;
  const day = (await ledger.readClock()).toISOString().slice(0, 10);
  const owned = await ledger.listOwnedModules(account.name, day);
  const fates = await engine.reader.readServiceFates([...new Set(owned.map(({ serviceRef }) => serviceRef))]);
  const steps = await readSteps(engine, owned);
  let taken = 0;
  for (const module of owned) {
    if (engine.isStopping() || taken >= mostPerRound) break;
    const wish = wishOf(fates.get(module.serviceRef));
    const { boundAt, paidUntil } = module;
    const past = { steps: steps.get(module.moduleId) ?? [], boundAt, paidUntil };
    if (nextStep(wish, past, null, timesOf(engine)).kind === "nothing") continue;
    const name = `${account.name}:${module.moduleId}`;
    const standing = `${wish} since ${boundAt} and ${past.steps.length} steps`;
    if (patience.isTooEarly(name, standing)) continue;
    // Turned off meanwhile: no further module is looked at.
    if ((await ledger.readBuying()).position !== "on") break;
    try {
      if (await goOn(engine, { module, wish, ...past })) taken += 1;
      else patience.noteVain(name, standing);
    } catch (error) {
      engine.log.warn("lifecycle.postponed", {
        ...{ module: module.moduleId, ...nameAccount(engine) },
        ...describeError(error),
      });
    }
  }
  return taken;
}

function timesOf({ settings }: Engine): LifecycleTimes {
  const { sendWithinMs, orderTimeoutMs, settleMs, retryMs } = settings;
  return { inFlightMs: sendWithinMs + orderTimeoutMs + settleMs, retryMs };
}

async function readSteps(
  { ledger, account }: AccountEngine,
  owned: readonly OwnedModule[],
): Promise<Map<string, ModuleStep[]>> {
  const ids = owned.map(({ moduleId }) => moduleId);
  const steps = new Map<string, ModuleStep[]>();
  for (const step of await ledger.listModuleSteps(account.name, ids)) {
    steps.set(step.moduleId, [...(steps.get(step.moduleId) ?? []), step]);
  }
  return steps;
}

interface Case extends ModulePast {
  readonly module: OwnedModule;
  readonly wish: Wish;
}

/** True when a step was taken. */
async function goOn(engine: AccountEngine, at: Case): Promise<boolean> {
  const blind = nextStep(at.wish, at, null, timesOf(engine));
  if (blind.kind === "note") return await take(engine, at, blind);
  if (at.wish === "delete" && !(await isStillWanted(engine, at, "delete"))) return false;
  // No other pause concerns what costs nothing.
  if ((await isLoginRefused(engine)) && (await checkPause(engine, "auth")) !== null) return false;
  const seen = await show(engine, at.module.moduleId);
  if (seen === null) return false;
  await endLoginPause(engine);
  const next = nextStep(at.wish, at, seen, timesOf(engine));
  if (next.kind === "note") return await take(engine, at, next);
  return next.kind === "ask" && (await ask(engine, at, next.change));
}

/** From the module's own form, else from the list: what neither shows is gone. Null when that cannot be told now. */
async function show({ account, looker }: AccountEngine, moduleId: string): Promise<Seen | null> {
  const form: Read<ModuleRow> = await account.readModule(moduleId);
  if (form.kind === "ok" && form.value.status !== null) return seenAs(form.value);
  if (form.kind === "unreadable") return null;
  const view = await looker.look();
  if (view.kind !== "ok") return null;
  const row = view.value.modules.find(({ id }) => id === moduleId);
  return row === undefined ? { shown: "gone", expiresOn: null } : seenAs(row);
}

function seenAs({ status, expiresOn }: ModuleRow): Seen {
  return { shown: shownAs(status), expiresOn };
}

function shownAs(status: number | null): Shown {
  return status === 2 ? "active" : status === 3 ? "suspended" : status === 4 ? "gone" : "other";
}

type Note = Extract<Next, { kind: "note" }>;

async function take(engine: AccountEngine, { module, steps }: Case, { change, step, detail }: Note): Promise<boolean> {
  const isTaken = await record(engine, module, { n: steps.length + 1, change, step, detail });
  if (isTaken) engine.log.info("lifecycle.noted", { module: module.moduleId, ...nameAccount(engine), change, step });
  return isTaken;
}

async function record(
  { ledger, account }: AccountEngine,
  { moduleId, serviceRef }: OwnedModule,
  step: { n: number; change: ModuleChange; step: StepKind; detail: string },
): Promise<boolean> {
  return await ledger.takeModuleStep({ account: account.name, moduleId, serviceRef, ...step });
}

/** One request, written down before and after; only what WHMCS and the ledger still want at that moment. */
async function ask(engine: AccountEngine, at: Case, change: ModuleChange): Promise<boolean> {
  const { account, log, clock, settings } = engine;
  const { module } = at;
  if (!(await isStillWanted(engine, at, change))) return false;
  const n = at.steps.length + 1;
  const beganMs = clock.monotonicMs();
  const isStillDue = () => clock.monotonicMs() - beganMs < settings.sendWithinMs;
  if (!(await record(engine, module, { n, change, step: "asked", detail: "" }))) return false;
  // The intent stands: a purchase that came before it is seen now, one that comes after it waits for its end.
  const isWanted = await isStillWanted(engine, at, change);
  const outcome = isWanted
    ? await account.changeModule(module.moduleId, change, isStillDue)
    : ({ kind: "not-sent", detail: "no longer wanted" } as const);
  const detail = outcome.kind === "refused" ? outcome.errorType : "detail" in outcome ? outcome.detail : "";
  await record(engine, module, { n: n + 1, change, step: outcome.kind, detail });
  const fields = { module: module.moduleId, ...nameAccount(engine), service: shownId(module.serviceRef), change };
  if (outcome.kind === "refused") log.warn("lifecycle.refused", { ...fields, error_type: outcome.errorType });
  else log.info("lifecycle.asked", { ...fields, outcome: outcome.kind });
  return true;
}

async function isStillWanted(engine: AccountEngine, { module, wish }: Case, change: ModuleChange): Promise<boolean> {
  if (engine.isStopping() || (await engine.ledger.readBuying()).position !== "on") return false;
  if (change === "delete" && (await isWantedByOthers(engine, module))) return false;
  const fates = await engine.reader.readServiceFates([module.serviceRef]);
  const wanting = await engine.ledger.listWanting(module);
  if (wishOf(fates.get(module.serviceRef)) !== wish) return false;
  if (change !== "delete") return !wanting.some(({ state, sends }) => isUnresolved(state, sends));
  return !(await isAnyPaid(engine, wanting)) && (await isLeftByAll(engine, module));
}

/**
 * Another service of its licence and tariff goes on, whether anything was paid for it or not. What is paid for any of them is
 * taken in first; a paid line that cannot be taken in is one that waits.
 */
async function isWantedByOthers(engine: AccountEngine, module: OwnedModule): Promise<boolean> {
  const services = await engine.reader.listServicesFor(module);
  if (services.some(({ status }) => status !== "Pending")) return true;
  const refs = new Set([module.serviceRef, ...services.map(({ ref }) => ref)]);
  return (await takeInDifferences(engine, [...refs])).leftOut.length > 0;
}

/** What waits to be paid counts by its invoice of now: the buyer may be about to send it. */
async function isAnyPaid({ reader }: AccountEngine, wanting: readonly Purchase[]): Promise<boolean> {
  const unpaid = wanting.filter(({ state, reason }) => state === "Pending" && reason === "unpaid");
  if (unpaid.length < wanting.length) return true;
  const lines = await reader.readLines(unpaid.map(({ lineId }) => lineId));
  return lines.some(({ invoice }) => invoice.status === "Paid");
}

/** Every service that a term of it has paid for, or that it was linked to, has ended, or is gone. */
async function isLeftByAll({ reader, ledger, account }: AccountEngine, module: OwnedModule): Promise<boolean> {
  // A newer binding may have given it to another service meanwhile.
  const [bound] = await ledger.listBindings(account.name, [module.moduleId]);
  if (bound?.serviceRef !== module.serviceRef) return false;
  const refs = [...module.serviceRefs, ...(bound.adopted === null ? [] : [bound.adopted.serviceRef])];
  const statuses = await reader.readServiceStatuses(refs);
  return refs.every((ref) => isServiceEnded(statuses.get(ref) ?? "Terminated"));
}
