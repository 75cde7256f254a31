// When may one request for a purchase leave, by the simulated ledger? After its transaction has committed.
import { CommitUnacknowledged, databaseErrorCode } from "../../../src/database/connection.ts";
import { InvariantError } from "../../../src/errors.ts";
import { isSameFence } from "../../../src/purchases/fence.ts";
import type { Claim, ClaimRequest } from "../../../src/purchases/ledger/claim.ts";
import { markerOf, type Purchase } from "../../../src/purchases/purchase.ts";
import { fenceOf, isAboveCaps, isEarlierUnsettled } from "./guards.ts";
import type { Server } from "./server.ts";
import type { LedgerStore } from "./store.ts";
import type { Writer } from "./writing.ts";

const call = { name: "claim", steps: ["begin", "lock", "purchase", "attempt", "transition"] } as const;
const mostSends = 2;
const leaseTailMs = 5_000;
const lostRaces = ["ER_DUP_ENTRY", "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"];

export async function claim(server: Server, request: ClaimRequest): Promise<Claim> {
  const n = request.purchase.attempts + 1;
  let claim: Claim | undefined;
  try {
    await server.transact(call, (writer) => {
      claim = claimWithin(server, writer, { request, n });
    });
    if (claim === undefined) throw new InvariantError("a claim without a result");
    return claim;
  } catch (error) {
    if (error instanceof CommitUnacknowledged && claim?.kind === "claimed") return { kind: "unacknowledged", n };
    if (lostRaces.includes(databaseErrorCode(error) ?? "")) return { kind: "not-claimed", why: "contended" };
    throw error;
  }
}

interface Numbered {
  readonly request: ClaimRequest;
  readonly n: number;
}

function claimWithin(server: Server, writer: Writer, { request, n }: Numbered): Claim {
  const { store } = server;
  const { purchase } = request;
  const refuse = (why: Extract<Claim, { kind: "not-claimed" }>["why"]): Claim => ({ kind: "not-claimed", why });
  if (store.switches.get("buying")?.value !== "on") return refuse("not-on");
  const fence = fenceOf(store, request);
  if (fence.isBusy || isEarlierUnsettled(store, purchase)) return refuse("earlier_period");
  if (!isSameFence(request.fence, fence)) return refuse("moved");
  if (isAboveCaps(server, request)) return refuse("spend_cap");
  const slot = freeSlot(store, request);
  if (slot === null) return refuse("slots");
  const row = store.purchases.get(purchase.id);
  if (row === undefined || row.version !== purchase.version) return refuse("moved");
  if (row.state !== "Pending" || row.periodKey === null || row.sends >= mostSends) return refuse("moved");
  write(server, writer, { request, n, slot });
  return { kind: "claimed", n, marker: markerOf(purchase.id, n), purchase: claimed(request, n) };
}

function claimed({ purchase, owner, action, expectedExpiry, moduleId }: ClaimRequest, n: number): Purchase {
  return {
    ...purchase,
    state: "Sending",
    reason: null,
    action,
    version: purchase.version + 1,
    leaseOwner: owner,
    attempts: n,
    sends: purchase.sends + 1,
    expectedExpiry,
    remoteServiceId: moduleId ?? purchase.remoteServiceId,
    waits: 0,
    stateAgeMs: 0,
  };
}

function freeSlot(store: LedgerStore, { account, limits }: ClaimRequest): string | null {
  for (let slot = 0; slot < limits.ordersInFlight; slot++) {
    const accountSlot = `${account}:${slot}`;
    if (store.purchases.where({ accountSlot }).length === 0) return accountSlot;
  }
  return null;
}

function inflightKeyOf({ account, licence, tariff, moduleId }: ClaimRequest): string {
  return moduleId === null ? `${account}:order:${licence}:${tariff}` : `${account}:renew:${moduleId}`;
}

function write({ store, now }: Server, writer: Writer, { request, n, slot }: Numbered & { slot: string }): void {
  const { purchase, limits } = request;
  const row = store.purchases.get(purchase.id);
  if (row === undefined) return;
  const version = row.version + 1;
  const changed = {
    state: "Sending",
    reason: null,
    action: request.action,
    attempts: n,
    sends: purchase.sends + 1,
    inflightKey: inflightKeyOf(request),
    expectedExpiry: request.expectedExpiry,
    ...(request.moduleId === null ? {} : { remoteServiceId: request.moduleId }),
  };
  const leaseUntil = now(limits.sendWithinMs + limits.orderTimeoutMs + leaseTailMs);
  writer.update("purchases", row, {
    ...changed,
    version,
    stateSince: now(),
    waits: 0,
    queue: "look",
    notBefore: leaseUntil,
    accountSlot: slot,
    leaseOwner: request.owner,
    leaseUntil,
    sendBy: now(limits.sendWithinMs),
  });
  insertAttempt(now, writer, { request, n });
  writer.insert("transitions", {
    purchaseId: purchase.id,
    version,
    fromState: "Pending",
    toState: "Sending",
    reason: null,
    actor: request.owner,
    changes: JSON.stringify(changed),
    createdAt: now(),
  });
}

function insertAttempt(now: Server["now"], writer: Writer, { request, n }: Numbered): void {
  const { purchase, limits } = request;
  writer.insert("attempts", {
    purchaseId: purchase.id,
    n,
    marker: markerOf(purchase.id, n),
    owner: request.owner,
    account: request.account,
    action: request.action,
    licence: request.licence,
    tariff: request.tariff,
    remoteServiceId: request.moduleId,
    periodMonths: request.periodMonths,
    listBefore: JSON.stringify(request.listBefore),
    cost: request.cost,
    currency: request.currency,
    expectedExpiry: request.expectedExpiry,
    isAnnounced: request.isAnnounced ? 1 : 0,
    sendBy: now(limits.sendWithinMs),
    deadlineAt: now(limits.sendWithinMs + limits.orderTimeoutMs),
    createdAt: now(),
  });
}
