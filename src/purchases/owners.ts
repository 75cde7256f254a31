// To which service does a module belong, seen from one purchase?
import { isServiceEnded } from "../whmcs/service-status.ts";
import type { Owner } from "./action.ts";
import type { AccountEngine, Engine } from "./engine.ts";
import type { BoundModule } from "./ledger/evidence.ts";
import type { Purchase } from "./purchase.ts";
import type { SeenModules } from "./view.ts";

/** A term that this very purchase is bound to is not an earlier one: it would be paid for a second time. */
export async function readOwners(
  { ledger, reader, account }: AccountEngine,
  purchase: Purchase,
  seen: SeenModules,
): Promise<(moduleId: string) => Owner> {
  const ids = seen.modules.map((module) => module.id);
  const bound = await ledger.listBindings(account.name, ids, purchase.id);
  const owners = new Map<string, Owner>();
  for (const each of bound) owners.set(each.moduleId, await ownerOf(reader, purchase, each));
  return (moduleId) => owners.get(moduleId) ?? { kind: "nobody" };
}

/** Whom the module belongs to by its newest term, seen from `purchase`. @throws DatabaseError when WHMCS cannot be read. */
export async function ownerOf(reader: Engine["reader"], purchase: Purchase, bound: BoundModule): Promise<Owner> {
  const { newestExpiry, adopted } = bound;
  // Whoever has renewed it since has it, and the terms before are settled; its own service may still owe one of them.
  const isMeant = adopted !== null && (adopted.serviceRef === purchase.serviceRef || bound.purchaseId === null);
  const known = { newestExpiry, ...(isMeant ? { adopted } : {}) };
  if (bound.serviceRef === purchase.serviceRef) return { kind: "this-service", ...known };
  const service = await reader.readService(bound.serviceRef);
  const isEnded = service === null || isServiceEnded(service.status);
  return isEnded ? { kind: "ended-service", ...known } : { kind: "another-service" };
}
