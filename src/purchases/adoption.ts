// Which service should a module belong to that nobody of us has bought? Pure: account, ledger and services in, a plan out.
import type { LicenceRow } from "../ispmanager/account.ts";
import type { ServiceModule } from "../whmcs/service-modules.ts";
import { nameOfRef, type ServiceRef, shownId, splitRefs } from "../whmcs/service-ref.ts";
import { keyOf } from "./invariants/picture.ts";
import type { Unclaimed } from "./invariants/unclaimed.ts";
import type { Adoption } from "./ledger/adoptions.ts";
import type { Holding } from "./ledger/holdings.ts";

/** A module and the service that its next periods are for. */
export interface Link {
  readonly moduleId: string;
  readonly serviceRef: ServiceRef;
  readonly licence: string;
  readonly tariff: string;
  readonly expiresOn: string;
}

/** A module that stays as it is; `serviceRef` is the one that was named for it, or comes nearest. */
export interface Unlinked {
  readonly moduleId: string;
  readonly serviceRef: ServiceRef | null;
  readonly why: string;
}

/** What is known of both sides, as of one look. */
export interface Sides {
  /** Live modules that no purchase claims, nobody has adopted and no attempt under way explains. */
  readonly unclaimed: readonly Unclaimed[];
  readonly holdings: readonly Holding[];
  readonly adoptions: readonly Adoption[];
  readonly licences: readonly LicenceRow[];
  /** Services whose modules another account of the settings holds, with its name. */
  readonly heldElsewhere: ReadonlyMap<ServiceRef, string>;
  readonly services: readonly ServiceModule[];
}

export interface Plan {
  readonly links: readonly Link[];
  readonly open: readonly Unlinked[];
}

/** Each unclaimed module that exactly one active service means, and that has no rival; the others with the reason. */
export function planAdoption(sides: Sides): Plan {
  const links: Link[] = [];
  const open: Unlinked[] = [];
  for (const module of sides.unclaimed) {
    const found = findService(sides, module);
    if (found === null) continue;
    if ("why" in found) open.push(found);
    else links.push(found);
  }
  return { links, open };
}

/** The one service that a module is for; why there is none; null where nothing of ours comes near it. */
export function findService(sides: Sides, module: Unclaimed): Link | Unlinked | null {
  const { moduleId, licence, tariff } = module;
  const left = (why: string, serviceRef: ServiceRef | null = null) => ({ moduleId, serviceRef, why });
  if (licence === null || tariff === null) return null;
  const meant = sides.services.filter((service) => isSame(service, module) && isInUse(service));
  const [only, ...more] = meant;
  if (only === undefined) return findNear(sides, module);
  if (more.length > 0) {
    return left(`${namesOf(meant)} have its licence ${licence} and tariff ${tariff}`);
  }
  const home = sides.heldElsewhere.get(only.ref);
  // Whoever moves a service names it: its next period is then renewed here, and no more there.
  if (home !== undefined) return left(`${nameOfRef(only.ref)} has its module at the account ${home}`, only.ref);
  if (module.isBindable) return left("a purchase that waits will take it over", only.ref);
  if (module.hasUnknownMarker) return left(`it carries the marker ${module.remoteid} of another purchase`, only.ref);
  const rivals = [
    ...sides.unclaimed.filter((other) => keyOf(other) === keyOf(module)),
    ...sides.holdings.flatMap((holding) => (holding.term !== null && isSame(holding, module) ? [holding.term] : [])),
    ...sides.adoptions.filter((adoption) => isSame(adoption, module)),
  ].filter((other) => other.moduleId !== moduleId);
  if (rivals.length > 0) {
    const ids = [...new Set(rivals.map((other) => other.moduleId))];
    return left(`licence ${licence} also has module ${ids.join(", ")} of tariff ${tariff}`, only.ref);
  }
  return linkOf(module, only) ?? left("the account shows no expiry for it", only.ref);
}

/** A service of the same tariff and address, or of the same licence: its fields are wrong, or it is not the one. */
function findNear({ services, licences }: Sides, { moduleId, licence, tariff }: Unclaimed): Unlinked | null {
  const ips = licences.filter(({ id, ip }) => id === licence && ip !== null && ip !== "").map(({ ip }) => ip);
  const near = services.find(
    (service) =>
      isInUse(service) &&
      (service.licence === licence || (service.tariff === tariff && service.ip !== null && ips.includes(service.ip))),
  );
  if (near === undefined) return null;
  const differs =
    near.licence === licence
      ? `${nameOfRef(near.ref)} has its licence, but tariff ${near.tariff} and not ${tariff}`
      : `${nameOfRef(near.ref)} has its tariff and address, but licence ${near.licence ?? "none"} and not ${licence}`;
  return { moduleId, serviceRef: near.ref, why: differs };
}

/** A pair that somebody named: what would be linked, or what is wrong with it. */
export function judgePair(
  sides: Sides,
  { moduleId, serviceRef }: { moduleId: string; serviceRef: ServiceRef },
): Link | Unlinked {
  const wrong = (why: string) => ({ moduleId, serviceRef, why });
  const name = nameOfRef(serviceRef);
  const service = sides.services.find(({ ref }) => ref === serviceRef);
  const adopted = sides.adoptions.find((adoption) => adoption.moduleId === moduleId);
  if (adopted !== undefined) return wrong(`module ${moduleId} belongs to ${nameOfRef(adopted.serviceRef)} already`);
  const paid = sides.holdings.find(({ term }) => term?.moduleId === moduleId);
  if (paid !== undefined) return wrong(`module ${moduleId} pays for purchase ${paid.purchaseId}`);
  const module = sides.unclaimed.find((each) => each.moduleId === moduleId);
  if (module === undefined)
    return wrong(`the account has no live module ${moduleId}, or something is under way for it`);
  if (service === undefined) return wrong(`there is no ${name} of ours that has not ended`);
  const sender = sides.holdings.find(({ markers }) => markers.includes(module.remoteid ?? ""));
  const marked = sender?.purchaseId ?? (module.kind === "marked" ? (module.remoteid ?? "").split("-")[1] : undefined);
  if (marked !== undefined)
    return wrong(`module ${moduleId} carries the marker of purchase ${marked}: decide about that one`);
  if (module.licence === null || module.tariff === null) {
    return wrong(`licence or tariff of module ${moduleId} cannot be told`);
  }
  if (!isSame(service, module)) {
    return wrong(
      `module ${moduleId} is for licence ${module.licence}, tariff ${module.tariff}, ` +
        `${name} for licence ${service.licence ?? "none"}, tariff ${service.tariff || "none"}`,
    );
  }
  return linkOf(module, service) ?? wrong(`the account shows no expiry for module ${moduleId}`);
}

function linkOf({ moduleId, licence, tariff, expiresOn }: Unclaimed, { ref: serviceRef }: ServiceModule): Link | null {
  return licence === null || tariff === null || expiresOn === null
    ? null
    : { moduleId, serviceRef, licence, tariff, expiresOn };
}

/** `services 7, 9`, or with addons among them `service 7, addon 5`. */
function namesOf(all: readonly ServiceModule[]): string {
  const refs = all.map(({ ref }) => ref);
  return splitRefs(refs).addonIds.length === 0
    ? `services ${refs.map(shownId).join(", ")}`
    : refs.map(nameOfRef).join(", ");
}

interface Wanted {
  readonly licence: string | null;
  readonly tariff: string | null;
}

function isSame(one: Wanted, other: Wanted): boolean {
  return one.licence !== null && one.licence === other.licence && one.tariff === other.tariff;
}

function isInUse({ status }: ServiceModule): boolean {
  return status === "Active" || status === "Suspended";
}

/** What a person could do about an unclaimed module: `isLinkable` when it may be linked to `serviceRef` as it stands. */
export interface Suggestion {
  readonly serviceRef: ServiceRef | null;
  readonly isLinkable: boolean;
  /** What speaks against it; null when nothing does. */
  readonly why: string | null;
}

/** By id of the module; those of which nothing of ours comes near are left out. */
export function suggestServices(sides: Sides): Map<string, Suggestion> {
  return new Map(
    sides.unclaimed.flatMap((module) => {
      const found = findService(sides, module);
      if (found === null) return [];
      const { moduleId, serviceRef } = found;
      const why = "why" in found ? found.why : null;
      const isLinkable =
        serviceRef !== null && !module.isBindable && !("why" in judgePair(sides, { moduleId, serviceRef }));
      return [[moduleId, { serviceRef, isLinkable, why }] as const];
    }),
  );
}
