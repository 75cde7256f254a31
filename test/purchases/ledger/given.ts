// How does a test bring a purchase into the state it is about? Only through the ledger's own port.

import type { Outcome } from "../../../src/ispmanager/account.ts";
import type { Change } from "../../../src/purchases/ledger/change.ts";
import type { Claim, ClaimRequest } from "../../../src/purchases/ledger/claim.ts";
import type { Decided } from "../../../src/purchases/ledger/decided.ts";
import type { Ledger } from "../../../src/purchases/ledger/ledger.ts";
import { type NewPurchase, type Purchase, purchaseIdOf } from "../../../src/purchases/purchase.ts";

/** Line `n` of service `n`: its own licence, November to December, paid on 21 November. */
export function newPurchase(n: number, changes: Partial<NewPurchase> = {}): NewPurchase {
  return {
    id: purchaseIdOf("https://billing.example.com", "Hosting", n),
    lineId: n,
    lineType: "Hosting",
    invoiceId: 1000 + n,
    serviceRef: `h${n}`,
    productId: 7,
    period: { start: "2026-11-23", months: 1 },
    tariff: "23221",
    licence: String(1_000_000 + n),
    paidAt: "2026-11-21 12:00:00",
    firstPaidSeenAt: null,
    state: "Pending",
    reason: null,
    ...changes,
  };
}

export async function find(ledger: Ledger, { id }: { readonly id: string }): Promise<Purchase> {
  const purchase = await ledger.findPurchase(id);
  if (purchase === null) throw new Error(`no purchase ${id}`);
  return purchase;
}

export async function recorded(ledger: Ledger, n: number, changes: Partial<NewPurchase> = {}): Promise<Purchase> {
  const purchase = newPurchase(n, changes);
  await ledger.record(purchase, "test");
  return await find(ledger, purchase);
}

export async function startBuying(ledger: Ledger): Promise<void> {
  await ledger.setBuying({ position: "on", paidSince: "2020-01-01 00:00:00", actor: "test", why: "test" });
}

export const limits = { capDay: null, capMonth: null, ordersInFlight: 4, sendWithinMs: 10_000, orderTimeoutMs: 60_000 };

/** An order of 10.00 USD, decided while the ledger knew nothing of the licence yet. */
export function claimRequest(purchase: Purchase, changes: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    purchase,
    owner: "process-1",
    account: "main",
    action: "order",
    licence: purchase.licence ?? "",
    tariff: purchase.tariff ?? "",
    moduleId: null,
    periodMonths: 1,
    listBefore: [{ id: "900", expiresOn: null }],
    cost: "10.0000",
    currency: "USD",
    expectedExpiry: "2026-12-23",
    isAnnounced: false,
    fence: { attempts: 0, bindings: 0, steps: 0, isBusy: false },
    limits,
    ...changes,
  };
}

/** What a claim came to, in one word. */
export function wordOf(claim: Claim): string {
  return claim.kind === "not-claimed" ? claim.why : claim.kind;
}

/** Claims with the fence of now; fails where it is not claimed. */
export async function claimed(
  ledger: Ledger,
  purchase: Purchase,
  changes: Partial<ClaimRequest> = {},
): Promise<Purchase> {
  const request = claimRequest(purchase, changes);
  const fence = await ledger.readFence(request);
  const claim = await ledger.claim({ ...request, fence, ...changes });
  if (claim.kind !== "claimed") throw new Error(`not claimed: ${wordOf(claim)}`);
  return claim.purchase;
}

/** Changes and gives the purchase as it then stands; fails where it is not changed. */
export async function changed(
  ledger: Ledger,
  before: Purchase,
  change: Omit<Change, "actor" | "reason"> & Partial<Change>,
): Promise<Purchase> {
  const { kind } = await ledger.change(before, { reason: null, actor: "test", ...change });
  if (kind !== "changed") throw new Error(`not changed: ${kind}`);
  return await find(ledger, before);
}

export const outcomes = {
  accepted: { kind: "accepted", moduleId: "901", newExpiry: null },
  refused: { kind: "refused", errorType: "value", until: null, detail: "error value" },
  notSent: { kind: "not-sent", detail: "no connection" },
  unknown: { kind: "unknown", detail: "timeout" },
} as const satisfies Record<string, Outcome>;

/** What a person decided, for a reason that tests do not care about. */
export function decided(decision: string, said: Partial<Decided> = {}): Decided {
  return { decision, parameter: null, why: "because", evidence: {}, look: null, ...said };
}

/** By the clock of this machine, which is the ledger's too; whole milliseconds, as the ledger keeps them. */
export function inAnHour(): Date {
  return new Date(Date.now() + 3_600_000);
}

/** The term that pays: module `id` up to a day. */
export function term(purchase: Purchase, moduleId: string, expiryAfter = "2026-12-23") {
  const { licence, tariff } = purchase;
  return { account: "main", moduleId, expiryAfter, licence: licence ?? "", tariff: tariff ?? "" };
}

/** Where a purchase may stand, and how it got there. */
export type Standing =
  | "Pending"
  | "Pending again"
  | "Sending"
  | "Unknown"
  | "Ordered"
  | "Purchased"
  | "NeedsOperator"
  | "NeedsOperator sent"
  | "Refunded"
  | "Refunded sent"
  | "Ignored";

/** Purchase `n`, brought to stand so. */
export async function standing(
  ledger: Ledger,
  n: number,
  where: Standing,
  facts: Partial<NewPurchase> = {},
): Promise<Purchase> {
  if (where === "Ignored") return await recorded(ledger, n, { ...facts, state: "Ignored" });
  if (where === "NeedsOperator") {
    return await recorded(ledger, n, { ...facts, state: "NeedsOperator", reason: "bad_licence" });
  }
  const pending = await recorded(ledger, n, facts);
  if (where === "Pending") return pending;
  if (where === "Refunded") return await changed(ledger, pending, { to: "Refunded", reason: "before_send" });
  const sending = await claimed(ledger, pending);
  if (where === "Sending") return sending;
  if (where === "Pending again") {
    return await changed(ledger, sending, { to: "Pending", sends: 0, outcome: { n: 1, outcome: outcomes.refused } });
  }
  if (where === "Ordered" || where === "Purchased") {
    const binding = term(sending, String(5000 + n));
    const ordered = await changed(ledger, sending, { to: "Ordered", binding, remoteServiceId: binding.moduleId });
    return where === "Ordered" ? ordered : await changed(ledger, ordered, { to: "Purchased", binding });
  }
  const unknown = await changed(ledger, sending, { to: "Unknown", outcome: { n: 1, outcome: outcomes.unknown } });
  if (where === "Unknown") return unknown;
  const asked = await changed(ledger, unknown, { to: "NeedsOperator", reason: "absent" });
  if (where === "NeedsOperator sent") return asked;
  return await changed(ledger, asked, { to: "Refunded", detail: { reference: "R1" }, decision: decided("refunded") });
}
