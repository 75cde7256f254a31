// Which row of WHMCS does a reference to a service name: a service, or a product addon that stands on one? Pure.

/** `h<id>` of a `tblhosting` row, `a<id>` of a `tblhostingaddons` row: what a customer pays for period by period. */
export type ServiceRef = string;

export function refOfService(serviceId: number): ServiceRef {
  return `h${serviceId}`;
}

export function refOfAddon(addonId: number): ServiceRef {
  return `a${addonId}`;
}

/** The id in the table that `isAddon` chooses. */
export function readRef(ref: ServiceRef): { readonly isAddon: boolean; readonly id: number } {
  return { isAddon: ref.startsWith("a"), id: Number(ref.slice(1)) };
}

/** The ids of either kind among these. */
export function splitRefs(refs: readonly ServiceRef[]): { serviceIds: number[]; addonIds: number[] } {
  const read = refs.map(readRef);
  const idsOf = (isAddon: boolean) => read.filter((each) => each.isAddon === isAddon).map(({ id }) => id);
  return { serviceIds: idsOf(false), addonIds: idsOf(true) };
}

/** As other programs get it: the bare id of a service, as ever, and the whole reference of an addon, which has ids of its own. */
export function shownId(ref: ServiceRef): string {
  const { isAddon, id } = readRef(ref);
  return isAddon ? ref : String(id);
}

/** The reference that `shownId` gives as this text. */
export function refOfShown(id: string): ServiceRef {
  return id.startsWith("a") ? id : `h${id}`;
}

/** For people: `service 12`, `addon 5`. */
export function nameOfRef(ref: ServiceRef): string {
  const { isAddon, id } = readRef(ref);
  return `${isAddon ? "addon" : "service"} ${id}`;
}
