// When may one request for a purchase leave? After this transaction has committed, and only then.
import { and, eq, isNotNull, lt, sql } from "drizzle-orm";
import { CommitUnacknowledged, type Database, databaseErrorCode, type Queries } from "../../database/connection.ts";
import { attempts, purchases, switches, transitions } from "../../database/schema.ts";
import { InvariantError } from "../../errors.ts";
import type { Decimal } from "../../money.ts";
import { type Fence, isSameFence } from "../fence.ts";
import { type Action, markerOf, type Purchase } from "../purchase.ts";
import { exceedsCaps, hasEarlierUnsettled, readFence, type SpendingCaps } from "./guards.ts";
import { now, nowPlus } from "./rows.ts";

export interface ClaimRequest {
  readonly purchase: Purchase;
  /** The process that sends; a lease belongs to it. */
  readonly owner: string;
  readonly account: string;
  readonly action: Action;
  readonly licence: string;
  readonly tariff: string;
  /** The module to renew; null for an order. */
  readonly moduleId: string | null;
  readonly periodMonths: number;
  readonly listBefore: readonly { readonly id: string; readonly expiresOn: string | null }[];
  readonly cost: Decimal | null;
  readonly currency: string | null;
  readonly expectedExpiry: string;
  readonly isAnnounced: boolean;
  /** What `readFence` gave before the account's list was read. */
  readonly fence: Fence;
  readonly limits: ClaimLimits;
}

export interface ClaimLimits extends SpendingCaps {
  readonly ordersInFlight: number;
  readonly sendWithinMs: number;
  readonly orderTimeoutMs: number;
}

/**
 * `unacknowledged`: COMMIT was sent and not confirmed, so nothing may be sent. `not-claimed`: nothing was written;
 * `why` says what to wait for, `moved` and `contended` mean try again soon.
 */
export type Claim =
  | { readonly kind: "claimed"; readonly n: number; readonly marker: string; readonly purchase: Purchase }
  | { readonly kind: "unacknowledged"; readonly n: number }
  | {
      readonly kind: "not-claimed";
      readonly why: "moved" | "contended" | "not-on" | "slots" | "earlier_period" | "spend_cap";
    };

/** Whatever anybody decides: the second send of a purchase is its last. */
const mostSends = 2;
const leaseTailMs = 5_000;
const lostRaces = ["ER_DUP_ENTRY", "ER_LOCK_WAIT_TIMEOUT", "ER_LOCK_DEADLOCK"];

/** Makes the intent durable: row to `Sending`, keys taken, attempt written. Claims of all processes go one by one. */
export async function claimPurchase(database: Database, request: ClaimRequest): Promise<Claim> {
  const n = request.purchase.attempts + 1;
  let claim: Claim | undefined;
  try {
    await database.transaction(async (query) => {
      claim = await claimWithin(query, request, n);
    });
    if (claim === undefined) throw new InvariantError("a claim without a result");
    return claim;
  } catch (error) {
    if (error instanceof CommitUnacknowledged && claim?.kind === "claimed") return { kind: "unacknowledged", n };
    if (lostRaces.includes(databaseErrorCode(error) ?? "")) return { kind: "not-claimed", why: "contended" };
    throw error;
  }
}

async function claimWithin(query: Queries, request: ClaimRequest, n: number): Promise<Claim> {
  const refuse = (why: Extract<Claim, { kind: "not-claimed" }>["why"]): Claim => ({ kind: "not-claimed", why });
  const [buying] = await query.select().from(switches).where(eq(switches.name, "buying")).for("update");
  if (buying?.value !== "on") return refuse("not-on");
  const fence = await readFence(query, request);
  if (fence.isBusy || (await hasEarlierUnsettled(query, request.purchase))) return refuse("earlier_period");
  if (!isSameFence(request.fence, fence)) return refuse("moved");
  if (await exceedsCaps(query, request)) return refuse("spend_cap");
  const slot = await freeSlot(query, request);
  if (slot === null) return refuse("slots");
  return (await write(query, { request, n, slot })) ? claimed(request, n) : refuse("moved");
}

function claimed({ purchase, owner, action, expectedExpiry, moduleId }: ClaimRequest, n: number): Claim {
  const after: Purchase = {
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
  return { kind: "claimed", n, marker: markerOf(purchase.id, n), purchase: after };
}

async function freeSlot(query: Queries, { account, limits }: ClaimRequest): Promise<string | null> {
  const taken = await query
    .select({ slot: purchases.accountSlot })
    .from(purchases)
    .where(isNotNull(purchases.accountSlot));
  const names = new Set(taken.map((row) => row.slot));
  for (let slot = 0; slot < limits.ordersInFlight; slot++) {
    if (!names.has(`${account}:${slot}`)) return `${account}:${slot}`;
  }
  return null;
}

function inflightKeyOf(request: ClaimRequest): string {
  return request.moduleId === null
    ? `${request.account}:order:${request.licence}:${request.tariff}`
    : `${request.account}:renew:${request.moduleId}`;
}

async function write(
  query: Queries,
  { request, n, slot }: { request: ClaimRequest; n: number; slot: string },
): Promise<boolean> {
  const { purchase, limits } = request;
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
  const leaseMs = limits.sendWithinMs + limits.orderTimeoutMs + leaseTailMs;
  const [result] = await query
    .update(purchases)
    .set({
      ...changed,
      version: sql`${purchases.version} + 1`,
      stateSince: now,
      waits: 0,
      queue: "look",
      notBefore: nowPlus(leaseMs),
      accountSlot: slot,
      leaseOwner: request.owner,
      leaseUntil: nowPlus(leaseMs),
      sendBy: nowPlus(limits.sendWithinMs),
    })
    .where(
      and(
        eq(purchases.id, purchase.id),
        eq(purchases.version, purchase.version),
        eq(purchases.state, "Pending"),
        isNotNull(purchases.periodKey),
        lt(purchases.sends, mostSends),
      ),
    );
  if (result.affectedRows === 0) return false;
  await insertAttempt(query, { request, n });
  await query.insert(transitions).values({
    purchaseId: purchase.id,
    version: purchase.version + 1,
    fromState: "Pending",
    toState: "Sending",
    reason: null,
    actor: request.owner,
    changes: JSON.stringify(changed),
    createdAt: now,
  });
  return true;
}

async function insertAttempt(query: Queries, { request, n }: { request: ClaimRequest; n: number }): Promise<void> {
  const { purchase, limits } = request;
  await query.insert(attempts).values({
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
    sendBy: nowPlus(limits.sendWithinMs),
    deadlineAt: nowPlus(limits.sendWithinMs + limits.orderTimeoutMs),
    createdAt: now,
  });
}
