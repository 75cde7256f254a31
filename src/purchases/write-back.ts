// How does WHMCS learn that a purchase is done? Through its API, after the fact; never a reason to buy again.
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import { type ApiFailure, explainFailure } from "../whmcs/api-failure.ts";
import { nameOfRef, readRef } from "../whmcs/service-ref.ts";
import { backOffMs, type Engine } from "./engine.ts";
import type { Purchase } from "./purchase.ts";
import { writeProperties } from "./service-properties.ts";
import { standingAt } from "./standing.ts";
import { takeInDifferences } from "./sweep.ts";

const rowsPerRound = 50;

/** Tells WHMCS of bought purchases one by one, and how many; without API settings nothing is written back, rows wait. */
export async function runWriteBack(engine: Engine, api: WhmcsApi | null): Promise<number> {
  if (api === null) return 0;
  for (let handled = 0; handled < rowsPerRound; handled++) {
    const purchase = await engine.ledger.takeWriteBack();
    if (purchase === null || engine.isStopping()) return handled;
    const told = await tellSafely(engine, api, purchase);
    if (told.kind === "done") {
      await engine.ledger.finishWriteBack(purchase.id);
      continue;
    }
    const { step, why, remedy } = told;
    engine.log.warn("write_back.postponed", {
      purchase: purchase.id,
      step,
      why,
      ...(remedy === null ? {} : { remedy }),
    });
    await engine.ledger.postponeWriteBack(purchase.id, backOffMs(engine.settings, 2));
  }
  return rowsPerRound;
}

interface Later {
  readonly kind: "later";
  readonly step: string;
  readonly why: string;
  /** What staff can set so that it works; null where it goes on by itself. */
  readonly remedy: string | null;
}

type Told = { readonly kind: "done" } | Later;

async function tellSafely(engine: Engine, api: WhmcsApi, purchase: Purchase): Promise<Told> {
  try {
    return await tell(engine, api, purchase);
  } catch {
    return { kind: "later", step: "read", why: "whmcs_unreachable", remedy: null };
  }
}

/**
 * Reads the service before each step, so that what an earlier, half-finished try has done is not done again. Expiry and
 * module id come first, because the welcome e-mail shows them; their refusal holds nothing up but the end. The log entry
 * comes last: it alone has nothing to be read back from.
 */
async function tell(engine: Engine, api: WhmcsApi, purchase: Purchase): Promise<Told> {
  const read = () => engine.reader.readService(purchase.serviceRef);
  const service = await read();
  if (service === null) return { kind: "done" };
  const written = await writeProperties(engine, api, purchase);
  if (written?.kind === "unreachable") return later("UpdateClientProduct", written);
  if (service.status === "Pending") {
    const failed = await activate(engine, api, purchase);
    if (failed !== null) return failed;
  }
  const after = service.status === "Pending" ? await read() : service;
  if (after?.orderStatus === "Pending" && after.isWholeOrderActive && after.orderId !== null) {
    const answer = await api.call("AcceptOrder", { orderid: after.orderId, autosetup: 0, sendemail: 0 });
    // A refusal may mean that somebody has accepted it meanwhile; only WHMCS's own row tells.
    if (answer.kind !== "success" && (await read())?.orderStatus === "Pending") return later("AcceptOrder", answer);
  }
  if (written?.kind === "refused") return later("UpdateClientProduct", written);
  return logged(await api.call("LogActivity", { clientid: service.clientId, description: describe(purchase) }));
}

/**
 * `ModuleCreate` lets WHMCS send its own welcome e-mail and set Active; where it cannot, the status is set for it. While the
 * service's current period is still to be bought, the server module refuses and would be right to: then both wait. ModuleCreate
 * takes no addon (https://developers.whmcs.com/api-reference/modulecreate/): of one only the status is set.
 */
async function activate(engine: Engine, api: WhmcsApi, { serviceRef }: Purchase): Promise<Later | null> {
  if (await isPeriodToCome(engine, serviceRef)) return periodToCome;
  const { isAddon, id } = readRef(serviceRef);
  if (isAddon) return failureOf("UpdateClientAddon", await api.call("UpdateClientAddon", { id, status: "Active" }));
  const created = await api.call("ModuleCreate", { serviceid: id });
  if (created.kind === "success") return null;
  // What refuses this call refuses each.
  if (explainFailure(created).kind !== "refusal") return later("ModuleCreate", created);
  // The module may know of one more paid period, which we then have to know of too, however late its own event is.
  const { leftOut } = await takeInDifferences(engine, [serviceRef]);
  if (leftOut.length > 0) return { kind: "later", step: "ModuleCreate", why: "line_not_taken_in", remedy: null };
  if (await isPeriodToCome(engine, serviceRef)) return periodToCome;
  return failureOf("UpdateClientProduct", await api.call("UpdateClientProduct", { serviceid: id, status: "Active" }));
}

function failureOf(step: string, answer: ApiAnswer): Later | null {
  return answer.kind === "success" ? null : later(step, answer);
}

const periodToCome: Later = { kind: "later", step: "ModuleCreate", why: "current_period_not_bought", remedy: null };

async function isPeriodToCome({ ledger, localTime, clock }: Engine, serviceRef: string): Promise<boolean> {
  const purchases = (await ledger.findByService(serviceRef)).reverse();
  const standing = standingAt(purchases, localTime(clock.now()).slice(0, 10));
  return standing === "waiting" || standing === "attention";
}

function logged(answer: ApiAnswer): Told {
  return answer.kind === "success" ? { kind: "done" } : later("LogActivity", answer);
}

type Failed = Exclude<ApiAnswer, { kind: "success" }>;

function later(step: string, answer: Failed): Later {
  const failure = explainFailure(answer);
  return { kind: "later", step, why: whyOf(answer, failure), remedy: needsSetting(failure) ? failure.remedy : null };
}

function needsSetting({ kind }: ApiFailure): boolean {
  return kind === "address" || kind === "credentials";
}

function whyOf(answer: Failed, failure: ApiFailure): string {
  // WHMCS's own words may name customers; `doctor` shows what it says to a call without any.
  if (answer.kind === "unreachable") return answer.detail;
  return needsSetting(failure) ? failure.message : answer.kind;
}

function describe(purchase: Purchase): string {
  const done = purchase.action === "renew" ? "renewed" : purchase.reason === "manual" ? "found bought" : "bought";
  return (
    `ispmanager module ${done} for ${nameOfRef(purchase.serviceRef)}: ` +
    `licence ${purchase.licence}, tariff ${purchase.tariff}, module ${purchase.remoteServiceId}, ` +
    `invoice ${purchase.invoiceId}, purchase ${purchase.id}`
  );
}
