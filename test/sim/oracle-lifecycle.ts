// Once all rests: does the account do what WHMCS says of suspended, resumed and ended services? Never from our own opinion.
import { addDays } from "../../src/sandbox/account/dates.ts";
import type { Module } from "../../src/sandbox/account/model.ts";
import { today } from "../../src/sandbox/account/model.ts";
import { nameOfRef } from "../../src/whmcs/service-ref.ts";
import { instantOf } from "./ledger/instants.ts";
import type { BindingRow, Row } from "./ledger/store.ts";
import type { Life } from "./life.ts";
import { fateIn, licenceOf, payersOf, unsettledOf } from "./payers.ts";
import { listServicesFor } from "./whmcs/reader.ts";

const mostTries = 4;
/** Accounts count a term so many days differently. */
const longestDifferenceDays = 3;

export function judgeLifecycle(life: Life): void {
  judgePayment(life);
  if (life.store().switches.get("buying")?.value !== "on") return;
  for (const module of life.model.state.modules) judgeModule(life, module);
}

/** No charge for a customer who never paid. */
function judgePayment({ store, model, witness, network }: Life): void {
  const writes = new Map(witness.writes.map((write) => [write.callNumber, write]));
  for (const { requestNumber, moduleId } of model.debits) {
    if (requestNumber === null) continue;
    const call = network.requests()[requestNumber - 1]?.call.number ?? 0;
    const purchase = store().purchases.get(writes.get(call)?.purchaseId ?? "");
    if (purchase !== undefined && !witness.wasEverPaid(purchase.invoiceId))
      witness.find("double", `module ${moduleId} was charged for an invoice that nobody ever paid`);
  }
}

function judgeModule(life: Life, module: Module): void {
  const { model, whmcs, witness, changes } = life;
  const world = { store: life.store(), whmcs, model, witness };
  const terms = [...world.store.bindings.values()].filter((row) => row.remoteServiceId === module.id);
  const newest = terms.reduce((a, b) => (a.expiryAfter > b.expiryAfter ? a : b), terms[0] ?? { expiryAfter: "" });
  if (!("serviceRef" in newest) || newest.expiryAfter < today(model) || module.expiredate < today(model)) return;
  const { serviceRef } = newest;
  const [status, atEnd] = fateIn(whmcs.tables, serviceRef)?.split(" ") ?? [];
  const isDenied = (func: string) => model.variants.refused[func] !== undefined;
  const isExhausted = (change: string) => countAsked(life, module.id, change) >= mostTries;
  const isUnderWay =
    payersOf(world, module.id).some(({ state, sends }) => isOpen(state, sends)) || isWanted(life, module);
  const say = (what: string) => witness.find("broken", `at rest module ${module.id} ${what}`);
  if (hasSaidTwice(life, module)) say("is said to be kept twice for one term");
  if (status === undefined || isUnderWay) return;
  const isStopped = module.status !== 2 || isLetRunByOthers(life, module);
  if (status === "Suspended" && !isStopped && !isDenied("addition.suspend") && !isExhausted("suspend"))
    say(`runs, and its ${nameOfRef(serviceRef)} is Suspended`);
  const isOurs = module.status === 3 && changes.wasStoppedByUs(module.id);
  if (status === "Active" && isOurs && !isDenied("addition.resume") && !isExhausted("resume"))
    say(`stands still by us, and its ${nameOfRef(serviceRef)} is Active`);
  const isEnded = ["Terminated", "Cancelled", "Fraud"].includes(status) && atEnd === "delete";
  const isAlone = new Set(terms.map((term) => term.serviceRef)).size === 1;
  const isGone = module.status === 4 || isKeptForOthers(life, module, terms) || hasOtherService(life, module);
  const isDone = isDenied("addition.delete") || isExhausted("delete") || isGone;
  if (isEnded && isAlone && !isDone) {
    const before = instantOf(life.clock.nowMs() * 1000);
    const waiting = unsettledOf(world, { services: [serviceRef], licence: licenceOf(model, module.id), before });
    if (waiting.length === 0) say(`is there, and its ${nameOfRef(serviceRef)} is ${status}`);
  }
}

function isOpen(state: string, sends: number): boolean {
  return ["Sending", "Unknown", "Ordered"].includes(state) || (state === "NeedsOperator" && sends > 0);
}

/** A purchase for the same licence is before a person with a request of its own. */
function isWanted({ store }: Life, { licence }: Module): boolean {
  return [...store().purchases.values()].some((row) => row.licence === licence && isOpen(row.state, row.sends));
}

/** Intents count, whether they left or not, and looks after which it was kept. */
function countAsked(life: Life, moduleId: string, change: string): number {
  return stepsOf(life, moduleId).filter((row) => row.change === change && ["asked", "kept"].includes(row.step)).length;
}

function stepsOf({ store }: Life, moduleId: string): Row<"moduleSteps">[] {
  const steps = [...store().moduleSteps.values()].filter((row) => row.remoteServiceId === moduleId);
  return steps.toSorted((a, b) => a.n - b.n);
}

/**
 * One suspension of a service stops its module once. Whoever lets it run again at the account, where nobody does so by chance,
 * is not fought: what they did counts until the service goes on, or a renewal lets the module run, and the journal has
 * that as a newer step.
 */
function isLetRunByOthers(life: Life, { id }: Module): boolean {
  const last = stepsOf(life, id).at(-1);
  const isClosed = last?.change === "suspend" && (last.step === "seen" || last.step === "found");
  return isClosed && life.changes.letRun.has(id);
}

/**
 * The account gives it a longer term than all those that are bound, and more was paid for it than for those: by staff, by the
 * account itself, or by a request that a restored ledger has forgotten. What it is kept for is nobody's of ours to
 * delete (README, configoption8), and staff were told of that term.
 */
function isKeptForOthers(life: Life, module: Module, terms: readonly BindingRow[]): boolean {
  const known = terms.reduce((newest, { expiryAfter }) => (expiryAfter > newest ? expiryAfter : newest), "");
  const longest = addDays(known, longestDifferenceDays);
  const charges = life.model.debits.filter(({ moduleId }) => moduleId === module.id).length;
  const isPaidByOthers = life.witness.byHand.has(module.id) || charges > terms.length;
  const last = stepsOf(life, module.id).at(-1);
  return isPaidByOthers && module.expiredate > longest && last?.step === "kept" && last.detail > longest;
}

/** Whoever ended, a service for the same licence and tariff goes on. */
function hasOtherService({ whmcs }: Life, module: Module): boolean {
  return listServicesFor(whmcs.tables, module).some(({ status }) => status !== "Pending");
}

function hasSaidTwice(life: Life, { id }: Module): boolean {
  const steps = stepsOf(life, id);
  return steps.some(({ step, detail }, at) => {
    const before = steps[at - 1];
    return step === "kept" && detail !== "" && before?.step === "kept" && before.detail === detail;
  });
}
