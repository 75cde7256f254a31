// How is a module that was bought before us linked to its service? Fence, fresh look, one insert; nothing is bought.
import type { ModuleRow } from "../ispmanager/account.ts";
import type { ServiceModule } from "../whmcs/service-modules.ts";
import { type AccountReview, reviewAccount } from "./account-review.ts";
import { isLive } from "./action.ts";
import type { Link, Sides } from "./adoption.ts";
import type { AccountEngine } from "./engine.ts";
import { type AdoptionResult, nobody } from "./ledger/adoptions.ts";
import type { View } from "./view.ts";

/** A person waits for the answer, so every module is read. */
const formsAtOnce = 2_000;
/** So many links rest on one look. */
const linksPerLook = 50;

/** `gone`: the fresh look shows no such live module; `unread`: there was no look. */
export type Linked = AdoptionResult | "gone" | "unread";

/** Null when the account cannot be read. @throws DatabaseError when WHMCS or the ledger cannot be read. */
export async function readSides(engine: AccountEngine, services: readonly ServiceModule[]): Promise<Sides | null> {
  const review = await reviewAccount(engine, { most: formsAtOnce, known: new Map<string, ModuleRow>() });
  if (review.kind !== "ok") return null;
  return sidesOf(review.value, services);
}

export function sidesOf(
  { unclaimed, holdings, adoptions, licences, heldElsewhere }: AccountReview,
  services: readonly ServiceModule[],
): Sides {
  return { unclaimed, holdings, adoptions, licences, heldElsewhere, services };
}

/** Links each, as it stands in the account now; what became of them, in their order. */
export async function adopt(
  engine: AccountEngine,
  links: readonly Link[],
  said: { readonly actor: string; readonly why: string },
): Promise<Linked[]> {
  const results: Linked[] = [];
  for (let from = 0; from < links.length; from += linksPerLook) {
    const some = links.slice(from, from + linksPerLook);
    // Read before the look: whatever the ledger learns from here on is found out when it is written.
    const fences = await Promise.all(some.map((link) => engine.ledger.readFence({ purchase: nobody, ...link })));
    const view = await engine.looker.look();
    for (const [at, link] of some.entries()) {
      const fence = fences[at];
      const isReadable = view.kind === "ok" && fence !== undefined;
      results.push(isReadable ? await adoptOne(engine, { link, fence, view: view.value }, said) : "unread");
    }
  }
  return results;
}

async function adoptOne(
  { ledger, looker, account }: AccountEngine,
  { link, fence, view }: { link: Link; fence: Awaited<ReturnType<AccountEngine["ledger"]["readFence"]>>; view: View },
  said: { readonly actor: string; readonly why: string },
): Promise<Linked> {
  const { moduleId, serviceRef, licence, tariff } = link;
  const seen = await looker.see(view, { licence, tariff });
  if (seen.kind !== "ok") return "unread";
  const module = seen.value.modules.find(({ id }) => id === moduleId);
  if (module === undefined || !isLive(module) || module.expiresOn === null) return "gone";
  const { expiresOn } = module;
  const adoption = { account: account.name, moduleId, serviceRef, licence, tariff, expiresOn };
  return await ledger.adoptModule({ ...adoption, ...said, fence });
}
