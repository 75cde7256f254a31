// Once all rests: does the account do what WHMCS says of suspended, resumed and ended services? Never from our own opinion.
import type { Module } from "../../src/sandbox/account/model.ts";
import { today } from "../../src/sandbox/account/model.ts";
import { instantOf } from "./ledger/instants.ts";
import type { Life } from "./life.ts";
import { licenceOf, payersOf, unsettledOf } from "./payers.ts";

const mostTries = 4;

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
  const service = whmcs.tables.rows.services.get(Number(newest.serviceRef.slice(1)));
  const isDenied = (func: string) => model.variants.refused[func] !== undefined;
  const isExhausted = (change: string) => countAsked(life, module.id, change) >= mostTries;
  const isUnderWay =
    payersOf(world, module.id).some(({ state, sends }) => isOpen(state, sends)) || isWanted(life, module);
  const say = (what: string) => witness.find("broken", `at rest module ${module.id} ${what}`);
  if (service === undefined || isUnderWay) return;
  if (service.status === "Suspended" && module.status === 2 && !isDenied("addition.suspend") && !isExhausted("suspend"))
    say(`runs, and its service ${service.id} is Suspended`);
  const isOurs = module.status === 3 && changes.wasStoppedByUs(module.id);
  if (service.status === "Active" && isOurs && !isDenied("addition.resume") && !isExhausted("resume"))
    say(`stands still by us, and its service ${service.id} is Active`);
  const says = whmcs.tables.rows.products.get(service.productId)?.option8;
  const isEnded = ["Terminated", "Cancelled", "Fraud"].includes(service.status) && says === "delete";
  const isAlone = new Set(terms.map(({ serviceRef }) => serviceRef)).size === 1;
  const isDone = isDenied("addition.delete") || isExhausted("delete") || module.status === 4;
  if (isEnded && isAlone && !isDone) {
    const before = instantOf(life.clock.nowMs() * 1000);
    const waiting = unsettledOf(world, { services: [service.id], licence: licenceOf(model, module.id), before });
    if (waiting.length === 0) say(`is there, and its service ${service.id} is ${service.status}`);
  }
}

function isOpen(state: string, sends: number): boolean {
  return ["Sending", "Unknown", "Ordered"].includes(state) || (state === "NeedsOperator" && sends > 0);
}

/** A purchase for the same licence is before a person with a request of its own. */
function isWanted({ store }: Life, { licence }: Module): boolean {
  return [...store().purchases.values()].some((row) => row.licence === licence && isOpen(row.state, row.sends));
}

/** Intents count, whether they left or not. */
function countAsked({ store }: Life, moduleId: string, change: string): number {
  return [...store().moduleSteps.values()].filter(
    (row) => row.remoteServiceId === moduleId && row.change === change && row.step === "asked",
  ).length;
}
