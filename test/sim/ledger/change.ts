// How does a purchase of the simulated ledger change? One versioned update, its history and what belongs to it.
import { databaseErrorCode } from "../../../src/database/connection.ts";
import { InvariantError } from "../../../src/errors.ts";
import { isSameFence } from "../../../src/purchases/fence.ts";
import type { Binding, Change, ChangeResult } from "../../../src/purchases/ledger/change.ts";
import { factColumns, fromInstant } from "../../../src/purchases/ledger/rows.ts";
import type { Purchase } from "../../../src/purchases/purchase.ts";
import {
  givesUpPeriod,
  isListedTransition,
  isReasonOf,
  isUnresolved,
  mayBePutOff,
  needsDecision,
  queueOf,
} from "../../../src/purchases/state.ts";
import { insertAnnouncement } from "./announcements.ts";
import { insertDecision } from "./decided.ts";
import { fenceOf, periodKeyFor } from "./guards.ts";
import type { Server } from "./server.ts";
import type { LedgerStore, PurchaseRow } from "./store.ts";
import type { Writer } from "./writing.ts";

/** Leaves the transaction without storing anything. */
class Refused extends Error {
  readonly kind: "covered" | "bound-elsewhere";
  constructor(kind: "covered" | "bound-elsewhere") {
    super(kind);
    this.kind = kind;
  }
}

export async function change(server: Server, before: Purchase, change: Change): Promise<ChangeResult> {
  assertListed(before, change);
  try {
    const call = { name: "change", steps: stepsOf(change) };
    const kind = await server.transact(call, (writer) => apply(server, writer, { before, change }));
    if (kind === "changed" && settlesPeriod(change)) await wakeWaiting(server, before);
    return { kind };
  } catch (error) {
    if (error instanceof Refused) return { kind: error.kind };
    throw error;
  }
}

function assertListed(before: Purchase, change: Change): void {
  const isListed = isListedTransition(before.state, change.to) && isReasonOf(change.to, change.reason);
  const isHeldAtRest = change.holdUntil === undefined || mayBePutOff(change.to, change.reason);
  if (isListed && isHeldAtRest && isDecidedAsListed(before, change)) return;
  throw new InvariantError("a change that the table of transitions does not list", {
    purchase: before.id,
    from: before.state,
    to: change.to,
    reason: change.reason,
  });
}

function isDecidedAsListed(before: Purchase, change: Change): boolean {
  if (change.decision === undefined) return !needsDecision(before, change);
  const isPutOff = change.holdUntil !== undefined && mayBePutOff(before.state, before.reason);
  return before.state === "NeedsOperator" || isPutOff;
}

function stepsOf({ outcome, fence, facts, binding, decision, announce }: Change): string[] {
  return [
    "begin",
    ...(outcome === undefined ? [] : ["outcome"]),
    ...(fence === undefined && facts === undefined ? [] : ["lock"]),
    "purchase",
    ...(binding === undefined ? [] : ["binding"]),
    ...(decision === undefined ? [] : ["decision"]),
    ...(announce === undefined ? [] : ["announcement"]),
    "transition",
  ];
}

interface Step {
  readonly before: Purchase;
  readonly change: Change;
}

function apply({ store, now }: Server, writer: Writer, { before, change }: Step): "changed" | "moved" {
  if (change.outcome !== undefined) insertOutcome(writer, before.id, { ...change.outcome, at: now() });
  if (change.fence !== undefined && isOutdated(store, before, change.fence)) return "moved";
  const columns = { ...stateColumns(before, change), ...periodColumn(store, before, change) };
  const row = store.purchases.get(before.id);
  if (row === undefined || row.version !== before.version) return "moved";
  const version = row.version + 1;
  writer.update("purchases", row, { ...columns, ...scheduleColumns(now, before, change), version });
  if (change.binding !== undefined) bind(writer, store, { before, binding: change.binding, at: now() });
  const { decision, actor, isReversed, announce } = change;
  if (decision !== undefined) insertDecision(writer, before, { ...decision, actor, at: now() });
  if (announce !== undefined) {
    const expiresOn = change.binding?.expiryAfter ?? before.expectedExpiry;
    insertAnnouncement({ store, now }, writer, { purchaseId: before.id, type: announce, expiresOn });
  }
  writer.insert("transitions", {
    purchaseId: before.id,
    version,
    fromState: before.state,
    toState: change.to,
    reason: change.reason,
    actor,
    changes: JSON.stringify(isReversed === undefined ? columns : { ...columns, isReversed }),
    createdAt: now(),
  });
  return "changed";
}

function isOutdated(store: LedgerStore, purchase: Purchase, fence: NonNullable<Change["fence"]>): boolean {
  const now = fenceOf(store, { purchase, ...fence });
  return now.isBusy || !isSameFence(fence.known, now);
}

function stateColumns(before: Purchase, change: Change): Partial<PurchaseRow> {
  const sends = change.sends ?? before.sends;
  const { facts, detail, action, remoteServiceId, expectedExpiry, refusals, hasAutoRenewal } = change;
  return {
    state: change.to,
    reason: change.reason,
    sends,
    ...(facts === undefined ? {} : factColumns(facts)),
    ...(detail === undefined ? {} : { detail: detail === null ? null : JSON.stringify(detail) }),
    ...(action === undefined ? {} : { action }),
    ...(remoteServiceId === undefined ? {} : { remoteServiceId }),
    ...(expectedExpiry === undefined ? {} : { expectedExpiry }),
    ...(refusals === undefined ? {} : { refusals }),
    ...(hasAutoRenewal === undefined ? {} : { hasAutoRenewal: hasAutoRenewal ? 1 : 0 }),
    ...(isUnresolved(change.to, sends) ? {} : { inflightKey: null }),
    ...holdColumn(before, change),
  };
}

function holdColumn(before: Purchase, change: Change): { holdUntil?: string | null } {
  if (change.holdUntil !== undefined) return { holdUntil: fromInstant(change.holdUntil) };
  return before.holdUntil !== null && !mayBePutOff(change.to, change.reason) ? { holdUntil: null } : {};
}

function scheduleColumns(now: Server["now"], before: Purchase, change: Change): Partial<PurchaseRow> {
  const isNew = before.state !== change.to;
  const isSameWait = !isNew && before.reason === change.reason;
  const free = { accountSlot: null, leaseOwner: null, leaseUntil: null, sendBy: null };
  return {
    queue: queueOf(change.to, change.reason, change.sends ?? before.sends),
    ...(change.to === "Sending" ? {} : { notBefore: dueAt(now, before, change), ...free }),
    waits: isSameWait ? before.waits + 1 : 0,
    ...(isNew ? { stateSince: now() } : {}),
    ...(isNew && change.to === "Purchased" ? { writeBackDueAt: now() } : {}),
    ...(change.isReversed === undefined ? {} : { reversedAt: change.isReversed ? now() : null }),
  };
}

function dueAt(now: Server["now"], before: Purchase, change: Change): string {
  const hold = mayBePutOff(change.to, change.reason) ? (change.holdUntil ?? before.holdUntil) : null;
  return hold === null ? now(change.againInMs ?? 0) : fromInstant(hold);
}

function periodColumn(store: LedgerStore, before: Purchase, change: Change): { periodKey?: string | null } {
  if (givesUpPeriod(change.to, change.reason)) return { periodKey: null };
  if (change.facts === undefined) return {};
  const periodKey = periodKeyFor(store, before.id, change.facts);
  if (periodKey !== "covered") return { periodKey };
  if (change.to !== "NeedsOperator") throw new Refused("covered");
  return { periodKey: null };
}

function insertOutcome(
  writer: Writer,
  purchaseId: string,
  { n, outcome, at }: NonNullable<Change["outcome"]> & { at: string },
): void {
  try {
    const row = { purchaseId, n, kind: outcome.kind, outcome: JSON.stringify(outcome), createdAt: at };
    writer.insert("outcomes", row);
  } catch (error) {
    if (databaseErrorCode(error) !== "ER_DUP_ENTRY") throw error;
  }
}

function bind(
  writer: Writer,
  store: LedgerStore,
  { before, binding, at }: { before: Purchase; binding: Binding; at: string },
): void {
  const row = {
    account: binding.account,
    remoteServiceId: binding.moduleId,
    expiryAfter: binding.expiryAfter,
    serviceRef: before.serviceRef,
    licence: binding.licence,
    tariff: binding.tariff,
  };
  const known = store.bindings.get(before.id);
  try {
    if (known !== undefined) writer.update("bindings", known, row);
    else writer.insert("bindings", { purchaseId: before.id, ...row, createdAt: at });
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") throw new Refused("bound-elsewhere");
    throw error;
  }
}

function settlesPeriod({ to, reason }: Change): boolean {
  return to === "Purchased" || to === "NeedsOperator" || givesUpPeriod(to, reason);
}

/** A statement of its own after the COMMIT, as in the real ledger: a crash between the two costs only time. */
async function wakeWaiting(server: Server, settled: Purchase): Promise<void> {
  await server.execute("wakeWaiting", (writer) => {
    for (const row of server.store.purchases.where({ queue: "buy" })) {
      if (row.reason !== "earlier_period") continue;
      if (row.serviceRef !== settled.serviceRef && row.licence !== (settled.licence ?? "")) continue;
      writer.update("purchases", row, { notBefore: server.now() });
    }
  });
}
