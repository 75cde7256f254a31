// What was asked of modules besides buying them, and was it right in the moment in which it left? Judged from WHMCS and the wires.
import type { Model } from "../../src/sandbox/account/model.ts";
import { refOfAddon, refOfService } from "../../src/whmcs/service-ref.ts";
import { isServiceEnded } from "../../src/whmcs/service-status.ts";
import { isCalledOff } from "./called-off.ts";
import { instantOf } from "./ledger/instants.ts";
import type { LedgerStore } from "./ledger/store.ts";
import { freshnessMs, lately, type Moment, noteMoment } from "./moments.ts";
import type { NetworkCall, Phase } from "./network/network.ts";
import { fateIn, licenceOf, payersOf, serviceRefOf, unsettledOf } from "./payers.ts";
import { listServicesFor } from "./whmcs/reader.ts";
import type { SimulatedWhmcs } from "./whmcs/whmcs.ts";
import type { Witness } from "./witness.ts";

type Change = "suspend" | "resume" | "delete";

/** A request that suspends, resumes or deletes a module, in the moment its bytes left. */
interface Asked {
  readonly atMs: number;
  readonly moduleId: string;
  readonly change: Change;
}

export interface ChangeWitness {
  readonly asked: readonly Asked[];
  /** What becomes of such a request. */
  noteChange(phase: Phase, call: NetworkCall): void;
  /** A request that moves money was noted as the witness's newest. */
  notePurchase(): void;
  /** WHMCS as it stands from now on. */
  noteWorld(): void;
  /** Others have stopped the module, or let it run. */
  noteByOthers(moduleId: string): void;
  /** Whether a request of ours was the last that stopped it. */
  wasStoppedByUs(moduleId: string): boolean;
  /** Modules that others have ever stopped. */
  readonly byOthers: ReadonlySet<string>;
  /** Modules that others have let run since a request of ours last stopped them. */
  readonly letRun: ReadonlySet<string>;
  /** Whether the service has ended by something that could be read in the minute before. */
  hasEnded(serviceRef: string): boolean;
}

/** What a witness of requests to the account sees. */
export interface Sources {
  readonly nowMs: () => number;
  readonly store: () => LedgerStore;
  readonly whmcs: SimulatedWhmcs;
  readonly model: Model;
  readonly witness: Witness;
}

const mostTries = 4;

export function createChangeWitness({ nowMs, store, whmcs, model, witness }: Sources): ChangeWitness {
  const asked: Asked[] = [];
  /** By service or addon: its status and what its product says of its end. */
  const fates = new Map<string, Moment[]>();
  const requestedMs = new Map<number, number>();
  const stoppedBy = new Map<string, "us" | "others">();
  const byOthers = new Set<string>();
  const letRun = new Set<string>();
  /** Since when the module has run without a suspension of ours. */
  const runsSince = new Map<string, number>();
  const choices = new Map<string, string>();
  /** When a service last became one for another module. */
  let chosenMs = 0;
  const broken = (what: string) => witness.find("broken", what);

  const fateOf = (service: string) =>
    fates.has(service) ? lately(fates.get(service) ?? [], nowMs()) : ["Terminated "];
  const hadStatus = (service: string, isMeant: (status: string) => boolean) =>
    fateOf(service).some((fate) => isMeant(fate.split(" ")[0] ?? ""));

  function judge({ moduleId, change }: Asked): void {
    const world = { store: store(), whmcs, model, witness };
    const name = `${change} of module ${moduleId}`;
    const payers = payersOf(world, moduleId);
    const services = [...new Set(payers.map((purchase) => serviceRefOf(world, purchase)))];
    judgeIntent(moduleId, change, name);
    if (payers.length === 0) broken(`${name}: nobody of us bought it`);
    if (change === "suspend" && !services.some((id) => hadStatus(id, (status) => status === "Suspended")))
      broken(`${name}: no service of it is Suspended`);
    if (change === "resume") judgeResume(moduleId, name, services);
    if (change === "delete") judgeDelete(moduleId, name, services);
    const wishMs = Math.max(0, ...services.map((id) => fates.get(id)?.at(-1)?.atMs ?? 0));
    const tries = asked.filter((one) => one.moduleId === moduleId && one.change === change && one.atMs >= wishMs);
    if (tries.length > mostTries) broken(`${name}: asked ${tries.length} times for one wish`);
  }

  /** A committed step stands, made while buying was on, and nothing came behind it. */
  function judgeIntent(moduleId: string, change: Change, name: string): void {
    const steps = [...store().moduleSteps.values()].filter((row) => row.remoteServiceId === moduleId);
    const newest = steps.reduce(
      (a, b) => (a.n > b.n ? a : b),
      steps[0] ?? { n: 0, step: "", change: "", createdAt: "" },
    );
    if (newest.step !== "asked" || newest.change !== change) {
      broken(`${name} left behind its intent: the newest step is ${newest.change} ${newest.step}`);
    }
    const buying = store().switches.get("buying");
    if (buying?.value !== "on" && (buying?.at ?? "") < newest.createdAt)
      broken(`I19: ${name} with buying ${buying?.value}`);
    if (change === "delete" && steps.some((row) => row.change === "delete" && row.step === "accepted"))
      broken(`${name} left although one was accepted`);
  }

  function judgeResume(moduleId: string, name: string, services: readonly string[]): void {
    if (!services.some((id) => hadStatus(id, (status) => status === "Active"))) broken(`${name}: no service is Active`);
    const sinceMs = runsSince.get(moduleId) ?? 0;
    const isOurs = asked.some((one) => one.moduleId === moduleId && one.change === "suspend" && one.atMs >= sinceMs);
    if (!isOurs) broken(`${name}: it was never suspended by us`);
  }

  function judgeDelete(moduleId: string, name: string, services: readonly string[]): void {
    for (const id of services) {
      if (!hadStatus(id, isServiceEnded)) broken(`${name}: service ${id} has not ended`);
    }
    const isWanted = services.some((id) =>
      fateOf(id).some((fate) => /^(Terminated|Cancelled|Fraud) delete$/.test(fate)),
    );
    if (!isWanted) broken(`${name}: no product says so`);
    judgeOthers(moduleId, name);
    const world = { store: store(), whmcs, model, witness };
    const before = instantOf((nowMs() - freshnessMs) * 1000);
    for (const line of unsettledOf(world, { services, licence: licenceOf(model, moduleId), before }))
      broken(`${name}: line ${line} is paid and waits`);
  }

  /** Nobody who goes on, as could be read in the whole minute before, has a service for this licence and tariff. */
  function judgeOthers(moduleId: string, name: string): void {
    const module = model.state.modules.find(({ id }) => id === moduleId);
    if (module === undefined || chosenMs > nowMs() - freshnessMs) return;
    for (const { ref } of listServicesFor(whmcs.tables, module)) {
      const goesOn = fateOf(ref).every((fate) => ["Active", "Suspended"].includes(fate.split(" ")[0] ?? ""));
      if (goesOn) broken(`${name}: ${ref} goes on`);
    }
  }

  return {
    asked,
    noteChange(phase, { func, params }) {
      const change = func.replace("addition.", "") as Change;
      const moduleId = params.elid ?? "";
      if (phase === "written") {
        const one = { atMs: nowMs(), moduleId, change };
        asked.push(one);
        judge(one);
      }
      if (phase !== "executed") return;
      const status = model.state.modules.find(({ id }) => id === moduleId)?.status;
      if (change === "suspend" && status === 3) letRun.delete(moduleId);
      if (change === "suspend" && status === 3 && !stoppedBy.has(moduleId)) stoppedBy.set(moduleId, "us");
      if (change === "resume" && status === 2 && stoppedBy.delete(moduleId)) runsSince.set(moduleId, nowMs());
    },
    notePurchase() {
      const purchase = store().purchases.get(witness.writes.at(-1)?.purchaseId ?? "");
      if (purchase !== undefined && isCalledOff(whmcs.tables, purchase, { seenBefore: isOldRequest }) === "yes")
        broken(`${purchase.id} left although its client had asked to cancel`);
    },
    noteWorld() {
      const { services, serviceAddons, cancelRequests } = whmcs.tables.rows;
      for (const ref of [...services.keys()].map(refOfService).concat([...serviceAddons.keys()].map(refOfAddon))) {
        const fate = fateIn(whmcs.tables, ref);
        const moments = fates.get(ref) ?? [];
        if (fate !== null) noteMoment(moments, nowMs(), fate);
        fates.set(ref, moments);
      }
      noteChoices();
      for (const id of cancelRequests.keys()) if (!requestedMs.has(id)) requestedMs.set(id, nowMs());
    },
    noteByOthers(moduleId) {
      const status = model.state.modules.find(({ id }) => id === moduleId)?.status;
      byOthers.add(moduleId);
      if (status === 3) stoppedBy.set(moduleId, "others");
      else stoppedBy.delete(moduleId);
      if (status === 2) letRun.add(moduleId);
    },
    byOthers,
    letRun,
    hasEnded: (serviceRef) => hadStatus(serviceRef, isServiceEnded),
    wasStoppedByUs: (moduleId) => stoppedBy.get(moduleId) === "us",
  };

  /** Products and typed values say which service is for which module. */
  function noteChoices(): void {
    const { services, customFieldValues } = whmcs.tables.rows;
    for (const { id, productId } of services.values()) choose(`service ${id}`, String(productId));
    for (const { id, value } of customFieldValues.values()) choose(`value ${id}`, value);
  }

  function choose(what: string, value: string): void {
    if (choices.get(what) === value) return;
    choices.set(what, value);
    chosenMs = nowMs();
  }

  function isOldRequest(id: number): boolean {
    return (requestedMs.get(id) ?? nowMs()) < nowMs() - freshnessMs;
  }
}
