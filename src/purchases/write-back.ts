// How does WHMCS learn that a purchase is done? Through its API, after the fact; never a reason to buy again.
import type { ApiAnswer, WhmcsApi } from "../whmcs/api.ts";
import type { ServiceStatus } from "../whmcs/facts.ts";
import { backOffMs, type Engine } from "./engine.ts";
import { type Purchase, serviceIdOf } from "./purchase.ts";

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
    engine.log.warn("write_back.postponed", { purchase: purchase.id, step: told.step, why: told.why });
    await engine.ledger.postponeWriteBack(purchase.id, backOffMs(engine.settings, 2));
  }
  return rowsPerRound;
}

type Told = { readonly kind: "done" } | { readonly kind: "later"; readonly step: string; readonly why: string };

async function tellSafely(engine: Engine, api: WhmcsApi, purchase: Purchase): Promise<Told> {
  try {
    return await tell(engine, api, purchase);
  } catch {
    return { kind: "later", step: "read", why: "whmcs_unreachable" };
  }
}

/**
 * Reads the service before each step, so that what an earlier, half-finished try has done is not done again. The log
 * entry comes last: it alone has nothing to be read back from.
 */
async function tell(engine: Engine, api: WhmcsApi, purchase: Purchase): Promise<Told> {
  const read = () => engine.reader.readService(serviceIdOf(purchase.serviceRef));
  const service = await read();
  if (service === null) return { kind: "done" };
  if (service.status === "Pending") {
    const failed = await activate(api, service);
    if (failed !== null) return failed;
  }
  const after = service.status === "Pending" ? await read() : service;
  if (after?.orderStatus === "Pending" && after.isWholeOrderActive && after.orderId !== null) {
    const answer = await api.call("AcceptOrder", { orderid: after.orderId, autosetup: 0, sendemail: 0 });
    // A refusal may mean that somebody has accepted it meanwhile; only WHMCS's own row tells.
    const isLeftPending = answer.kind !== "success" && (await read())?.orderStatus === "Pending";
    if (isLeftPending) return { kind: "later", step: "AcceptOrder", why: whyOf(answer) };
  }
  return logged(await api.call("LogActivity", { clientid: service.clientId, description: describe(purchase) }));
}

/** `ModuleCreate` lets WHMCS send its own welcome e-mail and set Active; where it cannot, the status is set for it. */
async function activate(api: WhmcsApi, service: ServiceStatus): Promise<Told | null> {
  const created = await api.call("ModuleCreate", { serviceid: service.id });
  if (created.kind === "unreachable") return { kind: "later", step: "ModuleCreate", why: created.detail };
  if (created.kind === "success") return null;
  const updated = await api.call("UpdateClientProduct", { serviceid: service.id, status: "Active" });
  return updated.kind === "success" ? null : { kind: "later", step: "UpdateClientProduct", why: whyOf(updated) };
}

function logged(answer: ApiAnswer): Told {
  return answer.kind === "success" ? { kind: "done" } : { kind: "later", step: "LogActivity", why: whyOf(answer) };
}

function whyOf(answer: ApiAnswer): string {
  // WHMCS's own words may name customers; `doctor` shows what it says to a call without any.
  return answer.kind === "unreachable" ? answer.detail : answer.kind;
}

function describe(purchase: Purchase): string {
  const done = purchase.action === "renew" ? "renewed" : purchase.reason === "manual" ? "found bought" : "bought";
  return (
    `ispmanager module ${done} for service ${serviceIdOf(purchase.serviceRef)}: ` +
    `licence ${purchase.licence}, tariff ${purchase.tariff}, module ${purchase.remoteServiceId}, ` +
    `invoice ${purchase.invoiceId}, purchase ${purchase.id}`
  );
}
