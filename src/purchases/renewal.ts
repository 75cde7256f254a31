// To which date will a renewal reach, and is it safe to ask? Check 13, and keeping auto-renewal off.
import type { SeenModule } from "./action.ts";
import { type AccountEngine, nameAccount } from "./engine.ts";
import { type Fence, isSameFence } from "./fence.ts";
import type { ModuleStep } from "./ledger/module-steps.ts";
import { isSuspendedByUs } from "./lifecycle.ts";
import { addDays, addMonths, endOf, type Period, toleranceDays } from "./period.ts";
import type { Detail, Purchase } from "./purchase.ts";
import type { Obligation } from "./rules.ts";
import type { OperatorReason, State, WaitingReason } from "./state.ts";

export type Expected =
  | { readonly kind: "expected"; readonly expiry: string; readonly isAnnounced: boolean }
  | { readonly kind: "person"; readonly reason: OperatorReason; readonly detail: Detail }
  | { readonly kind: "wait"; readonly reason: WaitingReason };

interface Renewal {
  readonly purchase: Purchase;
  readonly obligation: Obligation;
  /** What the ledger knew before the account's list was read. */
  readonly fence: Fence;
  /** Of the module. */
  readonly steps: readonly ModuleStep[];
}

/** The account's announced date, else the present expiry plus the period. */
export async function expectRenewal(
  engine: AccountEngine,
  module: SeenModule & { readonly expiresOn: string },
  renewal: Renewal,
): Promise<Expected> {
  const { period } = renewal.obligation;
  const isToRest = renewal.purchase.state !== "Pending" || renewal.purchase.reason === "shadow";
  if (!isToRest || !(await isFlagged(engine, module))) await stopAutoRenewal(engine, module);
  const isProven = await engine.ledger.isRenewalFormProven(engine.account.name);
  // The list may be older than what is asked now; only two readings around the form tell what the form did.
  const before = isProven ? module.expiresOn : await readExpiry(engine, module.id);
  if (before === null) return { kind: "wait", reason: "account_unreachable" };
  const form = await engine.account.previewRenewal({ moduleId: module.id, periodMonths: period.months });
  if (!isProven) {
    const proof = await proveForm(engine, renewal, { id: module.id, before, isShown: form.kind === "ok" });
    if (proof !== null) return proof;
  }
  const announced = form.kind === "ok" ? form.value.newExpiry : null;
  const today = engine.clock.now().toISOString().slice(0, 10);
  const whole = addMonths(module.expiresOn, period.months);
  const isShort = announced !== null && announced < addDays(whole, -toleranceDays);
  const status = await statusOf(engine, module, isShort || isSuspendedByUs(renewal.steps));
  if (status === "unread") return { kind: "wait", reason: "account_unreachable" };
  const mayBeCut = status === suspended && module.expiresOn > today;
  const paidThrough = mayBeCut ? await endOfPaid(engine, module.id, renewal) : endOf(period);
  const cut = cutShort({ ...module, status }, { announced, period, paidThrough, today });
  if (cut !== null) return { kind: "person", reason: "not_active", detail: { cut_short: cut } };
  if (announced !== null && announced > module.expiresOn) {
    return { kind: "expected", expiry: announced, isAnnounced: true };
  }
  return { kind: "expected", expiry: whole, isAnnounced: false };
}

/** The check of what rests comes again and again; where it could not be switched off, the sweep of the account tries once a day. */
async function isFlagged({ ledger, account }: AccountEngine, module: SeenModule): Promise<boolean> {
  if (module.hasAutoRenewal !== true) return false;
  const [bound] = await ledger.listBindings(account.name, [module.id]);
  const payer = bound === undefined || bound.purchaseId === null ? null : await ledger.findPurchase(bound.purchaseId);
  return payer?.hasAutoRenewal ?? false;
}

const suspended = 3;

/**
 * A list may lag behind: of a module that we suspended, or whose announced term is as short as one that counts from today, its
 * own form tells whether it runs.
 */
async function statusOf(
  { account }: AccountEngine,
  { id, status }: SeenModule,
  isDoubtful: boolean,
): Promise<number | null | "unread"> {
  if (status === suspended || !isDoubtful) return status;
  const form = await account.readModule(id);
  return form.kind === "ok" ? form.value.status : "unread";
}

/**
 * A suspended module is renewed from that day on. Where its term has not run out the rest of it would be lost; that may be
 * only where the new term reaches to the end of all paid periods all the same. Null where nothing that was paid is lost.
 */
function cutShort(
  { id, status, expiresOn }: SeenModule & { readonly expiresOn: string },
  {
    announced,
    period,
    paidThrough,
    today,
  }: { announced: string | null; period: Period; paidThrough: string; today: string },
): Detail | null {
  if (status !== suspended || expiresOn <= today) return null;
  const whole = addMonths(expiresOn, period.months);
  const paid = announced !== null && paidThrough < whole ? paidThrough : whole;
  const reached = announced ?? addMonths(today, period.months);
  return reached < addDays(paid, -toleranceDays)
    ? { module: id, suspended_before: expiresOn, renewed_until: reached }
    : null;
}

/** With a module, these hold a term of it, whether it was seen active or not. */
const holding: readonly State[] = ["Ordered", "Purchased", "NeedsOperator"];

/** Periods need not be bought in their order: the end of the last one that this module is paid for, by its service. */
async function endOfPaid(
  { ledger }: AccountEngine,
  moduleId: string,
  { obligation, purchase }: Renewal,
): Promise<string> {
  const others = await ledger.findByService(purchase.serviceRef);
  const held = others.filter(({ state, remoteServiceId }) => holding.includes(state) && remoteServiceId === moduleId);
  const periods = [obligation.period, ...held.flatMap((other) => other.period ?? [])];
  return periods.map(endOf).reduce((last, end) => (end > last ? end : last));
}

/**
 * Forms without `sok` must never act: every one is watched until one was shown and moved nothing, and if one renewed,
 * buying stops. What moved while another purchase of the module was sent says nothing of the form.
 */
async function proveForm(
  engine: AccountEngine,
  { purchase, obligation, fence }: Renewal,
  module: { readonly id: string; readonly before: string; readonly isShown: boolean },
): Promise<Expected | null> {
  const expiry = await readExpiry(engine, module.id);
  if (expiry === null) return { kind: "wait", reason: "account_unreachable" };
  if (expiry === module.before) {
    if (module.isShown) await engine.ledger.proveRenewalForm(engine.account.name);
    return null;
  }
  const { licence, tariff } = obligation;
  const now = await engine.ledger.readFence({ purchase, licence, tariff });
  if (now.isBusy || !isSameFence(fence, now)) return { kind: "wait", reason: "earlier_period" };
  await engine.ledger.stopBuying("a renewal form without sok moved the expiry of a module");
  engine.log.error("alert.renewal_form_acted", { module: module.id, ...nameAccount(engine) });
  return {
    kind: "person",
    reason: "evidence_conflict",
    detail: { form_moved_expiry: { module: module.id, from: module.before, to: expiry } },
  };
}

/** From the module's own form; a list may lag behind. */
async function readExpiry({ account }: AccountEngine, moduleId: string): Promise<string | null> {
  const form = await account.readModule(moduleId);
  if (form.kind === "ok" && form.value.expiresOn !== null) return form.value.expiresOn;
  const list = await account.listModules();
  return (list.kind === "ok" ? list.value.find((row) => row.id === moduleId)?.expiresOn : null) ?? null;
}

/**
 * A period is bought only when a customer has paid for it, so the account must not renew by itself. True when it is off
 * now, or was never seen on; a refusal is flagged and never blocks.
 */
export async function stopAutoRenewal(
  engine: AccountEngine,
  module: Pick<SeenModule, "id" | "hasAutoRenewal">,
): Promise<boolean> {
  if (module.hasAutoRenewal !== true) return true;
  const stopped = await engine.account.stopAutoRenewal(module.id);
  const form = await engine.account.readModule(module.id);
  const isOff = form.kind === "ok" && form.value.hasAutoRenewal === false;
  const fields = { module: module.id, ...nameAccount(engine), answer: stopped.kind };
  if (!isOff) engine.log.error("alert.auto_renewal_on", fields);
  return isOff;
}
