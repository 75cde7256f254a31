// What does a paid line oblige us to buy, and what about it only a person can decide? Pure: facts in, judgement out.
import { addMoney, compareMoney, type Decimal, parseAmount } from "../money.ts";
import type { CyclePrices, LineFacts } from "../whmcs/facts.ts";
import { refOfAddon, refOfService } from "../whmcs/service-ref.ts";
import { isServiceEnded } from "../whmcs/service-status.ts";
import { isDate, monthsOfCycle, type Period } from "./period.ts";
import type { PurchaseFacts } from "./purchase.ts";
import { givesAway, isFree, type Revenue, revenueOf } from "./revenue.ts";
import type { OperatorReason, WaitingReason } from "./state.ts";

/** What the account is asked for, once everything in WHMCS agrees. */
export interface Obligation {
  readonly licence: string;
  readonly tariff: string;
  readonly period: Period;
  readonly extra: Readonly<Record<string, string>>;
  /** Highest partner cost per month, with its currency when the product names one; null without a cap. */
  readonly cap: { readonly amount: Decimal; readonly currency: string | null } | null;
  /** What the line brings in, which its cost must not exceed; null where that is no limit. */
  readonly revenue: Revenue | null;
}

/** Checks 1 to 5 of the order of checks, the first that fires. */
export type Judgement =
  | { readonly kind: "ignored" }
  | { readonly kind: "refunded" }
  | { readonly kind: "wait"; readonly reason: WaitingReason }
  | { readonly kind: "person"; readonly reason: OperatorReason }
  | { readonly kind: "go"; readonly obligation: Obligation };

export interface RuleSettings {
  /** WHMCS local; lines paid before it are not ours. Null until somebody has said it. */
  readonly paidSince: string | null;
  /** WHMCS local day before which a client is no longer new. */
  readonly newClientSince: string | null;
  /** When the line was first seen Paid after `paidSince` was set, WHMCS local. */
  readonly firstPaidSeenAt: string | null;
}

/** Judges a line as it stands in WHMCS now. */
export function judgeLine(facts: LineFacts, settings: RuleSettings): Judgement {
  const paidAt = paidAtOf(facts, settings.firstPaidSeenAt);
  if (settings.paidSince !== null && paidAt !== null && paidAt < settings.paidSince) return { kind: "ignored" };
  if (isReversed(facts.invoice.status)) return { kind: "refunded" };
  if (facts.invoice.status !== "Paid") return { kind: "wait", reason: "unpaid" };
  if (hasEnded(facts) || isCancelled(facts, paidAt)) return { kind: "person", reason: "service_ended" };
  const reason = refusalOf(facts);
  if (reason !== null) return { kind: "person", reason };
  const waiting = waitingOf(facts, settings);
  if (waiting !== null) return { kind: "wait", reason: waiting };
  return { kind: "go", obligation: obligationOf(facts) };
}

/** The facts a purchase keeps of its line; what cannot be read is null. */
export function factsOf(facts: LineFacts, firstPaidSeenAt: string | null): PurchaseFacts {
  return {
    invoiceId: facts.invoice.id,
    serviceRef: facts.service.parentId === null ? refOfService(facts.service.id) : refOfAddon(facts.service.id),
    productId: facts.product.id,
    period: facts.line.type === "Upgrade" ? null : periodOf(facts),
    tariff: tariffOf(facts),
    licence: isLicence(facts.licence) ? facts.licence : null,
    paidAt: paidAtOf(facts, firstPaidSeenAt),
  };
}

/**
 * When the money came: `datepaid`, else the newest transaction, else when we first saw it, else the invoice's date. Null
 * while the invoice waits for money: what it carries then is of a payment that was taken back, or of no payment at all.
 */
export function paidAtOf({ invoice }: LineFacts, firstPaidSeenAt: string | null): string | null {
  const isPaid = invoice.status === "Paid";
  if (!isPaid && !isReversed(invoice.status)) return null;
  // A reversed invoice without a trace of money may never have been paid: its own date says nothing.
  const dated = isPaid && invoice.date !== null ? `${invoice.date} 00:00:00` : null;
  return invoice.paidAt ?? invoice.newestTransactionAt ?? firstPaidSeenAt ?? dated;
}

function isReversed(invoiceStatus: string): boolean {
  return invoiceStatus === "Refunded" || invoiceStatus === "Cancelled";
}

function hasEnded({ service, order, client }: LineFacts): boolean {
  return (
    isServiceEnded(service.status) ||
    (order !== null && ["Cancelled", "Fraud"].includes(order.status)) ||
    client?.status === "Closed"
  );
}

/**
 * The client has asked to cancel, and nothing shows that the service goes on for this period all the same: an invoice of a
 * later day does, and so does money that came before a request for the end of the period. A request without a date counts.
 */
function isCancelled({ invoice, cancellations }: LineFacts, paidAt: string | null): boolean {
  return cancellations.some(({ requestedAt, isImmediate }) => {
    if (requestedAt === null || invoice.date === null) return true;
    const isSinceInvoice = requestedAt.slice(0, 10) >= invoice.date;
    return isSinceInvoice && (isImmediate || paidAt === null || paidAt >= requestedAt);
  });
}

/** Check 4: what the contract leaves to a person, in a fixed order. */
function refusalOf(facts: LineFacts): OperatorReason | null {
  if (facts.line.type === "Upgrade") return "upgrade_line";
  if (tariffOf(facts) === null || extraFieldsOf(facts) === null || capOf(facts) === "unreadable") {
    return "unknown_product";
  }
  if (startOf(facts) === null) return "no_due_date";
  if (monthsOfCycle(facts.service.billingCycle) === null) return "odd_period";
  if (facts.service.quantity > 1) return "quantity";
  if (facts.licence === null || facts.licence === "") return "missing_licence";
  if (!isLicence(facts.licence)) return "bad_licence";
  if (facts.product.isProrated && facts.line.isFirstOfService) return "prorated";
  if (isPeriodUnclear(facts)) return "period_unclear";
  if (isFree(facts) && !givesAway(facts.product.options)) return "nothing_paid";
  return null;
}

/** Check 5. */
function waitingOf(facts: LineFacts, { newClientSince }: RuleSettings): WaitingReason | null {
  const { order, client, product } = facts;
  if (order?.status === "Pending") {
    const isFirstOfClient = facts.provisionsExistingClientsOnly && client?.hasOtherActiveService === false;
    if (product.autoSetup === "on" || isFirstOfClient) return "awaiting_acceptance";
  }
  const isNew = newClientSince !== null && client?.createdOn != null && client.createdOn >= newClientSince;
  return isNew && facts.line.isFirstOfService ? "new_client_hold" : null;
}

function obligationOf(facts: LineFacts): Obligation {
  const period = periodOf(facts);
  const tariff = tariffOf(facts);
  const extra = extraFieldsOf(facts);
  const cap = capOf(facts);
  if (period === null || tariff === null || extra === null || cap === "unreadable" || facts.licence === null) {
    throw new RangeError("only a line without refusal has an obligation");
  }
  return { licence: facts.licence, tariff, period, extra, cap, revenue: revenueOf(facts) };
}

export function isLicence(text: string | null): text is string {
  return text !== null && /^[1-9][0-9]{0,9}$/.test(text);
}

function tariffOf({ product }: LineFacts): string | null {
  const text = product.options[0] ?? "";
  // A leading zero would be another text than the account's number for it, and its modules would never be found.
  return /^[1-9][0-9]{0,9}$/.test(text) ? text : null;
}

function startOf({ line, invoice }: LineFacts): string | null {
  const dates = [line.dueDate, invoice.dueDate, invoice.date];
  return dates.find((date): date is string => date !== null && isDate(date)) ?? null;
}

function periodOf(facts: LineFacts): Period | null {
  const start = startOf(facts);
  const months = monthsOfCycle(facts.service.billingCycle);
  return start === null || months === null ? null : { start, months };
}

function capOf({ product }: LineFacts): Obligation["cap"] | "unreadable" {
  return readCap(product.options[3] ?? "");
}

/** The cost limit that `configoption4` sets, trimmed; null when it sets none. */
export function readCap(text: string): Obligation["cap"] | "unreadable" {
  if (text === "") return null;
  const cap = parseAmount(text);
  return cap === null ? "unreadable" : cap;
}

const cycleColumns: Readonly<Record<string, keyof CyclePrices>> = {
  Monthly: "monthly",
  Quarterly: "quarterly",
  "Semi-Annually": "semiannually",
  Annually: "annually",
  Biennially: "biennially",
  Triennially: "triennially",
};

/**
 * The amount is what another cycle costs, and nothing about the present cycle explains it: the cycle may have been
 * changed after the invoice was made. What the first payment was explains no later line: it stays when the cycle changes.
 */
function isPeriodUnclear({ line, service, prices }: LineFacts): boolean {
  if (prices === null) return false;
  const own = cycleColumns[service.billingCycle];
  const costs = (cycle: keyof CyclePrices): Decimal[] => {
    const entry = prices[cycle];
    return entry === null ? [] : [entry.price, addMoney(entry.price, entry.setupFee)];
  };
  const isAmount = (value: Decimal) => compareMoney(value, line.amount) === 0;
  const first = line.isFirstOfService ? [service.firstPaymentAmount] : [];
  const explained = [service.amount, ...first, ...(own === undefined ? [] : costs(own))];
  if (explained.some(isAmount)) return false;
  const others = Object.values(cycleColumns).filter((cycle) => cycle !== own);
  return others.some((cycle) => costs(cycle).some(isAmount));
}

/** What `configoption6` may set. */
export const extraFieldNames: readonly string[] = ["bitninja_email", "licence_agreement", "datacenter", "project"];

const noValues = { "client.email": "", "service.id": "", licence: "", ip: "" };
type Placeholders = Readonly<typeof noValues>;
/** What is filled in there, as it is written: `{ip}`. */
export const extraFieldPlaceholders: readonly string[] = Object.keys(noValues).map((name) => `{${name}}`);

function extraFieldsOf(facts: LineFacts): Readonly<Record<string, string>> | null {
  return fillExtraFields(facts.product.options[5] ?? "", {
    "client.email": facts.client?.email ?? "",
    "service.id": String(facts.service.parentId ?? facts.service.id),
    licence: facts.licence ?? "",
    ip: facts.ip ?? "",
  });
}

/** True when `configoption6` can be filled in for any service: all its names are allowed, all placeholders known. */
export function areExtraFieldsReadable(option: string): boolean {
  return fillExtraFields(option, noValues) !== null;
}

/**
 * `configoption6`: `name=value` pairs separated by line breaks, `;` or `&`, with placeholders filled in; null when a
 * name is not allowed or a placeholder unknown.
 */
function fillExtraFields(option: string, placeholders: Placeholders): Readonly<Record<string, string>> | null {
  const known: Readonly<Record<string, string>> = placeholders;
  const extra: Record<string, string> = {};
  const pairs = option.split(/[\n;&]/).map((pair) => pair.trim());
  for (const pair of pairs.filter((text) => text !== "")) {
    const match = /^([a-z_]+)\s*=\s*(.*)$/.exec(pair);
    const [, name = "", value = ""] = match ?? [];
    const filled = value.replace(/\{([a-z.]+)\}/g, (whole, key: string) => known[key] ?? whole);
    if (!extraFieldNames.includes(name) || /[{}]/.test(filled)) return null;
    extra[name] = filled;
  }
  return extra;
}
