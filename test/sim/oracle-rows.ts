// Do the ledger's own rows agree with what the wires and the account have seen, charge by charge and row by row?
import { checkBooks } from "../../src/purchases/invariants.ts";
import { microsOf } from "./ledger/instants.ts";
import type { LedgerStore, PurchaseRow, TransitionRow } from "./ledger/store.ts";
import type { Life } from "./life.ts";

export async function judgeRows(life: Life): Promise<void> {
  judgeCharges(life);
  judgeMoneyBack(life);
  const books = await life.plainLedger().readBooks({ afterServiceRef: "", limit: 1_000 });
  for (const { id, what } of checkBooks(books)) life.witness.find("broken", `${id}: ${what}`);
}

/** I2: every charge goes back to the request that caused it, and no purchase caused two, at whichever account. */
function judgeCharges(life: Life): void {
  const charged = new Set<string>();
  for (const { model, network, witness } of life.sides()) {
    const writes = new Map(witness.writes.map((write) => [write.callNumber, write]));
    for (const { requestNumber, moduleId } of model.debits) {
      if (requestNumber === null) continue;
      const call = network.requests()[requestNumber - 1]?.call.number ?? 0;
      const purchaseId = writes.get(call)?.purchaseId;
      if (purchaseId === undefined)
        witness.find("broken", `I3: module ${moduleId} was charged for a request nobody wrote`);
      else if (charged.has(purchaseId)) witness.find("double", `I2: purchase ${purchaseId} was charged twice`);
      else charged.add(purchaseId);
    }
  }
}

/** I8: what we own does not renew itself, or is flagged; what was deleted does neither. `own` are the purchases of this account. */
export function judgeAutoRenewal({ model, witness }: Life, own: readonly PurchaseRow[]): void {
  const owned = own.filter(({ state }) => state === "Purchased");
  for (const { id, autoprolong, status } of model.state.modules) {
    const payers = owned.filter(({ remoteServiceId }) => remoteServiceId === id);
    if (autoprolong === null || status === 4 || payers.length === 0) continue;
    if (!payers.some(({ hasAutoRenewal }) => hasAutoRenewal !== 0)) {
      witness.find("broken", `I8: module ${id} renews itself, and nobody is told`);
    }
  }
}

/** I14: a purchase whose money went back while it was under way is not simply done. */
function judgeMoneyBack({ store, witness }: Life): void {
  const histories = new Map<string, TransitionRow[]>();
  for (const row of store().transitions.values()) {
    histories.set(row.purchaseId, [...(histories.get(row.purchaseId) ?? []), row]);
  }
  for (const [purchaseId, steps] of histories) {
    const done = steps.findIndex(({ toState }) => toState === "Purchased");
    const step = steps[done];
    if (step === undefined || !isFlagged(steps.slice(0, done))) continue;
    if (!witness.wasPaid(invoiceOf(store(), purchaseId), microsOf(step.createdAt) / 1000)) {
      witness.find("broken", `I14: purchase ${purchaseId} counts as done although its money went back`);
    }
  }
}

function isFlagged(steps: readonly TransitionRow[]): boolean {
  const told = steps.map(({ changes }) => (JSON.parse(changes) as { isReversed?: boolean }).isReversed);
  return told.findLast((isReversed) => isReversed !== undefined) ?? false;
}

function invoiceOf(store: LedgerStore, purchaseId: string): number {
  return store.purchases.get(purchaseId)?.invoiceId ?? 0;
}
