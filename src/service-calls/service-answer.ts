// What does WHMCS get to know when it calls about one service? First WHMCS is read anew, then the ledger is asked.
import { waitAtMost } from "../clock.ts";
import { describeError } from "../log.ts";
import type { Engine } from "../purchases/engine.ts";
import { takeInService } from "../purchases/intake.ts";
import { endOf } from "../purchases/period.ts";
import type { Purchase } from "../purchases/purchase.ts";
import { isUnderWay } from "../purchases/standing.ts";
import { refOfService } from "../whmcs/service-ref.ts";
import type { Call, ServiceAction } from "./call.ts";
import { readLastError } from "./last-error.ts";
import { describeLife, type ModuleLife } from "./module-life.ts";
import { type ServiceView, viewService } from "./service.ts";
import { texts } from "./texts.ts";

/** A purchase as WHMCS's pages list it; what is not known is null. */
export interface ListedPurchase {
  readonly id: string;
  readonly state: string;
  readonly reason: string | null;
  readonly invoice_id: number;
  /** `YYYY-MM-DD`, as `paid_until`. */
  readonly period_start: string | null;
  readonly period_months: number | null;
  readonly action: "order" | "renew" | null;
  readonly remote_service_id: string | null;
  readonly paid_until: string | null;
}

export interface ServiceAnswer {
  readonly result: "success" | "pending";
  /** One or two sentences for staff. */
  readonly message: string;
  /** Newest first, twelve at most. */
  readonly purchases: readonly ListedPurchase[];
  readonly service: ServiceView;
}

const mostListed = 12;
/** A payment in WHMCS waits one second for all of its services together. */
const readingWaitMs = 600;
const readingActions: ReadonlySet<ServiceAction> = new Set(["create", "renew", "check"]);

/**
 * Answers a call whose id is stored; the stored call makes the intake do the same once more, so that a reading that
 * fails or takes too long here is only late. Rejects when the ledger cannot be read.
 */
export async function answerService(
  engine: Engine,
  { action, serviceId }: Extract<Call, { kind: "service" }>,
): Promise<ServiceAnswer> {
  if (readingActions.has(action)) await waitAtMost(readAnew(engine, serviceId), readingWaitMs, engine.clock);
  const purchases = await listPurchases(engine, serviceId);
  const { localTime, clock } = engine;
  const today = localTime(clock.now()).slice(0, 10);
  const bought = viewService(purchases, today, await readLastError(engine, purchases));
  const life = await readLife(engine, serviceId, bought);
  const service = life === null ? bought : withLife(bought, life);
  return {
    ...judge(action, service, { purchases, life }),
    purchases: purchases.slice(0, mostListed).map(toListed),
    service,
  };
}

/** The purchases of a service, newest first. */
export async function listPurchases({ ledger }: Engine, serviceId: number): Promise<Purchase[]> {
  return (await ledger.findByService(refOfService(serviceId))).reverse();
}

async function readAnew(engine: Engine, serviceId: number): Promise<void> {
  try {
    await takeInService(engine, refOfService(serviceId));
  } catch (error) {
    engine.log.warn("service_call.unread", { service: serviceId, ...describeError(error) });
  }
}

function judge(
  action: ServiceAction,
  service: ServiceView,
  { purchases, life }: { purchases: readonly Purchase[]; life: ModuleLife | null },
): Pick<ServiceAnswer, "result" | "message"> {
  const { state, paid_until: paidUntil, staff_text: staffText } = service;
  switch (action) {
    case "create":
      return state === "active"
        ? { result: "success", message: texts.active(paidUntil).en }
        : { result: "pending", message: staffText };
    case "renew":
      return state === "active" && !purchases.some(isUnderWay)
        ? { result: "success", message: texts.active(paidUntil).en }
        : { result: "pending", message: staffText };
    case "suspend":
    case "unsuspend":
    case "terminate":
      return { result: "success", message: life?.staff ?? changeTexts[action](paidUntil) };
    case "check":
    case "status":
      return { result: "success", message: staffText };
  }
}

/** WHMCS writes the service's new status only after this answer; what is to be done follows from it. */
const changeTexts = {
  suspend: (paidUntil: string | null) =>
    paidUntil === null
      ? noModule
      : `The module, paid until ${paidUntil}, is suspended at ispmanager as soon as the service is Suspended in WHMCS.`,
  unsuspend: (paidUntil: string | null) =>
    paidUntil === null ? noModule : `The module runs at ispmanager until ${paidUntil}.`,
  terminate: (paidUntil: string | null) =>
    paidUntil === null
      ? noModule
      : `The module runs to the end of its paid term, ${paidUntil}, unless the product says delete (configoption8).`,
} as const;

const noModule = "Nothing was changed at ispmanager: no paid module of this service is active there.";

/** A module that serves another service now says nothing of this one. */
async function readLife(
  { ledger, accounts }: Engine,
  serviceId: number,
  { module_id: moduleId, paid_until: paidUntil }: ServiceView,
): Promise<ModuleLife | null> {
  if (moduleId === null) return null;
  for (const { account } of accounts) {
    const steps = await ledger.listModuleSteps(account.name, [moduleId]);
    if (steps.at(-1)?.serviceRef === refOfService(serviceId)) return describeLife(steps, paidUntil);
  }
  return null;
}

function withLife(view: ServiceView, { staff, customer }: ModuleLife): ServiceView {
  const isTold = customer !== null && view.state === "active";
  return {
    ...view,
    staff_text: `${view.staff_text} ${staff}`,
    customer_text: isTold ? customer : view.customer_text,
  };
}

function toListed(purchase: Purchase): ListedPurchase {
  const { id, state, reason, invoiceId, period, action, remoteServiceId, expectedExpiry } = purchase;
  return {
    id,
    state,
    reason,
    invoice_id: invoiceId,
    period_start: period?.start ?? null,
    period_months: period?.months ?? null,
    action,
    remote_service_id: remoteServiceId,
    paid_until: state === "Purchased" ? (expectedExpiry ?? (period === null ? null : endOf(period))) : null,
  };
}
