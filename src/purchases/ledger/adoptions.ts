// Which modules that we did not buy belong to which service? Linked once, for ever, under the lock of all claims.
import { and, asc, eq, isNotNull } from "drizzle-orm";
import { type Database, databaseErrorCode, type Queries } from "../../database/connection.ts";
import { adoptions, bindings, purchases, switches } from "../../database/schema.ts";
import { type Fence, isSameFence } from "../fence.ts";
import { readFence } from "./guards.ts";
import { now } from "./rows.ts";

/** A module that was bought before us, as it is linked to a service. */
export interface Adoption {
  readonly account: string;
  readonly moduleId: string;
  readonly serviceRef: string;
  readonly licence: string;
  readonly tariff: string;
  /** `YYYY-MM-DD` at the account, when it was linked. */
  readonly expiresOn: string;
}

export interface AdoptionRequest extends Adoption {
  readonly actor: string;
  /** At most 1,000 characters. */
  readonly why: string;
  /** What `readFence` gave before the account's list was read. */
  readonly fence: Fence;
}

/**
 * `busy`: something is under way for its licence and tariff, or for its service. `moved`: the ledger knows more than before the look. In these, as
 * when the module is `bound` to a purchase or `adopted` already, nothing is stored.
 */
export type AdoptionResult = "done" | "busy" | "moved" | "bound" | "adopted";

/** No purchase has this id: whatever is under way is another's. */
export const nobody = { id: "" } as const;

/** Links a module to a service. A claim that was checked before it does not get through afterwards: the fence counts it. */
export async function adoptModule(database: Database, request: AdoptionRequest): Promise<AdoptionResult> {
  try {
    return await database.transaction((query) => adoptWithin(query, request));
  } catch (error) {
    if (databaseErrorCode(error) === "ER_DUP_ENTRY") return "adopted";
    throw error;
  }
}

async function adoptWithin(query: Queries, { fence, moduleId, ...request }: AdoptionRequest): Promise<AdoptionResult> {
  await query.select({ name: switches.name }).from(switches).where(eq(switches.name, "buying")).for("update");
  const known = await readFence(query, { purchase: nobody, ...request });
  if (known.isBusy || (await isUnderWay(query, request.serviceRef))) return "busy";
  if (!isSameFence(fence, known)) return "moved";
  const [bound] = await query
    .select({ id: bindings.purchaseId })
    .from(bindings)
    .where(and(eq(bindings.account, request.account), eq(bindings.remoteServiceId, moduleId)))
    .limit(1);
  if (bound !== undefined) return "bound";
  await query.insert(adoptions).values({ ...request, remoteServiceId: moduleId, createdAt: now });
  return "done";
}

/** What was sent for the service, at whichever account, may yet take effect. */
async function isUnderWay(query: Queries, serviceRef: string): Promise<boolean> {
  const [purchase] = await query
    .select({ id: purchases.id })
    .from(purchases)
    .where(and(eq(purchases.serviceRef, serviceRef), isNotNull(purchases.inflightKey)))
    .limit(1);
  return purchase !== undefined;
}

/** All modules adopted at one account, by id. */
export async function listAdoptions(database: Database, account: string): Promise<Adoption[]> {
  const { remoteServiceId: moduleId, serviceRef, licence, tariff, expiresOn } = adoptions;
  return await database.query
    .select({ account: adoptions.account, moduleId, serviceRef, licence, tariff, expiresOn })
    .from(adoptions)
    .where(eq(adoptions.account, account))
    .orderBy(asc(moduleId));
}
